"""What Google's launcher runs: template parameters become `newsbeam stream --runner dataflow`.

The launcher passes the template's parameters and Dataflow's own options alike as `--name=value`;
ours are named in metadata.json, and everything else is Beam's.
"""

import sys

OURS = ("subscription", "lake", "window_seconds")


def arguments(given: list[str]) -> list[str]:
    """The command's words for the launcher's."""
    ours, beams = [], []
    for word in given:
        name, _, value = word.removeprefix("--").partition("=")
        if name in OURS:
            ours += [f"--{name.replace('_', '-')}", value]
        elif name != "runner":
            beams.append(word)
    return ["stream", "--runner", "dataflow", *ours, "--", *beams]


if __name__ == "__main__":
    from pipelines.commands import main

    sys.argv[1:] = arguments(sys.argv[1:])
    main()
