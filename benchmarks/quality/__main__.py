"""Measure the text stages beside their peers: `python -m benchmarks.quality [PART]...`.

    python -m benchmarks.quality                      every part, as tables
    python -m benchmarks.quality urls --no-peers      one part, Newsbeam alone
    python -m benchmarks.quality --out docs/quality.md --pin

--pin moves floors up to what was measured; a floor goes down only when --lower names it.
"""

import importlib
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import click

from benchmarks import pinned
from benchmarks.quality import DATA, PARTS
from benchmarks.tables import page, table

BASELINE = Path(__file__).parents[2] / "tests" / "gate" / "baseline.json"


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--peers/--no-peers", default=True, help="Measure the peers as well.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write a page.")
@click.option("--pin", is_flag=True, help="Move the gate's floors up to what was measured.")
@click.option("--lower", multiple=True, metavar="FIGURE", help="Move this one, up or down.")
def main(
    parts: tuple[str, ...], peers: bool, out: Path | None, pin: bool, lower: tuple[str, ...]
) -> None:
    """Print a table for each part; see the module's docstring."""
    pins = pinned.load(BASELINE)
    sections = []
    for name in parts or PARTS:
        part = importlib.import_module(f"benchmarks.quality.{name}")
        measured = {"own": part.own()}
        beside: dict[str, dict[str, float]] = {}
        if DATA.is_dir():
            measured["shared"] = part.ours(DATA)
            beside = part.peers(DATA) if peers else {}
        sections.append(_section(part.NAME, pins[name], measured, beside))
        click.echo(sections[-1])
        if pin or lower:
            pins[name] = _moved(pins[name], part.FILES, measured, lower)
    if pin or lower:
        pinned.save(BASELINE, pins)
    if out:
        out.parent.mkdir(exist_ok=True)
        out.write_text(page(sections), "utf-8")


def _section(
    heading: str,
    pins: pinned.Pins,
    measured: Mapping[str, dict[str, float]],
    beside: Mapping[str, dict[str, float]],
) -> str:
    """The part's tables, in Markdown: on real data where there is some, then on our own."""
    return "\n\n".join([f"## {heading}", *_tables(pins, measured, beside)])


def _tables(
    pins: pinned.Pins,
    measured: Mapping[str, dict[str, float]],
    beside: Mapping[str, dict[str, float]],
) -> Iterator[str]:
    shared = measured.get("shared", {})
    if shared:
        yield table(shared, _only(beside, shared.keys()), pins.shared)
    yield "On what the repository itself has:"
    own = measured["own"]
    yield table(own, _only(beside, own.keys() - shared.keys()), pins.own)


def _only(beside: Mapping[str, dict[str, float]], names: Set[str]) -> dict[str, dict[str, float]]:
    """The peers' figures of those names, without peers that have none."""
    kept = {peer: {n: v for n, v in told.items() if n in names} for peer, told in beside.items()}
    return {peer: told for peer, told in kept.items() if told}


def _moved(
    pins: pinned.Pins,
    files: tuple[str, ...],
    measured: Mapping[str, dict[str, float]],
    lower: tuple[str, ...],
) -> pinned.Pins:
    shared = measured.get("shared", {})
    return pinned.Pins(
        pinned.digests(DATA, files) if shared else pins.files,
        pinned.moved(pins.shared, shared, lower),
        pinned.moved(pins.own, measured["own"], lower),
    )


if __name__ == "__main__":
    main()
