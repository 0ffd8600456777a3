"""A decider that is plainly right: one event after another, in dicts, with every story kept.

It is the measure of `pipelines.deduplicate`, which must give the same verdicts.
"""

from dataclasses import dataclass, field

import numpy as np

from pipelines.deduplicate import bands, matches
from pipelines.deduplicate.names import OPENING_WORDS
from pipelines.deduplicate.sketches import Sketches
from pipelines.settings import Verdicts
from pipelines.words import words

DAY = 86_400_000_000  # µs


@dataclass
class Event:
    """One event of some sketches."""

    id: str
    key: int
    text: int
    title: int
    summary: int
    url: int
    publisher: int
    words: list[int]
    heads: list[int]
    cut: bool
    bands: list[int] | None
    alive: bool
    day: int


@dataclass
class Verdict:
    """What is compared with the index's decision."""

    relation: str
    story: str | None = None
    previous: str | None = None
    similarity: float = 0.0
    containment: float = 0.0
    ordinal: int = -1


def events(s: Sketches) -> list[Event]:
    """The events of sketches, one by one."""
    return [
        Event(
            s.event_ids[i],
            int(s.event_key[i]),
            int(s.content_key[i]),
            int(s.title_key[i]),
            int(s.summary_key[i]),
            int(s.url_hash[i]),
            int(s.publisher_hash[i]),
            s.words[s.starts[i] : s.starts[i + 1]].tolist(),
            s.heads[s.head_starts[i] : s.head_starts[i + 1]].tolist(),
            bool(s.cut[i]),
            s.bands[i].tolist() if s.has_bands[i] else None,
            bool(s.alive[i]),
            int(s.arrived_at[i]) // DAY,
        )
        for i in range(len(s))
    ]


