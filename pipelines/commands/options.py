"""The options that several verbs share, said once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pipelines.settings import Verdicts

lake_option = click.option(
    "--lake",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="NEWSBEAM_LAKE",
    required=True,
    help="The lake's folder.",
)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."
)

staging_option = click.option(
    "--staging",
    type=click.Path(file_okay=False, path_type=Path),
    help="For what is read, until it is committed; inside the lake by default.",
)

Command = TypeVar("Command", bound=Callable[..., Any])


def verdict_options(command: Command) -> Command:
    """The options that are fixed when a lake is made; `verdicts` reads them."""
    return _horizon_days(_horizon_stories(command))


def verdicts(given: dict[str, Any]) -> Verdicts:
    """The settings of those options, taken out of `given`; absent ones stay the lake's."""
    told = {name: given.pop(name) for name in ("horizon_days", "horizon_stories")}
    return Verdicts(**{name: value for name, value in told.items() if value is not None})


class WithBeamFlags(click.Command):
    """A command whose words after `--` are Beam's: `beam_flags` has them.

    Our own options are strict; Beam's are checked by `pipelines.runners`.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses what stands before `--`."""
        at = args.index("--") if "--" in args else len(args)
        ctx.meta[__name__] = args[at + 1 :]
        return super().parse_args(ctx, args[:at])


def beam_flags(ctx: click.Context) -> list[str]:
    """The words after `--` of a `WithBeamFlags` command."""
    return ctx.meta[__name__]


_horizon_days = click.option(
    "--horizon-days",
    type=click.IntRange(1),
    help="How long an event that comes again is known by its id. Fixed when the lake is made.",
)
_horizon_stories = click.option(
    "--horizon-stories",
    type=click.IntRange(1),
    help="How many events repeats are sought among, of any kind. Fixed when the lake is made.",
)
