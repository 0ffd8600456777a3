"""The wire contract: one news event, as publishers send it."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, FailFast, Field


class _FirstIsEnough(FailFast):
    """A million wrong items must not cost a million messages; hashable, as a union needs it."""

    __hash__ = object.__hash__


class StoryEvent(BaseModel):
    """One news event, version 1: a JSON object.

    At least a title or a text (`text`, `html`, or `summary` alone), and at least an `id` or a
    `url`; a validator of JSON Schema cannot say that, Decode does. Members that are not named here
    are kept (`extra`). Types are strict: "5" is no number and 5 is no string, save where both are
    named.
    """

    model_config = ConfigDict(
        extra="allow",
        strict=True,
        frozen=True,
        title="StoryEvent",
        json_schema_extra={"$id": "story_event.v1.json"},
    )

    id: str | int | float | None = Field(
        default=None, description="The publisher's own name of the story; stays when it is revised."
    )
    url: str | None = Field(default=None, description="Absolute http(s) address of the page.")
    title: str | None = Field(default=None, description="The headline, as text.")
    text: str | None = Field(default=None, description="The story's text.")
    html: str | None = Field(
        default=None,
        description="The story's text as an HTML fragment, or its whole page; without `text`.",
    )
    summary: str | None = Field(default=None, description="A teaser or lead; may stand alone.")
    truncated: bool | None = Field(
        default=None, description="True where the source cut the text off."
    )
    published_at: str | int | float | None = Field(
        default=None, description="When it was published, in any readable form."
    )
    authors: Annotated[list[str], _FirstIsEnough()] | str | None = Field(
        default=None, description="A list of names, or one line."
    )
    publisher: str | None = Field(default=None, description="Who published it, as readers know it.")
    language: str | None = Field(default=None, description="As declared; detected anyway.")
    section: str | None = Field(default=None, description="Where it stood at the publisher's.")
    updated_at: str | int | float | None = Field(
        default=None, description="When it was last changed, in any readable form."
    )

    @property
    def extra(self) -> dict[str, Any]:
        """The members that the contract does not name, as they came."""
        return self.model_extra or {}
