"""Turns a subject's word lists and sentence patterns into sentences.

A pattern such as `"{a:good} win for {team} {when}"` has slots: `{list}` takes any entry of the list,
`{a:list}` puts the right article before it, `{2..9}` is a number, and a name chosen once for the
whole story (`{team}`, `{person}`, `{person_last}`) stays in braces until the story is told.

Lists that hold slots themselves are multiplied out when a subject is loaded, so that a slot costs
one draw. Only `random()` of the generator is used: its numbers are the same on every machine and in
every version of Python.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import product
from math import gcd
from random import Random
from typing import Any, NamedTuple

Draw = Callable[[], float]  # the next number in [0, 1)

PEOPLE = ("person", "rival", "witness")
PLACES = ("place", "elsewhere")

_ALWAYS_ONCE = {*PEOPLE, *(f"{p}_last" for p in PEOPLE), *PLACES}
_SLOT = re.compile(r"\{([^{}]+)\}")
_CHOICE = re.compile(r"<([^<>]+)>")
_WHOLE = 2_100  # lists with this many combinations are multiplied out whole
_DRAWN = 300  # of larger ones, that many are drawn
_LIKE_A = re.compile(r"(?:uni|eu|one|us[aeiu]|ut[ei])", re.IGNORECASE)  # vowels that sound like "y"
_LIKE_AN = re.compile(r"(?:[aeiou]|hour|honest|heir|8|11\b|18\b)", re.IGNORECASE)


class Sentence(NamedTuple):
    """A pattern ready to be filled: `%s` for each slot, and what each slot draws from."""

    text: str
    lists: list[tuple[Sequence[str], int]]

    def fill(self, draw: Draw) -> str:
        """The sentence with its slots drawn, names of the story still in braces."""
        return self.text % tuple([words[int(draw() * n)] for words, n in self.lists])


class Title(NamedTuple):
    """A headline with one word that could be another: `wins`, `loses`."""

    before: Sentence
    choices: list[str]
    after: Sentence


class Subject(NamedTuple):
    """What can be told about one subject."""

    name: str
    topic: str  # politics, sports, both or other
    language: str
    sections: list[str]
    first: list[str]
    last: list[str]
    place: Sequence[str]
    once: list[tuple[str, str, Sequence[str]]]  # names chosen once a story, in both spellings
    leads: list[Sentence]
    bodies: list[Sentence]
    strides: list[int]  # steps that visit every body before any comes again
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
        first=list(lists.of("first")),
        last=list(lists.of("last")),
        place=lists.of("town"),
        once=[(key, key.capitalize(), lists.of(source)) for key, source in once.items()],
        leads=[lists.sentence(pattern) for pattern in text["lead"]],
        bodies=bodies,
        strides=[step for step in range(1, len(bodies)) if gcd(step, len(bodies)) == 1],
        titles=[lists.title(pattern) for pattern in data["title"]["patterns"]],
    )


class _Lists:
    """A subject's word lists, multiplied out when first asked for."""

    def __init__(self, words: dict[str, list[str]], once: set[str]) -> None:
        self._words = words
        self._once = once
        self._ready: dict[str, Sequence[str]] = {}

    def of(self, name: str) -> Sequence[str]:
        """The list a slot draws from."""
        if name not in self._ready:
            self._ready[name] = self._make(name)
        return self._ready[name]

    def sentence(self, pattern: str) -> Sentence:
        """The pattern with `%s` in place of its slots, beginning with a capital letter."""
        text, lists = self.phrase(pattern)
        if text.startswith("%s"):
            words = [_capital(entry) for entry in lists[0][0]]
            return Sentence(text, [(words, len(words)), *lists[1:]])
        return Sentence(_capital(text), lists)

    def phrase(self, pattern: str) -> Sentence:
        """The same for what stands inside a sentence."""
        lists = [self.of(slot) for slot in self._slots(pattern)]
        text = _SLOT.sub(self._mark, pattern.replace("%", "%%"))
        return Sentence(text, [(words, len(words)) for words in lists])

    def title(self, pattern: str) -> Title:
        """The pattern, cut where the choice of its headline stands."""
        choice = _CHOICE.search(pattern)
        if choice is None:
            return Title(self.sentence(pattern), [""], self.phrase(""))
        before, after = pattern[: choice.start()], pattern[choice.end() :]
        return Title(self.sentence(before), choice[1].split("|"), self.phrase(after))

    def _slots(self, pattern: str) -> Iterator[str]:
        return (slot for slot in _SLOT.findall(pattern) if slot not in self._once)

    def _mark(self, slot: re.Match[str]) -> str:
        return slot[0] if slot[1] in self._once else "%s"

    def _make(self, name: str) -> Sequence[str]:
        if name.startswith("a:"):
            return [_with_article(entry) for entry in self.of(name[2:])]
        if ".." in name:
            low, high = name.split("..")
            return [str(number) for number in range(int(low), int(high) + 1)]
        ways = [list(self._multiply(entry)) for entry in self._words[name]]
        # Each entry gets an equal share of the list, however many ways there are to fill it.
        share = min(max(map(len, ways)), max(1, _WHOLE // len(ways)))
        entries = [filled for entry in ways for filled in _take(entry, share)]
        return [_capital(entry) for entry in entries] if name == "claim" else entries

    def _multiply(self, entry: str) -> Iterator[str]:
        lists = [self.of(slot) for slot in self._slots(entry)]
        text = _SLOT.sub(self._mark, entry.replace("%", "%%"))
        combinations = 1
        for words in lists:
            combinations *= len(words)
        if combinations <= _WHOLE:
            return (text % drawn for drawn in product(*lists))
        draw = Random(entry).random
        return (text % tuple(w[int(draw() * len(w))] for w in lists) for _ in range(_DRAWN))


def _take(ways: list[str], share: int) -> list[str]:
    if len(ways) <= share:
        return [ways[i % len(ways)] for i in range(share)]
    draw = Random(ways[0]).random
    return [ways[int(draw() * len(ways))] for _ in range(share)]


def _capital(text: str) -> str:
    # "{team} won" becomes "{Team} won": a story's names are told in both spellings.
    if text[:1] == "{":
        return "{" + text[1].upper() + text[2:]
    return text[:1].upper() + text[1:]


def _with_article(entry: str) -> str:
    vowel = _LIKE_AN.match(entry) and not _LIKE_A.match(entry)
    return ("an " if vowel else "a ") + entry
