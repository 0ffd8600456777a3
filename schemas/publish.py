"""Writes the JSON Schemas that stand in `schemas/json`: `python -m schemas.publish`.

One for the wire contract, and one for the rows of each kind that the lake holds. A test fails while
the committed files differ from what this module makes.
"""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from schemas.event import StoryEvent
from schemas.tables import SCHEMAS

FOLDER = Path(__file__).parent / "json"


def documents() -> dict[str, str]:
    """The text of each schema by its file name, ending in one newline."""
    schemas = {"story_event.v1.json": _of_event()}
    for kind, columns in SCHEMAS.items():
        schemas[f"{kind}.json"] = _of_rows(kind, columns)
    return {name: json.dumps(schema, indent=2) + "\n" for name, schema in schemas.items()}


def publish(folder: Path = FOLDER) -> None:
    """Writes every schema into the folder, which is made where missing."""
    folder.mkdir(exist_ok=True)
    for name, text in documents().items():
        (folder / name).write_text(text, encoding="utf-8")


_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _of_event() -> dict[str, Any]:
    return {"$schema": _DIALECT, **StoryEvent.model_json_schema()}


def _of_rows(kind: str, columns: pa.Schema) -> dict[str, Any]:
    properties = {column.name: _nullable(_of_type(column.type)) for column in columns}
    if "kind" in properties:
        properties["kind"] = {"const": kind}
    return {
        "$schema": _DIALECT,
        "$id": f"{kind}.json",
        "title": kind,
        "description": f"A row of the lake where kind = '{kind}', with times as ISO 8601 text.",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _of_type(type_: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(type_):
        return {"type": "array", "items": _of_type(type_.value_type)}
    if pa.types.is_struct(type_):
        members = {type_.field(i).name: _of_type(type_.field(i).type) for i in range(len(type_))}
        return {"type": "object", "properties": members, "required": list(members)}
    return dict(_SCALARS[type_])


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


_SCALARS: dict[pa.DataType, dict[str, str]] = {
    pa.string(): {"type": "string"},
    pa.binary(): {"type": "string", "contentEncoding": "base64"},
    pa.bool_(): {"type": "boolean"},
    pa.int64(): {"type": "integer"},
    pa.float32(): {"type": "number"},
    pa.float64(): {"type": "number"},
    pa.date32(): {"type": "string", "format": "date"},
    pa.timestamp("us", "UTC"): {"type": "string", "format": "date-time"},
}


if __name__ == "__main__":
    publish()
