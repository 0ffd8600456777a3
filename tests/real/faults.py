"""What is done to streams, and to what they stand on."""

import importlib.util
import json
import os
import platform
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.real.running import Running, is_there, state, until
from tests.real.streamed import Streamed, story

# A module whose tests take the fixture `streamed` or `hasty` says `pytestmark =` this. The long
# form asks for more of the same, and is run by `pytest tests/real -m faults`. On Prism most of them
# are left to it: those marked `on_prism` have a short form there.
EVERY_RUNNER_AND_FORM = [
    pytest.mark.real,
    pytest.mark.parametrize("runner", ["direct", "prism"], indirect=True),
    pytest.mark.parametrize(
        "long",
        [pytest.param(False, id="short"), pytest.param(True, id="long", marks=pytest.mark.faults)],
        indirect=True,
    ),
]

HOOKS = Path(__file__).with_name("hooks")

BEFORE_THE_APPEND = ("followed", "decided", "written", "appending")
AFTER_IT = ("appended", "synced", "merged", "acknowledging")
OF_A_COMPACTION = tuple(f"compaction {s}" for s in ("written", "appending", "appended", "synced"))


def hooked(**asked: Any) -> dict[str, str]:
    """The environment of a stream that does something to itself, as `hooks` describes."""
    path = os.pathsep.join(filter(None, (str(HOOKS), os.environ.get("PYTHONPATH"))))
    return {"PYTHONPATH": path, "NEWSBEAM_FAULTS": json.dumps(asked)}


class Steps:
    """Steps of commits at which a stream gets a signal from itself, one after another."""

    def __init__(
        self, folder: Path, steps: Iterable[str], signal: signal.Signals, **constants: Any
    ) -> None:
        """`constants` are other values for the product's, by `module:NAME`."""
        folder.mkdir()
        self._folder = folder
        asked = {"folder": str(folder), "steps": list(steps), "signal": signal.name}
        self.environment = hooked(**asked, set=constants)

    def wait_for(self, number: int, seconds: float = 60) -> int:
        """Until that step has been come to; the id of the process that is stopped or dead there."""
        note = self._folder / str(number)
        until(lambda: note.exists() and note.read_text(), f"step {number}", seconds)
        pid = int(note.read_text())
        until(lambda: state(pid)[:1] == "T" or not is_there(pid), f"step {number}'s signal")
        return pid


def redelivered(running: Running) -> int:
    """How many messages a stream says it has had again.

    The lake does not tell: what brings nothing new makes no commit.
    """
    told = re.findall(r"\+ ([\d,]+) redelivered", running.said)
    return sum(int(number.replace(",", "")) for number in told)


class Publisher:
    """Publishes stories at a steady rate, in a thread, until there are so many or it is stopped."""

    def __init__(self, streamed: Streamed, rate: float, count: int | None = None) -> None:
        self._streamed = streamed
        self._rate = rate
        self._count = count
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._publish, daemon=True)
        self._error: BaseException | None = None

    def __enter__(self) -> "Publisher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def join(self) -> None:
        """Until all are published."""
        self._thread.join()
        assert self._error is None, self._error

    def stop(self) -> None:
        """Publish no more."""
        self._stopped.set()
        self.join()

    def _publish(self) -> None:
        done, started = 0, time.monotonic()
        first = len(self._streamed.expected)
        try:
            while not self._stopped.wait(0.1) and done != self._count:
                due = int((time.monotonic() - started) * self._rate)
                due = due if self._count is None else min(due, self._count)
                self._streamed.publish(story(first + i) for i in range(done, due))
                done = due
        except BaseException as why:
            self._error = why


class Clock:
    """A wall clock for streams that a test can set; the monotonic clock goes on as it does."""

    def __init__(self, file: Path) -> None:
        """Skips the test where there is no library that can do it."""
        library = _libfaketime()
        if library is None:
            pytest.skip("needs libfaketime from PyPI, which is for Linux on x86-64")
        self._file = file
        self.set(0)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1",  # s, until it looks at the file again
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def set(self, ahead_seconds: int) -> None:
        """Put the clock so far ahead of the real one, and wait until streams know."""
        making = self._file.with_suffix(".new")
        making.write_text(f"{ahead_seconds:+d}")
        making.rename(self._file)
        time.sleep(1.1)


@contextmanager
def small_disk(folder: Path, bytes_: int) -> Iterator[Path]:
    """A disk of its own in memory, mounted there; skips the test where that is not allowed."""
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={bytes_}", "tmpfs", folder)
    try:
        yield folder
    finally:
        _unmount(folder)


def fill(folder: Path) -> Path:
    """Take all the space that is left on the folder's disk; the file that does."""
    ballast = folder / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        for size in (1 << 20, 4_096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that cannot be written while the block runs, not even by root.

    What a process has open there it can go on writing, as on a disk that is about to go.
    """
    _mount("--bind", folder, folder)
    try:
        _mount("-o", "remount,bind,ro", folder)
        yield
    finally:
        _unmount(folder)


def _mount(*words: str | Path) -> None:
    try:
        done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs the command mount")
    if done.returncode:
        pytest.skip(f"needs the right to mount: {done.stderr.strip()}")


def _unmount(folder: Path) -> None:
    """At once, whoever has files open there."""
    subprocess.run(["umount", "--lazy", folder], check=True)


def _libfaketime() -> Path | None:
    found = importlib.util.find_spec("libfaketime")
    if found is None or found.origin is None:
        return None
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return None
    return next(Path(found.origin).parent.glob("vendor/libfaketime/src/libfaketime.so*"), None)
