"""The lake: may it be written, and is it one that this version goes on with?"""

import os
import shutil
import uuid
from pathlib import Path

from pipelines.check.finding import Finding, note, ok, problem
from pipelines.lake.errors import LakeError, OtherSettings
from pipelines.lake.log import Lake, foresee_lake
from pipelines.lake.properties import FORMAT, refuse_other_settings
from pipelines.settings import Verdicts

# Two windows of messages, twice (pulled and staged), and the files of their commits.
ROOM_BYTES = 1 << 30


def check_lake(
    path: Path, staging: Path | None, verdicts: Verdicts
) -> tuple[Lake | None, list[Finding]]:
    """The lake, where there is one to go on with, and what was found of it and its folders.

    A lake that is missing is not made. Into each folder a small file is written, and deleted.
    """
    if "://" in str(path) or str(path).startswith(("gs:", "s3:", "abfs:", "hdfs:")):
        return None, [
            problem("lake", f"{path}: a lake is a folder of a file system, not a place in a store")
        ]
    try:
        lake = foresee_lake(path)
        findings = [_goes_on(path, lake, verdicts)]
    except LakeError as why:
        return None, [problem("lake", str(why))]
    folders = [path, *([path / "_delta_log"] if lake else []), *([staging] if staging else [])]
    return lake, findings + [_writable(folder) for folder in folders]


def _goes_on(path: Path, lake: Lake | None, verdicts: Verdicts) -> Finding:
    if lake is None:
        return ok("lake", f"there is none at {path} yet: it will be made")
    try:
        refuse_other_settings(path, lake.verdicts, verdicts)
    except OtherSettings as why:
        return problem("lake", str(why))
    version = lake.table().version()
    return ok("lake", f"{path} has format {FORMAT}, which is this Newsbeam's; version {version}")


def _writable(folder: Path) -> Finding:
    """Whether a file can be made there, or above where the folder will be made."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    where = f"{folder}" if there == folder else f"{there}, where {folder} will be made,"
    file = there / f".newsbeam-check-{uuid.uuid4().hex}"
    try:
        try:
            with file.open("xb") as out:
                out.write(b"check")
                out.flush()
                os.fsync(out.fileno())
        finally:
            file.unlink(missing_ok=True)
        free = shutil.disk_usage(there).free
    except OSError as why:
        return problem("disk", f"{where} cannot be written: {why.strerror or why}")
    said = f"{where} can be written, {free / 1e9:,.1f} GB free"
    return ok("disk", said) if free >= ROOM_BYTES else note("disk", f"{said}: that is little")
