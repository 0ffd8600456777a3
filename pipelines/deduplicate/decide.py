"""What became of the events of a window: one relation an event, and the story it belongs to."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.deduplicate.sketches import Sketches

RELATIONS = (
    "story",
    "exact",
    "revision",
    "truncated",
    "expanded",
    "near",
    "dead_letter",
    "redelivered",
)
STORY, EXACT, REVISION, TRUNCATED, EXPANDED, NEAR, DEAD_LETTER, REDELIVERED = range(8)


@dataclass(slots=True)
class Decisions:
    """The verdicts on a window, in its order; item *i* of every column is about event *i*."""

    relation: npt.NDArray[np.int8]  # index into RELATIONS
    story_id: list[str | None]  # a story's own event_id, a duplicate's story's; else None
    previous_story_id: list[str | None]  # the story its URL or id named before; stories only
    similarity: npt.NDArray[np.float32]  # with the story: Jaccard of word bigrams; 0 for stories
    containment: npt.NDArray[np.float32]  # of the smaller in the larger; 0 for stories
    ordinal: npt.NDArray[np.int64]  # -1 for redelivered events, else without gaps
    story_ordinal: npt.NDArray[np.int64]  # of the story it belongs to; -1 where there is none
    sketches: Sketches  # of the same events: what `Index.merge` takes in
    token: Any = None  # the index's own mark of the window

    def __len__(self) -> int:
        return len(self.relation)
