"""The real servers that tests run against, built once from the Go module proxy into `.cache/`.

Built files carry what they were built from in their names, so that a change builds anew.
"""

import fcntl
import hashlib
import inspect
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import grpc
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

SOURCE = Path(__file__).parent / "pubsub_server"
CACHE = Path(__file__).parents[2] / ".cache"
PSTEST = "cloud.google.com/go/pubsub/v2"
PROJECT = "projects/newsbeam"

CALL_MESSAGES = 500
CALL_BYTES = 9_500_000  # Pub/Sub refuses a request above 10 MB
READY_SECONDS = 30


@dataclass(frozen=True)
class Feed:
    """A topic and its only subscription, by their full names."""

    topic: str
    subscription: str


class PubSubServer:
    """A Pub/Sub server of this test's own; its address stays the same for its whole life."""

    def __init__(self, program: Path, port: int = 0) -> None:
        self._program = program
        self.address = f"127.0.0.1:{port}"
        self.start()
        channel = _channel(self.address)
        self.publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        self.subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        self._channel = channel

    def start(self) -> None:
        """Start an empty server where the last one was, and return once it listens."""
        port = self.address.rpartition(":")[2]
        self._process = subprocess.Popen(
            [self._program, f"-port={port}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.address = self._line()

    def kill(self) -> None:
        """End it as `kill -9` does: topics, subscriptions and messages are gone with it."""
        self._process.kill()
        self._process.communicate()

    def down(self) -> None:
        """Close the port and every connection; messages and leases live on, as in Pub/Sub."""
        assert self._ask("down") == "down"

    def up(self) -> None:
        """Open the same port again after `down`."""
        assert self._ask("up") == "up"

    def restart(self) -> None:
        """Break every connection, and lose nothing: what clients see of a server restarted."""
        self.down()
        self.up()

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Out of reach while the block runs."""
        self.down()
        try:
            yield
        finally:
            self.up()

    @contextmanager
    def silence(self) -> Iterator[None]:
        """While the block runs nothing is answered, and no connection breaks: packets get lost."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def lose_acknowledgements(self, first: int) -> None:
        """The first so many acknowledgements of each message get lost on their way, from now on."""
        assert self._ask(f"lose {first}") == "lose"

    def close(self) -> None:
        """End it and its connections."""
        self._channel.close()
        self.kill()

    def create(self, name: str = "news", ack_deadline_seconds: int = 10, **options: Any) -> Feed:
        """A topic and a subscription of that name; `options` are fields of the subscription."""
        feed = Feed(f"{PROJECT}/topics/{name}", f"{PROJECT}/subscriptions/{name}")
        self.publisher.create_topic(name=feed.topic)
        subscription = {
            "name": feed.subscription,
            "topic": feed.topic,
            "ack_deadline_seconds": ack_deadline_seconds,
            **options,
        }
        self.subscriber.create_subscription(request=subscription)
        return feed

    def publish(self, feed: Feed, messages: Iterable[bytes | PubsubMessage]) -> list[str]:
        """Publish them in order, 500 a call, and return the server's ids for them."""
        ids: list[str] = []
        for call in _calls(messages):
            ids += self.publisher.publish(topic=feed.topic, messages=call).message_ids
        return ids

    def counts(self, feed: Feed) -> dict[str, int]:
        """How many were `published`, and how many `deliveries` that took.

        `acknowledged` are those that every subscription has acknowledged.
        """
        return json.loads(self._ask(f"counts {feed.topic}"))

    def unacknowledged(self, feed: Feed) -> int:
        """How many of its messages wait or are leased."""
        counts = self.counts(feed)
        return counts["published"] - counts["acknowledged"]

    def _ask(self, line: str) -> str:
        print(line, file=self._process.stdin, flush=True)
        return self._line()

    def _line(self) -> str:
        """The server's next line; it writes one an answer, so nothing waits in the buffer."""
        answers: IO[str] = self._process.stdout
        ready, _, _ = select.select([answers], [], [], READY_SECONDS)
        line = answers.readline() if ready else ""
        if not line:
            self.kill()
            raise RuntimeError(f"no answer from {self._program.name}: see its standard error")
        return line.rstrip("\n")


def go() -> str | None:
    """The Go command, also where its installer puts it without telling PATH."""
    return shutil.which("go", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/local/go/bin")


def built(name: str, build: Any) -> Path:
    """`.cache/bin/NAME`, built by one process while others that want it wait."""
    target = CACHE / "bin" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "building", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as folder:
                build(Path(folder), Path(folder) / name)
                (Path(folder) / name).replace(target)
    return target


def build_pubsub_server() -> Path:
    """The server's program."""
    texts = [(SOURCE / name).read_text("utf-8") for name in ("main.go", "go.mod", "go.sum")]
    texts.append(inspect.getsource(_compile_pubsub_server))
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]
    return built(f"pubsub_server-{digest}", _compile_pubsub_server)


def build_prism() -> Path:
    """Prism of the same version as Beam's SDK here; minutes where it is not built yet."""
    beam = version("apache-beam")
    module = f"github.com/apache/beam/sdks/v2/go/cmd/prism@v{beam}"

    def install(folder: Path, target: Path) -> None:
        _go(["install", module], folder, GOBIN=str(folder))
        (folder / "prism").rename(target)

    return built(f"prism-{beam}", install)


def _compile_pubsub_server(folder: Path, target: Path) -> None:
    """Compile with a copy of pstest that keeps messages for a week, as Pub/Sub does.

    pstest drops what waited for ten minutes, by a constant that nothing can set; a test that counts
    lost messages cannot have that.
    """
    server, pubsub = folder / "server", folder / "pubsub"
    shutil.copytree(SOURCE, server)
    module = json.loads(_go(["mod", "download", "-json", PSTEST], server))
    shutil.copytree(module["Dir"], pubsub, copy_function=shutil.copyfile)
    for part in [pubsub, *pubsub.rglob("*/")]:
        part.chmod(0o755)  # modules are read-only
    fake = pubsub / "pstest" / "fake.go"
    text, ten_minutes = fake.read_text("utf-8"), "retentionDuration = 10 * time.Minute"
    assert text.count(f"const {ten_minutes}\n") == 1, "pstest has changed"
    fake.write_text(text.replace(ten_minutes, "retentionDuration = 7 * 24 * time.Hour"), "utf-8")
    _go(["mod", "edit", f"-replace={PSTEST}=../pubsub"], server)
    _go(["build", "-o", str(target), "."], server)


def _go(words: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [go(), *words],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def _channel(address: str) -> grpc.Channel:
    options = {
        "grpc.max_receive_message_length": -1,
        "grpc.max_send_message_length": -1,
        "grpc.max_reconnect_backoff_ms": 500,  # the server comes back when the test says so
    }
    return grpc.insecure_channel(address, options=list(options.items()))


def _calls(messages: Iterable[bytes | PubsubMessage]) -> Iterator[list[PubsubMessage]]:
    call: list[PubsubMessage] = []
    size = 0
    for message in messages:
        made = PubsubMessage(data=message) if isinstance(message, bytes) else message
        bytes_ = PubsubMessage.pb(made).ByteSize()
        if call and (len(call) == CALL_MESSAGES or size + bytes_ > CALL_BYTES):
            yield call
            call, size = [], 0
        call.append(made)
        size += bytes_
    if call:
        yield call
