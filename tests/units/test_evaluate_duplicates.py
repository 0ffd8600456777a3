"""Measuring duplicates: pairs of events through the deciding of one lake."""

import pytest

from pipelines.evaluate.duplicates import measure, merged, scores, story_ids

LONG = " ".join(f"word{i}" for i in range(90))
OTHER = " ".join(f"other{i}" for i in range(90))


@pytest.mark.parametrize(
    ("same", "found", "figures"),
    [
        # one copy found, one missed, one pair of two stories merged, one kept apart
        ([1, 1, 0, 0], [1, 0, 1, 0], (0.5, 0.5, 0.5, 1)),
        ([1, 1], [1, 1], (1.0, 1.0, 1.0, 0)),
        ([0, 0], [0, 0], (1.0, 1.0, 1.0, 0)),  # nothing to find
        ([1], [0], (1.0, 0.0, 0.0, 0)),
    ],
)
def test_scores_count_pairs(same, found, figures):
    """Precision, recall and F1 are those of the pairs merged."""
    assert tuple(scores(same, found).values()) == pytest.approx(figures)


def test_a_pair_is_merged_by_its_stories():
    """The first half's events are paired with the second's; no story is nobody's."""
    assert merged(["x", "y", None, "x", "z", None]) == [True, False, False]


def test_labels_are_decided_as_a_lake_decides():
    """A copy in another frame is found, another text is not, and neither needs an id."""
    labels = [
        {"a": {"title": "One", "text": LONG}, "b": {"text": f"{LONG} more"}, "same": True},
        {"a": {"text": OTHER}, "b": {"title": "Two", "text": LONG[::-1]}, "same": False},
    ]
    assert measure(labels)["F1"] == 1.0


def test_an_event_that_cannot_be_read_merges_with_none():
    """It is a dead letter, and its pair is not merged."""
    assert measure([{"a": {"text": ""}, "b": {"text": ""}, "same": True}])["recall"] == 0.0


def test_a_label_without_events_is_refused():
    """The error says which."""
    with pytest.raises(TypeError, match="a of label 1"):
        measure([{"a": "text", "b": {}, "same": True}])


@pytest.mark.parametrize("at_once", [1, 2, 3, 1000])
def test_batches_change_no_story(at_once):
    """However many events are decided at once."""
    events = [{"id": str(i), "text": text} for i, text in enumerate([LONG, OTHER, LONG, OTHER])]
    assert story_ids(events, at_once) == ["label/0", "label/1", "label/0", "label/1"]
