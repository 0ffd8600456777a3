"""The index: which relation an event has to the stories before it, and what is remembered."""

import weakref
from pathlib import Path

import numpy as np
import pytest

from pipelines.deduplicate import bands, held, keys
from pipelines.deduplicate import index as module
from pipelines.deduplicate.decide import Decisions
from pipelines.deduplicate.index import Index
from pipelines.deduplicate.old_ids import OldIds
from pipelines.deduplicate.records import Damaged
from pipelines.deduplicate.relations import RELATIONS
from pipelines.deduplicate.story_file import StoryFile
from pipelines.settings import Verdicts
from tests.made_sketches import NOON, Made, sketches

DAY = 86_400_000_000  # µs


def words(count: int, name: str = "word") -> str:
    """A text of that many different words."""
    return " ".join(f"{name}{i}" for i in range(count))


def edited(text: str, *places: int) -> str:
    """The text with other words in some places."""
    return " ".join(f"new{i}" if i in places else word for i, word in enumerate(text.split()))


RECORD = (
    "The striker {} the league's scoring record on Saturday with two goals in the final minutes"
)
PAYWALL = (
    "Subscribe now to read this story and thousands more from our award winning newsroom today"
)
DIVIDEND = "Quarterly dividend of 12 cents payable on April 30 to holders"

SUMMED = " ".join(f"sum{i}" for i in range(3, 33))
RECAP = " ".join(
    f"word{i} {{}} word{i}a word{i}b word{i}c word{i}d word{i}e word{i}f" for i in range(10)
)

PAIRS = [
    # exact: the same words from 25 on, whatever the title
    (Made(words(25), "One"), Made(words(25).upper(), "Another"), "exact"),
    (Made(words(24), "One"), Made(words(24), "Another"), "story"),
    # below that the title or the summary has to agree
    (Made(words(24), "One"), Made(words(24), "one!"), "exact"),
    (Made(words(24), "One", "Same"), Made(words(24), "Another", "Same"), "exact"),
    (Made(DIVIDEND, "Acme sets payout"), Made(DIVIDEND, "Borealis sets payout"), "story"),
    # and a summary that is all of the text agrees with nothing, but then the address may
    (Made(words(24), "One", words(24)), Made(words(24), "Another", words(24)), "story"),
    (Made(words(24), "One", words(24), url="a"), Made(words(24), "Another", url="a"), "exact"),
    # as it has where a source cut the text off: a paywall says the same under any headline
    (Made(words(40), "One", cut=True), Made(words(40), "Another", cut=True), "story"),
    (Made(words(40), "One", cut=True), Made(words(40), "Another"), "story"),
    (Made(words(80), "One", cut=True), Made(words(80), "Another"), "story"),
    (Made(words(40), "One", cut=True), Made(words(40), "One", cut=True), "exact"),
    (Made(PAYWALL, "A mayor resigns"), Made(PAYWALL, "A bridge reopens"), "story"),
    # without a text, title and summary together
    (Made("", "Only a title"), Made("", "Only a title"), "exact"),
    (Made("", "A title", "One"), Made("", "A title", "Another"), "story"),
    # revision: the same address, and something in common
    (Made(words(40), url="a"), Made(edited(words(40), *range(20)), url="a"), "revision"),
    (Made(words(40), "One", url="a"), Made(words(40, "else"), "One", url="a"), "revision"),
    (Made(words(40), url="a"), Made(words(40, "else"), url="a"), "story"),
    (Made(words(40), publisher_id="p"), Made(edited(words(40), 1), publisher_id="p"), "revision"),
    (
        Made(words(40), "", words(30, "sum"), url="a"),
        Made(words(40, "new"), "", SUMMED, url="a"),
        "revision",
    ),
    # truncated and expanded: one begins as the other, or holds most of it
    (Made(words(400)), Made(words(70)), "truncated"),
    (Made(words(70)), Made(words(400)), "expanded"),
    (Made(words(300)), Made(words(30)), "truncated"),
    (Made(words(50), "One"), Made(words(20), "Another"), "story"),  # too short to say so alone
    (Made(words(50), "One"), Made(words(20), "One"), "truncated"),
    (Made(words(50), "One"), Made(words(9), "One"), "story"),  # fewer than ten words say nothing
    (Made(words(50), "One"), Made(words(19) + " wor", "One", cut=True), "truncated"),  # half a word
    (Made(words(50), "One"), Made(words(19) + " wor", "Another", cut=True), "story"),
    (Made(words(120)), Made(edited(words(90), 5, 50)), "truncated"),
    # near: most of it the same, and 60 words or more
    (Made(words(80)), Made(edited(words(80), 7, 30, 60)), "near"),
    (Made(words(80), "One", cut=True), Made(edited(words(80), 7), "One", cut=True), "near"),
    (Made(words(80), "One", cut=True), Made(edited(words(80), 7), "Other", cut=True), "story"),
    (Made(RECAP.format(*range(10))), Made(RECAP.format(*range(9), 77)), "near"),
    (Made(RECAP.format(*range(10))), Made(RECAP.format(*range(5, 15))), "story"),  # other figures
    (Made(words(59)), Made(edited(words(59), 30)), "story"),  # shorter ones have to be equal
    (Made(RECORD.format("breaks")), Made(RECORD.format("ties")), "story"),
    (Made("", "Striker breaks record"), Made("", "Striker ties record"), "story"),
]


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(("first", "second", "relation"), PAIRS)
def test_relation(first: Made, second: Made, relation: str, apart: bool) -> None:
    """The second of two events is what the rules say, in one window or in two."""
    index = Index(Verdicts())
    if apart:
        index.merge(index.decide(sketches(first)))
        decisions = index.decide(sketches(second, first=1))
    else:
        decisions = index.decide(sketches(first, second))
    assert relations(decisions)[-1] == relation
    assert decisions.story_id[-1] == ("event 1" if relation == "story" else "event 0")


