"""`newsbeam stream`: a subscription into the lake, until stopped."""

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.interrupt import interruptible
from pipelines.commands.options import (
    WithBeamFlags,
    beam_flags,
    json_option,
    lake_option,
    staging_option,
    verdict_options,
    verdicts,
)
from pipelines.commands.quiet import quiet_beam
from pipelines.terminal import print_json, printable

if TYPE_CHECKING:
    from pipelines.run import Outcome
    from pipelines.streaming import Slice, Streaming, Told


RUNNERS = ("direct", "prism", "flink", "dataflow")


@click.command(cls=WithBeamFlags, options_metavar="[OPTIONS] [-- BEAM FLAGS]")
@click.option("--subscription", required=True, metavar="projects/P/subscriptions/S")
@lake_option
@click.option("--runner", type=click.Choice(RUNNERS), default="direct", show_default=True)
@click.option(
    "--window-seconds",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    help="A commit at least so often while messages come, or every 50,000 of them.",
)
@click.option("--until-caught-up", is_flag=True, help="End once no message came for two windows.")
@click.option(
    "--id-attribute", help="Attribute that names the event, where a publisher may send it twice."
)
@click.option(
    "--order-attribute",
    help="Attribute with a whole number to order each commit by, instead of the publish time.",
)
@click.option(
    "--timestamp-attribute",
    help="Attribute that tells when an event was sent, if not when it was published: RFC 3339, or"
    " milliseconds since 1970.",
)
@click.option(
    "--topic", help="Names the events; asked of the server where the right to look is there."
)
@staging_option
@verdict_options
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool, runner: str, **given: Any) -> None:
    """Bring a Pub/Sub subscription into the lake, until stopped.

    Messages are acknowledged after the commit that holds them, so nothing is lost or doubled,
    whatever is killed. SIGTERM or Ctrl-C: commit and acknowledge what was pulled, and end. Ctrl-C
    twice: end at once; what was not committed comes again.

    \b
      newsbeam stream --subscription projects/p/subscriptions/news --lake lake

    Once, for cron; and against a server of your own:

    \b
      newsbeam stream --subscription projects/p/subscriptions/news --lake lake --until-caught-up
      PUBSUB_EMULATOR_HOST=localhost:8085 newsbeam stream --lake lake \\
          --subscription projects/p/subscriptions/news --window-seconds 2

    As one unbounded graph, in a process that is watched over and started again:

    \b
      newsbeam stream --subscription projects/p/subscriptions/news --lake lake \\
          --runner prism -- --prism_location=/usr/local/bin/prism
    """
    quiet_beam()
    stopping = threading.Event() if runner == "dataflow" else _told_to_stop()
    # Before Arrow is imported: with its own allocator the process grew by 0.12 MB a slice.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    # For the processes it starts: a heap a thread, as glibc has it, grew by 400 bytes an event.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    from pipelines.streaming import Streaming, Told

    job = Streaming(verdicts=verdicts(given), **given)
    if runner == "dataflow":
        _submit(job, beam_flags(ctx), as_json)
        return
    told = Told(trouble=lambda sentence: click.echo(printable(sentence), err=True))
    if not as_json:
        told.committed = lambda slice_: click.echo(_line(slice_))
    outcome = interruptible(lambda: _streamed(job, runner, beam_flags(ctx), stopping, told))
    if as_json:
        print_json(vars(outcome))
    else:
        click.echo(f"{outcome.received:,} messages in {outcome.seconds:.0f} s")


def _streamed(
    job: "Streaming", runner: str, flags: list[str], stopping: threading.Event, told: "Told"
) -> "Outcome":
    if runner == "direct":
        from pipelines.stream import stream

        if flags:
            raise click.UsageError("the direct runner of a stream takes no flags of Beam's")
        return stream(job, stopping, told)
    from pipelines.supervise import supervise

    return supervise(job, runner, flags, stopping, told)


def _submit(job: "Streaming", flags: list[str], as_json: bool) -> None:
    """The job goes on in the cloud, and is ended there."""
    from pipelines.dataflow import submit

    job_id = submit(job, flags)
    if as_json:
        print_json({"job_id": job_id})
    else:
        click.echo(f"job {job_id} runs; `gcloud dataflow jobs drain {job_id}` ends it")


def _told_to_stop() -> threading.Event:
    """An event that SIGTERM and the first Ctrl-C set. The second Ctrl-C ends the process."""
    stopping = threading.Event()

    def stop(number: int, frame: Any) -> None:
        if stopping.is_set() and number == signal.SIGINT:
            os.write(2, b"Stopped at once: what was not committed comes again.\n")
            os._exit(130)
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopping


def _line(slice_: "Slice") -> str:
    counts = slice_.counts
    version = ", ".join(map(str, slice_.versions)) or "none, nothing new"
    median, late = slice_.freshness
    took = "" if slice_.seconds is None else f"; took {slice_.seconds:.1f} s"
    again = f", {slice_.unacknowledged:,} not acknowledged" if slice_.unacknowledged else ""
    repeats, dead = counts.duplicates.total(), counts.dead_letters.total()
    return (
        f"version {version}: {counts.received:,} messages = {counts.stories:,} stories"
        f" + {repeats:,} duplicates + {dead:,} dead letters"
        f" + {counts.redelivered:,} redelivered{again};"
        f" {median:.1f} s after publishing, 99 % within {late:.1f} s{took}"
    )
