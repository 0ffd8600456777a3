"""Stories that look alike: what is shared is shared, and the rest is each one's own."""

from random import Random

from benchmarks.quality.negatives import briefs, recaps

TEXTS = [" ".join(f"{name}{i}" for i in range(90)) for name in ("one", "two", "three")]


def test_briefs_share_their_footer_and_nothing_else():
    """The footer is equal, what stands above it is of two texts."""
    for seed in range(20):
        one, other = briefs(TEXTS, Random(seed))
        (body, *footer), (other_body, *other_footer) = (
            event["text"].split("\n\n") for event in (one, other)
        )
        assert footer == other_footer
        assert not set(body.split()) & set(other_body.split())
        assert one["title"] in body


def test_recaps_are_filled_to_the_last_slot():
    """No brace is left, and each of the two is another recap."""
    for seed in range(60):
        one, other = recaps(Random(seed))
        assert not {*"{}"} & {*one["title"], *one["text"]}
        assert one["text"] != other["text"]


def test_a_named_slot_is_one_thing_throughout():
    """The winner of the headline is the winner in the text."""
    seen = 0
    for seed in range(60):
        for recap in recaps(Random(seed)):
            home, beat, rest = recap["title"].partition(" beat ")
            if beat:
                seen += 1
                score = rest.rpartition(" ")[2]
                assert recap["text"].count(home) >= 3
                assert f"{score} on" in recap["text"]
    assert seen


def test_recaps_have_much_in_common():
    """Two thirds of the words of a pair stand in both, or more: hard to tell apart."""
    shares = []
    for seed in range(60):
        one, other = ({*event["text"].split()} for event in recaps(Random(seed)))
        shares.append(len(one & other) / min(len(one), len(other)))
    assert sorted(shares)[30] > 0.6
