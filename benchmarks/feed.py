"""A feed of made-up news to show streams with: a Pub/Sub server, a publisher, and the account.

    python -m benchmarks.feed serve FOLDER      as long as who started it lives
    python -m benchmarks.feed publish FOLDER EVENTS --rate 200
    python -m benchmarks.feed account FOLDER LAKE

The server is Google's own in-memory one, built with Go as for the tests; or, where
PUBSUB_EMULATOR_HOST names one, that. FOLDER holds what the three tell one another.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import grpc
from google.api_core.exceptions import GoogleAPICallError, NotFound
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from pipelines.lake.reader import read_lake
from tests.real import servers

TOPIC = "projects/newsbeam/topics/stream-demo"
SUBSCRIPTION = "projects/newsbeam/subscriptions/stream-demo"
SLICE_SECONDS = 0.1
CALL = {"retry": None, "timeout": 10.0}
_EVENTS = "select event_id, count(*) from lake where kind != 'commit' group by 1"
NO_SERVER = """\
There is no Go here to build a Pub/Sub server with. Install it; or start another server, such as
Google's emulator, and name it: PUBSUB_EMULATOR_HOST=localhost:8085 make stream-demo"""


@click.group()
def feed() -> None:
    """A feed of made-up news."""


@feed.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
def serve(folder: Path) -> None:
    """Have a server with an empty topic and subscription; its address goes into FOLDER/address."""
    starter = os.getppid()
    with _server() as address, _topic(address):
        (folder / "address.new").write_text(address)
        (folder / "address.new").rename(folder / "address")
        while os.getppid() == starter:
            time.sleep(0.2)


@feed.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.argument("events", type=click.Path(exists=True, path_type=Path))
@click.option("--rate", type=float, required=True, help="Messages a second.")
def publish(folder: Path, events: Path, rate: float) -> None:
    """Publish each line of EVENTS as a message; the server's ids go into FOLDER/published."""
    publisher, _ = _clients((folder / "address").read_text())
    lines, done, started = events.read_bytes().splitlines(), 0, time.monotonic()
    with (folder / "published").open("w") as published:
        while done < len(lines):
            due = int((time.monotonic() - started + SLICE_SECONDS) * rate)
            some = [PubsubMessage(data=line) for line in lines[done : min(due, done + 500)]]
            if some:
                ids = publisher.publish(topic=TOPIC, messages=some).message_ids
                published.writelines(f"{TOPIC}/{id_}\n" for id_ in ids)
                done += len(some)
            time.sleep(SLICE_SECONDS)


@feed.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.argument("lake", type=click.Path(exists=True, path_type=Path))
def account(folder: Path, lake: Path) -> None:
    """Compare the published ids with the lake's rows; exit 1 if one is lost or doubled."""
    published = (folder / "published").read_text().split()
    # Not through deltalake's own file system: its threads may outlive Python (apache/arrow#34314).
    with read_lake(lake) as reader:
        rows = Counter(dict(reader.rows(_EVENTS)))
    lost = len(set(published) - set(rows))
    doubled = sum(count > 1 for count in rows.values())
    told = f"published {len(published):,} · rows {rows.total():,} · lost {lost} · doubled {doubled}"
    click.echo(told)
    raise SystemExit(int(lost + doubled > 0 or rows.total() != len(published)))


@contextmanager
def _server() -> Iterator[str]:
    """The address of a server; one of our own ends with this process."""
    if address := os.environ.get("PUBSUB_EMULATOR_HOST"):
        yield address
        return
    if servers.go() is None:
        raise SystemExit(NO_SERVER)
    server = servers.PubSubServer(servers.build_pubsub_server())
    try:
        yield server.address
    finally:
        server.close()


@contextmanager
def _topic(address: str) -> Iterator[None]:
    """A topic and its subscription, new on that server, and gone afterwards."""
    publisher, subscriber = _clients(address)
    try:
        _remove(publisher, subscriber)
        publisher.create_topic(name=TOPIC, **CALL)
        about = {"name": SUBSCRIPTION, "topic": TOPIC, "ack_deadline_seconds": 10}
        subscriber.create_subscription(request=about, **CALL)
    except GoogleAPICallError as why:
        raise SystemExit(f"The Pub/Sub server at {address} does not answer: {why.message}") from why
    yield
    with suppress(GoogleAPICallError):
        _remove(publisher, subscriber)


def _remove(publisher: PublisherClient, subscriber: SubscriberClient) -> None:
    with suppress(NotFound):
        subscriber.delete_subscription(subscription=SUBSCRIPTION, **CALL)
    with suppress(NotFound):
        publisher.delete_topic(topic=TOPIC, **CALL)


def _clients(address: str) -> tuple[PublisherClient, SubscriberClient]:
    channel = grpc.insecure_channel(address)
    publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
    return publisher, SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))


if __name__ == "__main__":
    feed()
