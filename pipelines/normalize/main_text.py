"""The story's own text on its page: where it stands, and which of the lines there are its own.

Prose is a block of 40 characters or more that is mostly no link. The element that holds the story
is the one whose paragraphs stand closest together (the idea of Arc90's readability), widened while
its surroundings add much; headings that are links mark teasers of other stories.
"""

import re
from dataclasses import dataclass
from typing import Final

from pipelines.normalize.page_rules import PAGE_RULES
from pipelines.normalize.page_tree import Block, PageTree
from pipelines.normalize.widgets import MARKUP_RULES, MOST


@dataclass(frozen=True, slots=True)
class MainText:
    """The text, its paragraphs parted by newlines, and how sure it is."""

    text: str
    doubts: float


def main_text(tree: PageTree, about: frozenset[str]) -> MainText:
    """The main text of a page that is about these words (its title's and description's)."""
    outside = _outside(tree)
    holder = _holder(tree, outside, about)
    inside = [False] * len(tree.tags)
    inside[holder] = True
    for e in range(holder + 1, len(tree.tags)):
        inside[e] = inside[tree.parents[e]] and not outside[e]
    own = [block for block in tree.blocks if inside[block.element]]
    lines = _lines(tree, own)
    return MainText("\n".join(lines), 0.0)


def _is_prose(tree: PageTree, block: Block) -> bool:
    size = len(block.text)
    return size >= 40 and block.link < 0.4 * size and tree.tags[block.element] not in _HEADINGS


def _sums(tree: PageTree, own: list[int]) -> list[int]:
    """Of each element what it and all in it have."""
    sums = own[:]
    for e in range(len(sums) - 1, 0, -1):
        sums[tree.parents[e]] += sums[e]
    return sums


def _prose(tree: PageTree) -> list[int]:
    own = [0] * len(tree.tags)
    for block in tree.blocks:
        if _is_prose(tree, block):
            own[block.element] += len(block.text)
    return own


def _outside(tree: PageTree) -> list[bool]:
    """Whether each element is no part of a story: by its name, or as another story's teaser."""
    prose = _sums(tree, _prose(tree))
    most = MOST * prose[0]
    teasers = _teasers(tree, prose)
    outside = [False] * len(tree.tags)
    for e in range(1, len(outside)):
        tag, names = tree.tags[e], tree.names[e]
        if outside[tree.parents[e]]:
            outside[e] = True
        elif prose[e] <= most:
            outside[e] = (
                e in teasers
                or tree.hidden[e]
                or tag in _OUTSIDE
                or (
                    tag not in _NEVER
                    and names != " "
                    and _OUTSIDE_NAMES.search(names) is not None
                    and not _BODY.search(names)
                )
            )
    return outside


def _teasers(tree: PageTree, prose: list[int]) -> set[int]:
    """Headings that are links, each with what little prose stands beside it."""
    found: set[int] = set()
    for block in tree.blocks:
        if tree.tags[block.element] in _HEADINGS and block.link >= 0.8 * len(block.text):
            e = block.element
            while e and not prose[e]:
                e = tree.parents[e]
            is_teaser = e and prose[e] <= _LONGEST_TEASER and tree.tags[e] != "p"
            found.add(e if is_teaser else block.element)
    return found


def _holder(tree: PageTree, outside: list[bool], about: frozenset[str]) -> int:
    """The element that holds the story's paragraphs."""
    own = [0 if out else n for out, n in zip(outside, _prose(tree), strict=True)]
    scores = [0.0] * len(own)
    for e, size in enumerate(own):
        if size:
            while tree.tags[e] in _PARTS and e:
                e = tree.parents[e]
            for share in (1.0, 0.5, 0.25):
                scores[e] += share * size
                if not e:
                    break
                e = tree.parents[e]
    sums = _sums(tree, own)
    best = _best(tree, scores, about, outside)
    while best:
        wider = tree.parents[best]
        while wider and sums[wider] == sums[best]:
            wider = tree.parents[wider]
        if sums[best] >= _ENOUGH * sums[wider]:
            break
        best = wider
    return best


def _best(tree: PageTree, scores: list[float], about: frozenset[str], outside: list[bool]) -> int:
    for e in range(len(scores)):
        if scores[e] and (_BODY.search(tree.names[e]) or "articlebody" in tree.marks[e]):
            scores[e] *= 1.2
    ranked = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)[:_CANDIDATES]
    if len(about) < 3:
        return ranked[0]
    words = _words(tree, ranked, outside)
    return max(ranked, key=lambda e: scores[e] * (0.3 + len(about & words[e]) / len(about)))


def _words(tree: PageTree, elements: list[int], outside: list[bool]) -> dict[int, set[str]]:
    words: dict[int, set[str]] = {e: set() for e in elements}
    for block in tree.blocks:
        e = block.element
        if outside[e] or not _is_prose(tree, block):
            continue
        these = None
        while e >= 0:
            if e in words:
                these = these or set(_WORD.findall(block.text.casefold()))
                words[e] |= these
            e = tree.parents[e]
    return words


_WORD: Final = re.compile(r"\w{4,}")


def _lines(tree: PageTree, blocks: list[Block]) -> list[str]:
    kept: list[tuple[str, bool]] = []
    for block in blocks:
        size, tag = len(block.text), tree.tags[block.element]
        if tag == "h1" or block.link >= 0.8 * size:
            continue
        if block.link > 0.5 * size and tag != "p" and size < 80:
            continue
        is_prose = tag not in _HEADINGS and (size >= 40 or block.text[-1] in _ENDS)
        kept.append((block.text, is_prose))
    while kept and not kept[-1][1]:
        kept.pop()
    first = next((i for i, (_, is_prose) in enumerate(kept) if is_prose), 0)
    return [text for text, _ in kept[first:]]


_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PARTS: Final = _HEADINGS | {
    *("p", "li", "ul", "ol", "blockquote", "td", "tr", "tbody", "table", "pre", "dl", "dd", "dt")
}
_ENDS: Final = frozenset('.!?…:;"”’»)]。！？')
_ENOUGH: Final = 0.8
_CANDIDATES: Final = 6
_LONGEST_TEASER: Final = 700
_OUTSIDE: Final = frozenset(PAGE_RULES["outside"]["elements"])
_NEVER: Final = frozenset(PAGE_RULES["outside"]["never"])
_OUTSIDE_NAMES: Final = re.compile(
    "(?<![a-z])(?:"
    + "|".join(sorted({*PAGE_RULES["outside"]["words"], *MARKUP_RULES["widgets"]["words"]}))
    + ")(?![a-z])"
)
_BODY: Final = re.compile(PAGE_RULES["outside"]["body"])
