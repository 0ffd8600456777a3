"""What an audit finds, and that it finds nothing in a lake that is sound."""

import json
import os
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner
from deltalake import DeltaTable

from pipelines.commands.audit import command
from pipelines.lake import log
from pipelines.lake.audit import audit

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SPAN = {"path": "news.jsonl", "start": 0, "end": 90, "records": 3, "digest": "ab"}


def found(lake, **options):
    """The findings as `check: sentence` lines."""
    return [f"{check}: {sentence}" for check, sentence in audit(lake.path, **options).findings]


def commit_row(version, **values):
    """A commit row that a test writes on its own."""
    zeros = dict.fromkeys(("received", "stories", "duplicates", "dead_letters", "redelivered"), 0)
    return {"commit": version, "action": "run", "committed_at": NOON, **zeros, **values}


@pytest.fixture(scope="module")
def template(shared_lake):
    """Two commits: two stories with a duplicate, and a dead letter; one event redelivered."""
    shared_lake.commit(
        stories=[{"event_id": "a", "topic": "sports"}, {"event_id": "b"}],
        duplicates=[{"event_id": "c", "story_id": "a", "topic": "sports"}],
        row={"sources": [SPAN]},
    )
    shared_lake.commit(dead_letters=[{"event_id": "d"}], redelivered=1)
    return shared_lake


@pytest.fixture
def sound(template, tmp_path):
    """A copy of it, to do harm to."""
    return template.copy(tmp_path / "lake")


def test_a_sound_lake_has_no_findings_and_says_its_balance(sound):
    """Exit 0, one line."""
    result = CliRunner().invoke(command, ["--lake", str(sound.path)])
    assert result.exit_code == 0
    assert result.stdout == (
        "5 received = 2 stories + 1 duplicates + 1 dead letters + 1 redelivered\n"
    )


def test_an_empty_lake_is_sound(small_lake):
    """Nothing received is nothing lost."""
    assert found(small_lake) == []
    assert audit(small_lake.path).balance == (0, 0, 0, 0, 0)


def test_a_fault_is_exit_1_and_one_json_object(sound):
    """The object says what is wrong on stdout, the sentence on stderr."""
    sound.commit(stories=[{"event_id": "a"}])
    result = CliRunner().invoke(command, ["--lake", str(sound.path), "--json"])
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert answer["received"] == 6
    assert [finding["check"] for finding in answer["findings"]] == ["ids"]
    assert result.stderr.startswith("Error: the lake at ")


def test_each_fault_is_named(sound):
    """What is wrong and where; one fault does not hide another, and many are counted."""
    rewritten, moved_on = {**SPAN, "digest": "cd"}, {**SPAN, "start": 90, "end": 180}
    sound.commit(row={"sources": [rewritten, moved_on], "received": 3})
    sound.commit(stories=[{}], row={"stories": 2, "received": 2, "sources": [SPAN]})
    sound.commit(
        stories=[
            {"event_id": "own", "story_id": "a"},
            {"event_id": "lost", "story_id": "lost", "previous_story_id": "gone"},
            {"event_id": "early", "story_id": "early", "ordinal": 3},
            {"event_id": "late", "story_id": "late", "ordinal": 20},
        ],
        duplicates=[
            {"event_id": "chained", "story_id": "c"},
            *({"event_id": f"e{n}", "story_id": "gone"} for n in range(7)),
        ],
        dead_letters=[{"event_id": "a"}, {"event_id": None}],
    )
    assert found(sound) == [
        "balance: commit 4 received 3 events and accounts for 0",
        "balance: commit 5 says 2 stories, and 1 are there",
        "ids: event a stands in the lake more than once: story of commit 2, "
        "dead_letter of commit 6",
        "ids: the dead_letter at ordinal 18 has no event id",
        "stories: duplicate chained repeats c, which is a duplicate itself",
        *(f"stories: duplicate e{n} repeats gone, which is not in the lake" for n in range(3)),
        "stories: duplicate e3 repeats gone, which is not in the lake (and 3 more)",
        "stories: story own has another event's story id, a",
        "stories: story lost follows gone, which is not in the lake",
        "ordinals: ordinal 3 is taken more than once: d, early",
        "ordinals: ordinals 7 to 8 are missing",
        "ordinals: ordinals 19 to 19 are missing",
        "sources: news.jsonl, bytes 0 to 90, is in commits 2 and 5",
    ]


