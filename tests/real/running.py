"""A command in a process of its own, with all that it starts, and what it says."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY_SECONDS = 60.0


class Running:
    """A process of the checkout's; what it says goes into files, so that it never waits."""

    def __init__(
        self, words: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._said = log.with_suffix(".out")
        self._complaints = log.with_suffix(".err")
        with open(self._said, "wb") as out, open(self._complaints, "wb") as err:
            self._process = subprocess.Popen(
                words,
                cwd=ROOT,
                stdout=out,
                stderr=err,
                env={**os.environ, **(environment or {})},
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def said(self) -> str:
        """Its standard output so far."""
        return self._said.read_text("utf-8")

    @property
    def complaints(self) -> str:
        """Its standard error so far."""
        return self._complaints.read_text("utf-8")

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait(self, seconds: float = READY_SECONDS) -> int:
        """Its exit code, once it has ended by itself."""
        return self._process.wait(seconds)

    def wait_for(self, words: str, seconds: float = READY_SECONDS) -> None:
        """Until it has complained in these words."""
        until(lambda: words in self.complaints or not self.runs, f"“{words}”", seconds)
        assert words in self.complaints, self.complaints

    def signal(self, number: int) -> None:
        """Send it one; the processes that it started are its own affair."""
        self._process.send_signal(number)

    def stop(self, seconds: float = 30) -> None:
        """SIGTERM; it exits 0 within so long."""
        self.signal(signal.SIGTERM)
        assert self.wait(seconds) == 0, self.complaints

    def family(self) -> list[int]:
        """The ids of the process and of all that it has started, and they have."""
        parents = dict(_processes("pid=", "ppid="))
        members = [self.pid]
        for member in members:
            members += [int(child) for child, parent in parents.items() if int(parent) == member]
        return members

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While the block runs the whole family stands still."""
        family = self.family()
        _signal(family, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(family, signal.SIGCONT)

    def kill(self) -> None:
        """`kill -9` for the whole family."""
        if not self.runs:
            return
        self.signal(signal.SIGSTOP)  # so that it starts no one meanwhile
        _signal(self.family(), signal.SIGKILL)
        self._process.wait()

    def kill_one(self, dice: random.Random) -> str:
        """`kill -9` for one of the family. Where that ends it, it leaves no one behind."""
        family = self.family()
        chosen = dice.choice(family)
        os.kill(chosen, signal.SIGKILL)
        if chosen != self.pid:
            return "one of its processes"
        self._process.wait()
        until(lambda: not any(map(is_there, family)), "the end of all that it started", 20)
        return "it"


def is_there(pid: int) -> bool:
    """Whether there is such a process, and not only what is left of one."""
    return state(pid)[:1] not in ("", "Z")


def state(pid: int) -> str:
    """A process's state as `ps` has it: T is stopped, Z dead; nothing if there is none."""
    return dict(_processes("pid=", "state=")).get(str(pid), "")


def until(condition: Callable[[], object], what: str, seconds: float = READY_SECONDS) -> None:
    """Wait for a condition; fail with what was waited for."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.05)


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _processes(*columns: str) -> list[list[str]]:
    words = ["ps", "-A", *(word for column in columns for word in ("-o", column))]
    listed = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [line.split() for line in listed.splitlines()]
