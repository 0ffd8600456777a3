"""The graph is the journey that README and `STAGES` tell, and its stages fit."""

import re
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.typehints.decorators import TypeCheckError

from pipelines import STAGES
from pipelines.batch import RawBatch
from pipelines.decode.decode import decode
from pipelines.story_pipeline import story_pipeline
from pipelines.tag.tag import tag

README = Path(__file__).parents[2] / "README.md"


def labels() -> list[str]:
    """The labels of the built graph's own steps, in flow order."""
    pipeline = beam.Pipeline()
    batches = pipeline | "Read" >> beam.Create([]).with_output_types(RawBatch)
    story_pipeline(batches, Path("lake"), Path("staging"))
    return [part.full_label for part in pipeline.transforms_stack[0].parts]


def test_readme_tells_the_stages_of_the_graph() -> None:
    """README's table has the graph's steps, in their order."""
    table = re.findall(r"^\| ([A-Z]\w+) \| .* \| `pipelines/", README.read_text("utf-8"), re.M)
    assert table == labels()


def test_stages_are_the_steps_of_the_graph() -> None:
    """`pipelines.STAGES` names the graph's steps in their order; staging is the engine's."""
    assert list(STAGES) == [label for label in labels() if label != "Stage"]


def test_stages_that_do_not_fit_are_refused() -> None:
    """A graph in which Tag gets what Decode made is refused when it is built."""
    decoded = beam.Pipeline() | beam.Create([]).with_output_types(RawBatch) | beam.Map(decode)
    with pytest.raises(TypeCheckError):
        decoded | beam.Map(tag)


def test_the_journey_fits_on_one_page() -> None:
    """`story_pipeline.py` is at most 60 lines."""
    page = Path(__file__).parents[2] / "pipelines" / "story_pipeline.py"
    assert len(page.read_text("utf-8").splitlines()) <= 60
