"""The report: one HTML page for people, with everything on it in the file itself.

The page runs no script and fetches nothing, and says so to the browser
(https://www.w3.org/TR/CSP3/); what came from events is escaped, whatever it holds. It depends on
the lake's version alone: equal lakes give equal pages.
"""

from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pipelines.differences import Piece, differences, shortened
from pipelines.lake.reader import Reader
from pipelines.report.chart import WIDTHS, draw_stories
from pipelines.report.figures import Figures, figures
from pipelines.terminal import printable

if TYPE_CHECKING:
    from jinja2 import Environment

_WORDS = 400  # of a text that a pair compares
_AROUND = 14  # words left of a shared run on either side of a difference


def report(lake: Reader) -> str:
    """The page on the lake's pinned version."""
    return render(figures(lake))


def render(shown: Figures) -> str:
    """The page that shows those figures."""
    from markupsafe import Markup

    drawn = WIDTHS if shown.calendar.bars else {}
    page: str = (
        _environment()
        .get_template("page.html")
        .render(
            figures=shown,
            css=Markup(_file("page.css")),
            charts={name: Markup(draw_stories(shown.calendar, WIDTHS[name])) for name in drawn},
            pairs=[_marked(pair) for pair in shown.pairs],
        )
    )
    return page


def _environment() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_file), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(
        shown=lambda text: printable(str(text)),
        number=lambda count: f"{count:,}",
        payload=lambda payload: printable((payload or b"").decode("utf-8", "backslashreplace")),
        day=lambda time: f"{time:%Y-%m-%d}",
        minute=_minute,
    )
    return environment


def _file(name: str) -> str:
    return files("pipelines.report").joinpath(name).read_text("utf-8")


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"


def _marked(pair: dict[str, Any]) -> dict[str, Any]:
    """The pair with both sides' titles and texts in pieces, shared or not."""
    sides = (pair["duplicate"], pair["story"])
    texts = [side["text"] or side["summary"] or "" for side in sides]
    titles = differences(sides[0]["title"] or "", sides[1]["title"] or "", _WORDS)
    bodies = differences(texts[0], texts[1], _WORDS)
    marked = [
        {
            **side,
            "title_pieces": title,
            "text_pieces": _kept(body),
            "cut": len(text.split()) > _WORDS,
        }
        for side, title, body, text in zip(sides, titles, bodies, texts, strict=True)
    ]
    return {"duplicate": marked[0], "story": marked[1]}


def _kept(pieces: list[Piece]) -> list[Piece]:
    return [shortened(piece, _AROUND) for piece in pieces]
