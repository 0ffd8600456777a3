"""Turns a subject's word lists and sentence patterns into sentences.

A pattern such as `"{a:good} win for {team} {when}"` has slots: `{list}` takes any entry of a list,
`{a:list}` puts the right article before it, `{2..9}` is a number, and a name chosen once for the
whole story (`{team}`, `{person}`, `{person_last}`) becomes `%(team)s`, for the story to put in.

Lists that hold slots themselves are multiplied out when a subject is loaded, and every list is
brought to 256 entries, so that filling a slot costs one random byte.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate, chain, product
from math import gcd
from operator import getitem
from random import Random
from typing import Any, NamedTuple

from .dice import pick

CHOICE = "<>"  # where the word of a headline stands that another story's could differ in

_PEOPLE = ("person", "rival", "witness")
_ALWAYS_ONCE = {*_PEOPLE, *(f"{p}_last" for p in _PEOPLE), "place", "elsewhere"}
_SLOT = re.compile(r"\{([^{}]+)\}")
_NAME = re.compile(r"%+\((\w+)\)s")
_CHOICE = re.compile(r"<([^<>]+)>")
_SIZE = 256  # entries of a list, so that one random byte is an index
_TOO_MANY = 5_000  # ways to fill an entry that are not worth listing
_LIKE_A = re.compile(r"(?:uni|eu|one|us[aeiu]|ut[ei])", re.IGNORECASE)  # vowels that sound like "y"
_LIKE_AN = re.compile(r"(?:[aeiou]|hour|honest|heir|[$£€]?(?:8|11\b|18\b))", re.IGNORECASE)

Words = list[str]  # `_SIZE` entries


class Sentence(NamedTuple):
    """A pattern ready to be filled: `%s` for each slot, and what each slot takes from.

    A name chosen once a story is `%%(name)s`, since it is only put in after the slots are filled.
    """

    text: str
    lists: list[Words]


def fill(text: str, lists: list[Words], dice: Random) -> str:
    """The text of a sentence, or of several, with its slots filled: all but `% names`."""
    return text % tuple(map(getitem, lists, dice.randbytes(len(lists))))


@dataclass(frozen=True, slots=True)
class Order:
    """Sentences one after another, twice over, so that a telling may start at any of them."""

    texts: list[str]
    lists: list[Words]  # of all sentences
    starts: list[int]  # where the lists of each sentence start; one more for the end

    def some(self, byte: int, count: int) -> tuple[list[str], list[Words]]:
        """So many sentences, none twice, and never most of them: texts must differ."""
        total = len(self.texts) // 2
        at = byte * total >> 8
        end = at + min(count, total * 2 // 3)
        return self.texts[at:end], self.lists[self.starts[at] : self.starts[end]]


class Title(NamedTuple):
    """A headline, and what may stand at its `CHOICE`: `wins`, `loses`."""

    headline: Sentence
    choices: list[str]


@dataclass(frozen=True, slots=True)  # whose fields are read several times faster than a tuple's
class Subject:
    """What can be told about one subject."""

    name: str
    topic: str  # politics, sports, both or other
    language: str
    sections: list[str]
    first: Words
    last: Words
    towns: Words
    once: list[tuple[str, Words, str, Words]]  # names chosen once a story, in both spellings
    leads: list[Sentence]
    orders: list[Order]  # the other sentences
    titles: list[Title]


@cache
def subjects() -> dict[str, Subject]:
    """Every subject by name, in the order of the files' names."""
    folder = files(__package__) / "words"
    shared = tomllib.loads((folder / "shared.toml").read_text("utf-8"))["words"]
    found = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        name, _, kind = file.name.partition(".")
        if kind == "toml" and "title" in (data := tomllib.loads(file.read_text("utf-8"))):
            found[name] = _subject(name, data, shared)
    return found


def _subject(name: str, data: dict[str, Any], shared: dict[str, list[str]]) -> Subject:
    once = data.get("once", {})
    lists = _Lists({**shared, **data["words"]}, _ALWAYS_ONCE | set(once))
    text = data["text"]
    bodies = [lists.sentence(pattern) for pattern in text["body"] + text["quote"]]
    return Subject(
        name=name,
        topic=data["topic"],
        language=data.get("language", "en"),
        sections=data["sections"],
        first=lists.of("first"),
        last=lists.of("last"),
        towns=lists.of("town"),
        once=[
            (key, lists.of(source), key.capitalize(), list(map(_capital, lists.of(source))))
            for key, source in once.items()
        ],
        leads=[lists.sentence(pattern) for pattern in text["lead"]],
        orders=_orders(bodies),
        titles=[lists.title(pattern) for pattern in data["title"]["patterns"]],
    )


