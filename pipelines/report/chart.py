"""The report's chart, drawn to SVG: nothing on the page has to run to show it.

Colours are the page's CSS variables, so that the chart is light or dark as the page is.
"""

import re
from collections.abc import Sequence

from pipelines.report.figures import Bar, Calendar
from schemas.topic import Topic

WIDTHS = {"wide": 860, "narrow": 340}  # pixels; the page shows the one that fits
NO_TOPIC = "no topic"

_TOPICS = (*map(str, Topic), NO_TOPIC)
_TIME_UNITS = {"day": "utcyearmonthdate", "week": "utcyearweek", "month": "utcyearmonth"}


def draw_stories(calendar: Calendar, width: int) -> str:
    """Stories by day and topic as one SVG element, its bars with titles to hover over."""
    import altair
    import vl_convert

    topics = sorted({_name(bar) for bar in calendar.bars}, key=_rank)
    chart = (
        altair.Chart(altair.InlineData(values=_values(calendar.bars)))
        .mark_bar()
        .encode(
            x=altair.X(
                "day:T",
                timeUnit=_TIME_UNITS[calendar.unit],
                scale=altair.Scale(type="utc"),
                axis=altair.Axis(
                    title=None,
                    grid=False,
                    tickCount=width // 110,
                    format="%b %Y" if calendar.unit == "month" else "%-d %b %Y",
                ),
            ),
            y=altair.Y(
                "stories:Q", stack="zero", axis=altair.Axis(title=None, tickCount=4, format=",d")
            ),
            color=altair.Color(
                "topic:N",
                scale=altair.Scale(domain=topics, range=[_colour(topic) for topic in topics]),
                legend=altair.Legend(title=None, orient="top", columns=3 if width < 500 else 5),
            ),
            order=altair.Order("rank:Q"),
            description="said:N",
        )
        .properties(
            width=width,
            height=240,
            background="transparent",
            padding=4,
            autosize=altair.AutoSizeParams(type="fit", contains="padding"),
        )
        .configure_view(stroke=None)
        .configure_axis(**_INK)
        .configure_legend(labelColor="currentColor", labelFontSize=12)
    )
    return _embedded(vl_convert.vegalite_to_svg(chart.to_dict()))


_INK = {
    "labelFontSize": 12,
    "labelColor": "currentColor",
    "domainColor": "currentColor",
    "tickColor": "currentColor",
    "gridColor": "currentColor",
    "gridOpacity": 0.15,
}


def _values(bars: Sequence[Bar]) -> list[dict[str, object]]:
    return [
        {
            "day": bar.day.isoformat(),
            "topic": _name(bar),
            "stories": bar.stories,
            "rank": _rank(_name(bar))[0],
            "said": f"{bar.day.isoformat()}: {bar.stories:,} {_name(bar)}",
        }
        for bar in bars
    ]


def _name(bar: Bar) -> str:
    return NO_TOPIC if bar.topic is None else bar.topic


def _rank(topic: str) -> tuple[int, str]:
    """Our topics in their own order, then what a newer version may have added."""
    return (_TOPICS.index(topic) if topic in _TOPICS else len(_TOPICS), topic)


def _colour(topic: str) -> str:
    return f"var(--{topic.replace(' ', '-')})" if topic in _TOPICS else "currentColor"


def _embedded(svg: str) -> str:
    """The SVG as part of a page: without namespaces, with each bar's label as its title."""
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg)
    return re.sub(r'(<path aria-label="([^"]*)"[^>]*)/>', r"\1><title>\2</title></path>", svg)
