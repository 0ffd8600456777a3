"""The graph for Dataflow: its steps and options without the cloud, and its steps at work here."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest

pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")

from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.options.pipeline_options import GoogleCloudOptions, StandardOptions
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner
from apache_beam.utils.timestamp import Timestamp

from pipelines import runners
from pipelines.dataflow import commit_messages, dataflow_pipeline
from pipelines.lake.audit import audit
from pipelines.lake.log import find_lake
from pipelines.lake.reader import read_lake
from pipelines.read import ToBatches, arrival
from pipelines.read.windows import _arrived, arrival_windows
from pipelines.settings import Verdicts
from pipelines.streaming import Streaming

SUBSCRIPTION = "projects/a-project/subscriptions/the.news"
TOPIC = "projects/a-project/topics/news"
FLAGS = ("--project=a-project", "--region=europe-west1", "--temp_location=gs://a-bucket/temp")
STEPS = [
    *("Read", "Window", "Batch", "Decode", "Normalize", "Tag", "Sketch", "Stage", "Commit"),
    *("Places", "Durable", "Remove"),
]


@pytest.fixture
def pipeline(tmp_path: Path) -> beam.Pipeline:
    """The graph, which nobody runs."""
    return dataflow_pipeline(Streaming(SUBSCRIPTION, tmp_path / "lake"), TOPIC, FLAGS)


@pytest.fixture
def proto(pipeline: beam.Pipeline) -> Any:
    """The graph as a runner gets it."""
    return pipeline.to_runner_api()


def same(message: PubsubMessage) -> PubsubMessage:
    """What a source that tells its type hands on."""
    return message


def step(proto: Any, name: str) -> Any:
    """A step by its full name."""
    (found,) = [t for t in proto.components.transforms.values() if t.unique_name == name]
    return found


def test_the_steps_are_the_stages(proto: Any) -> None:
    """Each step of the graph has a label, in the order of the journey."""
    (root,) = proto.root_transform_ids
    top = proto.components.transforms[root].subtransforms
    assert [proto.components.transforms[id_].unique_name for id_ in top] == STEPS


def test_the_source_is_beams_own_with_attributes(proto: Any) -> None:
    """Dataflow puts its source in the place of this one; no id_label drops revisions there."""
    read = step(proto, "Read/Read")
    payload = beam_runner_api_pb2.PubSubReadPayload.FromString(read.spec.payload)
    assert read.spec.urn == "beam:transform:pubsub_read:v1"
    assert payload.subscription == SUBSCRIPTION
    assert payload.with_attributes
    assert payload.id_attribute == ""


def test_the_options_are_those_of_a_streaming_job(pipeline: beam.Pipeline) -> None:
    """Streaming, on Dataflow, under a name that allows one job a subscription."""
    assert isinstance(pipeline.runner, DataflowRunner)
    assert pipeline.options.view_as(StandardOptions).streaming
    cloud = pipeline.options.view_as(GoogleCloudOptions)
    assert (cloud.project, cloud.region) == ("a-project", "europe-west1")
    assert cloud.job_name == "newsbeam-the-news"


def test_a_job_may_have_another_name(tmp_path: Path) -> None:
    """As Google's launcher of templates gives it one."""
    job = Streaming(SUBSCRIPTION, tmp_path)
    pipeline = dataflow_pipeline(job, TOPIC, [*FLAGS, "--job_name=another"])
    assert pipeline.options.view_as(GoogleCloudOptions).job_name == "another"


def test_windows_are_of_arrival_and_drop_nothing(proto: Any) -> None:
    """What Commit groups are windows of ten seconds, which fire by the clock, and late ones too."""
    (out,) = step(proto, "Commit/To one writer").outputs.values()
    strategy = proto.components.windowing_strategies[
        proto.components.pcollections[out].windowing_strategy_id
    ]
    kind = beam_runner_api_pb2.AccumulationMode.DISCARDING
    assert strategy.accumulation_mode == kind
    assert strategy.allowed_lateness == 86_400_000
    trigger = strategy.trigger.after_end_of_window
    assert trigger.late_firings.element_count.element_count == 1
    delay = trigger.early_firings.after_processing_time.timestamp_transforms[0].delay
    assert delay.delay_millis == 10_000


def test_events_are_moved_to_their_arrival() -> None:
    """A backlog of last week is of today's windows."""
    before = arrival.now()
    moved = _arrived("an event")
    assert before <= Timestamp.of(moved.timestamp).micros <= arrival.now()


