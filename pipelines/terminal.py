"""What goes to a terminal: tables for people, values as text, nothing that an event could abuse."""

import json
import math
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import click


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table as wide as the terminal; piped, aligned columns with every value whole."""
    cells = [[_NULL if value is None else shown(value) for value in row] for row in rows]
    right = [_numeric(column) for column in zip(*rows, strict=True)] if cells else []
    if sys.stdout.isatty():
        _print_rich(columns, cells, right)
    else:
        for line in aligned([list(columns), *cells], right):
            click.echo(line)


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool] = ()) -> list[str]:
    """Lines with the columns below one another, two spaces apart; `right` ones flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    flush = [*right, *[False] * (len(widths) - len(right))]
    return [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, flush, strict=True)
        ).rstrip()
        for row in rows
    ]


def print_json(answer: Any) -> None:
    """One JSON value and a newline; times in ISO 8601, bytes as `printable` text."""
    click.echo(json.dumps(plain(answer), ensure_ascii=False, allow_nan=False))


def plain(value: Any) -> Any:
    """The value in JSON's own types; NaN and infinities become null."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case datetime():
            return _utc(value)
        case date():
            return value.isoformat()
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case dict():
            return {str(name): plain(member) for name, member in value.items()}
        case list() | tuple():
            return [plain(member) for member in value]
    return str(value)


def shown(value: Any) -> str:
    """The value as one line of text for people; null is empty."""
    match plain(value):
        case None:
            return ""
        case str(text):
            return printable(text)
        case float(number):
            return f"{number:.6g}"
        case bool(truth):
            return str(truth).lower()
        case other:
            return printable(json.dumps(other, ensure_ascii=False))


def printable(text: str) -> str:
    """The text with control and direction characters escaped: titles must not steer a terminal."""
    if text.isprintable():
        return text
    return "".join(
        c
        if c.isprintable() or c in _JOINERS or unicodedata.category(c) in _HARMLESS
        else _escaped(c)
        for c in text
    )


_NULL = "null"  # an empty cell would read as the one above it, or as an empty text
_HARMLESS = {"Zs", "Co", "Cn"}  # spaces, and letters that only this Python does not know
_JOINERS = "\u200c\u200d"  # part of the spelling in Persian, Hindi and among emoji


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _utc(time: datetime) -> str:
    if time.tzinfo is None:
        return time.isoformat()
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _numeric(column: Iterable[Any]) -> bool:
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in column)


def _print_rich(columns: Sequence[str], rows: list[list[str]], right: list[bool]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    wanted = [max(map(cell_len, cells)) for cells in zip(columns, *rows, strict=True)]
    widths = fitted(wanted, console.width - 2 * len(columns) - 2)
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1, 0, 0))
    flush = right or [False] * len(columns)
    for name, width, to_right in zip(columns, widths, flush, strict=True):
        # Text, not str: a title's [brackets] are no markup.
        justify = "right" if to_right else "left"
        table.add_column(
            Text(name), justify=justify, overflow="ellipsis", no_wrap=True, width=width
        )
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def fitted(wanted: Sequence[int], total: int) -> list[int]:
    """Widths that fit into `total`: narrow columns keep theirs, wide ones share what is left."""
    widths = [0] * len(wanted)
    left = total
    for rank, column in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        widths[column] = max(1, min(wanted[column], left // (len(wanted) - rank)))
        left -= widths[column]
    return widths
