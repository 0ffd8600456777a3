"""`make stream-demo` shows what it says, and leaves nothing behind when it is interrupted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.real.running import ROOT, until

pytestmark = pytest.mark.real


@contextmanager
def demo(folder: Path, **environment: str) -> Iterator[subprocess.Popen]:
    """The demo in a folder of its own and, as in a terminal, with a process group of its own."""
    for name in ("stream_demo.sh", "benchmarks", "pipelines", "schemas", "tests", ".cache"):
        (folder / name).symlink_to(ROOT / name)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            ["bash", str(folder / "stream_demo.sh")],
            env={**os.environ, "PATH": path, **environment},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def said(folder: Path) -> str:
    """What it has said so far."""
    return (folder / "said").read_text("utf-8")


def members(group: int) -> list[str]:
    """The processes of a group."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pgid=", "-o", "state=", "-o", "args="],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines()]
    return [row[-1] for row in rows if row[0] == str(group) and row[1] != "Z"]


@pytest.mark.usefixtures("pubsub_program")
def test_the_account_of_the_demo_is_right(tmp_path: Path) -> None:
    """Killed in the midst of it, the stream loses and doubles nothing."""
    with demo(tmp_path) as process:
        assert process.wait(180) == 0, said(tmp_path)
    print(said(tmp_path))
    assert "published 6,000 · rows 6,000 · lost 0 · doubled 0\n" in said(tmp_path)
    assert "kill -9" in said(tmp_path)


@pytest.mark.usefixtures("pubsub_program")
@pytest.mark.parametrize("at", ["A Pub/Sub server", "Made-up news", "version 2", "Another one"])
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, at: str) -> None:
    """Wherever it is: no process, and no folder."""
    with demo(tmp_path) as process:
        until(lambda: at in said(tmp_path), at)
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(10) == 130, said(tmp_path)
    until(lambda: not members(process.pid), "the end of all that it started", 5)
    assert not (tmp_path / "stream_demo").exists()


def test_without_a_server_there_is_a_sentence(tmp_path: Path) -> None:
    """Where there is nothing to build a server with, it says what to do."""
    with demo(tmp_path, PUBSUB_EMULATOR_HOST="localhost:1") as process:
        assert process.wait(60) == 1
    assert "The Pub/Sub server at localhost:1 does not answer" in said(tmp_path)
    assert "Traceback" not in said(tmp_path)
