"""How fresh a stream keeps a lake, how fast it catches up, and whether its memory grows.

    python -m benchmarks.stream                               all three on the direct runner
    python -m benchmarks.stream backlog --runner prism        one of them, on another
    python -m benchmarks.stream memory --runner flink -- --job_endpoint=localhost:8099 …

Needs Go, for the Pub/Sub server. Prism and a Flink cluster are had as the tests have them, unless
flags for Beam tell of others. Made-up events, and a lake that holds a million stories, are kept in
`.cache/bench`. At each pull the server looks through all messages that are not acknowledged: hence
the control, which only pulls and acknowledges. Absolute figures are this machine's; ratios are what
can be compared, on a machine that does nothing else.
"""

import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime

import click
import numpy as np
from deltalake import DeltaTable
from rich.console import Console
from rich.table import Table

from benchmarks import made
from benchmarks.made import Measured, Versions
from tests.real.flink import FlinkCluster
from tests.real.running import ROOT
from tests.real.streamed import Runner

PARTS = ("freshness", "backlog", "memory")
WINDOW = 10.0  # s
MEDIAN, LATE = WINDOW + 3, WINDOW + 6  # s from publishing to a row that can be read
CATCHING_UP = 0.7  # of a run's rate
WARM_UP = 1_000  # messages
HORIZON = 100_000  # stories
OUTSTANDING = 20_000  # messages not yet committed, while memory is measured
FLAT = 1.1  # the last fifth's memory to the second's, at most


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--runner", type=click.Choice(["direct", "prism", "flink"]), default="direct")
@click.option("--rate", default=1_000, help="Freshness: messages a second.")
@click.option("--seconds", default=200, help="Freshness: how long; a compaction is due after 160.")
@click.option("--held", default=1_000_000, help="Freshness: stories that the lake holds.")
@click.option("--backlog", default=200_000, help="Backlog: messages that wait.")
@click.option("--messages", default=500_000, help="Memory: messages, at a horizon of 100,000.")
@click.pass_obj
def main(flags: list[str], parts: tuple[str, ...], runner: str, **sizes: int) -> None:
    """Measure a stream; exit 1 where it misses a bar."""
    well = []
    with made.running(runner, flags) as (where, cluster):
        if "freshness" in (parts or PARTS):
            well.append(freshness(where, sizes["rate"], sizes["seconds"], sizes["held"]))
        if "backlog" in (parts or PARTS):
            well.append(backlog(where, sizes["backlog"]))
        if "memory" in (parts or PARTS):
            well.append(memory(where, sizes["messages"], cluster))
    raise SystemExit(not all(well))


def freshness(runner: Runner, rate: int, seconds: int, held: int) -> bool:
    """From publishing to a row that can be read, while messages come evenly."""
    count = rate * seconds
    lines = made.events(WARM_UP + count, seed=2)
    with made.streaming(runner) as stream:
        stories = made.held_lake(held, stream.feed.lake)
        versions = Versions(stream.feed.lake)
        stream.start("--window-seconds", f"{WINDOW:g}")
        stream.publish(lines, WARM_UP)
        stream.wait_for(WARM_UP)
        stream.published.clear()
        stream.publish(lines, count, rate)
        stream.wait_for(WARM_UP + count)
        stream.running.stop(60)
        versions.close()
        ages = _ages(stream, versions.seen)
        commits = Counter(row["action"] for row in stream.feed.commits()[-len(versions.seen) :])
    with made.streaming(runner) as stream:
        control = _control(stream, count)
        stream.publish(made.events(WARM_UP + count, seed=2), count, rate)
        beside = _said(control)
    median, late = np.percentile(ages, (50, 99)).tolist()
    table = _table(f"{runner.name}: {count:,} messages at {rate:,}/s, {stories:,} stories held")
    for column in ("s from publishing", "median", "99 %", "most"):
        table.add_column(column, justify="right")
    table.add_row("to a row", f"{median:.1f}", f"{late:.1f}", f"{max(ages):.1f}")
    table.add_row("bar", f"{MEDIAN:.1f}", f"{LATE:.1f}")
    table.add_row("control", f"{beside['median']:.2f}", f"{beside['late']:.2f}")
    Console().print(table)
    what = ", ".join(f"{n} × {action}" for action, n in commits.items())
    return _verdict(median <= MEDIAN and late <= LATE, f"rows of {len(ages):,} messages; {what}")


