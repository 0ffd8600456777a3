"""Figures as Markdown tables."""

from collections.abc import Mapping, Sequence

from benchmarks.pinned import Bound

_HEAD = """\
# Quality

What each text stage reaches, on real news and beside its peers, measured in one run by

    python -m benchmarks.quality --out docs/quality.md

"Held to" is the bound that `pytest tests/gate -m gate` keeps; an empty cell is a figure that a peer
does not have. `newsbeam evaluate` measures the same on labels of your own."""


def page(sections: Sequence[str]) -> str:
    """The page of the docs."""
    return "\n\n".join([_HEAD, *sections]) + "\n"


def table(
    ours: Mapping[str, float],
    peers: Mapping[str, Mapping[str, float]],
    bounds: Mapping[str, Bound],
) -> str:
    """A row a figure, in the order of ours: ours, then the peers', then the gate's bound."""
    rows = []
    for name, value in ours.items():
        others = [peer.get(name) for peer in peers.values()]
        rows.append([name, f"**{_cell(value)}**", *map(_cell, others), _held(bounds.get(name))])
    return markdown(["figure", "Newsbeam", *peers, "held to"], rows)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Any table: the first column flush left, the others right."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _held(bound: Bound | None) -> str:
    return f"{'≤' if bound.ceiling else '≥'} {_cell(bound.bound)}" if bound else ""


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    if value == int(value) and abs(value) > 1:
        return f"{int(value):,}"
    return f"{value:.4f}" if abs(value) <= 1 else f"{value:.2f}"
