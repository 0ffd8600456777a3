"""The wire contract, and the schemas published of it."""

import json

import pytest
from pydantic import ValidationError

from schemas.event import StoryEvent
from schemas.publish import FOLDER, documents, publish
from schemas.tables import SCHEMAS


def test_unknown_members_are_kept():
    """A member that the contract does not name is in `extra`, as it came."""
    event = StoryEvent.model_validate_json(b'{"title": "Late train", "mood": {"calm": [1, 2]}}')
    assert event.extra == {"mood": {"calm": [1, 2]}}


def test_an_event_without_unknown_members_has_an_empty_extra():
    """`extra` is a dict even where there is nothing in it."""
    assert StoryEvent.model_validate_json(b'{"title": "Late train"}').extra == {}


@pytest.mark.parametrize(
    "member",
    [
        {"id": True},  # a truth is no name
        {"title": 5},
        {"text": ["a", "b"]},
        {"truncated": "yes"},
        {"authors": [{"name": "Ann"}]},
        {"published_at": {"at": "noon"}},
    ],
)
def test_types_are_strict(member):
    """Nothing is read as what it is not."""
    with pytest.raises(ValidationError):
        StoryEvent.model_validate_json(json.dumps(member))


def test_wrong_items_cost_one_message_however_many():
    """The first wrong author is enough to refuse the event."""
    with pytest.raises(ValidationError) as caught:
        StoryEvent.model_validate({"authors": list(range(1_000))})
    assert caught.value.error_count() <= 2


def test_events_cannot_be_changed():
    """An event is what was received."""
    with pytest.raises(ValidationError, match="frozen"):
        StoryEvent(title="Late train").title = "Early train"


def test_the_committed_schemas_are_current():
    """`python -m schemas.publish` would change nothing in schemas/json."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert committed == documents()


def test_publish_writes_what_documents_tells(tmp_path):
    """The files are the documents, each under its name."""
    publish(tmp_path / "json")
    written = {path.name: path.read_text() for path in (tmp_path / "json").iterdir()}
    assert written == documents()


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_kinds_schema_names_every_column(kind):
    """The schema of a kind has the table's columns in the table's order."""
    schema = json.loads(documents()[f"{kind}.json"])
    assert list(schema["properties"]) == SCHEMAS[kind].names
    assert schema["properties"]["kind"] == {"const": kind}