def backlog(runner: Runner, count: int) -> bool:
    """How long it takes to bring in what has been waiting."""
    with made.streaming(runner) as stream:
        stream.publish(made.events(count, seed=3), count)
        beside = _said(_control(stream, count))["seconds"]
    with made.streaming(runner) as stream:
        stream.publish(made.events(count, seed=3), count)
        stream.start("--window-seconds", f"{WINDOW:g}")
        stream.wait_for(count)
        ended = datetime.now(UTC)
        began = min(row["first_arrival"] for row in stream.feed.commits())
        took = (ended - began).total_seconds()
        stream.running.stop(60)
        stream.feed.settle()
        ran = made.newsbeam(
            "run", str(made.events_file(count, seed=3)), "--lake", str(stream.feed.lake) + "-run"
        )["seconds"]
    ratio = ran / (took - beside)
    table = _table(f"{runner.name}: {count:,} messages that waited")
    for column in ("", "seconds", "a second", "to the control", "to the run"):
        table.add_column(column, justify="right")
    for name, seconds in {
        "stream": took,
        "control": beside,
        "stream less control": took - beside,
        "run of the same": ran,
    }.items():
        told = f"{seconds:.1f}", f"{count / seconds:,.0f}"
        table.add_row(name, *told, f"{seconds / beside:.2f}", f"{seconds / ran:.2f}")
    Console().print(table)
    return _verdict(ratio >= CATCHING_UP, f"{ratio:.2f} of a run's rate; the bar is {CATCHING_UP}")


def memory(runner: Runner, count: int, cluster: FlinkCluster | None) -> bool:
    """Whether the memory of all its processes together is flat once the horizon is full."""
    lines, sizes = made.events(count, seed=4), dict[int, Mapping[str, float]]()
    with made.streaming(runner) as stream:
        stream.start("--window-seconds", "5", "--horizon-stories", str(HORIZON))
        for done in range(0, count, 5_000):
            stream.publish(lines, min(5_000, count - done))
            stream.wait_for(done - OUTSTANDING)
            stream.feed.counts()  # lets the server go of what is acknowledged
            sizes[stream.committed()] = _megabytes(stream, cluster)
        stream.wait_for(count)
        sizes[count] = _megabytes(stream, cluster)
        stream.running.stop(60)
        stream.feed.settle()
    names = sorted({name for parts in sizes.values() for name in parts})
    table = _table(f"{runner.name}: MB after so many messages, horizon {HORIZON:,} stories")
    for column in ("messages", *names, "all"):
        table.add_column(column, justify="right")
    fifths = defaultdict(list)
    for done, parts in sizes.items():
        fifths[min(4, done * 5 // count)].append(parts)
    for fifth, several in sorted(fifths.items()):
        means = [float(np.mean([parts.get(name, 0.0) for parts in several])) for name in names]
        told = f"{fifth * count // 5:,} to {(fifth + 1) * count // 5:,}"
        table.add_row(told, *(f"{mean:,.0f}" for mean in means), f"{sum(means):,.0f}")
    Console().print(table)
    second, last = (np.mean([sum(parts.values()) for parts in fifths[n]]) for n in (1, 4))
    grown = (last - second) * 1e6 / (count * 3 / 5)
    told = f"{last / second:.2f} × from the second to the last fifth, {grown:,.0f} bytes a message"
    return _verdict(last <= FLAT * second, f"{told}; the bar is {FLAT} ×")


def _ages(stream: Measured, seen: Mapping[int, float]) -> list[float]:
    """How long each message took to become a row; each has exactly one."""
    newer = [("commit", ">=", min(seen))]
    table = DeltaTable(stream.feed.lake)
    rows = table.to_pyarrow_table(filters=newer, columns=["event_id", "commit"])
    ids, commits = rows["event_id"].to_pylist(), rows["commit"].to_pylist()
    ages = [
        seen[commit] - stream.published[id_]
        for id_, commit in zip(ids, commits, strict=True)
        if id_ in stream.published
    ]
    assert len(ages) == len(stream.published), "a message has no row, or two"
    return ages


def _megabytes(stream: Measured, cluster: FlinkCluster | None) -> dict[str, float]:
    """The resident memory of the stream's processes, and of its cluster's, by their names."""
    wanted = set(stream.running.family())
    for kept in cluster._processes.values() if cluster else ():
        wanted.update(kept.matching("."))
    columns = [word for column in ("pid=", "rss=", "comm=") for word in ("-o", column)]
    listed = subprocess.run(["ps", "-A", *columns], stdout=subprocess.PIPE, text=True, check=True)
    sizes = defaultdict[str, float](float)
    for line in listed.stdout.splitlines():
        pid, kilobytes, name = line.split(maxsplit=2)
        if int(pid) in wanted:
            sizes[name] += int(kilobytes) * 1024 / 1e6
    return sizes


def _control(stream: Measured, count: int) -> subprocess.Popen:
    words = ["-m", "benchmarks.control", stream.feed.feed.subscription, str(count)]
    return subprocess.Popen([sys.executable, *words], cwd=ROOT, stdout=subprocess.PIPE)


def _said(control: subprocess.Popen) -> dict[str, float]:
    said, _ = control.communicate()
    if control.returncode:
        raise SystemExit("the control failed")
    return json.loads(said)


def _table(title: str) -> Table:
    Console().print(f"\n{title}")
    return Table()


def _verdict(well: bool, sentence: str) -> bool:
    Console(soft_wrap=True).print(f"{'holds' if well else 'MISSED'}: {sentence}\n")
    return well


if __name__ == "__main__":
    words = sys.argv[1:]
    at = words.index("--") if "--" in words else len(words)
    main(words[:at], obj=words[at + 1 :])