def relations(decisions: Decisions) -> list[str]:
    """The relations by name."""
    return [RELATIONS[code] for code in decisions.relation]


def test_a_duplicate_points_at_a_story_never_at_a_duplicate() -> None:
    """What is near a duplicate alone is a story; an exact copy of one leads to its story."""
    text = words(100)
    steps = [edited(text, *range(0, 4 * k, 4)) for k in range(0, 25, 6)]
    index = Index(Verdicts())
    decisions = index.decide(sketches(*(Made(step) for step in steps), Made(steps[1])))
    stories = {
        id for id, code in zip(decisions.story_id, decisions.relation, strict=True) if not code
    }
    assert set(decisions.story_id) == stories
    assert len(stories) > 1
    assert relations(decisions)[-1] == "exact"
    assert decisions.story_id[-1] == decisions.story_id[1] == "event 0"


def test_replaced_content_names_the_story_before_it() -> None:
    """Where an address shows something else altogether, the new story says what was there."""
    index = Index(Verdicts())
    made = [Made(words(40, name), url="live") for name in ("one", "two", "three")]
    decisions = index.decide(sketches(*made))
    assert relations(decisions) == ["story"] * 3
    assert decisions.previous_story_id == [None, "event 0", "event 1"]


def test_the_closest_story_is_taken() -> None:
    """Of several stories that a text repeats, it goes to the one it shares most with."""
    text = words(100)
    far, close = edited(text, *range(1, 60, 4)), edited(text, *range(62, 99, 6))
    index = Index(Verdicts())
    decisions = index.decide(sketches(Made(far), Made(close), Made(text)))
    assert relations(decisions) == ["story", "story", "near"]
    assert decisions.story_id[2] == "event 1"
    assert decisions.similarity[2] == pytest.approx((99 - 14) / (99 + 14))  # bigrams


def test_known_ids_and_dead_letters() -> None:
    """An id counts once, for dead letters too; only what becomes a row takes an ordinal."""
    index = Index(Verdicts())
    window = [Made("A text", id="a"), Made(dead=True, id="b"), Made("Other", id="a")]
    decisions = index.decide(sketches(*window, Made("Next", id="c")))
    assert relations(decisions) == ["story", "dead_letter", "redelivered", "story"]
    assert decisions.ordinal.tolist() == [0, 1, -1, 2]
    assert decisions.story_id == ["a", None, None, "c"]
    index.merge(decisions)
    again = index.decide(sketches(*window, arrived_at=NOON + DAY))
    assert relations(again) == ["redelivered"] * 3
    assert index.next_ordinal == 3


def test_keys_are_forgotten_after_the_horizon() -> None:
    """Ids and exact keys last so many days after the day of the row, by the rows' own clock."""
    index = Index(Verdicts(horizon_days=2))
    assert index.low_mark(NOON) == 0
    index.merge(index.decide(sketches(Made(words(30)))))
    for days, relation in [(2, "exact"), (3, "story")]:
        decisions = index.decide(sketches(Made(words(30)), arrived_at=NOON + days * DAY, first=1))
        assert relations(decisions) == [relation]
    midnight = (NOON + DAY) // DAY * DAY
    assert index.low_mark(NOON + 3 * DAY) == midnight  # although no row is so late yet
    index.merge(decisions)
    assert index.low_mark(NOON) == midnight


