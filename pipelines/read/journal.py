"""What the processes of a stream's run tell the one that watches over them: lines in a file.

Workers may be on other machines; what they share is the run's folder.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = "told.jsonl"


say: Callable[[str], Any] | None = None  # takes the lines that no file does


def tell(folder: Path | str, what: Mapping[str, Any]) -> None:
    """Add a line. Where that cannot be (the disk is full), `say` gets it, if there is one."""
    line = json.dumps(what) + "\n"
    try:
        descriptor = os.open(Path(folder, FILE), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line.encode())  # at once, so lines of several processes stay whole
        finally:
            os.close(descriptor)
    except OSError:
        if say is not None:
            say(line)


class Journal:
    """The lines of one run's folder, as they come."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._read = 0

    def news(self) -> Iterator[dict[str, Any]]:
        """What was told since the last call."""
        try:
            with open(self._path, "rb") as file:
                file.seek(self._read)
                told = file.read()
        except FileNotFoundError:
            return
        whole = told[: told.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            yield json.loads(line)
