"""Compare what a lake's log says of its files with what is on the disk."""

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pipelines.lake.reader import File

_DAY = 24 * 60 * 60  # seconds


def wrong_files(path: Path, files: Sequence[File], whole: bool = False) -> dict[str, str]:
    """Of each file that is missing, unreadable or not as the log has it, a sentence by its path.

    With `whole`, every byte is read, not only the footers.
    """
    with ThreadPoolExecutor(max_workers=4) as pool:
        sentences = pool.map(lambda file: _fault(path, file, whole), files)
        return {f.path: said for f, said in zip(files, sentences, strict=True) if said}


def unnamed_files(path: Path, version: int) -> list[str]:
    """A sentence on the files that no entry of the log names, if there are any.

    Young ones may belong to a commit that is under way; old ones are what a crash left behind.
    Neither is wrong: no reader ever sees them. Files that only an older version names are left
    alone, for those who ask for that version.
    """
    from pipelines.lake.log import read_entry

    named = set(_named(path, version))
    newer = version
    while entry := read_entry(path, newer + 1):  # what was committed since the audit began
        named.update(action["add"]["path"] for action in entry if "add" in action)
        newer += 1
    ages = [_age(file) for file in _parquet_files(path) if str(file.relative_to(path)) not in named]
    old = sum(age > _DAY for age in ages)
    notes = []
    if old:
        notes.append(f"{_files(old)} over a day old, which no commit names, may be deleted")
    if len(ages) > old:
        notes.append(f"{_files(len(ages) - old)} no commit names yet; a writer may be at work")
    return notes


def _fault(path: Path, file: File, whole: bool) -> str | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        size = (path / file.path).stat().st_size
        if size != file.size:
            return f"{file.path} has {size:,} bytes, and the log says {file.size:,}"
        with pq.ParquetFile(path / file.path) as parquet:
            rows, columns = parquet.metadata.num_rows, parquet.schema_arrow.names
            for _ in parquet.iter_batches() if whole else ():
                pass
    except FileNotFoundError:
        return f"{file.path} is missing"
    except (OSError, pa.ArrowException) as why:
        return f"{file.path} cannot be read: {str(why).strip().partition(chr(10))[0]}"
    if file.rows is not None and rows != file.rows:
        return f"{file.path} has {rows:,} rows, and the log says {file.rows:,}"
    if strange := set(columns).symmetric_difference(_columns(file.kind)):
        return f"{file.path} lacks or has beyond its kind: {', '.join(sorted(strange))}"
    return None


def _columns(kind: str) -> set[str]:
    from schemas.tables import PARTITIONS, SCHEMAS

    return {name for name in SCHEMAS[kind].names if name not in PARTITIONS}


def _parquet_files(path: Path) -> Iterator[Path]:
    for folder in path.glob("kind=*"):
        yield from folder.rglob("*.parquet")


def _named(path: Path, version: int) -> Iterator[str]:
    """Every path that the log still tells of: live at that version, added or removed before."""
    from deltalake import DeltaTable

    from pipelines.lake.log import read_entry

    adds: Any = DeltaTable(path, version=version).get_add_actions(flatten=True)
    yield from adds["path"].to_pylist()
    while version >= 0 and (entry := read_entry(path, version)):
        for action in entry:
            for name in ("add", "remove"):
                if name in action:
                    yield action[name]["path"]
        version -= 1


def _age(file: Path) -> float:
    try:
        return time.time() - os.stat(file).st_mtime
    except FileNotFoundError:  # a writer that lost a race took it away
        return 0.0


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"
