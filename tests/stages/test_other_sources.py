"""Events from a source of Beam's that has no code here: README's example, without its Kafka."""

import inspect
import json
import re
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.io.kafka import ReadFromKafka

from pipelines import runners
from pipelines.lake.audit import audit
from pipelines.lake.reader import read_lake

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def story(i: int) -> bytes:
    """A story of its own."""
    text = f"The town of Number {i} has opened a bridge with {i} lamps over river {i * 7}."
    return json.dumps({"id": str(i), "title": f"Bridge {i} opens", "text": text}).encode()


class Records:
    """In Kafka's place, asked as Kafka is: pairs of keys and values, as it brings them."""

    def __init__(self, values: list[bytes]) -> None:
        self._values = values

    def __call__(self, *words: Any, **options: Any) -> beam.PTransform:
        inspect.signature(ReadFromKafka.__init__).bind(None, *words, **options)
        return beam.Create([(b"key", value) for value in self._values])


@pytest.fixture
def example() -> dict[str, Any]:
    """What README's only piece of Python defines."""
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["ReadFromKafka"] is ReadFromKafka
    return names


def test_the_example_brings_every_event_in_once(example: dict[str, Any], tmp_path: Path) -> None:
    """Each value is an event; read again, as after a lost offset, none is new."""
    lake = tmp_path / "lake"
    for _ in range(2):
        example["ReadFromKafka"] = Records([*map(story, range(40)), b"{oops"])
        with runners.pipeline("direct", []) as pipeline:
            example["bring_in"](pipeline, lake, tmp_path / "staging")
    with read_lake(lake) as reader:
        counts = reader.rows("select sum(stories), sum(dead_letters), sum(received) from commits")
    assert counts == [(40, 1, 41)]
    assert audit(lake).findings == []
