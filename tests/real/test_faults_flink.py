"""A stream on a Flink cluster whose parts are killed: every message in exactly one row."""

import os
import signal

import pytest

pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")

from tests.real.faults import Publisher
from tests.real.flink import FlinkCluster
from tests.real.running import until
from tests.real.streamed import Streamed, story

pytestmark = [pytest.mark.real, pytest.mark.parametrize("runner", ["flink"], indirect=True)]

FORMS = [
    pytest.param(False, id="short"),
    pytest.param(True, id="long", marks=pytest.mark.faults),
]


@pytest.mark.parametrize("part", ["task-manager", "worker"])
@pytest.mark.parametrize("long", FORMS, indirect=True)
def test_a_part_is_killed(streamed: Streamed, flink: FlinkCluster, part: str, long: bool) -> None:
    """`kill -9` of the task manager, or of its Python workers; the job goes on by itself."""
    running = streamed.start("--window-seconds", "2")
    begin(streamed)
    with Publisher(streamed, rate=300 if long else 100):
        for _ in range(6 if long else 1):
            deliveries = streamed.counts()["deliveries"]
            until(lambda d=deliveries: streamed.counts()["deliveries"] > d, "deliveries")
            version = streamed.version
            if part == "worker":
                for worker in flink.workers():
                    os.kill(worker, signal.SIGKILL)
            else:
                flink.kill(part)
                flink.start(part)
            until(lambda v=version: streamed.version > v, "a commit after the kill", 120)
    streamed.wait_for_acknowledgements(120)
    running.stop()
    streamed.settle()


@pytest.mark.faults
def test_the_job_manager_is_killed_and_the_job_submitted_again(
    streamed: Streamed, flink: FlinkCluster
) -> None:
    """A job manager without high availability forgets its jobs: whoever starts anew has it all."""
    running = streamed.start("--window-seconds", "2")
    begin(streamed)
    with Publisher(streamed, rate=100):
        for part in ("job-manager", "task-manager", "job-server"):
            flink.kill(part)
        running.kill()
        flink.start("job-manager", "task-manager", "job-server")
        running = streamed.start("--window-seconds", "2")
        version = streamed.version
        until(lambda: streamed.version > version, "a commit of the second job", 120)
    streamed.wait_for_acknowledgements(120)
    running.stop()
    streamed.settle()


def test_a_second_supervisor_takes_over(streamed: Streamed, flink: FlinkCluster) -> None:
    """A job outlives a supervisor that is killed; the next one tells it to end, and goes on."""
    running = streamed.start("--window-seconds", "2")
    begin(streamed)
    (first,) = (job for job, state in flink.jobs().items() if state == "RUNNING")
    running.kill()
    with Publisher(streamed, rate=100):
        running = streamed.start("--window-seconds", "2")
        running.wait_for("told to end")
        until(lambda: flink.jobs()[first] == "FINISHED", "the end of the first job", 120)
    streamed.wait_for_acknowledgements(120)
    running.stop()
    streamed.settle()


def begin(streamed: Streamed) -> None:
    """Until the first messages are committed."""
    streamed.publish(story(-i) for i in range(1, 101))
    streamed.wait_for_acknowledgements(120)
