"""What one process has under way of a stream on a cluster: files that stand for messages."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.batch import Place
from pipelines.patience import Patience
from pipelines.read import intake as intakes
from pipelines.read import journal as journals
from pipelines.read.intake import STOP, Feed, Intake, Taken
from pipelines.read.journal import Journal, tell
from pipelines.read.pulled import load
from pipelines.read.staging import remove_batches, sweep

TOPIC = "projects/p/topics/news"


class Server:
    """A subscription that delivers each message once, and notes what is said of it."""

    def __init__(self, *_: Any) -> None:
        self.waiting: list[Any] = []
        self.renewed: set[str] = set()
        self.given_back: list[str] = []
        self._lock = threading.Lock()

    def send(self, first: int, last: int) -> None:
        """Messages of those numbers are there to be pulled."""
        for i in range(first, last):
            published = SimpleNamespace(seconds=1_764_000_000, nanos=i)
            message = SimpleNamespace(
                data=b"%d" % i,
                attributes={},
                message_id=str(i),
                publish_time=published,
                ordering_key="",
            )
            self.waiting.append(SimpleNamespace(ack_id=f"ack {i}", message=message))

    def pull(self, most: int) -> list[Any]:
        with self._lock:
            some, self.waiting = self.waiting[:most], self.waiting[most:]
        time.sleep(0 if some else 0.02)
        return some

    def renew(self, ack_ids: list[str], seconds: float) -> None:
        self.renewed.update(ack_ids)

    def give_back(self, ack_ids: list[str]) -> None:
        self.given_back += ack_ids


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """One that has nothing yet."""
    made = Server()
    monkeypatch.setattr(intakes, "Subscription", lambda *words, **settings: made)
    return made


@pytest.fixture
def begin(server: Server, tmp_path: Path) -> Iterator[Callable[..., Intake]]:
    """Begins an intake of the server's messages, with settings of the feed's."""
    made: list[Intake] = []

    def begun(**settings: Any) -> Intake:
        folder = tmp_path / "run"
        folder.mkdir()
        feed = Feed("projects/p/subscriptions/s", TOPIC, str(folder), 0.3, **settings)
        made.append(Intake(feed))
        return made[-1]

    yield begun
    for each in made:
        each._pulling.stop()
        each._leases.stop()


def take_all(intake: Intake, source: int = 0) -> list[Taken]:
    """What there is to be taken, after a moment without more."""
    taken: list[Taken] = []
    while True:
        more = intake.take(source)
        if more is None and (more := intake.take(source)) is None:
            return taken
        taken.append(more)


def test_what_is_taken_is_in_files(server: Server, begin: Callable[..., Intake]) -> None:
    """Every message is in one file, which is named and placed by when it was taken."""
    server.send(0, 1_500)
    taken = take_all(begin())
    batches = [load(each.path) for each in taken]
    ids = [id_ for batch in batches for id_ in batch.event_ids]
    assert sorted(ids) == sorted(f"{TOPIC}/{i}" for i in range(1_500))
    assert [batch.place for batch in batches] == [Place(0, each.at) for each in taken]
    assert sorted(each.at for each in taken) == [each.at for each in taken]


def test_no_more_is_under_way_than_may_be(server: Server, begin: Callable[..., Intake]) -> None:
    """Files that are not removed stop the taking; one that is makes room."""
    server.send(0, 5_000)
    intake = begin(most_messages=2_000)
    first = take_all(intake)
    under_way = sum(len(load(each.path).event_ids) for each in first)
    assert 2_000 <= under_way < 3_000
    Path(first[0].path).unlink()
    assert len(take_all(intake)) == 1


def test_leases_are_kept_until_the_file_is_gone(
    server: Server, begin: Callable[..., Intake]
) -> None:
    """A batch whose file another process removed is committed: its leases are let go."""
    server.send(0, 10)
    intake = begin()
    (taken,) = take_all(intake)
    server.renewed.clear()
    time.sleep(0.3)
    assert server.renewed == {f"ack {i}" for i in range(10)}
    remove_batches(intake.feed.folder, [Place(0, taken.at)])
    assert not Path(taken.path).exists()
    assert intake.take(0) is None  # which is when it looks
    time.sleep(0.2)
    server.renewed.clear()
    time.sleep(0.3)
    assert server.renewed == set()


def test_nothing_is_pulled_while_a_disk_is_waited_for(
    server: Server, begin: Callable[..., Intake]
) -> None:
    """Whoever waits in this process, be it the commit, stops the pulling meanwhile."""
    intake = begin()
    patience = Patience(60)
    patience._pause = 1.0
    waiting = threading.Thread(target=patience.wait, args=[OSError("full")])
    waiting.start()
    time.sleep(0.1)  # calls that were made before
    server.send(0, 10)
    assert take_all(intake) == []
    waiting.join()
    time.sleep(1.2)
    assert len(take_all(intake)) == 1


def test_a_reader_that_begins_anew_gives_back_what_its_part_had(
    server: Server, begin: Callable[..., Intake]
) -> None:
    """What a failed job had under way would wait for ever; another part's is left alone."""
    intake = begin()
    intake.begin(0, "first attempt")
    server.send(0, 10)
    (lost,) = take_all(intake, 0)
    server.send(10, 20)
    (kept,) = take_all(intake, 1)
    intake.begin(0, "first attempt")  # another reader, where the last one paused
    assert server.given_back == []
    intake.begin(0, "second attempt")
    assert sorted(server.given_back) == sorted(f"ack {i}" for i in range(10))
    assert not Path(lost.path).exists()
    assert Path(kept.path).exists()


