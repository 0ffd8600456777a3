"""The story file gives back what was written, until it is forgotten."""

from pathlib import Path

import numpy as np
import pytest

from pipelines.deduplicate import story_file
from pipelines.deduplicate.records import Damaged
from pipelines.deduplicate.story_file import StoryFile
from tests.made_sketches import Made, sketches

MADE = [
    Made(" ".join(f"w{i}" for i in range(70)), "One", "Summary", id="é" * n or "short", cut=n == 2)
    for n in range(5)
]


def at(*ordinals: int) -> np.ndarray:
    """Ordinals, or rows."""
    return np.array(ordinals, np.int64)


@pytest.fixture
def stories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StoryFile:
    """A file of several parts, with stories 2, 3, 7 and 11, 12, 13 of fourteen rows."""
    monkeypatch.setattr(story_file, "PART_BYTES", 1000)
    file = StoryFile(tmp_path)
    file.append(sketches(*MADE), at(0, 1, 4), at(2, 3, 7), 9)
    file.append(sketches(*MADE), at(2, 3, 1), at(11, 12, 13), 14)
    return file


def test_records_come_back_in_the_order_asked_for(stories: StoryFile) -> None:
    """Keys, words, the cut and the id are what they were."""
    found = stories.read(at(12, 2, 7, 11))
    own, rows = sketches(*MADE), at(3, 0, 4, 2)
    assert found.ids == [own.event_ids[row] for row in rows]
    assert found.title_key.tolist() == own.title_key[rows].tolist()
    assert found.summary_key.tolist() == own.summary_key[rows].tolist()
    assert found.cut.tolist() == own.cut[rows].tolist() == [False, False, False, True]
    for i, row in enumerate(rows):
        words = own.words[own.starts[row] : own.starts[row + 1]]
        assert found.words[found.starts[i] : found.starts[i + 1]].tolist() == words.tolist()


@pytest.mark.parametrize("ordinal", [-1, 0, 4, 8, 13 + 1])
def test_rows_that_are_no_stories_have_no_record(stories: StoryFile, ordinal: int) -> None:
    """Asking for one is a sign of damage."""
    with pytest.raises(Damaged):
        stories.read(at(2, ordinal))


def test_bands_are_read_from_an_ordinal_on(stories: StoryFile) -> None:
    """Bands come with their ordinals, in order."""
    parts = list(stories.bands_from(5))
    own = sketches(*MADE)
    assert np.concatenate([ordinals for _, ordinals in parts]).tolist() == [7, 11, 12, 13]
    assert np.array_equal(np.concatenate([bands for bands, _ in parts]), own.bands[at(4, 2, 3, 1)])


def test_what_is_forgotten_leaves_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole parts below an ordinal are deleted; what is above can still be read."""
    monkeypatch.setattr(story_file, "PART_BYTES", 10_000)
    file = StoryFile(tmp_path)
    for first in range(0, 3000, 5):
        file.append(sketches(*MADE), at(*range(5)), at(*range(first, first + 5)), first + 5)
    before = len(list(tmp_path.iterdir()))
    file.forget(2500)
    assert len(list(tmp_path.iterdir())) < before / 4
    assert file.read(at(2500, 2999)).ids == ["short", "é" * 4]
    with pytest.raises(Damaged):
        file.read(at(2499))
    del file
    assert not list(tmp_path.iterdir())


def test_an_empty_window_is_no_trouble(tmp_path: Path) -> None:
    """Rows without a story among them are passed over."""
    file = StoryFile(tmp_path)
    file.append(sketches(), at(), at(), 4)
    file.append(sketches(*MADE), at(1), at(5), 6)
    assert file.read(at(5)).ids == ["é"]
    assert file.next_ordinal == 6
