"""`newsbeam run`: files into the lake."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.options import (
    WithBeamFlags,
    beam_flags,
    json_option,
    lake_option,
    staging_option,
    verdict_options,
    verdicts,
)
from pipelines.commands.quiet import quiet_beam, quiet_workers
from pipelines.terminal import print_json

if TYPE_CHECKING:
    from pipelines.read.plan import Slice
    from pipelines.run import Bounded, Outcome

FORMATS = ("auto", "story", "newsapi", "text", "html")


@click.command(cls=WithBeamFlags)
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT… [-- BEAM FLAGS]")
@lake_option
@click.option("--format", "dialect", type=click.Choice(FORMATS), default="auto", show_default=True)
@click.option("--base", help="Folder (or URL) taken off the names of files, so that they can move.")
@click.option("--runner", type=click.Choice(["direct"]), default="direct", show_default=True)
@click.option("--batch-records", type=click.IntRange(1), default=1_000, show_default=True)
@click.option(
    "--slice-events",
    type=click.IntRange(1),
    default=500_000,
    show_default=True,
    help="How many at once, for each worker.",
)
@staging_option
@verdict_options
@json_option
@click.pass_context
def command(ctx: click.Context, inputs: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Bring files of events into the lake.

    INPUT is a file, a folder or a glob of JSON Lines (plain, gzip or zstd), .txt or .html files.
    Each event becomes one row; what the lake holds already is left out, so running again after
    an interruption goes on where it stopped.

    \b
      newsbeam run news.jsonl.gz --lake lake
      newsbeam run inbox/ 'archive/2026-*.jsonl.zst' --lake lake --json
      newsbeam run news/ --lake lake -- --direct_num_workers=2 \\
          --direct_running_mode=multi_processing
    """
    quiet_beam()
    from pipelines.commands.progress import showing_progress
    from pipelines.read.cursor import Limits
    from pipelines.read.plan import Sizes
    from pipelines.run import Bounded

    job = Bounded(
        inputs=inputs,
        flags=beam_flags(ctx),
        verdicts=verdicts(given),
        limits=Limits(records=given.pop("batch_records")),
        sizes=Sizes(slice_events=given.pop("slice_events")),
        **given,
    )
    with quiet_workers() as terminal, showing_progress(terminal, enabled=not as_json) as on_slice:
        outcome = _until_interrupted(job, on_slice)
    if as_json:
        print_json(vars(outcome))
    else:
        click.echo(_balance(outcome))


def _until_interrupted(job: "Bounded", on_slice: "Callable[[Slice, Path], None]") -> "Outcome":
    """The run's outcome. Ctrl-C leaves nothing staged: it would stand there for a day."""
    from pipelines.commands.interrupt import interruptible
    from pipelines.read.staging import sweep
    from pipelines.run import run

    folders: set[Path] = set()

    def begun(part: "Slice", staging: Path) -> None:
        folders.add(staging)
        on_slice(part, staging)

    try:
        return interruptible(lambda: run(job, begun))
    except KeyboardInterrupt:
        for folder in folders:
            sweep(folder)
        raise


def _balance(outcome: "Outcome") -> str:
    """The line that accounts for every event, and one for the pace."""
    parts = [
        f"{outcome.stories:,} stories",
        f"{outcome.duplicates.total():,} duplicates{_each(outcome.duplicates)}",
        f"{outcome.dead_letters.total():,} dead letters{_each(outcome.dead_letters)}",
        f"{outcome.redelivered:,} redelivered",
    ]
    rate = outcome.received / max(outcome.seconds, 1e-9)
    return (
        f"{outcome.received:,} received = {' + '.join(parts)}\n"
        f"{outcome.seconds:.1f} s, {rate:,.0f} events/s"
    )


def _each(counts: Mapping[str, int]) -> str:
    named = ", ".join(f"{n:,} {name}" for name, n in counts.items() if n)
    return f" ({named})" if named else ""
