"""What is looked at of the machine before the first message: lake, clock, runner."""

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.check import clock
from pipelines.check.clock import check_clock, server_time
from pipelines.check.finding import Finding
from pipelines.check.lake import check_lake
from pipelines.check.runner import check_runner
from pipelines.lake import properties
from pipelines.lake.log import find_lake, open_lake
from pipelines.settings import Verdicts


def grades(findings: list[Finding], about: str) -> list[str]:
    """How bad that is."""
    return [finding.grade for finding in findings if finding.about == about]


def test_a_missing_lake_is_not_made(tmp_path):
    """Its parent is written to and left as it was."""
    lake, findings = check_lake(tmp_path / "a" / "lake", None, Verdicts())
    assert lake is None
    assert [(f.grade, f.about) for f in findings] == [("ok", "lake"), ("ok", "disk")]
    assert "will be made" in findings[0].sentence
    assert list(tmp_path.iterdir()) == []


def test_a_lake_is_written_to_in_every_folder_and_left_as_it_was(tmp_path):
    """The lake, its log and the staging folder; the log gains no entry."""
    made = open_lake(tmp_path / "lake")
    before = sorted(made.path.rglob("*"))
    lake, findings = check_lake(made.path, tmp_path / "elsewhere", Verdicts())
    assert lake == made
    assert [(f.grade, f.about) for f in findings] == [("ok", "lake"), *[("ok", "disk")] * 3]
    assert sorted(made.path.rglob("*")) == before


def test_a_disk_that_refuses_is_a_problem(tmp_path, monkeypatch):
    """What the system says is the sentence, and no file stays."""

    def refuse(descriptor: int) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("os.fsync", refuse)
    findings = check_lake(tmp_path / "lake", None, Verdicts())[1]
    assert "Read-only file system" in findings[1].sentence
    assert grades(findings, "disk") == ["problem"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("strangers", "holds other things"),
        ("strangers/photo", "is a file"),
        ("other table", "cannot be read"),
        ("gs://bucket/lake", "a folder of a file system"),
    ],
)
def test_a_place_that_cannot_be_a_lake_is_a_problem(tmp_path, place, sentence):
    """As `stream` would say it."""
    (tmp_path / "strangers").mkdir()
    (tmp_path / "strangers" / "photo").touch()
    (tmp_path / "other table" / "_delta_log").mkdir(parents=True)
    (tmp_path / "other table" / "_delta_log" / f"{0:020}.json").write_text("{}")
    path = Path(place) if "://" in place else tmp_path / place
    lake, (finding,) = check_lake(path, None, Verdicts())
    assert lake is None
    assert finding.grade == "problem"
    assert sentence in finding.sentence


def test_a_lake_of_another_version_is_a_problem(tmp_path, monkeypatch):
    """A lake that this program does not know is not opened."""
    open_lake(tmp_path)
    monkeypatch.setattr(properties, "FORMAT", "2")
    (finding,) = check_lake(tmp_path, None, Verdicts())[1]
    assert (finding.grade, "has format 1" in finding.sentence) == ("problem", True)


def test_settings_that_are_not_the_lakes_are_a_problem(tmp_path):
    """The lake is known all the same, so that its own settings can be shown."""
    made = open_lake(tmp_path)
    lake, findings = check_lake(tmp_path, None, Verdicts(horizon_days=3))
    assert lake == made
    assert grades(findings, "lake") == ["problem"]


@pytest.mark.parametrize(
    ("ahead", "grade"),
    [
        (timedelta(hours=-3), "ok"),
        (timedelta(seconds=30), "note"),  # arrivals wait for the clock to catch up
        (timedelta(hours=1), "problem"),
    ],
)
def test_the_lakes_last_commit_must_not_be_to_come(small_lake, monkeypatch, ahead, grade):
    """A clock behind the lake's was set back, or another machine's was wrong."""
    monkeypatch.setattr(clock, "server_time", lambda url: None)
    then = datetime.now(UTC) + ahead
    times = {"first_arrival": then, "last_arrival": then, "committed_at": then}
    small_lake.commit(stories=[{}], row=times)
    assert check_clock(find_lake(small_lake.path))[0].grade == grade


