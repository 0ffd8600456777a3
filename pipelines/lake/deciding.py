"""What the writer asks of `pipelines.deduplicate`.

The writer knows the deciding only by this, so that its own rules (what is durable, who was first)
can be tried with a decider of forty lines.
"""

from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from pipelines.deduplicate import index, sketches
from pipelines.deduplicate.decide import Decisions
from pipelines.settings import Verdicts


class Index(Protocol):
    """What is known of the lake's events; a function of its rows in the order of their ordinals."""

    lake_version: int  # that it has followed to; -1 at first
    next_ordinal: int

    def low_mark(self, until: int) -> int:
        """Of events that arrived before, ids may be forgotten then; µs since 1970, 0 for none."""

    def decide(self, sketches: Any) -> Decisions:
        """What each event is; changes nothing."""

    def merge(self, decisions: Decisions) -> None:
        """Take in what was decided last."""

    def follow(self, sketches: Any, relations: Any, story_ids: Any, ordinals: Any) -> None:
        """Take in what others decided, in the order of the ordinals."""

    def save(self, folder: Path) -> None:
        """Write everything into a folder that is there and empty."""


class Decider(Protocol):
    """What makes indexes, and the sketches that they understand."""

    def new_index(self, verdicts: Verdicts, scratch: Path) -> Index:
        """An index that knows nothing; `scratch` is a folder for files of its own."""

    def load_index(self, folder: Path, verdicts: Verdicts, scratch: Path) -> Index:
        """The index that `save` wrote into that folder; any error where it is not whole."""

    def sketches_of(self, rows: pa.RecordBatch) -> Any:
        """The sketches of a window's rows (`schemas.tables.SKETCHED`)."""

    def resketch(self, rows: pa.Table) -> Any:
        """The sketches of the lake's rows, from their content."""


class Deduplicate:
    """The decider that a lake has unless a test says otherwise: `pipelines.deduplicate`."""

    new_index = staticmethod(index.Index)
    load_index = staticmethod(index.Index.load)
    sketches_of = staticmethod(sketches.sketches_of)
    resketch = staticmethod(sketches.resketch)
