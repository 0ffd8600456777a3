"""Records of JSON: which dialect each speaks, and why it was refused where none will have it."""

from types import ModuleType
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from pipelines.decode import newsapi, story_events
from pipelines.decode.json_faults import fault
from pipelines.decode.members import Members


class OneDialect:
    """Decodes records that are known to speak one dialect of JSON."""

    def __init__(self, dialect: ModuleType):
        self.dialect = dialect

    def __call__(self, payload: bytes, event_id: str) -> Members:
        """The record's members.

        Raises:
            RejectedByDecode: any of its reasons.
        """
        try:
            event = self.dialect.validate(payload)
        except ValidationError as error:
            raise fault(payload, error) from None
        return self.dialect.members(event, event_id)


class AnyDialect:
    """Decodes records each of which may speak another dialect than the one before it.

    Guesses that it does not: a right guess costs nothing, a wrong one a second parse.
    """

    def __init__(self) -> None:
        self.guess: ModuleType = story_events

    def __call__(self, payload: bytes, event_id: str) -> Members:
        """The record's members.

        Raises:
            RejectedByDecode: any of its reasons.
        """
        try:
            event = self.guess.validate(payload)
        except ValidationError as error:
            event = self._second_guess(payload, error)
        else:
            extra = event.__pydantic_extra__
            sure = not extra and self.guess is story_events
            dialect = story_events if sure else _spoken(event.__dict__ | extra)
            if dialect is not self.guess:
                self.guess = dialect
                return OneDialect(dialect)(payload, event_id)
        return self.guess.members(event, event_id)

    def _second_guess(self, payload: bytes, error: ValidationError) -> Any:
        """A member of a type that one dialect refuses may mean nothing to the other."""
        try:
            record = from_json(payload)
        except ValueError:
            raise fault(payload, error) from None
        if type(record) is dict:
            dialect = _spoken(record)
            if dialect is not self.guess:
                self.guess = dialect
                try:
                    return dialect.validate(payload)
                except ValidationError as second:
                    error = second
        raise fault(payload, error) from None


def _spoken(record: dict[str, Any]) -> ModuleType:
    """The dialect of a record with these members; one that is null tells nothing."""
    get = record.get
    if get("text") is None and get("html") is None and get("published_at") is None:
        marked = get("publishedAt") is not None or get("urlToImage") is not None
        if marked or type(get("source")) is dict:
            return newsapi
    return story_events
