"""The story's own text on its page: where it stands, and which of the lines there are its own.

The element that holds the story is the one whose paragraphs stand closest together (the idea of
Arc90's readability) and tell of the page's title, widened while what is around adds much that does.
"""

from dataclasses import dataclass
from typing import Final

from pipelines.normalize.asides import (
    is_body,
    is_furniture,
    mark_prose,
    outside,
    own_prose,
    sums,
    words_within,
)
from pipelines.normalize.page_tree import HEADINGS, Block, PageTree


@dataclass(frozen=True, slots=True)
class MainText:
    """The text of a page's story, and what stands on the page but is none of it."""

    lines: list[str]  # its paragraphs
    others: frozenset[str]


def main_text(tree: PageTree, about: frozenset[str]) -> MainText:
    """The main text of a page that is about these words (its title's and description's)."""
    mark_prose(tree)
    out = outside(tree, about)
    holder = _holder(tree, out, about)
    inside = [False] * len(tree.tags)
    inside[holder] = True
    for e in range(holder + 1, len(tree.tags)):
        inside[e] = inside[tree.parents[e]] and not out[e]
    own = [block for block in tree.blocks if inside[block.element]]
    others = [block.text for block in tree.blocks if out[block.element]]
    return MainText(_lines(tree, own), frozenset(others))


def _holder(tree: PageTree, out: list[bool], about: frozenset[str]) -> int:
    """The element that holds the story's paragraphs."""
    own = [0 if gone else n for gone, n in zip(out, own_prose(tree), strict=True)]
    prose = sums(tree, own)
    best = _densest(tree, own, out, about)
    while best:
        wider = tree.parents[best]
        while wider and prose[wider] == prose[best]:
            wider = tree.parents[wider]
        if prose[best] >= _ENOUGH * prose[wider]:
            break
        if len(about) >= _TELLING:
            added = words_within(tree, wider, best, out)
            if len(about & added) < _ON_TOPIC * len(about):
                break
        best = wider
    return best


def _densest(tree: PageTree, own: list[int], out: list[bool], about: frozenset[str]) -> int:
    """The element with most prose near to it, of several the one that is on the page's topic.

    Its own paragraphs count in full, its children's half, theirs a quarter.
    """
    scores = [0.0] * len(own)
    holders = list(range(len(own)))  # of each element the nearest that may hold paragraphs
    for e, size in enumerate(own):
        if e and tree.tags[e] in _PARTS:
            holders[e] = holders[tree.parents[e]]
        e = holders[e]
        for share in (1.0, 0.5, 0.25) if size else ():
            scores[e] += share * size * (_MARKED if is_body(tree, e) else 1.0)
            if not e:
                break
            e = tree.parents[e]
    ranked = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)[:_CANDIDATES]
    if len(about) < _TELLING or not scores[ranked[0]]:
        return ranked[0]
    for e in ranked:
        told = len(about & words_within(tree, e, out=out))
        scores[e] *= 0.3 + told / len(about)
    return max(ranked, key=scores.__getitem__)


def _lines(tree: PageTree, blocks: list[Block]) -> list[str]:
    """The paragraphs and the headings between them, each once."""
    kept: list[tuple[str, bool]] = []
    seen: set[str] = set()
    for block in blocks:
        text, tag = block.text, tree.tags[block.element]
        size = len(text)
        most_link = 0.8 if tag == "p" or size >= 80 else 0.5
        if block.link >= most_link * size or text in seen or is_furniture(text):
            continue
        is_prose = tag not in HEADINGS and (size >= 40 or text[-1] in _ENDS)
        if is_prose or kept:
            kept.append((text, is_prose))
        if size >= 40:
            seen.add(text)
    while kept and not kept[-1][1]:
        kept.pop()
    return [text for text, _ in kept]


_ENOUGH: Final = 0.8  # of the prose around; what is more is not worth what comes with it
_TELLING: Final = 3  # fewer words say nothing of a topic
_ON_TOPIC: Final = 0.1
_CANDIDATES: Final = 6
_MARKED: Final = 1.2
_ENDS: Final = frozenset('.!?…:;"”’»)]。！？')
_PARTS: Final = HEADINGS | {
    *("p", "li", "ul", "ol", "blockquote", "td", "tr", "tbody", "table", "pre", "dl", "dd", "dt")
}
