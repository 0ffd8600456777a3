"""Sketch: one row an event, in order; keys, words and bands that can be worked out again."""

import numpy as np
import pyarrow as pa
import pytest

from pipelines.deduplicate import sketches as module
from pipelines.deduplicate.sketches import Sketches, resketch, sketches_of
from schemas.tables import SKETCHED
from tests.made_sketches import Made, rows

LONG = " ".join(f"word{i}" for i in range(80))
EVENTS = [
    Made(LONG, "A title", url="https://example.org/a"),
    Made(dead=True, id="broken"),
    Made("A short text.", "Another", "And a summary", publisher_id="example.org#1"),
    Made("", "Only a title"),
    Made("Cut off in the midd", cut=True),
]


def same(one: Sketches, other: Sketches) -> bool:
    """Whether two sketches are equal column by column."""
    columns = [name for name in Sketches.__slots__ if name != "event_ids"]
    equal = [np.array_equal(getattr(one, c), getattr(other, c)) for c in columns]
    return all(equal) and list(one.event_ids) == list(other.event_ids)


def test_every_event_has_a_row_in_order_of_arrival() -> None:
    """Living and dead events stand in one batch of the schema, by their position."""
    batch = rows(*EVENTS)
    assert batch.schema == SKETCHED
    assert batch["event_id"].to_pylist() == ["event 0", "broken", "event 2", "event 3", "event 4"]
    assert batch["reason"].to_pylist() == [None, "NotJson", None, None, None]


def test_a_dead_letter_has_its_payload_and_its_event_key_alone() -> None:
    """A dead letter's content and its other keys are null."""
    row = rows(*EVENTS).slice(1, 1).to_pylist()[0]
    set_columns = {name for name, value in row.items() if value is not None}
    assert set_columns == {
        *("event_id", "arrived_at", "stage", "reason", "detail", "payload", "event_key")
    }


def test_keys_are_0_where_the_thing_is_missing() -> None:
    """No title, summary, text, URL or publisher's id: no key."""
    s = sketches_of(rows(*EVENTS))
    assert (s.event_key != 0).all()
    assert (s.content_key != 0).tolist() == [True, False, True, False, True]
    assert (s.title_key != 0).tolist() == [True, False, True, True, False]
    assert (s.summary_key != 0).tolist() == [False, False, True, False, False]
    assert (s.url_hash != 0).tolist() == [True, False, False, False, False]
    assert (s.publisher_hash != 0).tolist() == [False, False, True, False, False]
    assert s.cut.tolist() == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("Rain, rain — and WIND!", "rain rain and wind", True),  # case and punctuation
        ("rain and wind", "wind and rain", False),  # order
        ("rain and wind", "rain and wind and", False),  # length
        ("rain rain", "rain", False),  # repeats
    ],
)
def test_content_keys_are_of_words_in_order(one: str, other: str, equal: bool) -> None:
    """Texts of the same words in the same order have one key, others do not."""
    keys = sketches_of(rows(Made(one), Made(other))).content_key
    assert (keys[0] == keys[1]) == equal


def test_texts_of_fewer_than_60_words_have_no_bands() -> None:
    """Only long texts can be near one another."""
    words = LONG.split()
    s = sketches_of(rows(Made(" ".join(words[:59])), Made(" ".join(words[:60]))))
    assert s.has_bands.tolist() == [False, True]
    assert not s.bands[0].any()


def test_bands_stay_what_they_are() -> None:
    """A lake remembers stories by their bands, so a text's must never change."""
    bands = sketches_of(rows(Made(LONG))).bands[0]
    assert bands[:4].tolist() == [3889411402, 2573357920, 1705167797, 3605704186]
    assert int(bands.astype(np.uint64).sum()) == 161960689328


def test_texts_that_share_most_words_share_bands_and_others_none() -> None:
    """One word of eighty changed leaves most bands; other words leave none."""
    changed = LONG.replace("word40", "other")
    others = LONG.replace("word", "else")
    bands = sketches_of(rows(Made(LONG), Made(changed), Made(others))).bands
    assert (bands[0] == bands[1]).sum() > 30
    assert (bands[0] == bands[2]).sum() == 0


def test_the_lake_s_rows_give_the_same_sketches() -> None:
    """What is worked out again from the lake's columns equals what was decided on."""
    batch = rows(*EVENTS)
    in_lake = [name for name in batch.schema.names if name not in SKETCHED_ONLY]
    again = resketch(pa.Table.from_batches([batch]).select(in_lake))
    assert same(sketches_of(batch), again)
    without_reason = [name for name in in_lake if name != "reason"]
    assert same(again, resketch(pa.Table.from_batches([batch]).select(without_reason)))


SKETCHED_ONLY = {
    *("event_key", "content_key", "title_key", "summary_key", "url_hash", "publisher_hash", "words")
}


def test_windows_of_several_batches_read_as_one() -> None:
    """Chunks, slices and nulls in between change nothing."""
    batch = rows(*EVENTS)
    table = pa.Table.from_batches([batch, batch.slice(1, 3), batch])
    both = sketches_of(table)
    part = sketches_of(table.slice(5, 3))
    assert part.event_ids == both.event_ids[5:8]
    for i in range(3):
        one = part.words[part.starts[i] : part.starts[i + 1]]
        assert np.array_equal(one, both.words[both.starts[5 + i] : both.starts[6 + i]])


def test_only_so_many_words_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A very long text is compared by its beginning; its content key covers all of it."""
    monkeypatch.setattr(module, "WORDS_KEPT", 10)
    s = sketches_of(rows(Made(LONG), Made(LONG + " more"), Made("just three words")))
    assert np.diff(s.starts).tolist() == [10, 10, 3]
    assert s.content_key[0] != s.content_key[1]


def test_bands_of_another_size_are_refused() -> None:
    """A row whose bands are not 64 times 32 bits comes from another version."""
    table = pa.Table.from_batches([rows(Made(LONG))])
    at = table.schema.get_field_index("bands")
    with pytest.raises(ValueError, match="256 bytes"):
        sketches_of(table.set_column(at, "bands", pa.array([b"four"])))
