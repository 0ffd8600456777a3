"""A small lake, written row by row, for the tests of those who read lakes."""

import json
import os
import shutil
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from pipelines.lake import log
from schemas.tables import PARTITIONS, SCHEMAS

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class SmallLake:
    """A lake that a test fills commit by commit; nothing keeps the test from writing nonsense."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ordinal = 0
        log.open_lake(path)

    def commit(
        self,
        stories: list[dict[str, Any]] = (),
        duplicates: list[dict[str, Any]] = (),
        dead_letters: list[dict[str, Any]] = (),
        redelivered: int = 0,
        row: dict[str, Any] | None = None,
    ) -> int:
        """Append these rows with a commit row that fits them, or as `row` would have it."""
        version = DeltaTable(self.path).version() + 1
        groups = defaultdict(list)
        for kind, rows in (
            ("story", stories),
            ("duplicate", duplicates),
            ("dead_letter", dead_letters),
        ):
            for event in rows:
                full = self._event(kind, event, version)
                groups[kind, full["arrived_at"].date(), full.get("topic")].append(full)
        counts = {
            "stories": len(stories),
            "duplicates": len(duplicates),
            "dead_letters": len(dead_letters),
            "redelivered": redelivered,
        }
        row = {
            "commit": version,
            "action": "run",
            "received": sum(counts.values()),
            **counts,
            "sources": [],
            "first_arrival": NOON,
            "last_arrival": NOON,
            "committed_at": NOON + timedelta(seconds=version),
            "versions": json.dumps({"tagger": 1, "rules": 1, "sketch": 1}),
            **(row or {}),
        }
        groups["commit", row["committed_at"].date(), None].append(row)
        self.append(groups, version)
        return version

    def append(self, groups: dict[tuple, list[dict[str, Any]]], version: int) -> None:
        """Write one file a partition and name them all in one entry of the log."""
        adds = [self._file(*partition, rows, version) for partition, rows in groups.items()]
        log.append(DeltaTable(self.path), adds, uuid.uuid4().hex)

    def copy(self, path: Path) -> Self:
        """The same lake at another place, for a test that does it harm."""
        other = copy(self)
        other.path = Path(shutil.copytree(self.path, path))
        return other

    def files(self, kind: str) -> list[Path]:
        """The Parquet files of that kind."""
        return sorted(self.path.glob(f"kind={kind}/**/*.parquet"))

    def _event(self, kind: str, event: dict[str, Any], version: int) -> dict[str, Any]:
        self.ordinal += 1
        full = {
            "commit": version,
            "ordinal": self.ordinal - 1,
            "event_id": f"events.jsonl@{self.ordinal}:{self.ordinal:08x}",
            "arrived_at": NOON,
            **event,
        }
        if kind == "dead_letter":
            return {"stage": "decode", "reason": "NotJson", "payload": b"{oops", **full}
        return {"title": "A title", "text": "A text.", "story_id": full["event_id"], **full}

    def _file(self, kind: str, day: Any, topic: str | None, rows: list, version: int) -> AddAction:
        folder = f"kind={kind}/arrived_date={day}/topic={topic or '__HIVE_DEFAULT_PARTITION__'}"
        schema = pa.schema([field for field in SCHEMAS[kind] if field.name not in PARTITIONS])
        columns = [{name: row.get(name) for name in schema.names} for row in rows]
        name = f"{folder}/{version}-{uuid.uuid4()}.parquet"
        (self.path / folder).mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(columns, schema=schema), self.path / name)
        size = (self.path / name).stat().st_size
        values = {"kind": kind, "arrived_date": str(day), "topic": topic}
        stats = json.dumps({"numRecords": len(rows)})
        return AddAction(name, size, values, int(NOON.timestamp() * 1000), True, stats)


@pytest.fixture
def small_lake(tmp_path: Path) -> SmallLake:
    """An empty lake; the folder's name holds a space and an apostrophe."""
    return SmallLake(tmp_path / "a reader's lake")


@pytest.fixture(scope="module")
def shared_lake(tmp_path_factory: pytest.TempPathFactory) -> SmallLake:
    """An empty lake for a module whose tests fill it once and then only read it."""
    return SmallLake(tmp_path_factory.mktemp("lakes") / "a reader's lake")


@pytest.fixture
def as_nobody(tmp_path: Path) -> Callable[[], AbstractContextManager[None]]:
    """For a block in which this process may read the test's folder, and write nowhere."""
    if not hasattr(os, "seteuid") or os.geteuid() != 0:
        pytest.skip("needs another user")
    root = Path(gettempdir())
    for folder in (tmp_path, *tmp_path.parents):
        if root in folder.parents:
            folder.chmod(0o755)

    @contextmanager
    def nobody() -> Iterator[None]:
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return nobody