@pytest.mark.parametrize(
    ("ahead", "grade", "said"),
    [
        (1.5, "ok", "the same"),  # servers tell whole seconds
        (-30.0, "note", "30 s behind"),
        (7_200.0, "problem", "2 h ahead"),
    ],
)
def test_the_clock_is_held_against_the_servers(monkeypatch, ahead, grade, said):
    """Seconds are told, minutes are a problem."""
    now = time.time()
    monkeypatch.setattr(clock, "server_time", lambda url: now - ahead)
    (finding,) = check_clock(None, now)
    assert (finding.grade, said in finding.sentence) == (grade, True)


def test_a_clock_that_was_never_set_is_a_problem(monkeypatch):
    """A board without a battery wakes up in 1970."""
    monkeypatch.setattr(clock, "server_time", lambda url: None)
    assert check_clock(None, 5.0)[0].grade == "problem"


@pytest.fixture
def http_server() -> Iterator[str]:
    """The address of a server that answers every request, with the time as HTTP has it."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    server.RequestHandlerClass.log_message = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_server_tells_the_time_with_any_answer(http_server):
    """Its Date header is enough; who does not answer tells nothing."""
    told = server_time(f"http://{http_server}")
    assert told is not None
    assert abs(told - time.time()) < 5
    assert server_time(f"http://127.0.0.1:{free_port()}") is None


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_the_direct_runner_needs_nothing():
    """It is in the package; a flag of Beam's stops a stream on it."""
    assert grades(check_runner("direct", []), "runner") == ["ok"]
    assert grades(check_runner("direct", ["--streaming"]), "runner") == ["problem"]


def test_prism_is_looked_for_where_it_is_said_to_be(tmp_path, monkeypatch):
    """A program that can be run, or a zip of one; what is not there is a problem."""
    program = tmp_path / "prism"
    program.touch()
    flags = [f"--prism_location={program}"]
    assert grades(check_runner("prism", flags), "runner") == ["problem"]
    program.chmod(0o755)
    assert grades(check_runner("prism", flags), "runner") == ["ok"]
    fetched = ["--prism_location=https://example.com/prism"]
    assert grades(check_runner("prism", fetched), "runner") == ["note"]


def test_prism_that_beam_has_downloaded_is_found(tmp_path, monkeypatch):
    """Without a location, what Beam keeps for this version; else a note says how to get it."""
    from apache_beam import __version__ as version
    from apache_beam.runners.portability.prism_runner import PrismJobServer

    monkeypatch.setattr(PrismJobServer, "BIN_CACHE", str(tmp_path))
    (missing,) = check_runner("prism", [])
    assert (missing.grade, f"prism@v{version}" in missing.sentence) == ("note", True)
    (tmp_path / f"apache_beam-v{version}-prism-linux-amd64.zip").touch()
    assert grades(check_runner("prism", []), "runner") == ["ok"]


def test_flinks_job_server_is_called_on(http_server):
    """One that takes connections is there; none, or a wrong address, is a problem."""
    external = ["--environment_type=EXTERNAL", "--environment_config=localhost:50000"]
    reached = check_runner("flink", [f"--job_endpoint={http_server}", *external])
    assert grades(reached, "runner") == ["ok"]
    assert grades(reached, "workers") == ["note"]
    for endpoint in (f"127.0.0.1:{free_port()}", "127.0.0.1:x"):
        gone = check_runner("flink", [f"--job_endpoint={endpoint}", *external])
        assert grades(gone, "runner") == ["problem"]
    bare = check_runner("flink", [])
    assert grades(bare, "runner") == ["problem"]
    assert grades(bare, "workers") == ["problem"]  # Beam's own image has no Newsbeam


def test_dataflow_has_to_know_where():
    """Its three options are asked for by name, and an image that has Newsbeam."""
    found = check_runner("dataflow", ["--project=p", "--region=r"])
    said = [finding.sentence for finding in found]
    assert "Dataflow needs `-- --temp_location=…`" in said
    assert not any("--project" in sentence for sentence in said)
    assert grades(found, "workers") == ["problem", "note"]
    image = check_runner("dataflow", ["--sdk_container_image=newsbeam:1"])
    assert grades(image, "workers") == ["note"]
