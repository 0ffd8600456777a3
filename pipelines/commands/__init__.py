"""The `newsbeam` command: a table of verbs, each in its own short file.

A verb's module is imported only when it is asked for, so that `--help` and the readers of a lake
never wait for Beam.
"""

import importlib
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import click

from pipelines.errors import NewsbeamError

VERBS = {
    "Every day": ("run", "check", "stream", "query", "explain", "audit", "status", "report"),
    "Tools": ("sample", "train", "evaluate"),
}
CONFIG = "newsbeam.toml"


class Verbs(click.Group):
    """The verbs, in the order that people need them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, the daily ones first."""
        return [verb for verbs in VERBS.values() for verb in verbs]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The verb's command, imported now; None for a word that is no verb."""
        if name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"pipelines.commands.{name}").command
        for option in _settable(command):
            option.envvar = f"NEWSBEAM_{_setting(option).upper()}"
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; when the reader of its output has gone (`| head`), nothing is wrong."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        return result

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One section of the help for each group of verbs."""
        for heading, verbs in VERBS.items():
            with formatter.section(heading):
                formatter.write_dl([(v, _summary(self.get_command(ctx, v))) for v in verbs])


def _summary(command: click.Command | None) -> str:
    return command.get_short_help_str(90) if command else ""


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="newsbeam")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="NEWSBEAM_CONFIG",
    help=f"Settings in TOML; {CONFIG} in this folder if there is one. Flags and NEWSBEAM_* win.",
)
@click.pass_context
def newsbeam(ctx: click.Context, config: Path | None) -> None:
    """News events in, a lake that balances out.

    \b
      newsbeam run news/*.jsonl.gz --lake lake
      newsbeam query "select topic, count(*) from stories group by 1" --lake lake
      newsbeam explain https://example.com/a-story --lake lake

    Every raw event becomes exactly one row: a story, a duplicate of a story, or a dead letter
    with its reason. `newsbeam VERB --help` shows worked examples.
    """
    if ctx.invoked_subcommand is None:
        return
    settings = _settings(config)
    every = newsbeam.list_commands(ctx)
    options = (
        {verb: _settable(newsbeam.get_command(ctx, verb)) for verb in every} if settings else {}
    )
    known = {_setting(option) for each in options.values() for option in each}
    if unknown := sorted(settings.keys() - known):
        raise click.UsageError(
            f"no setting goes by {', '.join(unknown)}; there are {', '.join(sorted(known))}"
        )
    ctx.default_map = {
        verb: {o.name: settings[_setting(o)] for o in each if _setting(o) in settings}
        for verb, each in options.items()
    }


def _settable(command: click.Command | None) -> list[click.Option]:
    """The verb's options that take a value: switches are for the command line."""
    options = command.params if command else []
    return [o for o in options if isinstance(o, click.Option) and not o.is_flag]


def _setting(option: click.Option) -> str:
    """What an option is called in TOML and, in capitals, in the environment: `horizon_days`."""
    return option.opts[0].lstrip("-").replace("-", "_")


def _settings(path: Path | None) -> dict[str, str]:
    if path is None and not Path(CONFIG).is_file():
        return {}
    path = path or Path(CONFIG)
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as why:
        raise click.UsageError(f"cannot read the settings in {path}: {why}") from why
    for name, value in told.items():
        if not isinstance(value, str | int | float):
            raise click.UsageError(f"{path}: {name} is neither a text nor a number")
    # As text, which is what the options' own checks are for.
    return {name.replace("-", "_"): str(value) for name, value in told.items()}


def main() -> None:
    """Run the command and exit: 0 done, 1 failed, 2 usage, 130 for Ctrl-C.

    A traceback only with NEWSBEAM_DEBUG.
    """
    try:
        # Not click's standalone mode: all that it says of Ctrl-C is "Aborted!".
        sys.exit(newsbeam.main(prog_name="newsbeam", standalone_mode=False) or 0)
    except click.ClickException as why:
        why.show()
        sys.exit(why.exit_code)
    except click.Abort:
        click.echo("Stopped. What was committed stays, and running again goes on.", err=True)
        # At once: a run's work may still go on in its thread, and must not outlive these words.
        os._exit(130)
    except NewsbeamError as why:
        _fail(str(why))
    except OSError as why:
        if os.environ.get("NEWSBEAM_DEBUG"):
            raise
        _fail(f"{why.filename or 'the output'}: {why.strerror or why}")
    except Exception as why:
        if os.environ.get("NEWSBEAM_DEBUG"):
            raise
        _fail(f"{type(why).__name__}: {why}\nThis is a mistake of ours: NEWSBEAM_DEBUG=1 shows it.")


def _fail(sentence: str) -> None:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(1)
