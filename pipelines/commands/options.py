"""The flags that several verbs share, said once."""

from pathlib import Path

import click

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
