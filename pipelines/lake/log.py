"""The lake's log: making and opening a lake, and appending to it.

A lake is one Delta table (https://github.com/delta-io/delta/blob/master/PROTOCOL.md) on a local
disk. Version 0 makes the table, version 1 fixes the settings that change verdicts; every version
after that is one commit. An entry is linked into place whole, so it is torn only by a power cut,
and nothing was ever acknowledged or decided on an entry that had not been synced.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import deltalake
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from pipelines.lake import disk
from pipelines.lake.errors import Damaged, NotALake, Unwritable, writing
from pipelines.lake.mend import mend
from pipelines.lake.properties import properties_of, refuse_other_settings, verdicts_in
from pipelines.settings import Verdicts
from schemas.tables import LAKE, PARTITIONS


@dataclass(frozen=True)
class Lake:
    """A lake that is there and finished."""

    path: Path
    table_id: str
    verdicts: Verdicts  # what it was made with

    def table(self) -> DeltaTable:
        """A handle at the newest version; it stays there until it is told to move."""
        return _table(self.path)


def open_lake(path: Path | str, asked: Verdicts | None = None) -> Lake:
    """The lake at `path`, made or completed if need be, and mended after a power cut.

    Of `asked`, the settings that were set explicitly must be the lake's; a new lake takes them all.

    Raises:
        NotALake: something else is there.
        OtherVersion: its format is not ours.
        OtherSettings: it was made with other settings.
        Unwritable: it could not be made.
        Damaged: its log cannot be read.
    """
    path = Path(path)
    asked = asked or Verdicts()
    if (path / "_delta_log").is_dir():
        with writing(path):
            mend(path)
    if not _has_log(path):
        _create(path)
    _complete(path, asked)
    return find_lake(path, asked)


def find_lake(path: Path | str, asked: Verdicts | None = None) -> Lake:
    """The lake at `path`, which must be there already. Changes nothing, for readers.

    Raises: as `open_lake`.
    """
    path = Path(path)
    if not _has_log(path):
        raise NotALake(f"there is no lake at {path}")
    metadata = _table(path).metadata()
    settings = verdicts_in(path, metadata.configuration)
    if settings is None:
        raise NotALake(f"{path} holds a table that is not a Newsbeam lake")
    refuse_other_settings(path, settings, asked)
    return Lake(path, str(metadata.id), settings)


def foresee_lake(path: Path | str, asked: Verdicts | None = None) -> Lake | None:
    """The lake that `open_lake` would open; None where it would make or complete one.

    Changes nothing, hence mends nothing: after a power cut `open_lake` may get further.

    Raises: as `open_lake`.
    """
    path = Path(path)
    if not _has_log(path):
        _refuse_strangers(path)
        return None
    return find_lake(path, asked) if _unfinished(path) is None else None


def bring_on(table: DeltaTable) -> DeltaTable:
    """The same handle, moved to the newest version.

    Raises:
        Damaged: the log cannot be read.
    """
    try:
        table.update_incremental()
    except (DeltaError, OSError) as why:
        raise Damaged(f"the log of the lake cannot be read: {_first_line(why)}") from why
    return table


def append(table: DeltaTable, actions: list[AddAction | RemoveAction], commit_id: str) -> None:
    """Append one entry right after the handle's version, or raise: never after another.

    What it raises says nothing about whether the entry is there; `commit_of` does. The handle does
    not advance.
    """
    mark = {"newsbeamCommit": commit_id, "newsbeamActions": len(actions)}
    table.create_write_transaction(
        actions,
        mode="append",
        schema=_DELTA_SCHEMA,
        partition_by=PARTITIONS,
        commit_properties=CommitProperties(custom_metadata=mark, max_commit_retries=0),
        post_commithook_properties=_NO_HOOKS,
    )


def commit_of(path: Path, version: int) -> str | None:
    """The id that `append` gave that version's entry; "" if it had none, None without an entry."""
    try:
        first_line = entry(path, version).read_bytes().partition(b"\n")[0]
    except FileNotFoundError:
        return None
    return str(_commit_info([_parse(first_line)]).get("newsbeamCommit", ""))


def entry(path: Path, version: int) -> Path:
    """Where a version's entry stands in the log."""
    return path / "_delta_log" / f"{version:020}.json"


