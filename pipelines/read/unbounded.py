"""A subscription as Beam's native unbounded source: its readers emit the paths of pulled batches.

The source has no checkpoint marks. What is durable is decided elsewhere: a message is acknowledged
after its commit, and until then the server has it.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.coders import Coder, PickleCoder, StrUtf8Coder
from apache_beam.io.unbounded_source import (
    CheckpointMark,
    ReadFromUnboundedSource,
    UnboundedReader,
    UnboundedSource,
)
from apache_beam.utils.timestamp import MAX_TIMESTAMP, Timestamp

from pipelines.batch import RawBatch
from pipelines.read.intake import Feed, Taken, intake
from pipelines.read.pulled import load

BUNDLE_SECONDS = 1.0  # what a bundle read goes on only when it ends
POLL_SECONDS = 0.1


@dataclass
class ReadFeed(beam.PTransform):
    """From a feed to its batches without end, each at the time that it was taken."""

    feed: Feed

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[RawBatch]:
        return (
            begin
            | "Pull"
            >> ReadFromUnboundedSource(
                FeedSource(self.feed),
                poll_interval=POLL_SECONDS,
                max_read_time_seconds=BUNDLE_SECONDS,
            )
            | "Load" >> beam.Map(load)
        )


class FeedSource(UnboundedSource):
    """A feed, or one of the equal parts that it is read in."""

    def __init__(self, feed: Feed, part: int = 0, attempt: str = "") -> None:
        # Parts must differ: readers that wait are kept by their source, and equal ones would
        # close each other.
        self._feed = feed
        self._part = part
        self._attempt = attempt

    def split(self, desired_num_splits: int, options: Any = None) -> Iterable[UnboundedSource]:
        """Parts that each pull whatever the server delivers to them.

        A runner splits when it starts a job, or starts it anew: the parts tell that apart.
        """
        if self._attempt:
            return [self]
        parts, attempt = min(desired_num_splits, self._feed.readers), uuid.uuid4().hex
        return [FeedSource(self._feed, i, attempt) for i in range(parts)]

    def create_reader(
        self, options: Any, checkpoint_mark: CheckpointMark | None
    ) -> UnboundedReader:
        """A reader; the part's first in an attempt starts from nothing, others go on."""
        intake(self._feed).begin(self._part, self._attempt)
        return _Reader(self._feed, self._part)

    def get_checkpoint_mark_coder(self) -> Coder:
        """For marks, of which there are none."""
        return PickleCoder()

    def default_output_coder(self) -> Coder:
        """For paths."""
        return StrUtf8Coder()


class _Reader(UnboundedReader):
    def __init__(self, feed: Feed, part: int) -> None:
        self._intake = intake(feed)
        self._part = part
        self._taken: Taken | None = None
        self._watermark = 0

    def start(self) -> bool:
        return self.advance()

    def advance(self) -> bool:
        before = self._intake.now()  # what is taken from now on is not earlier
        self._taken = self._intake.take(self._part)
        self._watermark = self._taken.at if self._taken else before
        return self._taken is not None

    def get_current(self) -> str:
        assert self._taken is not None
        return self._taken.path

    def get_current_timestamp(self) -> Timestamp:
        assert self._taken is not None
        return Timestamp(micros=self._taken.at)

    def get_watermark(self) -> Timestamp:
        if self._taken is None and self._intake.is_done:
            return MAX_TIMESTAMP
        return Timestamp(micros=self._watermark)

    def get_checkpoint_mark(self) -> None:
        """Nothing, so that there is nothing to finalize when a bundle has ended.

        Flink without checkpoints never finalizes a bundle, and a worker keeps all that such a one
        ran: 144 KB each, 12 GB a day, and a new reader for the next.
        """
