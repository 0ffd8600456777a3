"""Real servers for tests, where Go, Java and Maven are there to build and run them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.real.flink import FlinkCluster
    from tests.real.servers import PubSubServer
    from tests.real.streamed import Runner, Streamed


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Prism goes through the short form only of faults that are marked `on_prism`."""
    left_out = [item for item in items if _is_prisms_short_form(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _is_prisms_short_form(item: pytest.Item) -> bool:
    settings = getattr(item, "callspec", None)
    if settings is None or item.get_closest_marker("on_prism"):
        return False
    return settings.params.get("runner") == "prism" and settings.params.get("long") is False


@pytest.fixture(scope="session")
def pubsub_program() -> Path:
    """The Pub/Sub server's program."""
    pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")
    from tests.real import servers

    _need_go(servers.go())
    return servers.build_pubsub_server()


@pytest.fixture
def pubsub_server(
    pubsub_program: Path, monkeypatch: pytest.MonkeyPatch
) -> "Iterator[PubSubServer]":
    """An empty Pub/Sub server; clients of this process and its children find it."""
    from tests.real.servers import PubSubServer

    server = PubSubServer(pubsub_program)
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", server.address)
    yield server
    server.close()


@pytest.fixture(scope="session")
def prism() -> Path:
    """Prism's program, for `--prism_location`."""
    pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")
    from tests.real import servers

    _need_go(servers.go())
    return servers.build_prism()


@pytest.fixture(scope="session")
def flink_jars() -> Path:
    """The jars that a Flink cluster runs on."""
    pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")
    from tests.real import flink

    if flink.java() is None or flink.maven() is None:
        pytest.skip("needs Java and Maven to fetch and run Flink")
    return flink.build_flink()


@pytest.fixture(scope="module")
def flink_cluster(
    flink_jars: Path, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[FlinkCluster]":
    """A Flink cluster; up in five seconds, on a busy machine in twenty."""
    from tests.real.flink import FlinkCluster

    cluster = FlinkCluster(flink_jars, tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.close()


@pytest.fixture
def flink(flink_cluster: "FlinkCluster") -> "Iterator[FlinkCluster]":
    """A whole Flink cluster on which no job runs."""
    yield flink_cluster
    flink_cluster.clear()


@pytest.fixture
def runner(request: pytest.FixtureRequest) -> "Runner":
    """Where streams run: the direct runner, unless the test asks for another by its name."""
    from tests.real.streamed import Runner

    name = getattr(request, "param", "direct")
    if name == "prism":
        return Runner(name, (f"--prism_location={request.getfixturevalue('prism')}",))
    if name == "flink":
        return Runner(name, request.getfixturevalue("flink").flags)
    return Runner(name)


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether a test of a fault takes its long form: see `EVERY_RUNNER_AND_FORM` in `faults.py`."""
    return getattr(request, "param", False)


@pytest.fixture
def streamed(
    pubsub_server: "PubSubServer",
    runner: "Runner",
    long: bool,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> "Iterator[Streamed]":
    """A feed whose leases run out after ten seconds, and a lake not made yet.

    `parametrize("streamed", [{…}], indirect=True)` gives other options to the subscription.
    """
    yield from _streamed(pubsub_server, tmp_path / "lake", runner, request)


@pytest.fixture
def hasty(
    pubsub_server: "PubSubServer",
    runner: "Runner",
    long: bool,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> "Iterator[Streamed]":
    """The same with leases of a second."""
    yield from _streamed(pubsub_server, tmp_path / "lake", runner, request, ack_deadline_seconds=1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The accounts of all streams: what was published, lost and doubled under which fault."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    told = [account for report in reports for name, account in report.user_properties]
    if not told:
        return
    terminalreporter.section("streams under faults")
    header = ("fault", "runner", "messages", "lost", "doubled", "unacknowledged")
    accounts = [tuple(map(str, account)) for account in told]
    widths = [max(map(len, column)) for column in zip(header, *accounts, strict=True)]
    for fault, runner, *counts in (header, *accounts):
        words = [fault.ljust(widths[0]), runner.ljust(widths[1])]
        words += [count.rjust(width) for count, width in zip(counts, widths[2:], strict=True)]
        terminalreporter.write_line("  ".join(words))


def _streamed(
    server: "PubSubServer",
    lake: Path,
    runner: "Runner",
    request: pytest.FixtureRequest,
    **options: Any,
) -> "Iterator[Streamed]":
    from tests.real.streamed import Streamed

    def note(account: tuple) -> None:
        """With the test's report, which comes from whatever process runs it."""
        request.node.user_properties.append(("account", list(account)))

    options |= getattr(request, "param", {})
    made = Streamed(server, lake, runner, _fault(request), note, **options)
    yield made
    made.close()


def _fault(request: pytest.FixtureRequest) -> str:
    """The test's name as words, with what tells it from its siblings."""
    words = request.node.originalname.removeprefix("test_").replace("_", " ")
    parts = request.node.name.partition("[")[2].rstrip("]").split("-")
    told = ("", "direct", "prism", "flink", "short", "long")
    return ": ".join([words, *(part for part in parts if part not in told)])


def _need_go(go: str | None) -> None:
    if go is None:
        pytest.skip("needs Go to build the server")
