"""Events through the real command: `newsbeam run`, and what the lake says of them."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from deltalake import DeltaTable


class End(NamedTuple):
    """Where an event ended."""

    relation: str  # "story", "dead_letter", or how it repeats
    story: int | None  # the place of its story among the events


def ends(events: Sequence[dict[str, Any]], *flags: str) -> list[End]:
    """Where each event ends in a lake of its own, in their order.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    with tempfile.TemporaryDirectory(prefix="newsbeam-") as folder:
        lines = [json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in events]
        file, lake = Path(folder, "events.jsonl"), Path(folder, "lake")
        file.write_bytes(b"".join(lines))
        command = [sys.executable, "-m", "pipelines.commands", "run", str(file)]
        subprocess.run([*command, "--lake", str(lake), *flags], check=True, capture_output=True)
        columns = ["kind", "event_id", "story_id", "relation"]
        rows = DeltaTable(lake).to_pyarrow_table(columns=columns).to_pylist()
    places, at = {}, 0
    for i, line in enumerate(lines):
        places[at] = i
        at += len(line)
    found: dict[int, End] = {}
    for row in rows:
        if row["kind"] != "commit":
            story = row["story_id"] and places[_offset(row["story_id"])]
            found[places[_offset(row["event_id"])]] = End(row["relation"] or row["kind"], story)
    return [found[i] for i in range(len(events))]


def _offset(event_id: str) -> int:
    """The byte offset in an event id, `<uri>@<offset>:<hash>`."""
    return int(event_id.rpartition("@")[2].partition(":")[0])
