"""The page about capacity: measured figures in, docs/capacity.md out.

python -m benchmarks.speed.capacity             write the page from capacity.toml
python -m benchmarks.speed.capacity --measure   say how many bytes an event is, staged and kept
"""

import math
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from benchmarks.speed import inputs
from benchmarks.speed.sharing import parallel_part
from benchmarks.tables import markdown
from pipelines.lake.reader import named_files
from pipelines.run import Bounded, run

PAGE = inputs.ROOT / "docs" / "capacity.md"
RATES = (100, 1_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000)  # events a second
_FIGURES = Path(__file__).with_suffix(".toml")
_TEXT = Path(__file__).with_suffix(".md")
_KINDS = {"news": "news items", "long": "texts of {words} words"}
_DAY = 86_400  # seconds
_WORTH = 5  # a worker is to work so many times as long as it takes to start


@click.command()
@click.option("--measure", is_flag=True, help="Print bytes an event, for capacity.toml.")
def main(measure: bool) -> None:
    """Write the page, or measure what its figures of bytes come from."""
    if measure:
        for kind, events in (("news", inputs.news(20_000)), ("long", inputs.long_texts(5_000))):
            click.echo(f"{kind}: {_bytes_an_event(events)}")
        return
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(figures()), "utf-8")


def figures() -> dict[str, Any]:
    """The measured figures."""
    return tomllib.loads(_FIGURES.read_text("utf-8"))


def page(told: Mapping[str, Any]) -> str:
    """The page, as those figures have it."""
    machine, news, long = told["machine"], told["news"], told["long"]
    return _TEXT.read_text("utf-8").format(
        **machine,
        index_gigabytes=_index_bytes(machine) / 1e9,
        worker_megabytes=machine["worker_bytes"] / 1e6,
        worth_a_worker=_rounded(
            _WORTH * machine["worker_start_seconds"] * news["parallel_events_a_second"]
        ),
        measured=_measured(told),
        news_rates=_rates(told, "news"),
        long_rates=_rates(told, "long"),
        news_end=_writer_end(news, machine),
        long_end=_writer_end(long, machine),
        news_day=_writer_end(news, machine) * _DAY / 1e9,
        long_day=_writer_end(long, machine) * _DAY / 1e9,
        news_cores=_cores(_writer_end(news, machine), news, machine),
        long_cores=_cores(_writer_end(long, machine), long, machine),
    )


def _measured(told: Mapping[str, Any]) -> str:
    columns = {_named(told, kind): told[kind] for kind in _KINDS}
    rows = {
        "workers, events a second": "parallel_events_a_second",
        "the writer, events a second": "writer_events_a_second",
        "bytes of an event as it comes": "event_bytes",
        "bytes staged": "staged_bytes",
        "bytes in the lake": "lake_bytes",
    }
    cells = [[name, *(f"{each[key]:,}" for each in columns.values())] for name, key in rows.items()]
    writer = (each["writer_events_a_second"] * each["lake_bytes"] for each in columns.values())
    cells.append(["the writer, MB of Parquet a second", *(f"{rate / 1e6:.0f}" for rate in writer)])
    return markdown(["", *columns], cells)


def _rates(told: Mapping[str, Any], kind: str) -> str:
    each, machine = told[kind], told["machine"]
    head = ["events a second", "a day", "cores of workers", "lakes", "each writer busy"]
    head += ["memory, GB", "staged, MB/s", "lakes grow, GB a day"]
    rows = []
    for rate in RATES:
        cores, lakes = _cores(rate, each, machine), math.ceil(rate / _writer_end(each, machine))
        memory = cores * machine["worker_bytes"] + lakes * _index_bytes(machine)
        row = [f"{rate:,}", _in_words(rate * _DAY), f"{cores}", f"{lakes}"]
        row += [f"{rate / lakes / each['writer_events_a_second']:.0%}", f"{memory / 1e9:.0f}"]
        row += [f"{rate * each['staged_bytes'] / 1e6:,.1f}"]
        rows.append([*row, f"{rate * _DAY * each['lake_bytes'] / 1e9:,.0f}"])
    return markdown(head, rows)


def _index_bytes(machine: Mapping[str, Any]) -> int:
    return machine["index_bytes"] * machine["horizon_stories"]


def _writer_end(each: Mapping[str, Any], machine: Mapping[str, Any]) -> float:
    """Events a second at which the writer is as busy as it is planned to be."""
    return each["writer_events_a_second"] * machine["load"]


def _cores(rate: float, each: Mapping[str, Any], machine: Mapping[str, Any]) -> int:
    return math.ceil(rate / (each["parallel_events_a_second"] * machine["load"]))


def _named(told: Mapping[str, Any], kind: str) -> str:
    return _KINDS[kind].format(**told[kind])


def _in_words(count: float) -> str:
    return f"{count / 1e9:.1f} billion" if count >= 1e9 else f"{count / 1e6:.0f} million"


def _rounded(count: float) -> int:
    """To one digit."""
    return round(int(count), -int(math.log10(count)))


def _bytes_an_event(events: Path) -> dict[str, int]:
    with tempfile.TemporaryDirectory(dir=inputs.KEPT) as folder:
        staged = Path(folder, "staged")
        count = parallel_part(events, staged)
        staged_bytes = sum(file.stat().st_size for file in staged.iterdir())
        run(Bounded([str(events)], Path(folder, "lake")))
        _, kept = named_files(Path(folder, "lake"))
    lake_bytes = sum(file.size for file in kept if file.kind != "commit")
    return {
        "event_bytes": events.stat().st_size // count,
        "staged_bytes": staged_bytes // count,
        "lake_bytes": lake_bytes // count,
    }


if __name__ == "__main__":
    main()
