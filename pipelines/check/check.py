"""What can be told of a stream before its first message. Nothing is pulled or acknowledged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pipelines.check.clock import check_clock
from pipelines.check.finding import Finding
from pipelines.check.lake import check_lake
from pipelines.check.runner import check_runner
from pipelines.check.subscription import check_subscription
from pipelines.lake.log import Lake
from pipelines.settings import Verdicts


@dataclass(frozen=True)
class Planned:
    """A stream that is to be, by its options."""

    subscription: str
    lake: Path
    topic: str | None = None
    verdicts: Verdicts = field(default_factory=Verdicts)
    staging: Path | None = None
    window_seconds: float = 10.0
    runner: str = "direct"
    flags: Sequence[str] = ()  # Beam's own


class Checked(NamedTuple):
    """What was found, and what the settings come to."""

    findings: list[Finding]
    lake: Lake | None  # None where there is none yet, or none to be used
    topic: str | None  # None where nobody told


def check(planned: Planned) -> Checked:
    """Look at everything that the stream will need; only a few bytes beside the lake are written.

    It looks the way the stream does, so what stops a stream at its start is a problem here.
    """
    lake, of_lake = check_lake(planned.lake, planned.staging, planned.verdicts)
    horizon_days = (lake.verdicts if lake else planned.verdicts).horizon_days
    topic, of_subscription = check_subscription(
        planned.subscription, planned.topic, planned.window_seconds, horizon_days, planned.runner
    )
    findings = [
        *of_subscription,
        *of_lake,
        *check_clock(lake),
        *check_runner(planned.runner, planned.flags),
    ]
    return Checked(findings, lake, topic)
