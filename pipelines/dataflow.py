"""A stream on Dataflow: the graph, with Beam's own source, that Dataflow then runs for ever.

Dataflow acknowledges a message once it has the handle of the message's batch in its own durable
shuffle, so before the commit. From there to the commit the staged file is the only copy: staging
and lake have to be on one file system that all workers share, at the same paths.
"""

import re
import uuid
from collections.abc import Sequence
from pathlib import Path

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage, ReadFromPubSub
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from pipelines import runners
from pipelines.batch import Place
from pipelines.errors import RunFailed
from pipelines.lake.commit import CommitResult
from pipelines.read.messages import Naming
from pipelines.read.pubsub import Subscription
from pipelines.read.staging import remove_batches, staging_root
from pipelines.read.transforms import ToBatches
from pipelines.read.windows import WindowByArrival
from pipelines.story_pipeline import story_pipeline
from pipelines.stream import writer_settings
from pipelines.streaming import Streaming

PATIENCE_SECONDS = 600.0  # with a full disk, before Dataflow tries the bundle anew


def submit(job: Streaming, flags: Sequence[str]) -> str:
    """Start the stream on Dataflow, where it goes on without this process; the job's id.

    Raises:
        InputError: the subscription cannot be used.
        RunFailed: Dataflow does not take the job.
    """
    subscription = Subscription(job.subscription, job.topic)
    subscription.close()
    try:
        return dataflow_pipeline(job, subscription.topic, flags).run().job_id()
    except Exception as why:
        raise RunFailed(f"Dataflow does not take the job: {why}") from why


def dataflow_pipeline(job: Streaming, topic: str, flags: Sequence[str]) -> beam.Pipeline:
    """The stream's graph on Dataflow, ready for `run()`; `flags` are Beam's, `topic` names events.

    The job is called after the subscription unless a flag says otherwise. Two jobs of one name
    cannot run side by side, and one job writes one lake.
    """
    named = PipelineOptions(list(flags)).view_as(GoogleCloudOptions).job_name
    job_name = [] if named else [f"--job_name={_job_name(job.subscription)}"]
    pipeline = runners.pipeline("dataflow", ["--streaming", *job_name, *flags])
    # Not with id_label: Dataflow would drop another body under the same id, which is a revision.
    source = ReadFromPubSub(subscription=job.subscription, with_attributes=True)
    messages = pipeline | "Read" >> source | "Window" >> WindowByArrival(job.window_seconds)
    commit_messages(messages, job, topic)
    return pipeline


def commit_messages(
    messages: beam.PCollection[PubsubMessage], job: Streaming, topic: str
) -> beam.PCollection[CommitResult]:
    """From messages in windows to what became of them; files of committed batches are removed."""
    staging = staging_root(job.lake, job.staging) / uuid.uuid4().hex
    # The lake is made by whoever commits first, as it is asked for here.
    writer = {**writer_settings(job, PATIENCE_SECONDS), "verdicts": job.verdicts}
    batches = messages | "Batch" >> ToBatches(naming=Naming(topic, job.id_attribute))
    results = story_pipeline(batches, job.lake.absolute(), staging, writer)
    _ = (
        results
        | "Places" >> beam.Map(_places)
        # A bundle that is tried again needs its files: they go once its results are durable.
        | "Durable" >> beam.Reshuffle()
        | "Remove" >> beam.Map(_remove, staging)
    )
    return results


def _job_name(subscription: str) -> str:
    name = subscription.rpartition("/")[2].lower()
    return f"newsbeam-{re.sub(r'[^a-z0-9]+', '-', name).strip('-')}"


def _places(result: CommitResult) -> list[Place]:
    return list(result.places)


def _remove(places: list[Place], staging: Path) -> None:
    remove_batches(staging, places)
