"""Real servers for tests, where Go, Java and Maven are there to build and run them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.real.flink import FlinkCluster
    from tests.real.servers import PubSubServer
    from tests.real.streamed import Streamed


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


@pytest.fixture
def flink(flink_jars: Path, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[FlinkCluster]":
    """A Flink cluster of this test's own, with no job yet; up in about five seconds."""
    from tests.real.flink import FlinkCluster

    cluster = FlinkCluster(flink_jars, tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.close()


@pytest.fixture
def streamed(pubsub_server: "PubSubServer", tmp_path: Path) -> "Streamed":
    """A feed whose leases run out after ten seconds, and a lake not made yet."""
    from tests.real.streamed import Streamed

    return Streamed(pubsub_server, tmp_path / "lake")


@pytest.fixture
def hasty(pubsub_server: "PubSubServer", tmp_path: Path) -> "Streamed":
    """The same with leases of a second."""
    from tests.real.streamed import Streamed

    return Streamed(pubsub_server, tmp_path / "lake", ack_deadline_seconds=1)


def _need_go(go: str | None) -> None:
    if go is None:
        pytest.skip("needs Go to build the server")
