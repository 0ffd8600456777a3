"""What a stream is asked for, wherever it runs, and what it tells meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.run import Outcome
from pipelines.settings import Verdicts


@dataclass(frozen=True)
class Streaming:
    """What a stream reads, where to, and how; the defaults are good ones."""

    subscription: str
    lake: Path
    topic: str | None = None  # asked of the server
    id_attribute: str | None = None
    order_attribute: str | None = None  # a whole number; instead of the publish time
    timestamp_attribute: str | None = None  # when an event was sent, if not when published
    verdicts: Verdicts = field(default_factory=Verdicts)
    staging: Path | None = None
    window_seconds: float = 10.0
    window_messages: int = 50_000
    window_bytes: int = 128 << 20
    until_caught_up: bool = False


@dataclass(frozen=True)
class Slice:
    """A slice that is committed and acknowledged."""

    versions: tuple[int, ...]  # of the lake; none where all had been there before
    counts: Outcome  # of this slice alone
    freshness: tuple[float, float]  # s from publish to commit: the median, the 99th percentile
    unacknowledged: int  # acknowledgements that failed; these come again
    seconds: float | None = None  # from having pulled it to its acknowledgement, if known


@dataclass
class Told:
    """Whom a stream tells what it does."""

    committed: Callable[[Slice], None] = lambda slice_: None
    trouble: Callable[[str], None] = lambda sentence: None
