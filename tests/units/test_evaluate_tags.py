"""Measures of topics: what each figure counts, and that labels go through the pipeline."""

import numpy as np
import pytest

from pipelines.evaluate.tags import auc, calibration_error, f1, measure, topic_scores

FLAGS = np.array([True, True, False, False])


def test_topics_are_scored():
    """Stories of both count for each topic, and one without a topic is never right."""
    figures = topic_scores(
        ["politics", "both", "sports", "other", "other"],
        ["politics", "sports", "sports", None, "other"],
    )
    assert figures == {
        "accuracy": pytest.approx(3 / 5),
        "balanced accuracy": pytest.approx((1 + 0 + 1 + 1 / 2) / 4),
        "F1 politics": pytest.approx(2 / 3),  # the one of both is missed
        "F1 sports": 1,
    }


def test_a_topic_that_no_label_has_gets_no_score():
    """Nothing is said about what was not measured."""
    assert topic_scores(["other"], ["other"]).keys() == {"accuracy", "balanced accuracy"}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([True, True, False, False], 1),
        ([False, False, True, True], 0),
        ([True, False, False, False], 2 / 3),
        ([False] * 4, 0),  # nothing found
    ],
)
def test_f1(found, expected):
    """Precision and recall count alike."""
    assert f1(FLAGS, np.array(found)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("margin", "expected"),
    [
        ([2.0, 1, -1, -2], 1),
        ([-2.0, -1, 1, 2], 0),
        ([1.0, 1, 1, 1], 0.5),  # ties count half
        ([2.0, 0, 1, -1], 0.75),
    ],
)
def test_auc(margin, expected):
    """The share of pairs in the right order."""
    assert auc(FLAGS, np.array(margin)) == expected


def test_calibration_error():
    """Within each bin of probabilities, how far their mean is from what happened."""
    assert calibration_error(FLAGS, np.array([1.0, 1, 0, 0])) == 0
    assert calibration_error(FLAGS, np.full(4, 0.5)) == 0
    assert calibration_error(FLAGS, np.array([0.0, 0, 1, 1])) == 1
    assert calibration_error(FLAGS, np.array([0.85, 0.85, 0.05, 0.05])) == pytest.approx(0.1)


def test_labels_are_measured_as_the_pipeline_would_treat_them():
    """HTML, summaries and stories that nobody can read, in the order of the labels."""
    figures = measure(
        [
            {"title": "", "topic": "other"},  # no story at all
            {"title": "Senate passes the budget bill", "topic": "politics"},
            {
                "title": "Late goal",
                "text": "<p>The striker won the cup final.</p>",
                "topic": "sports",
            },
            {"title": "Der Bundestag hat das Gesetz heute beschlossen", "topic": "politics"},
            {
                "title": "Seven soups",
                "summary": "Cook the onions with some cream and serve them.",
                "topic": "other",
            },
        ]
    )
    assert figures["accuracy"] == 3 / 5
    assert figures["tagged"] == 3 / 5
    assert figures["F1 sports"] == 1
    assert figures["right if confident"] == 1
    assert figures["calibration error sports"] < 0.2


def test_a_topic_that_there_is_not_is_refused():
    """A misspelt label is told, not counted as wrong."""
    with pytest.raises(ValueError, match="sport"):
        measure([{"title": "Late goal", "topic": "sport"}])
