"""Appending a commit's entry, whoever else does and whatever it raises."""

from collections.abc import Generator, Sequence
from typing import TypeAlias, TypeVar

from deltalake import DeltaTable
from deltalake.transaction import RemoveAction

from pipelines.lake import log
from pipelines.lake.errors import Unwritable
from pipelines.lake.files import NewFiles
from pipelines.lake.log import Lake
from pipelines.patience import Patience

_Result = TypeVar("_Result")
Steps: TypeAlias = Generator[str, None, _Result]  # work that stops, with a name, after each step


def append(
    lake: Lake,
    table: DeltaTable,
    new: NewFiles,
    removals: Sequence[RemoveAction],
    patience: Patience,
) -> Steps[bool]:
    """Make `new` the version after the handle's; False, and its files gone, if another was first.

    When it is True, the entry is synced. What deltalake raises is not believed (with checkpoints
    broken it has raised although the entry was there): the log is asked whose the version is.

    Stops: appending, appended, synced.

    Raises:
        Unwritable: there is no such entry after all that patience; the files are deleted.
    """
    while True:
        yield "appending"
        raised: Exception | None = None
        try:
            log.append(table, [*new.adds, *removals], new.commit_id)
        except Exception as why:
            raised = why
        yield "appended"
        owner = _owner(lake, new.version)
        if owner == new.commit_id:
            log.sync_entries(lake.path, [new.version])
            yield "synced"
            return True
        if owner is not None:
            new.discard()
            return False
        try:
            patience.wait(Unwritable.because(lake.path, raised or OSError("no entry was written")))
        except Unwritable:
            new.discard()
            raise


def _owner(lake: Lake, version: int) -> str | None:
    """The id of the commit that is that version, "" for one long gone, None if there is none yet.

    Entries expire. To a writer that slept for a week the place of an expired one looks free, and
    what it puts there no one reads; but then the entry before, which it had followed, is gone too.
    """
    if not log.entry(lake.path, version - 1).exists():
        return ""
    return log.commit_of(lake.path, version)