@pytest.mark.parametrize("apart", [False, True])
def test_a_key_that_leads_to_a_forgotten_story_leads_nowhere(apart: bool) -> None:
    """Bands may outlast exact keys: a copy of a near text is then near, not exact."""
    index = Index(Verdicts(horizon_days=1))
    index.merge(index.decide(sketches(Made(words(80)))))
    copies = [Made(edited(words(80), 3)), Made(edited(words(80), 3))]
    found = []
    for i, window in enumerate([[copies[0]], [copies[1]]] if apart else [copies]):
        decisions = index.decide(sketches(*window, arrived_at=NOON + 5 * DAY, first=1 + i))
        index.merge(decisions)
        found += relations(decisions)
    assert found == ["near", "near"]


COPIES = [
    (Made(edited(words(80), 3)), "near"),
    (Made(words(80)), "exact"),
    (Made(words(30)), "truncated"),
    (Made(edited(words(80), *range(40)), url="a"), "revision"),
]


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(("copy", "relation"), COPIES)
def test_content_is_forgotten_after_so_many_rows(copy: Made, relation: str, apart: bool) -> None:
    """A copy of any kind is found among the last horizon_stories rows, not before."""
    for between, expected in [(8, relation), (9, "story")]:
        index = Index(Verdicts(horizon_stories=9))
        others = [Made(words(5, f"other{i}-")) for i in range(between)]
        made = [Made(words(80), url="a"), *others, copy]
        if apart:
            index.merge(index.decide(sketches(*made[:-1])))
            decisions = index.decide(sketches(made[-1], first=between + 1))
        else:
            decisions = index.decide(sketches(*made))
        assert relations(decisions)[-1] == expected


@pytest.fixture
def few_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of keys are full after five events."""
    monkeypatch.setattr(keys, "SMALLEST", 1)


@pytest.mark.usefixtures("few_keys")
def test_ids_are_known_however_many_came_since(tmp_path: Path) -> None:
    """An event that comes again is redelivered for horizon_days, also after a restart."""
    index = Index(Verdicts(horizon_days=2, horizon_stories=3))
    made = [Made(words(5, f"{n}-"), id=f"id {n}", dead=n % 9 == 0) for n in range(60)]
    for n in range(0, 60, 12):
        index.merge(index.decide(sketches(*made[n : n + 12])))
    assert index._held.tables["event"].used < 20
    index.save(tmp_path)
    for again in (index, Index.load(tmp_path, Verdicts(horizon_days=2, horizon_stories=3))):
        late = again.decide(sketches(*made, arrived_at=NOON + 2 * DAY))
        assert relations(late) == ["redelivered"] * 60
        too_late = again.decide(sketches(*made, arrived_at=NOON + 3 * DAY))
        assert set(relations(too_late)) == {"story", "dead_letter"}


@pytest.mark.usefixtures("few_keys")
def test_ids_are_still_known_when_the_disk_was_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be put away is held on to, and put away the next time."""
    index = Index(Verdicts(horizon_stories=3))
    made = [Made(words(5, f"{n}-"), id=f"id {n}") for n in range(14)]
    index.merge(index.decide(sketches(*made[:7])))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(OldIds, "add", full)
        with pytest.raises(OSError, match="No space"):
            index.decide(sketches(*made[7:]))
    index.merge(index.decide(sketches(*made[7:])))
    assert relations(index.decide(sketches(*made))) == ["redelivered"] * 14


def test_deciding_changes_nothing() -> None:
    """A window can be decided any number of times, and only its merge is remembered."""
    index = Index(Verdicts())
    window = sketches(Made(words(80)), Made(words(30, "else")))
    one, other = index.decide(window), index.decide(window)
    assert relations(one) == relations(other) == ["story", "story"]
    assert index.next_ordinal == 0
    index.merge(one)  # although another decision came since
    assert relations(index.decide(window)) == ["redelivered"] * 2
    with pytest.raises(ValueError, match="has gone on"):
        index.merge(other)


def test_a_failure_in_between_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """If deciding breaks off, the index is as it was."""
    index = Index(Verdicts())
    window = sketches(Made(words(80)))

    def fails(known: object, some: object) -> None:
        known.next_ordinal = 7  # type: ignore[attr-defined]
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(module, "decide", fails)
        with pytest.raises(MemoryError):
            index.decide(window)
    assert index.decide(window).ordinal.tolist() == [0]


