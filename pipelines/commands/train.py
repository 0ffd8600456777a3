"""`newsbeam train`: teach the tagger."""

from datetime import UTC, datetime
from pathlib import Path

import click

from pipelines.errors import NewsbeamError


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the weights go (.npz); the model card is written beside them.",
)
def command(data: Path, out: Path) -> None:
    """Teach the tagger from labelled news, and say how good it is.

    DATA is a folder with the labelled sources that pipelines/tag/corpora.py names. Five models are
    taught with one source left out and measured on it, then the one that is kept: about two
    minutes on one core. The same data gives the same weights.

    \b
      newsbeam train labelled --out weights.npz

    Into a checkout, so that it is the model that `run` uses:

    \b
      newsbeam train labelled --out pipelines/tag/weights.npz
    """
    if not out.parent.is_dir():
        raise click.BadParameter(f"there is no folder {out.parent}", param_hint="--out")
    from pipelines.tag.teach import teach

    try:
        taught = teach(data, progress=lambda what: click.echo(what, err=True))
    except (ImportError, FileNotFoundError) as why:
        raise NewsbeamError(f"cannot train: {why}") from why
    taught.model.save(out)
    card = out.with_name("MODEL_CARD.md")
    card.write_text(taught.card(datetime.now(UTC).date()), encoding="utf-8")
    for line in taught.figures():
        click.echo(line)
    click.echo(f"model {taught.model.version}: {out} ({out.stat().st_size:,} bytes), {card}")
