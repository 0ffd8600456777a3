"""A subscription's backlog: what waits on the server, as Google Cloud Monitoring counts it.

Pub/Sub itself does not tell. Monitoring's REST API is asked, which needs no client of its own; its
figures are a few minutes old. Other servers than Google's are not in it.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.read.pubsub import server_address

API = "https://monitoring.googleapis.com/v3"
CALL_SECONDS = 5.0
LOOK_BACK = timedelta(minutes=10)  # points come every minute, and late


@dataclass(frozen=True)
class Backlog:
    """What waits to be delivered, or was delivered and not acknowledged."""

    messages: int | None = None  # None where nobody told
    oldest_age: float | None = None  # s, of the oldest of them
    measured_at: datetime | None = None
    untold: str | None = None  # why


def backlog(subscription: str, now: datetime, session: Any = None) -> Backlog:
    """The backlog of that subscription; never raises, since a lake's status does not depend on it.

    `session` is a `requests.Session` with credentials; Google's default ones are used without it.
    """
    named = re.fullmatch(r"projects/([^/]+)/subscriptions/([^/]+)", subscription)
    if named is None:
        return Backlog(untold=f"{subscription} is no subscription")
    if address := server_address():
        return Backlog(untold=f"{address} (PUBSUB_EMULATOR_HOST) is not in Cloud Monitoring")
    try:
        session = session or _session()
        waiting = _newest(session, *named.groups(), "num_undelivered_messages", now)
        age = _newest(session, *named.groups(), "oldest_unacked_message_age", now)
    except ImportError:
        return Backlog(untold="that needs an extra: pip install 'newsbeam[gcp]'")
    except Exception as why:  # credentials, network, rights, an answer in another form
        return Backlog(untold=f"{type(why).__name__}: {str(why).partition(chr(10))[0][:200]}")
    if waiting is None:
        return Backlog(untold="Cloud Monitoring has no figure of the last ten minutes")
    return Backlog(waiting[0], None if age is None else float(age[0]), waiting[1])


def _session() -> Any:
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    credentials, _ = google.auth.default(["https://www.googleapis.com/auth/monitoring.read"])
    return AuthorizedSession(credentials)


def _newest(
    session: Any, project: str, name: str, metric: str, now: datetime
) -> tuple[int, datetime] | None:
    """A metric's last value and when it was measured."""
    parameters = {
        "filter": f'metric.type = "pubsub.googleapis.com/subscription/{metric}"'
        f' AND resource.labels.subscription_id = "{name}"',
        "interval.startTime": _written(now - LOOK_BACK),
        "interval.endTime": _written(now),
    }
    url = f"{API}/projects/{project}/timeSeries"
    answer = session.get(url, params=parameters, timeout=CALL_SECONDS)
    answer.raise_for_status()
    for series in answer.json().get("timeSeries", ()):
        newest = series["points"][0]  # the last one comes first
        measured_at = datetime.fromisoformat(newest["interval"]["endTime"])
        return int(newest["value"]["int64Value"]), measured_at
    return None


def _written(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
