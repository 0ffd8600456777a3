"""The verdicts on a window: one relation an event, and the story it belongs to."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.deduplicate.held import Held
from pipelines.deduplicate.judge import Judge
from pipelines.deduplicate.links import firsts
from pipelines.deduplicate.relations import DEAD_LETTER, REDELIVERED
from pipelines.deduplicate.sketches import Sketches
from pipelines.deduplicate.window import Window

ROWS_AT_ONCE = 2048


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
    sketches: Sketches  # of the same events: what a merge takes in

    def __len__(self) -> int:
        return len(self.relation)


def decide(held: Held, sketches: Sketches) -> Decisions:
    """Decide events one after another, and take each in: `held` changes, all but its story file."""
    window = Window(sketches, held.banded(sketches), held.next_ordinal, held.stories)
    old = held.old_ids.seek(sketches.event_key)
    while window.done < len(sketches):
        if held.rows_left() < 1:
            held.grow(window.bands_so_far())
        _decide_some(held, window, old)
    return Decisions(
        window.relation,
        window.ids(window.story_ordinal),
        window.ids(window.previous_ordinal),
        window.similarity,
        window.containment,
        window.ordinal,
        window.story_ordinal,
        sketches,
    )


def _decide_some(held: Held, window: Window, old: npt.NDArray[np.int64]) -> None:
    """Decide the next events: some thousand at most, of one day, and for one size of band table.

    `old` are the ordinals of the window's ids where they are in no table any more, else -1.
    """
    lo = window.done
    hi, low = _stretch(held, window, lo)
    part = window.sketches.slice(lo, hi)
    events = held.tables["event"]
    event_places = events.seek(part.event_key)
    known = np.maximum(held.ordinals(events.at(event_places)), old[lo:hi]) >= low
    taken = ~known & firsts(part.event_key)
    beyond = np.flatnonzero(np.cumsum(taken) > held.rows_left())
    if len(beyond):
        hi, taken = lo + int(beyond[0]), taken[: beyond[0]]
        part = window.sketches.slice(lo, hi)
    ordinal, story = window.ordinal[lo:hi], window.story_ordinal[lo:hi]  # views: written below
    relation = window.relation[lo:hi]
    relation[~taken] = REDELIVERED
    relation[taken & ~part.alive] = DEAD_LETTER
    at = np.flatnonzero(taken)
    ordinal[at] = held.next_ordinal + np.arange(len(at))
    window.row_of[ordinal[at] - window.first] = lo + at
    live = np.flatnonzero(taken & part.alive)
    keys = held.keys_of(part)
    looked_up, places = None, {"event": event_places[: hi - lo]}
    if len(live):
        mine = {name: key[live] for name, key in keys.items()}
        lows = np.maximum(low, ordinal[live] - held.verdicts.horizon_stories)
        judge = Judge(held, window, lo + live, ordinal[live], mine, lows)
        outcome, lookup, banded = judge.judge()
        relation[live], story[live] = outcome.relation, outcome.story
        window.similarity[lo + live] = outcome.similarity
        window.containment[lo + live] = outcome.containment
        window.previous_ordinal[lo + live] = outcome.previous
        looked_up = lookup, live[banded]
        for name, links in judge.links.items():
            places[name] = np.full(hi - lo, -1)
            places[name][live] = links.places
    held.take_in(part, ordinal, story, keys, places, looked_up)
    window.done = hi


def _stretch(held: Held, window: Window, lo: int) -> tuple[int, int]:
    """Where the next stretch ends at the latest, and the first ordinal whose days are not over."""
    hi = min(lo + ROWS_AT_ONCE, len(window.banded))
    banded = np.cumsum(window.banded[lo:hi])
    hi = lo + max(1, int(np.searchsorted(banded, held.bands.rows_at_once, "right")))
    days = held.days_of(window.sketches.arrived_at[lo:hi])
    other = np.flatnonzero(days != days[0])
    return (lo + int(other[0]) if len(other) else hi), held.low_ordinal(int(days[0]))
