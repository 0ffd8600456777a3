"""What on a page is no part of its story: told by elements, by their names, or as teasers.

The names are data: `page.toml`, and `markup.toml`'s for fragments.
"""

import re
from collections import Counter
from typing import Final

from pipelines.normalize.page_rules import PAGE_RULES
from pipelines.normalize.page_tree import HEADINGS, Block, PageTree
from pipelines.normalize.widgets import MARKUP_RULES, MOST


def mark_prose(tree: PageTree) -> None:
    """Tells the blocks that are prose: 40 characters or more, mostly no link, no known furniture.

    What stands on a page more than once is furniture too, unless that is most of it.
    """
    prose = [block for block in tree.blocks if _looks_like_prose(tree, block)]
    times = Counter(block.text for block in prose)
    once = [block for block in prose if times[block.text] == 1]
    if 2 * sum(len(block.text) for block in once) >= sum(map(len, times)):
        prose = once
    for block in prose:
        block.is_prose = True


def outside(tree: PageTree, about: frozenset[str]) -> list[bool]:
    """Of each element whether it is no part of a story about these words, nor what is in it.

    Whatever its name, an element that holds much of the page's prose stays, unless the rest of the
    page tells more of the words; so do those that hold much of what is marked as a story's body.
    """
    prose = sums(tree, own_prose(tree))
    teasers = _teasers(tree, prose)
    bodies, alike = _bodies(tree, prose)
    out = [False] * len(tree.tags)
    tries = _MOST_TRIES
    for e in range(1, len(out)):
        parent = tree.parents[e]
        body = bodies[parent]
        is_small = prose[e] <= MOST * prose[0]
        if out[parent]:
            out[e] = True
        elif e in teasers or (tree.hidden[e] and not bodies[e]):
            out[e] = is_small
        elif tree.tags[e] in _ALWAYS and prose[0] - prose[e] >= _SHORTEST:
            out[e] = True
        elif tree.tags[e] in _ELEMENTS or (bodies[e] != e and _is_named_so(tree, e)):
            if body and alike[body, tree.names[e]] > MOST * prose[body]:
                continue
            out[e] = is_small
            if not is_small and tries:
                tries -= 1
                out[e] = _is_aside(tree, e, prose, about)
    return out


def is_body(tree: PageTree, element: int) -> bool:
    """Whether an element is marked as holding a story's text."""
    return "articlebody" in tree.marks[element] or _BODY.search(tree.names[element]) is not None


def is_furniture(text: str) -> bool:
    """Whether a paragraph begins as those do that belong to a page, or ends as a caption."""
    lower = text.lower()
    return _BEGINNINGS.match(lower) is not None or (
        len(text) <= _LONGEST_CAPTION and _CAPTION.search(lower) is not None
    )


def own_prose(tree: PageTree) -> list[int]:
    """Of each element the characters of prose that are directly in it."""
    own = [0] * len(tree.tags)
    for block in tree.blocks:
        if block.is_prose:
            own[block.element] += len(block.text)
    return own


def sums(tree: PageTree, own: list[int]) -> list[int]:
    """Of each element what it has and all in it."""
    total = own[:]
    for e in range(len(total) - 1, 0, -1):
        total[tree.parents[e]] += total[e]
    return total


def words_within(
    tree: PageTree, element: int, without: int = -1, out: list[bool] | None = None
) -> set[str]:
    """The words of the prose inside an element, but for what is inside another, or outside."""
    inside = [False] * len(tree.tags)
    inside[element] = True
    for e in range(element + 1, len(inside)):
        inside[e] = inside[tree.parents[e]] and e != without
    words: set[str] = set()
    for block in tree.blocks:
        e = block.element
        if block.is_prose and inside[e] and not (out and out[e]):
            words.update(topic_words(block.text))
    return words


def topic_words(text: str) -> list[str]:
    """The words of four letters or more: what tells whether two texts are about the same."""
    return _WORD.findall(text.casefold())


def _looks_like_prose(tree: PageTree, block: Block) -> bool:
    size = len(block.text)
    return (
        size >= _SHORTEST_PROSE
        and block.link < 0.4 * size
        and tree.tags[block.element] not in HEADINGS
        and not _BEGINNINGS.match(block.text.lower())
    )


def _bodies(tree: PageTree, prose: list[int]) -> tuple[list[int], Counter[tuple[int, str]]]:
    """Of each element the body around it, or 0; and the prose in a body by elements' names."""
    bodies = [0] * len(tree.tags)
    alike: Counter[tuple[int, str]] = Counter()
    for e in range(1, len(bodies)):
        around = bodies[tree.parents[e]]
        bodies[e] = e if is_body(tree, e) else around
        alike[around, tree.names[e]] += prose[e]
    return bodies, alike


def _teasers(tree: PageTree, prose: list[int]) -> set[int]:
    """Headings that are links to other stories, each with what little prose stands beside it."""
    found: set[int] = set()
    for block in tree.blocks:
        if tree.tags[block.element] in HEADINGS and block.link >= 0.8 * len(block.text):
            e = block.element
            for _ in range(_HIGHEST):
                if not e or prose[e]:
                    break
                e = tree.parents[e]
            is_teaser = e and 0 < prose[e] <= _LONGEST_TEASER and tree.tags[e] != "p"
            found.add(e if is_teaser else block.element)
    return found


def _is_named_so(tree: PageTree, e: int) -> bool:
    names = tree.names[e]
    return names != " " and tree.tags[e] not in _NEVER and _NAMES.search(names) is not None


def _is_aside(tree: PageTree, e: int, prose: list[int], about: frozenset[str]) -> bool:
    """Whether the page's story is rather in what stands around an element, however large it is."""
    if prose[0] - prose[e] < 2 * _SHORTEST or len(about) < 3:
        return False
    around = len(about & words_within(tree, 0, e))
    return around >= max(len(about & words_within(tree, e)), 0.5 * len(about))


_SHORTEST: Final = 200  # characters of a story's text
_SHORTEST_PROSE: Final = 40
_LONGEST_TEASER: Final = 700
_LONGEST_CAPTION: Final = 500
_HIGHEST: Final = 30  # levels from a teaser's heading to what holds its text
_MOST_TRIES: Final = 20
_WORD: Final = re.compile(r"\w{4,}")
_RULES: Final = PAGE_RULES["outside"]
_ELEMENTS: Final = frozenset(_RULES["elements"])
_ALWAYS: Final = frozenset(_RULES["always"])
_NEVER: Final = frozenset(_RULES["never"])
_WORDS: Final = sorted({*_RULES["words"], *MARKUP_RULES["widgets"]["words"]})
_NAMES: Final = re.compile(f"(?<![a-z])(?:{'|'.join(_WORDS)})(?![a-z])")
_BODY: Final = re.compile(_RULES["body"])
_BEGINNINGS: Final = re.compile("|".join(PAGE_RULES["prose"]["beginnings"]))
_CAPTION: Final = re.compile(PAGE_RULES["prose"]["captions"])
