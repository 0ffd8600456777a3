"""Widgets inside HTML fragments: share bars, comment boxes, newsletter prompts, related stories.

They are told by their element or by the words of their class or id, which are data
(`markup.toml`).
"""

import re
import tomllib
from pathlib import Path
from typing import Final

# No widget holds more of a fragment's text: else its class names something else, as in
# `<body class="has-comments">`.
MOST: Final = 0.4

MARKUP_RULES: Final = tomllib.loads(Path(__file__).with_name("markup.toml").read_text("utf-8"))
_WIDGETS: Final[dict[str, list[str]]] = MARKUP_RULES["widgets"]
_ELEMENTS: Final = frozenset(_WIDGETS["elements"])
_NEVER: Final = frozenset(_WIDGETS["never"])

# A class or id of which one word is on the list: "post-share", "shareBar"; not "reshared".
_CLASS: Final = re.compile(
    r"""(?:^|\s)(?i:class|id)\s*+=\s*+(?:"[^"]*?|'[^']*?|[^\s"'>]*?)(?<![a-zA-Z])"""
    rf"""(?i:{"|".join(_WIDGETS["words"])})(?![a-z])"""
)


def is_widget(name: str, attributes: str) -> bool:
    """Whether an element's name (lower case) or attributes say that it is no part of a story."""
    if name in _ELEMENTS:
        return True
    if name in _NEVER or "=" not in attributes or not _CLASS.search(attributes):
        return False
    return not _MAIN.search(attributes)


# The main text bears such classes beside others ("entry-content entry-content-read-more"), and
# posts from elsewhere that a story shows are embedded.
_MAIN: Final = re.compile(
    r"(?i:(?:entry|article|story|post|page|main)[-_]?(?:content|body|text)|embed)"
)
