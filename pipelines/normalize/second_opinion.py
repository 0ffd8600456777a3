"""Other extractors' view of a page, asked where ours may be wrong.

resiliparse is quick and keeps too much; so a text with which it has little in common is doubtful.
Only then trafilatura is asked, which takes several times as long as all the rest.
"""

import re
from typing import Final

from pipelines.normalize.page_tree import PageTree, depth


def is_doubtful(page: str, tree: PageTree, text: str) -> bool:
    """Whether resiliparse finds a text on the page that is mostly another.

    A page that is large or deeply nested is never doubtful: others bear less than we do.
    """
    if len(page) > _LARGEST or len(tree.tags) > _MOST_ELEMENTS or depth(tree) > _DEEPEST:
        return False
    from resiliparse.extract.html2text import extract_plain_text  # 0.1 s to import

    other = extract_plain_text(page, main_content=True, alt_texts=False, links=False)
    return _likeness(text, other) < _ALIKE


def by_trafilatura(page: str) -> str:
    """The page's text as trafilatura has it, precision first; "" if it finds none."""
    from trafilatura import extract  # half a second to import, and seldom needed

    return extract(page, favor_precision=True, include_comments=False) or ""


def _likeness(one: str, other: str) -> float:
    """Twice the runs of three words that are in both, by those in either (Dice)."""
    a, b = _runs(one), _runs(other)
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 1.0


def _runs(text: str) -> set[tuple[str, str, str]]:
    words = _WORD.findall(text)
    return set(zip(words, words[1:], words[2:], strict=False))


_WORD: Final = re.compile(r"\w+")
_ALIKE: Final = 0.55
_LARGEST: Final = 3_000_000  # characters
_MOST_ELEMENTS: Final = 5_000  # block-level ones; news pages have hundreds
_DEEPEST: Final = 250  # levels; libxml2 stops at 256
