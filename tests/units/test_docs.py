"""What README says is what the program does."""

import re
from pathlib import Path

import click
import pytest

from pipelines.commands import VERBS, newsbeam
from schemas.reasons import reasons
from schemas.tables import KINDS, SCHEMAS

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
GOLDEN = Path(__file__).parents[1] / "golden" / "cases"


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:1] == "|"]
    return [[cell.strip("` ") for cell in cells] for cells in table[2:]]


def test_every_verb_is_listed_with_its_help() -> None:
    """README's table of verbs has the program's verbs, with the first line of their help."""
    context = click.Context(newsbeam)
    listed = {
        verb: newsbeam.get_command(context, verb).get_short_help_str(200)
        for verbs in VERBS.values()
        for verb in verbs
    }
    assert dict(rows("The command")) == listed


def test_every_runner_of_a_stream_is_listed() -> None:
    """README's table of runners has each that `stream` takes, and says what it needs."""
    stream = newsbeam.get_command(click.Context(newsbeam), "stream")
    (runner,) = [option for option in stream.params if option.name == "runner"]
    listed = {name: needs for name, _, needs in rows("Streams")}
    assert set(runner.type.choices) <= set(listed)
    assert all(listed.values())


def test_every_reason_is_explained() -> None:
    """README's table of reasons has every class, its stage, and the first line of its docstring."""
    told = [[why.__name__, why.stage, why.__doc__.splitlines()[0]] for why in reasons()]
    assert rows("Why an event is rejected") == told


@pytest.mark.parametrize("why", list(reasons()), ids=lambda why: why.__name__)
def test_every_reason_has_a_golden_case(why: type) -> None:
    """Each reason is shown at work by a row of a golden case."""
    if why.__name__ in {"UnreadableFile", "OversizedRecord"}:
        pytest.skip("shown in tests/stages/test_read.py: it takes a broken disk or 32 MB")
    expected = "".join(p.read_text("utf-8") for p in GOLDEN.glob("*/expected/dead_letter.jsonl"))
    assert f'"reason": "{why.__name__}"' in expected


def test_documented_columns_exist() -> None:
    """Every column that README names in its table of views is in that view's schema."""
    kinds = dict(zip(("stories", "duplicates", "dead_letters", "commits"), KINDS, strict=True))
    for view, columns in rows("What analysts query"):
        assert set(re.findall(r"`(\w+)`", f"`{columns}`")) <= set(SCHEMAS[kinds[view]].names)
