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
    "Every day": ("run", "query", "explain", "audit", "status", "report"),
    "Tools": ("sample", "train"),
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
        return command

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
    settings = _settings(config)
    ctx.default_map = dict.fromkeys(newsbeam.list_commands(ctx), settings)


def _settings(path: Path | None) -> dict[str, Any]:
    if path is None and not Path(CONFIG).is_file():
        return {}
    path = path or Path(CONFIG)
    try:
        return {k.replace("-", "_"): v for k, v in tomllib.loads(path.read_text("utf-8")).items()}
    except (OSError, ValueError) as why:
        raise click.UsageError(f"cannot read the settings in {path}: {why}") from why


def main() -> None:
    """Run the command and exit: 0 done, 1 failed, 2 usage. A traceback only with NEWSBEAM_DEBUG."""
    try:
        newsbeam(prog_name="newsbeam")
    except NewsbeamError as why:
        _fail(str(why))
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is wrong, nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as why:
        if os.environ.get("NEWSBEAM_DEBUG"):
            raise
        _fail(f"{type(why).__name__}: {why}\nThis is a mistake of ours: NEWSBEAM_DEBUG=1 shows it.")


def _fail(sentence: str) -> None:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(1)