def test_pubsub_messages_need_a_name() -> None:
    """Without the topic two messages of two topics could share an id: the graph is refused."""
    messages = beam.Pipeline() | beam.Create([PubsubMessage(b"x", {}, "1")]) | beam.Map(same)
    with pytest.raises(TypeError, match="naming"):
        _ = messages | ToBatches()


def message(i: int, **changed: Any) -> PubsubMessage:
    """A message as Beam brings it: a story of its own."""
    text = f"The town of Number {i} has opened a bridge with {i} lamps over river {i * 7}."
    body = json.dumps({"id": str(i), "title": f"Bridge {i} opens", "text": text}).encode()
    at = datetime(2026, 11, 24, 12, 0, i % 60, 250_000, tzinfo=UTC)
    return PubsubMessage(
        **{
            "data": body,
            "attributes": {"desk": f"desk {i}"},
            "message_id": f"{i}",
            "publish_time": at,
            "ordering_key": "",
            **changed,
        }
    )


def committed(messages: list[PubsubMessage], job: Streaming) -> dict[str, dict[str, Any]]:
    """The events' rows, by id, after these messages went through the graph's steps."""
    with runners.pipeline("direct", []) as pipeline:
        made = pipeline | beam.Create(messages) | beam.Map(same)
        # Not by the clock: the direct runner has none for its windows.
        commit_messages(made | arrival_windows(job.window_seconds), job, TOPIC)
    with read_lake(job.lake) as reader:
        rows = reader.dicts("from lake where kind <> 'commit' order by ordinal")
    assert audit(job.lake).findings == []
    return {row["event_id"]: row for row in rows}


def test_a_row_has_all_that_pubsub_told(tmp_path: Path) -> None:
    """Ids, attributes, publish times and ordering keys, as the other runners write them."""
    messages = [message(i) for i in range(50)]
    messages[7].ordering_key = "a key"
    rows = committed(messages, Streaming(SUBSCRIPTION, tmp_path / "lake"))
    assert set(rows) == {f"{TOPIC}/{i}" for i in range(50)}
    assert json.loads(rows[f"{TOPIC}/7"]["attributes"]) == {
        "goog_publish_time": "2026-11-24T12:00:07.250000Z",
        "desk": "desk 7",
        "goog_ordering_key": "a key",
    }


def test_a_commit_is_in_order_of_publishing(tmp_path: Path) -> None:
    """Whatever order and batches messages came in."""
    messages = [message(i) for i in (5, 3, 9, 1, 7)]
    rows = committed(messages, Streaming(SUBSCRIPTION, tmp_path / "lake"))
    assert list(rows) == [f"{TOPIC}/{i}" for i in (1, 3, 5, 7, 9)]


def test_an_attribute_names_events_together_with_their_bodies(tmp_path: Path) -> None:
    """The same name and body are one event, another body is another; without it the topic names."""
    named = {"attributes": {"key": "k"}}
    messages = [message(1, **named), message(1, message_id="9", **named), message(2, **named)]
    job = Streaming(SUBSCRIPTION, tmp_path / "lake", id_attribute="key")
    rows = committed([*messages, message(3)], job)
    assert len(rows) == 3
    assert sum(id_.startswith("k:") for id_ in rows) == 2
    assert f"{TOPIC}/3" in rows


def test_messages_without_an_id_are_not_one_event(tmp_path: Path) -> None:
    """A test source's, say: they are named after their bodies, and have no publish time."""
    bare = {"message_id": None, "publish_time": None, "attributes": None}
    rows = committed(
        [message(1, **bare), message(2, **bare)], Streaming(SUBSCRIPTION, tmp_path / "lake")
    )
    assert len(rows) == 2
    assert {row["attributes"] for row in rows.values()} == {"{}"}


def test_the_first_commit_makes_the_lake_as_it_was_asked_for(tmp_path: Path) -> None:
    """Who starts the job may not see the lake's disk; and nothing stays in staging."""
    asked = Verdicts(horizon_days=7)
    job = Streaming(SUBSCRIPTION, tmp_path / "lake", verdicts=asked, staging=tmp_path / "staging")
    committed([message(1)], job)
    assert find_lake(job.lake).verdicts.horizon_days == 7
    (folder,) = (tmp_path / "staging").iterdir()
    assert list(folder.iterdir()) == []
