"""What waits on the server, by Cloud Monitoring's answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipelines.read.backlog import backlog

NAME = "projects/p/subscriptions/s"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Monitoring:
    """A session that answers each metric with its points, or refuses."""

    def __init__(self, refusal: Exception | None = None, **points: list[int]) -> None:
        self.points = points
        self.asked: list[dict[str, str]] = []
        self._refusal = refusal

    def get(self, url: str, params: dict[str, str], timeout: float) -> Any:
        self.asked.append({"url": url, **params})
        self._metric = params["filter"].split('"')[1].rpartition("/")[2]
        return self

    def raise_for_status(self) -> None:
        if self._refusal:
            raise self._refusal

    def json(self) -> dict[str, Any]:
        values = self.points.get(self._metric)
        if values is None:
            return {}
        ends = [f"{NOON - timedelta(minutes=2 + i):%Y-%m-%dT%H:%M:%SZ}" for i in range(len(values))]
        points = [
            {"interval": {"endTime": end}, "value": {"int64Value": str(value)}}
            for end, value in zip(ends, values, strict=True)
        ]
        return {"timeSeries": [{"points": points}]}


@pytest.fixture(autouse=True)
def googles(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other server is named."""
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)


def test_the_newest_figures_are_told_with_their_time() -> None:
    """Monitoring's points come newest first."""
    session = Monitoring(num_undelivered_messages=[42, 7], oldest_unacked_message_age=[90, 30])
    waits = backlog(NAME, NOON, session)
    assert (waits.messages, waits.oldest_age, waits.untold) == (42, 90.0, None)
    assert waits.measured_at == NOON - timedelta(minutes=2)


def test_one_subscription_of_one_project_is_asked_for() -> None:
    """The filter names it, and the interval ends now."""
    session = Monitoring(num_undelivered_messages=[0])
    assert backlog(NAME, NOON, session).messages == 0
    asked = session.asked[0]
    assert asked["url"].endswith("/v3/projects/p/timeSeries")
    assert 'resource.labels.subscription_id = "s"' in asked["filter"]
    assert asked["interval.startTime"] == "2026-11-24T11:50:00Z"
    assert asked["interval.endTime"] == "2026-11-24T12:00:00Z"


@pytest.mark.parametrize(
    ("name", "session", "why"),
    [
        ("news", Monitoring(), "is no subscription"),
        (NAME, Monitoring(), "no figure"),
        (NAME, Monitoring(RuntimeError("403\nForbidden")), "RuntimeError: 403"),
    ],
)
def test_where_nobody_tells_it_is_said_why(name: str, session: Monitoring, why: str) -> None:
    """A status without this figure is still a status: nothing is raised."""
    waits = backlog(name, NOON, session)
    assert waits.messages is None
    assert why in (waits.untold or "")


def test_another_server_is_not_in_monitoring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures of Google's subscription of that name would be another's."""
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "localhost:8085")
    session = Monitoring(num_undelivered_messages=[42])
    assert "localhost:8085" in (backlog(NAME, NOON, session).untold or "")
    assert session.asked == []