def test_a_full_disk_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window whose stories cannot be written is not taken in, and can be followed later."""
    index = Index(Verdicts())
    window = sketches(*(Made(words(80, f"{k}-")) for k in "abc"))
    decisions = index.decide(window)
    write, room = StoryFile._write, iter([True])  # for the first of three portions
    monkeypatch.setattr(held, "ROWS_AT_ONCE", 1)

    def full(file: StoryFile, data: bytes) -> None:
        if not next(room, False):
            raise OSError(28, "No space left on device")
        write(file, data)

    with monkeypatch.context() as patch:
        patch.setattr(StoryFile, "_write", full)
        with pytest.raises(OSError, match="No space"):
            index.merge(decisions)
    assert index.next_ordinal == 0
    index.follow(window, relations(decisions), decisions.story_id, decisions.ordinal)
    late = index.decide(sketches(*(Made(edited(words(80, f"{k}-"), 9)) for k in "abc"), first=3))
    assert late.story_id == ["event 0", "event 1", "event 2"]


def test_growing_lets_the_old_table_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the band table grows the old one is let go, and yet can be had again."""
    monkeypatch.setattr(bands, "SMALLEST", 4)
    index = Index(Verdicts())
    index.merge(index.decide(sketches(*(Made(words(80, f"{k}-")) for k in "abc"))))
    table = index._held.bands
    rows, tags, marks = table.rows, table.tags.copy(), table.marks.copy()
    old = weakref.ref(table)
    del table
    index.decide(sketches(*(Made(words(80, f"{k}-")) for k in "defghijkl"), first=3))
    assert index._held.bands.rows > rows
    assert old() is None
    late = index.decide(sketches(Made(edited(words(80, "b-"), 9)), first=3))
    assert late.story_id == ["event 1"]
    index._take_back()
    assert index._held.bands.rows == rows
    assert np.array_equal(index._held.bands.tags, tags)
    assert np.array_equal(index._held.bands.marks, marks)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A folder with an index that knows two stories, and an id of before that."""
    index = Index(Verdicts())
    index.merge(index.decide(sketches(Made(words(80), "One"), Made(words(70, "else")))))
    index._held.old_ids.add(np.array([7], np.uint64), np.array([0]))
    folder = tmp_path / "saved"
    folder.mkdir()
    index.save(folder)
    return folder


def test_a_saved_index_knows_what_it_knew(saved: Path, tmp_path: Path) -> None:
    """Loading gives the same verdicts, also after more was taken in and saved again."""
    index = Index.load(saved, Verdicts())
    assert (index.next_ordinal, index.lake_version) == (2, -1)
    decisions = index.decide(
        sketches(Made(edited(words(80), 3)), Made(words(64, "third")), first=2)
    )
    assert relations(decisions) == ["near", "story"]
    index.merge(decisions)
    again = tmp_path / "again"
    again.mkdir()
    index.save(again)
    for path in saved.iterdir():
        path.unlink()
    del index
    late = [Made(edited(words(64, "third"), 9)), Made(edited(words(70, "else"), 9))]
    decisions = Index.load(again, Verdicts()).decide(sketches(*late, first=4))
    assert decisions.story_id == ["event 3", "event 1"]


def test_every_file_of_a_saved_index_matters(saved: Path) -> None:
    """A file that is missing, short or changed makes the whole index Damaged."""
    for path in sorted(saved.iterdir()):
        whole = path.read_bytes()
        for broken in [whole[:-1], bytes([whole[0] ^ 1]) + whole[1:]] if whole else []:
            if path.name.startswith("stories") and len(broken) == len(whole):
                continue  # found out when the record is read
            path.unlink()  # it may be linked from elsewhere
            path.write_bytes(broken)
            with pytest.raises(Damaged):
                Index.load(saved, Verdicts())
        path.unlink()
        with pytest.raises((Damaged, FileNotFoundError)):
            Index.load(saved, Verdicts())
        path.write_bytes(whole)
    assert Index.load(saved, Verdicts()).next_ordinal == 2


def test_a_changed_record_is_found_out_when_read(saved: Path) -> None:
    """The story file's records are told from others by their ordinals."""
    path = next(saved.glob("stories-*"))
    data = np.frombuffer(path.read_bytes(), np.uint8).copy()
    data[0] ^= 1
    path.unlink()
    path.write_bytes(data.tobytes())
    index = Index.load(saved, Verdicts())
    with pytest.raises(Damaged):
        index.decide(sketches(Made(edited(words(80), 3)), first=2))


def test_an_index_of_other_verdicts_is_refused(saved: Path) -> None:
    """What was decided by other rules is no base for these."""
    with pytest.raises(Damaged, match="other verdicts"):
        Index.load(saved, Verdicts(min_similarity=0.5))
