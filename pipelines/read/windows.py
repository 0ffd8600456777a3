"""Windows of arrival: what comes together is committed together, and nothing is too late."""

import math
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.transforms.trigger import (
    AccumulationMode,
    AfterCount,
    AfterProcessingTime,
    AfterWatermark,
    TriggerFn,
)
from apache_beam.transforms.window import FixedWindows, TimestampedValue
from apache_beam.utils.timestamp import Timestamp

from pipelines.read import arrival

LATENESS = 86_400  # s; nothing is dropped for being late, so this is as good as for ever


def arrival_windows(seconds: float, early: TriggerFn | None = None) -> beam.WindowInto:
    """Windows for events that stand at their arrival: what is late is committed like all else.

    A pane holds what came since the last one, so no event is committed twice.
    """
    return beam.WindowInto(
        FixedWindows(seconds),
        trigger=AfterWatermark(early=early, late=AfterCount(1)),
        allowed_lateness=LATENESS,
        accumulation_mode=AccumulationMode.DISCARDING,
    )


@dataclass
class WindowByArrival(beam.PTransform):
    """Moves events of any source to their arrival, and into windows of that.

    A source's own watermark follows its own times: behind a backlog of last week it stands there,
    and the windows would wait for the last of it. So they fire by the clock too.
    """

    seconds: float = 10.0

    def expand(self, events: beam.PCollection) -> beam.PCollection:
        by_the_clock = AfterProcessingTime(math.ceil(self.seconds))  # whole seconds only
        return (
            events
            | "Arrive" >> beam.Map(_arrived).with_output_types(events.element_type)
            | "In windows" >> arrival_windows(self.seconds, by_the_clock)
        )


def _arrived(event: Any) -> TimestampedValue:
    return TimestampedValue(event, Timestamp(micros=arrival.now()))