def _orders(sentences: list[Sentence]) -> list[Order]:
    # Every step that visits all sentences before any comes again.
    count = len(sentences)
    steps = [step for step in range(1, count) if gcd(step, count) == 1]
    return [_order([sentences[step * i % count] for i in range(2 * count)]) for step in steps]


def _order(sentences: list[Sentence]) -> Order:
    texts, lists = zip(*sentences, strict=True)
    starts = accumulate(map(len, lists), initial=0)
    return Order(list(texts), list(chain.from_iterable(lists)), list(starts))


class _Lists:
    """A subject's word lists, multiplied out when first asked for."""

    def __init__(self, words: dict[str, list[str]], once: set[str]) -> None:
        self.words = words
        self._once = once
        self._ready: dict[str, Words] = {}

    def of(self, name: str) -> Words:
        """The list a slot takes from: each of its entries has an equal share."""
        if name not in self._ready:
            # Subjects share most of their strings: fewer of them stay nearer to the processor.
            self._ready[name] = [sys.intern(entry) for entry in self._make(name)]
        return self._ready[name]

    def sentence(self, pattern: str) -> Sentence:
        """The pattern with `%s` in place of its slots, beginning with a capital letter."""
        text, lists = self.phrase(pattern)
        if text.startswith("%s"):
            return Sentence(text, [[_capital(entry) for entry in lists[0]], *lists[1:]])
        return Sentence(_capital(text), lists)

    def phrase(self, pattern: str) -> Sentence:
        """The same for what stands inside a sentence."""
        lists = [self.of(slot) for slot in self._slots(pattern)]
        return Sentence(_SLOT.sub(self._mark, pattern.replace("%", "%%%%")), lists)

    def title(self, pattern: str) -> Title:
        """The pattern with a mark where one of several words is chosen."""
        choice = _CHOICE.search(pattern)
        choices = choice[1].split("|") if choice else [""]
        return Title(self.sentence(_CHOICE.sub(CHOICE, pattern)), choices)

    def ways(self, entry: str) -> Iterator[str]:
        """The ways to fill an entry that holds other lists; of very many, enough for one list."""
        if "{" not in entry:  # as most are not
            return iter([entry.replace("%", "%%")])
        text, lists = self.phrase(entry)
        choices = [list(dict.fromkeys(words)) for words in lists]
        count = 1
        for words in choices:
            count *= len(words)
        if count <= _TOO_MANY:
            return map(text.__mod__, product(*choices))
        dice = Random(entry)
        return (fill(text, lists, dice) for _ in range(_SIZE))

    def _slots(self, pattern: str) -> Iterator[str]:
        return (slot for slot in _SLOT.findall(pattern) if slot not in self._once)

    def _mark(self, slot: re.Match[str]) -> str:
        return f"%%({slot[1]})s" if slot[1] in self._once else "%s"

    def _make(self, name: str) -> Words:
        if name.startswith("a:"):
            return [_with_article(entry) for entry in self.of(name[2:])]
        if ".." in name:
            low, high = map(int, name.split(".."))
            return _share(list(map(str, range(low, high + 1))), _SIZE)
        entries = self.words[name]
        shares = [_SIZE // len(entries) + (i < _SIZE % len(entries)) for i in range(len(entries))]
        words = [
            filled
            for entry, share in zip(entries, shares, strict=True)
            for filled in _share(list(self.ways(entry)), share)
        ]
        return [_capital(entry) for entry in words] if name == "claim" else words


def _share(ways: list[str], size: int) -> list[str]:
    if len(ways) <= size:
        return [ways[i % len(ways)] for i in range(size)]
    dice = Random(ways[0])
    return [pick(ways, dice) for _ in range(size)]


def _capital(text: str) -> str:
    # "%(team)s won" becomes "%(Team)s won"; people and places have a capital letter everywhere.
    name = _NAME.match(text)
    if name and name[1] in _ALWAYS_ONCE:
        return text
    at = name.start(1) if name else 0
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]


def _with_article(entry: str) -> str:
    vowel = _LIKE_AN.match(entry) and not _LIKE_A.match(entry)
    return ("an " if vowel else "a ") + entry
