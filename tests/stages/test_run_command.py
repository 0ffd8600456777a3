"""`newsbeam run`: a balance for people or machines, errors as sentences, going on after a stop."""

import errno
import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from click.testing import CliRunner, Result
from deltalake import DeltaTable

from pipelines.commands import newsbeam


def newsbeam_(*words: Any) -> Result:
    return CliRunner().invoke(newsbeam, [str(word) for word in words])


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """Three hundred stories, each its own."""
    file = tmp_path / "news.jsonl"
    file.write_text("".join(json.dumps(story(i)) + "\n" for i in range(300)))
    return file


def story(i: int) -> dict[str, str]:
    text = f"The town of Number {i} has opened a bridge with {i} lamps over the river {i * 7}."
    return {"id": str(i), "title": f"Bridge {i} opens", "text": text}


def test_json_is_one_object_that_balances(news: Path, tmp_path: Path) -> None:
    """`--json` prints the counts, and every event received has one fate."""
    run = newsbeam_("run", news, "--lake", tmp_path / "lake", "--json")
    counts = json.loads(run.output)
    assert counts["received"] == counts["stories"] == 300
    assert set(counts) == {
        "received", "stories", "duplicates", "dead_letters", "redelivered", "seconds",
    }  # fmt: skip


def test_running_again_brings_nothing_new(news: Path, tmp_path: Path) -> None:
    """A second run of the same file says that all was redelivered, and appends nothing."""
    lake = tmp_path / "lake"
    newsbeam_("run", news, "--lake", lake)
    version = DeltaTable(lake).version()
    again = json.loads(newsbeam_("run", news, "--lake", lake, "--json").output)
    assert (again["received"], again["redelivered"]) == (300, 300)
    assert DeltaTable(lake).version() == version


def test_a_file_that_grew_is_read_from_where_it_ended(news: Path, tmp_path: Path) -> None:
    """Lines appended to a file are new events, the others are redelivered."""
    lake = tmp_path / "lake"
    newsbeam_("run", news, "--lake", lake)
    with news.open("a") as more:
        more.write(json.dumps(story(300)) + "\n")
    again = json.loads(newsbeam_("run", news, "--lake", lake, "--json").output)
    assert (again["stories"], again["redelivered"]) == (1, 300)


def test_a_copy_under_another_name_is_all_duplicates(news: Path, tmp_path: Path) -> None:
    """The same stories from another file are other events, which repeat the stories held."""
    lake = tmp_path / "lake"
    newsbeam_("run", news, "--lake", lake)
    copy = news.with_name("copy.jsonl")
    copy.write_bytes(news.read_bytes())
    counts = json.loads(newsbeam_("run", copy, "--lake", lake, "--json").output)
    assert (counts["stories"], sum(counts["duplicates"].values())) == (0, 300)


def test_slices_and_batches_change_no_row(news: Path, tmp_path: Path) -> None:
    """However the input is cut, the lake's rows are the same."""
    rows = []
    for i, flags in enumerate([(), ("--batch-records", 7), ("--slice-events", 50)]):
        newsbeam_("run", news, "--lake", tmp_path / str(i), *flags)
        table = DeltaTable(tmp_path / str(i)).to_pyarrow_table(filters=[("kind", "!=", "commit")])
        rows.append(table.sort_by("ordinal").select(["ordinal", "event_id", "story_id", "topic"]))
    assert rows[0] == rows[1] == rows[2]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["run", "nowhere.jsonl", "--lake", "{}/lake"], 1, "nowhere.jsonl does not exist"),
        (["run", "--lake", "{}/lake"], 2, "Missing argument"),
        (["run", "{}/news.jsonl", "--lake", "{}/lake", "--wrong"], 2, "No such option"),
        (
            ["run", "{}/news.jsonl", "--lake", "{}/lake", "--", "--wrong"],
            1,
            "does not know --wrong",
        ),
        (["run", "{}/news.jsonl", "--lake", "{}/news.jsonl"], 2, "is a file"),
        (["fly"], 2, "No such command"),
    ],
)
def test_what_goes_wrong_is_a_sentence(
    news: Path, tmp_path: Path, words: list[str], code: int, sentence: str,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """No traceback: what happened, exit 1 for a failure and 2 for usage."""
    from pipelines.commands import main

    monkeypatch.setattr("sys.argv", ["newsbeam", *(word.format(tmp_path) for word in words)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == code
    assert sentence in capsys.readouterr().err


def test_other_settings_than_the_lakes_are_refused(news: Path, tmp_path: Path) -> None:
    """A horizon is fixed when the lake is made."""
    lake = tmp_path / "lake"
    newsbeam_("run", news, "--lake", lake, "--horizon-days", 7)
    refused = newsbeam_("run", news, "--lake", lake, "--horizon-days", 8)
    assert "horizon_days" in str(refused.exception)
    assert newsbeam_("run", news, "--lake", lake).exit_code == 0


def test_what_cannot_be_tagged_has_no_scores(tmp_path: Path) -> None:
    """Scores of a language that the tagger cannot read are null, so that averages leave it out."""
    text = "Le conseil municipal a adopté le budget de la ville mercredi soir après six heures."
    (tmp_path / "fr.jsonl").write_text(json.dumps({"id": "1", "title": "Budget", "text": text}))
    newsbeam_("run", tmp_path / "fr.jsonl", "--lake", tmp_path / "lake")
    (row,) = (
        DeltaTable(tmp_path / "lake").to_pyarrow_table(filters=[("kind", "=", "story")]).to_pylist()
    )
    assert row["language"] == "fr"
    assert (row["topic"], row["politics_score"], row["sports_score"]) == (None, None, None)


def test_a_full_disk_is_a_sentence(
    news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system says of the staging disk reaches the user without Beam's own words."""
    full = OSError(errno.ENOSPC, "full", "/staging")
    monkeypatch.setattr("pipelines.read.transforms.stage", Mock(side_effect=full))
    run = newsbeam_("run", news, "--lake", tmp_path / "lake")
    assert str(run.exception).startswith("/staging: No space left on device")
