"""Pairs of stories that look alike and are two: briefs under one footer, recaps from one template.

Both are made by a seeded source of chance; what recaps are made of is in negatives.toml.
"""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from random import Random

Event = dict[str, str]


def briefs(texts: Sequence[str], dice: Random) -> tuple[Event, Event]:
    """Two briefs of one outlet: the beginnings of two texts, each above the same long footer."""
    footer = "\n\n".join(dice.sample(_FOOTERS, 2))
    one, other = (text.split()[: dice.randint(45, 80)] for text in dice.sample(texts, 2))
    return _brief(one, footer), _brief(other, footer)


def recaps(dice: Random) -> tuple[Event, Event]:
    """Two events of one kind, told by one template."""
    template = dice.choice(_RECAPS["templates"])
    return _recap(template, dice), _recap(template, dice)


_RECAPS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_FOOTERS = [" ".join(footer.split()) for footer in _RECAPS["footers"]]
_SLOT = re.compile(r"\{(?:(\w+):)?([^}]+)\}")


def _brief(words: Sequence[str], footer: str) -> Event:
    return {"title": " ".join(words[:7]), "text": f"{' '.join(words)}\n\n{footer}"}


def _recap(template: dict[str, str], dice: Random) -> Event:
    """One recap; a slot without a name is filled anew each time, from a list without repeats."""
    named: dict[str, str] = {}
    drawn: set[str] = set()

    def fill(slot: re.Match[str]) -> str:
        name, kind = slot.groups()
        if name in named:
            return named[name]
        value = _draw(kind, drawn, dice)
        if name:
            named[name] = value
        return value

    return {part: _SLOT.sub(fill, " ".join(text.split())) for part, text in template.items()}


def _draw(kind: str, drawn: set[str], dice: Random) -> str:
    low, dots, high = kind.partition("..")
    if dots:
        return str(dice.randint(int(low), int(high)))
    left = [value for value in _RECAPS["lists"][kind] if value not in drawn]
    value = dice.choice(left or _RECAPS["lists"][kind])
    drawn.add(value)
    return value