def test_rows_without_a_commit_row_and_two_rows_for_a_commit_are_found(sound):
    """The commit row is what everything is counted by."""
    story = {"commit": 4, "ordinal": 4, "event_id": "e", "story_id": "e", "arrived_at": NOON}
    sound.append({("story", date(2026, 11, 24), None): [story]}, 4)
    sound.append({("commit", date(2026, 11, 24), None): [commit_row(5), commit_row(5)]}, 5)
    assert found(sound) == [
        "balance: rows of commit 4 have no commit row",
        "balance: commit 5 has 2 commit rows",
    ]


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda file: file.unlink(), "is missing"),
        (lambda file: file.write_bytes(file.read_bytes()[:-9]), "bytes, and the log says"),
        (lambda file: file.write_bytes(b"x" * file.stat().st_size), "cannot be read"),
    ],
)
def test_a_damaged_file_is_named_and_the_rest_is_checked(sound, harm, sentence):
    """Missing, cut off, overwritten: the file is named, and its rows are missed."""
    file = sound.files("dead_letter")[0]
    harm(file)
    lines = found(sound)
    assert lines[0].startswith(f"files: {file.relative_to(sound.path)} ")
    assert sentence in lines[0]
    assert "balance: commit 3 says 1 dead letters, and 0 are there" in lines


def test_damage_between_whole_ends_is_found(sound):
    """A file whose footer is fine and whose pages are not is named as well."""
    file = sound.files("dead_letter")[0]
    content = bytearray(file.read_bytes())
    content[4:200] = b"\xff" * 196
    file.write_bytes(content)
    assert found(sound)[0].startswith(f"files: {file.relative_to(sound.path)} cannot be read")


def test_files_with_other_rows_or_columns_than_the_log_says_are_named(sound):
    """The log's numbers are what readers plan by."""
    entry = log.entry(sound.path, 3)
    entry.write_text(entry.read_text().replace(r"numRecords\": 1", r"numRecords\": 7"))
    assert "has 1 rows, and the log says 7" in found(sound)[0]


def test_a_file_of_another_kind_is_named(sound):
    """A file holds its own kind's columns and no others."""
    row = {"commit": 4, "ordinal": 4, "event_id": "e", "arrived_at": NOON, "reason": "NotJson"}
    sound.append({("dead_letter", date(2026, 11, 24), None): [row]}, 4)
    entry = log.entry(sound.path, 4)
    file = sound.files("dead_letter")[-1]
    other = sound.path / str(file.relative_to(sound.path)).replace("dead_letter", "duplicate")
    other.parent.mkdir(parents=True)
    file.rename(other)
    entry.write_text(entry.read_text().replace("dead_letter", "duplicate"))
    assert "authors" in found(sound)[0]


def test_files_that_no_commit_names_are_a_note(sound):
    """A crash leaves them and readers never see them: worth saying, nothing wrong."""
    for name, age in (("young", 0), ("old", 2 * 86_400)):
        file = sound.files("story")[0].with_name(f"{name}.parquet")
        file.write_bytes(b"")
        os.utime(file, times=(file.stat().st_mtime - age,) * 2)
    result = audit(sound.path)
    assert result.findings == []
    assert [note.partition(" ")[0] for note in result.notes] == ["1", "1"]
    assert "over a day old" in result.notes[0]


def test_an_older_version_is_audited_by_its_own_files(sound):
    """What came later is neither missing nor left over."""
    version = DeltaTable(sound.path).version()
    sound.commit(stories=[{"event_id": "a"}])
    assert found(sound)
    assert found(sound, at=version) == []
    assert audit(sound.path, at=version).notes == []
