"""The pairs that duplicates are measured on: seeded, labelled, and as many as they should be."""

from collections import Counter

from benchmarks.quality.edits import EDITS
from benchmarks.quality.pairs import copies, look_alikes, retold, same_event, sentences

TEXTS = [
    (f"Title {n}", ". ".join(" ".join(f"w{n}x{k}x{i}" for i in range(10)) for k in range(20)))
    for n in range(30)
]


def test_copies_are_the_same_each_time_and_of_each_edit():
    """Each kind as often, each event under an id of its own."""
    pairs = copies(TEXTS, 2)
    assert pairs == copies(TEXTS, 2)
    assert Counter(pair["kind"] for pair in pairs) == dict.fromkeys(EDITS, 2)
    assert len({pair[side]["id"] for pair in pairs for side in "ab"}) == 2 * len(pairs)
    assert all(pair["same"] for pair in pairs)


def test_words_are_borrowed_from_texts_without_a_copy():
    """Or a copy might be held for one of the text that it borrowed from."""
    originals = {pair["a"]["text"] for pair in copies(TEXTS, 2)}
    own = {word for text in originals for word in text.split()}
    spare = {word for _, text in TEXTS[22:] for word in text.split()}
    for pair in copies(TEXTS, 2):
        if pair["kind"] == "expanded":
            borrowed = {*pair["b"]["text"].split()} - {*pair["a"]["text"].split()}
            assert borrowed <= spare - own


def test_one_event_in_other_words_is_a_pair_of_two_stories():
    """Documents with a dozen words in a row in common are left out."""
    run = " ".join(f"run{i}" for i in range(12))
    documents = [
        {"event": "1", "text": f"one {run}"},
        {"event": "1", "text": f"{run} two"},
        {"event": "1", "text": "told otherwise"},
        {"event": "2", "text": "another event"},
    ]
    pairs = same_event(documents, 2)
    assert {(pair["a"]["text"], pair["b"]["text"]) for pair in pairs} == {
        (f"one {run}", "told otherwise"),
        (f"{run} two", "told otherwise"),
    }


def test_look_alikes_are_two_stories():
    """As many briefs and recaps as asked for."""
    pairs = look_alikes([text for _, text in TEXTS], 3, 4)
    assert Counter(pair["kind"] for pair in pairs) == {"brief": 3, "recap": 4}
    assert not any(pair["same"] for pair in pairs)


def test_retold_is_told_by_sentences():
    """A fifth of the shorter's sentences in common make a copy of it."""
    five = [
        f"This is sentence number {n} of the text." for n in ("one", "two", "three", "four", "x")
    ]
    one = sentences(" ".join(five))
    assert len(one) == 5
    assert not retold(one, sentences(f"{five[0]} And there are quite a few other words here."))
    assert retold(one, sentences("And there are quite a few other words here. So there."))
