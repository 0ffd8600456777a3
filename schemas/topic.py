"""The topics a story can have, with their IPTC Media Topic codes.

A new topic is one member here, a head of the tagger, and a training run.
"""

from enum import StrEnum


class Topic(StrEnum):
    """What a story is about; `other` means confidently neither politics nor sports.

    A story whose language the tagger cannot read has no topic: null in the lake.
    """

    POLITICS = "politics"
    SPORTS = "sports"
    BOTH = "both"
    OTHER = "other"

    @property
    def codes(self) -> tuple[str, ...]:
        """The IPTC Media Topic codes (https://cv.iptc.org/newscodes/mediatopic/), sorted."""
        return _CODES[self]


_POLITICS = "medtop:11000000"  # politics and government
_SPORT = "medtop:15000000"

_CODES: dict[Topic, tuple[str, ...]] = {
    Topic.POLITICS: (_POLITICS,),
    Topic.SPORTS: (_SPORT,),
    Topic.BOTH: (_POLITICS, _SPORT),
    Topic.OTHER: (),
}