def test_told_to_stop_it_hands_out_what_it_has(
    server: Server, begin: Callable[..., Intake]
) -> None:
    """It is done once nothing is left, and what comes after that is given back."""
    intake = begin()
    server.send(0, 10)
    assert not intake.is_done
    time.sleep(0.1)
    Path(intake.feed.folder, STOP).touch()
    assert not intake.is_done
    assert len(take_all(intake)) == 1
    assert intake.is_done


def test_a_run_whose_folder_is_gone_is_done(server: Server, begin: Callable[..., Intake]) -> None:
    """A cluster's job whose run was swept ends, rather than read for nobody."""
    intake = begin()
    sweep(intake.feed.folder)
    assert intake.is_done


def test_it_has_caught_up_when_all_is_committed(
    server: Server, begin: Callable[..., Intake]
) -> None:
    """Silence is not enough: what is under way must be committed first."""
    intake = begin(until_caught_up=True, window_seconds=0.1)
    server.send(0, 10)
    (taken,) = take_all(intake)
    time.sleep(0.5)
    assert not intake.is_done
    Path(taken.path).unlink()
    intake.take(0)
    time.sleep(0.3)
    assert intake.is_done


def test_a_journal_tells_each_line_once(tmp_path: Path) -> None:
    """A line that is not whole yet waits for its end."""
    journal = Journal(tmp_path)
    assert list(journal.news()) == []
    tell(tmp_path, {"n": 1})
    tell(tmp_path, {"n": 2})
    assert [each["n"] for each in journal.news()] == [1, 2]
    with open(tmp_path / "told.jsonl", "a") as file:
        file.write('{"n": ')
        file.flush()
        assert list(journal.news()) == []
        file.write("3}\n")
    assert [each["n"] for each in journal.news()] == [3]


def test_what_no_file_takes_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk the line goes another way, if there is one."""
    said: list[str] = []
    tell(tmp_path / "missing", {"trouble": "unheard"})
    monkeypatch.setattr(journals, "say", said.append)
    tell(tmp_path / "missing", {"trouble": "the disk is full"})
    assert said == ['{"trouble": "the disk is full"}\n']
