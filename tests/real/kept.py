"""Processes that end with the test process, however that ends."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

# The shell leads a process group of its own. It ends the whole group when its standard input ends,
# which the system sees to when the test process dies, and when the command ends by itself.
KEEP = '("$@"; kill -9 0) & cat > /dev/null; kill -9 0'


class Kept:
    """A process, and all that it starts, that does not outlive this one."""

    def __init__(
        self, words: Sequence[str], log: Path, folder: Path, environment: Mapping[str, str]
    ) -> None:
        with open(log, "ab") as said:
            self._shell = subprocess.Popen(
                ["sh", "-c", KEEP, "sh", *words],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._shell.poll() is None

    def kill(self) -> None:
        """End it, and all that it has started, as `kill -9` does."""
        with suppress(ProcessLookupError):
            os.killpg(self._shell.pid, signal.SIGKILL)
        self._shell.communicate()

    def matching(self, pattern: str) -> list[int]:
        """The ids of its group's processes whose command line has that pattern."""
        words = ["pgrep", "-g", str(self._shell.pid), "-f", pattern]
        found = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
        return [int(line) for line in found.stdout.split()]
