"""A page as its blocks of text: what is read once of a parsed page, before anything is judged."""

import re
from dataclasses import dataclass, field
from typing import Final

from selectolax.lexbor import LexborNode

from pipelines.normalize.widgets import MARKUP_RULES

HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


@dataclass(slots=True)
class Block:
    """A run of text that no block-level tag interrupts."""

    element: int  # the number of the element it stands in
    text: str  # white space folded
    link: int  # characters of it inside links
    is_prose: bool = False  # set by whoever judges it


@dataclass(slots=True)
class PageTree:
    """A page's block-level elements, numbered in the order in which they open, and its text."""

    tags: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)  # lower than the element's own number; -1
    names: list[str] = field(default_factory=list)  # class and id, lower case, "fooBar" as foo-bar
    marks: list[str] = field(default_factory=list)  # itemprop and role, lower case
    hidden: list[bool] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


def page_tree(body: LexborNode) -> PageTree:
    """The tree of a page's body; scripts, controls and inline elements that hide are not in it.

    Walks without recursion, since a page's depth is its sender's choice.
    """
    reader = _Reader()
    element = reader.open(body, "body", -1)
    node = body.first_child
    above: list[tuple[LexborNode | None, int, bool, bool]] = []
    while True:
        if node is None:
            if not above:
                break
            node, outer, is_link, is_block = above.pop()
            if is_block:
                reader.flush(element)
            reader.in_links -= is_link
            element = outer
            continue
        tag = node.tag or "-"
        if tag == "-text":
            reader.add(node.text_content or "")
        elif tag == "br":
            reader.flush(element)
        elif tag[0] != "-" and tag not in _DROPPED:
            child = node.first_child
            is_block = tag not in _INLINES
            if is_block:
                reader.flush(element)
            if child is not None and (is_block or not _is_hidden(node)):
                above.append((node.next, element, tag == "a", is_block))
                reader.in_links += tag == "a"
                if is_block:
                    element = reader.open(node, tag, element)
                node = child
                continue
        node = node.next
    reader.flush(element)
    return reader.tree


def depth(tree: PageTree) -> int:
    """How many block-level elements stand inside each other at most."""
    depths = [0] * len(tree.tags)
    for e in range(1, len(depths)):
        depths[e] = depths[tree.parents[e]] + 1
    return max(depths)


class _Reader:
    def __init__(self) -> None:
        self.tree = PageTree()
        self.in_links = 0
        self.pieces: list[str] = []
        self.link = 0

    def open(self, node: LexborNode, tag: str, parent: int) -> int:
        tree, get = self.tree, node.attributes.get
        tree.tags.append(tag)
        tree.parents.append(parent)
        names = f"{get('class') or ''} {get('id') or ''}"
        tree.names.append(_HUMP.sub("-", names).lower())
        tree.marks.append(f"{get('itemprop') or ''} {get('role') or ''}".lower())
        tree.hidden.append(_is_hidden(node))
        return len(tree.tags) - 1

    def add(self, text: str) -> None:
        self.pieces.append(text)
        if self.in_links:
            self.link += len(text.strip())

    def flush(self, element: int) -> None:
        if self.pieces:
            text = " ".join("".join(self.pieces).split())
            if text:
                self.tree.blocks.append(Block(element, text, min(self.link, len(text))))
            self.pieces.clear()
            self.link = 0


_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if not attributes:
        return False
    style = attributes.get("style")
    if style and _INVISIBLE.search(style):
        return True
    names = attributes.get("class")
    return "hidden" in attributes or bool(names and _FOR_EARS.search(names))


_INVISIBLE: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_FOR_EARS: Final = re.compile(
    r"(?<![a-z])(?:sr-only|visually-?hidden|screen-reader(?:-text)?|hidden-text)(?![a-z])",
    re.IGNORECASE,
)
_DROPPED: Final = frozenset(MARKUP_RULES["elements"]["dropped"]) | {"object", "embed", "datalist"}
_INLINES: Final = frozenset(MARKUP_RULES["elements"]["inlines"])
