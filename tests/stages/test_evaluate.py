"""`newsbeam evaluate`: measures on labels of one's own."""

import gzip
import json

import pytest
from click.testing import CliRunner

from pipelines.commands.evaluate import command
from pipelines.errors import InputError
from pipelines.evaluate.labels import KINDS, read_labels

PARAGRAPH = (
    "The council met on Monday and voted for the new bridge after a debate of three hours, in "
    "which the mayor spoke twice and the opposition asked what the old one had cost. "
)
STORY = {"title": "Council votes for the bridge", "text": PARAGRAPH * 3, "id": "1"}
LABELS = {
    "articles": {
        "html": f"<html><body><article><p>{PARAGRAPH * 3}</p></article></body></html>",
        "text": PARAGRAPH * 3,
    },
    "unicode": {"raw": "schÃ¶n", "clean": "schön"},
    "urls": {"a": "http://a.example/x?utm_source=y", "b": "https://a.example/x", "same": True},
    "dates": {"raw": "2026-11-24T08:00:00Z", "at": "2026-11-24T08:00:00Z"},
    "languages": {"text": PARAGRAPH, "language": "en"},
    "duplicates": {"a": STORY, "b": {**STORY, "id": "2"}, "same": True},
    "tags": {"title": "Late goal wins the cup for the home team", "topic": "sports"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_answer_is_full_marks(kind, tmp_path):
    """Each kind measures a label that anyone would get right; the figures are JSON."""
    labels = tmp_path / "labels.jsonl"
    labels.write_text(json.dumps(LABELS[kind]) + "\n")
    result = CliRunner().invoke(command, [kind, str(labels), "--json"])
    told = json.loads(result.output)
    assert told["labels"] == 1
    assert 1.0 in told["figures"].values()


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_answer_is_not(kind, tmp_path):
    """Labels that contradict what is measured cost marks."""
    wrong = {
        "articles": {
            "text": "Quite another text, of which the page has not got a single sentence."
        },
        "unicode": {"clean": "schon"},
        "urls": {"same": False},
        "dates": {"at": "2020-01-01T00:00:00Z"},
        "languages": {"language": "fr"},
        "duplicates": {"same": False},
        "tags": {"topic": "politics"},
    }
    (tmp_path / "right.jsonl").write_text(json.dumps(LABELS[kind]))
    (tmp_path / "wrong.jsonl").write_text(json.dumps(LABELS[kind] | wrong[kind]))
    said = [
        CliRunner().invoke(command, [kind, str(tmp_path / name), "--json"]).output
        for name in ("right.jsonl", "wrong.jsonl")
    ]
    right, wrong = (json.loads(each)["figures"] for each in said)
    assert right != wrong


def test_labels_may_be_gzipped_and_have_empty_lines(tmp_path):
    """As they come from other tools."""
    file = tmp_path / "labels.jsonl.gz"
    file.write_bytes(gzip.compress(b'\n{"text": "a", "language": "en"}\n\n'))
    assert len(list(read_labels(file, KINDS["languages"]))) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2: not JSON"),
        ('{"text": "a"}', "line 2: a label needs text, language; language is missing"),
        ("[1]", "line 2: a label needs text, language; text is missing"),
    ],
)
def test_a_line_that_is_no_label_is_named(line, said, tmp_path):
    """Nothing is measured on half of a file."""
    file = tmp_path / "labels.jsonl"
    file.write_text('{"text": "a", "language": "en"}\n' + line)
    with pytest.raises(InputError, match=said):
        list(read_labels(file, KINDS["languages"]))


def test_an_empty_file_is_no_measure(tmp_path):
    """Rather than figures of nothing."""
    (tmp_path / "none.jsonl").touch()
    result = CliRunner().invoke(command, ["urls", str(tmp_path / "none.jsonl")])
    assert isinstance(result.exception, InputError)
