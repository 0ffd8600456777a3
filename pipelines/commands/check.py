"""`newsbeam check`: would a stream go on like this?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from pipelines.commands.options import WithBeamFlags, beam_flags, verdicts
from pipelines.commands.quiet import quiet_beam
from pipelines.commands.stream import command as stream
from pipelines.settings import Verdicts
from pipelines.terminal import aligned, print_json, printable, shown

if TYPE_CHECKING:
    from pipelines.check.check import Checked


class Setting(NamedTuple):
    """What an option comes to."""

    name: str
    value: Any
    origin: str  # a flag, a NEWSBEAM_ variable, the TOML file, the lake, the server, or default


@click.command(cls=WithBeamFlags, params=list(stream.params))
@click.pass_context
def command(ctx: click.Context, as_json: bool, **given: Any) -> None:
    """Say before the first message whether a stream would go on like this.

    Takes the options of `stream`, looks at the subscription, the lake, the clock and the runner,
    and says of each what is ok, worth a note, or a problem; then every setting and where it is
    from. Exit 1 for a problem. No message is pulled or acknowledged, and no lake is made: all that
    is written is a file of five bytes in each folder, which is deleted again.

    \b
      newsbeam check --subscription projects/p/subscriptions/news --lake lake
      newsbeam check --subscription projects/p/subscriptions/news --lake lake --json \\
          | jq '.findings[] | select(.grade == "problem")'
    """
    quiet_beam()
    from pipelines.check.check import Planned, check

    looked_at = ("subscription", "lake", "topic", "staging", "window_seconds", "runner")
    options = {name: given[name] for name in looked_at}
    checked = check(Planned(verdicts=verdicts(given), flags=beam_flags(ctx), **options))
    settings = list(_settings(ctx, checked))
    problems = sum(finding.grade == "problem" for finding in checked.findings)
    if as_json:
        told = {name: {"value": value, "origin": origin} for name, value, origin in settings}
        findings = [finding._asdict() for finding in checked.findings]
        print_json({"problems": problems, "findings": findings, "settings": told})
    else:
        _print(checked, settings)
    if problems:
        found = "1 problem" if problems == 1 else f"{problems} problems"
        raise click.ClickException(f"{found}; nothing was pulled")


def _settings(ctx: click.Context, checked: "Checked") -> Iterator[Setting]:
    """Every setting of a stream, resolved."""
    fixed = Verdicts() if checked.lake is None else checked.lake.verdicts
    for option in ctx.command.params:
        name, value = option.name or "", ctx.params[option.name or ""]
        if name == "as_json":
            continue
        origin = _origin(ctx, option)
        if value is not None:
            yield Setting(name, value, origin)
        elif name == "topic" and checked.topic:
            yield Setting(name, checked.topic, "the server")
        elif name == "staging":
            yield Setting(name, ctx.params["lake"] / "_staging", origin)
        elif name not in Verdicts.model_fields:
            yield Setting(name, None, origin)
    origin = "default" if checked.lake is None else "the lake"
    for name, value in fixed.model_dump().items():
        if ctx.params.get(name) is None:
            yield Setting(name, value, origin)
    if flags := beam_flags(ctx):
        yield Setting("beam", " ".join(flags), "after --")


def _origin(ctx: click.Context, option: click.Parameter) -> str:
    from pipelines.commands import CONFIG

    match ctx.get_parameter_source(option.name or ""):
        case ParameterSource.COMMANDLINE:
            return option.opts[0]
        case ParameterSource.ENVIRONMENT:
            return str(option.envvar)
        case ParameterSource.DEFAULT_MAP:
            return str((ctx.parent and ctx.parent.params["config"]) or CONFIG)
    return "default"


def _print(checked: "Checked", settings: list[Setting]) -> None:
    lines = [[grade, about, printable(said)] for grade, about, said in checked.findings]
    for line in aligned(lines):
        click.echo(line)
    click.echo()
    table = [
        [name, "none" if value is None else shown(value), printable(origin)]
        for name, value, origin in settings
    ]
    for line in aligned(table):
        click.echo(line)