def read_entry(path: Path, version: int) -> list[dict[str, Any]]:
    """A version's actions, the commitInfo among them; empty when the entry has expired."""
    try:
        lines = entry(path, version).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    return [_parse(line) for line in lines if line]


def sync_entries(path: Path, versions: Iterable[int]) -> None:
    """Bring those entries, and the names they have in the log's folder, to the disk."""
    for version in versions:
        if entry(path, version).exists():  # an expired one was synced before it expired
            disk.sync(entry(path, version))
    disk.sync(path / "_delta_log")


def checkpoint(table: DeltaTable) -> None:
    """Sum the log up, so that it opens fast, and let entries expire that no one needs.

    A failure is harmless (the entries are the truth, and the next one is soon due), so none is
    raised.
    """
    try:
        table.create_checkpoint()
        table.cleanup_metadata()
    except (DeltaError, OSError):
        return


_DELTA_SCHEMA = deltalake.Schema.from_arrow(LAKE)
# Checkpoints are written apart from the commit, where their failure can be told from its own.
_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)


def _has_log(path: Path) -> bool:
    try:
        return entry(path, 0).exists() or any((path / "_delta_log").glob("*.checkpoint*.parquet"))
    except OSError as why:
        raise Unwritable.because(path, why) from why


def _create(path: Path) -> None:
    """Version 0. Two processes may do it at once: the table is the one of the first."""
    _refuse_strangers(path)
    with writing(path):
        made = [p for p in (path, *path.parents) if not p.exists()]
        path.mkdir(parents=True, exist_ok=True)
    try:
        DeltaTable.create(
            path,
            _DELTA_SCHEMA,
            partition_by=PARTITIONS,
            name="newsbeam",
            # By default the loser of a race would make its table once more, as version 1.
            commit_properties=CommitProperties(max_commit_retries=0),
        )
    except (DeltaError, OSError) as why:
        if not _has_log(path):
            raise Unwritable.because(path, why) from why
    with writing(path):
        sync_entries(path, [0])
        disk.sync_all([path, *(folder.parent for folder in made)])


def _refuse_strangers(path: Path) -> None:
    """Raises NotALake where something stands in a lake's place that is none of its own."""
    if path.exists() and not path.is_dir():
        raise NotALake(f"{path} is a file, not a lake")
    with writing(path):
        inside = [p.name for p in path.iterdir()] if path.exists() else []
    if strangers := [name for name in inside if not name.startswith(("_", "."))]:
        raise NotALake(f"{path} is no lake, and holds other things ({strangers[0]})")


def _unfinished(path: Path) -> DeltaTable | None:
    """The table at version 0, which still lacks its settings; None for a finished lake.

    Raises:
        NotALake: it is another table.
    """
    table = _table(path)
    if verdicts_in(path, table.metadata().configuration) is not None:
        return None
    if table.version() != 0 or table.metadata().partition_columns != PARTITIONS:
        raise NotALake(f"{path} holds a table that is not a Newsbeam lake")
    return table


def _complete(path: Path, asked: Verdicts) -> None:
    """Version 1, for a lake that does not have it yet. Only the first of several gets through."""
    table = _unfinished(path)
    if table is None:
        return
    with writing(path):
        sync_entries(path, [0])  # which may be another's
    try:
        table.alter.set_table_properties(
            properties_of(asked),
            raise_if_not_exists=False,  # Delta does not know the names that are ours
            commit_properties=CommitProperties(max_commit_retries=0),
            post_commithook_properties=_NO_HOOKS,
        )
    except (DeltaError, OSError) as why:
        if not entry(path, 1).exists():
            raise Unwritable.because(path, why) from why
    with writing(path):
        sync_entries(path, [1])


def _table(path: Path) -> DeltaTable:
    try:
        return DeltaTable(path)
    except (DeltaError, OSError) as why:
        raise Damaged(f"the log of the lake at {path} cannot be read: {_first_line(why)}") from why


def _first_line(why: Exception) -> str:
    return str(why).strip().partition("\n")[0]


def _commit_info(actions: list[dict[str, Any]]) -> dict[str, Any]:
    return next((a["commitInfo"] for a in actions if "commitInfo" in a), {})


def _parse(line: bytes) -> dict[str, Any]:
    try:
        action: dict[str, Any] = json.loads(line)
    except ValueError as why:
        raise Damaged(f"an entry of the log is torn: {line[:80]!r}") from why
    return action