@dataclass
class OneByOne:
    """The decider."""

    verdicts: Verdicts
    ordinal: int = 0
    day: int = -(1 << 40)
    day_of: list[int] = field(default_factory=list)  # of each ordinal
    stories: dict[int, Event] = field(default_factory=dict)
    leads: dict[tuple[object, ...], int] = field(default_factory=dict)  # key to ordinal
    rows: int = 1  # that the table of bands is for
    buckets: dict[tuple[int, int], dict[int, int]] = field(default_factory=dict)

    def decide(self, event: Event) -> Verdict:
        """The verdict on the next event, which is taken in."""
        day = max(self.day, event.day)
        if self._within_days(("event", event.key), day) is not None:
            return Verdict("redelivered")
        verdict = self._judge(event, day) if event.alive else (Verdict("dead_letter"), None)
        found, story = verdict
        found.ordinal = self.ordinal
        self._take_in(event, story, day)
        return found

    def _led(self, key: tuple[object, ...], day: int) -> int | None:
        ordinal = self._within_days(key, day)
        if ordinal is None or ordinal < self.ordinal - self.verdicts.horizon_stories:
            return None
        return ordinal

    def _within_days(self, key: tuple[object, ...], day: int) -> int | None:
        ordinal = self.leads.get(key)
        if ordinal is None or self.day_of[ordinal] < day - self.verdicts.horizon_days:
            return None
        return ordinal

    def _take_in(self, event: Event, story: int | None, day: int) -> None:
        ordinal, self.ordinal, self.day = self.ordinal, self.ordinal + 1, day
        self.day_of.append(day)
        self.leads["event", event.key] = ordinal
        if event.alive:
            new = story is None
            for key in [*self._exact(event), *self._addresses(event)]:
                self.leads[key] = ordinal if new else story
            if new:
                self.stories[ordinal] = event
                self._hold(event, ordinal)
                for key in self._openings(event):
                    self.leads[key] = ordinal

    def _exact(self, e: Event) -> list[tuple[object, ...]]:
        if not e.text:
            return [("empty", e.title, e.summary)] if e.title or e.summary else []
        keys: list[tuple[object, ...]] = []
        if not e.cut and len(e.words) >= self.verdicts.exact_words:
            keys.append(("text", e.text))
        if e.title:
            keys.append(("text and title", e.text, e.title))
        if e.summary:
            keys.append(("text and summary", e.text, e.summary))
        elif e.url:
            keys.append(("text and url", e.text, e.url))
        return keys

    def _addresses(self, e: Event) -> list[tuple[object, ...]]:
        found = [("url", e.url), ("publisher", e.publisher)]
        return [key for key in found if key[1]]

    def _openings(self, e: Event) -> list[tuple[object, ...]]:
        if len(e.words) - e.cut < OPENING_WORDS:
            return []
        opening = tuple(e.words[:OPENING_WORDS])
        keys: list[tuple[object, ...]] = []
        if not e.cut and len(e.words) >= self.verdicts.exact_words:
            keys.append(("opening", opening))
        if e.title:
            keys.append(("opening and title", opening, e.title))
        if e.summary:
            keys.append(("opening and summary", opening, e.summary))
        return keys

    def _judge(self, event: Event, day: int) -> tuple[Verdict, int | None]:
        for key in self._exact(event):
            story = self._led(key, day)
            if story is not None:
                return Verdict("exact", self.stories[story].id, None, 1.0, 1.0), story
        named = []
        for key in self._addresses(event):
            story = self._led(key, day)
            if story is not None:
                named.append(story)
                other = self.stories[story]
                similarity, containment = shared(event.words, other.words, 2)
                if (
                    self._tells_of_the_same(event, other)
                    or containment >= self.verdicts.min_containment
                    or (event.title and event.title == other.title)
                    or (
                        not event.words
                        and not other.words
                        and event.summary
                        and event.summary == other.summary
                    )
                ):
                    return Verdict("revision", other.id, None, similarity, containment), story
        candidates = {self._led(key, day) for key in self._openings(event)} - {None}
        candidates |= self._sharing_a_band(event)
        best = None
        for story in candidates:
            other = self.stories[story]
            relation = self._relation(event, other)
            if relation:
                similarity, containment = shared(event.words, other.words, 2)
                rank = (containment, similarity, -story)
                if best is None or rank > best[0]:
                    best = rank, Verdict(relation, other.id, None, similarity, containment), story
        if best is not None:
            return best[1], best[2]
        previous = self.stories[named[0]].id if named else None
        return Verdict("story", event.id, previous), None

    def _tells_of_the_same(self, e: Event, other: Event) -> bool:
        one, two = set(e.words + e.heads), set(other.words + other.heads)
        least = self.verdicts.min_revision * (
            matches.FEW_SHARED if len(one | two) < matches.FEW_WORDS else 1
        )
        return len(one & two) / max(len(one | two), 1) >= least

    def _relation(self, e: Event, other: Event) -> str | None:
        short, long = sorted([len(e.words), len(other.words)])
        same = (e.title and e.title == other.title) or (e.summary and e.summary == other.summary)
        whole = not e.cut and not other.cut and short >= self.verdicts.exact_words
        if not (same or whole):
            return None
        side = "truncated" if len(e.words) <= len(other.words) else "expanded"
        half = (e.cut and len(e.words) == short) or (other.cut and len(other.words) == short)
        opening = short - half
        if opening >= OPENING_WORDS and e.words[:opening] == other.words[:opening]:
            return side
        if short < self.verdicts.near_words:
            return None
        similarity, containment = shared(e.words, other.words, 2)
        if similarity < matches.SURELY_EDITED and other_figures(e.words, other.words):
            return None
        if containment >= self.verdicts.min_containment:
            return side if short <= 0.8 * long else "near"
        return "near" if similarity >= self.verdicts.min_similarity else None

    def _sharing_a_band(self, event: Event) -> set[int]:
        """The stories held in a table of buckets of four, made anew when it has to be larger."""
        horizon = self.verdicts.horizon_stories
        rows = bands.capacity(self.ordinal, horizon)
        if rows != self.rows:
            self.rows, self.buckets = rows, {}
            for ordinal, story in self.stories.items():
                self._hold(story, ordinal)
        found = {self._bucket(band, value).get(_tag(value)) for band, value in self._bands(event)}
        return {o for o in found if o is not None and o >= self.ordinal - horizon}

    def _hold(self, story: Event, ordinal: int) -> None:
        for band, value in self._bands(story):
            bucket = self._bucket(band, value)
            bucket.pop(_tag(value), None)
            if len(bucket) == bands.LANES:
                bucket.pop(min(bucket, key=lambda tag: bucket[tag]))
            bucket[_tag(value)] = ordinal

    def _bucket(self, band: int, value: int) -> dict[int, int]:
        buckets = int(self.rows / bands.FULLEST / bands.LANES) + 1
        return self.buckets.setdefault((band, value * buckets >> 32), {})

    def _bands(self, event: Event) -> list[tuple[int, int]]:
        known = event.bands and len(event.words) >= self.verdicts.near_words
        return list(enumerate(event.bands or [])) if known else []


def _tag(value: int) -> int:
    return value & 0xFFFF or 1


def shared(one: list[int], other: list[int], n: int) -> tuple[float, float]:
    """Jaccard and containment of the sets of word n-grams."""
    a, b = ({tuple(w[i : i + n]) for i in range(len(w) - n + 1)} for w in (one, other))
    both = len(a & b)
    return both / max(len(a | b), 1), both / max(min(len(a), len(b)), 1)


def other_figures(one: list[int], other: list[int]) -> bool:
    """Whether more of the smaller set of figures is missing from the larger than by an edit."""
    a, b = (set(words) & FIGURES for words in (one, other))
    n = min(len(a), len(b))
    return n >= 4 and n - len(a & b) > 0.15 * n + 2.326 * (0.15 * 0.85 * n) ** 0.5


FIGURES = {
    int(h >> np.uint64(32))
    for h in words([f"{n:0{size}}" for size in range(1, 5) for n in range(10**size)]).hashes
}


def rounded(verdict: Verdict) -> Verdict:
    """The verdict as the columns hold it."""
    verdict.similarity = float(np.float32(verdict.similarity))
    verdict.containment = float(np.float32(verdict.containment))
    return verdict
