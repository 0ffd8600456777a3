"""Acknowledge: what a commit holds is the server's no more."""

import threading
from dataclasses import fields
from pathlib import Path

from pipelines.lake.rows import Counts
from pipelines.lake.writer import CommitResult
from pipelines.read.intake import UNACKNOWLEDGED, Feed
from pipelines.read.journal import tell
from pipelines.read.messages import freshness
from pipelines.read.pubsub import Subscription
from pipelines.read.staging import remove_batches


def acknowledge(result: CommitResult, feed: Feed) -> CommitResult:
    """Acknowledge a commit's messages, remove the files of its batches, and tell of it.

    An acknowledgement that fails means redelivery, no more.
    """
    failed = _subscription(feed).acknowledge(result.ack_ids)
    if failed:
        Path(feed.folder, UNACKNOWLEDGED).touch()
    remove_batches(feed.folder, result.places)
    told = {
        "version": result.version,
        "counts": {count.name: getattr(result, count.name) for count in fields(Counts)},
        "freshness": freshness(result.sent_at),
        "unacknowledged": failed,
    }
    tell(feed.folder, {"committed": told})
    return result


def _subscription(feed: Feed) -> Subscription:
    """The process's one connection for that feed."""
    with _CONNECTING:
        if feed not in _CONNECTED:
            _CONNECTED[feed] = feed.connect()
        return _CONNECTED[feed]


_CONNECTING = threading.Lock()
_CONNECTED: dict[Feed, Subscription] = {}
