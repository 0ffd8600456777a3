"""`make bench`, or `python -m benchmarks.speed [PART]...`: tables, and the page of the docs.

    python -m benchmarks.speed batch
    python -m benchmarks.speed --out docs/speed.md --pin

--pin moves floors up to what was measured; a floor goes down only when --lower names it.
"""

import importlib
from pathlib import Path

import click

from benchmarks import pinned
from benchmarks.speed import PARTS
from benchmarks.speed.inputs import ROOT
from benchmarks.tables import table

BASELINE = ROOT / "tests" / "gate" / "speed.json"
_HEAD = """\
# Speed

Measured by `make bench`, each part in one run; medians of three where there are rounds. Absolute
figures are of two shared cores: what can be compared are ratios, and those are what
`pytest tests/gate -m speed` holds to a floor."""


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write a page.")
@click.option("--pin", is_flag=True, help="Move the gate's floors up to what was measured.")
@click.option("--lower", multiple=True, metavar="FIGURE", help="Move this one, up or down.")
def main(parts: tuple[str, ...], out: Path | None, pin: bool, lower: tuple[str, ...]) -> None:
    """Measure, print, and keep what was asked for."""
    pins = pinned.load(BASELINE)
    sections = [_HEAD]
    for name in parts or PARTS:
        part = importlib.import_module(f"benchmarks.speed.{name}")
        figures = part.figures()
        sections.append(f"## {part.NAME}\n\n{table(figures, {}, pins[name].own)}")
        click.echo(sections[-1])
        if pin or lower:
            moved = pinned.moved(pins[name].own, figures, lower)
            pins[name] = pinned.Pins(own=moved)
            pinned.save(BASELINE, pins)
    if out:
        out.write_text("\n\n".join(sections) + "\n", "utf-8")


if __name__ == "__main__":
    main()
