"""`newsbeam sample`, large: editions made side by side are the sample made in one go."""

from pathlib import Path

from pydantic_core import to_json

from pipelines.sample.newsroom import EDITION, editions, events
from pipelines.sample.writing import _SIDE_BY_SIDE, write_sample


def test_processes_change_no_line(tmp_path: Path) -> None:
    """A sample large enough for several processes has the lines that one process makes."""
    count = (_SIDE_BY_SIDE - 1) * EDITION + 5
    assert editions(count) == _SIDE_BY_SIDE
    written = write_sample(tmp_path, count, seed=3).events.read_bytes().splitlines()
    made = [e if isinstance(e, bytes) else to_json(e) for e, _ in events(count, 3)]
    assert written == made
