"""What NewsAPI items say twice: versions of one URL, and copies under one headline."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.quality.pairs import rows
from benchmarks.quality.through_run import End, ends
from pipelines.normalize.url import dedup_key

VERSIONS = "dedupe/newsapi_url_versions.jsonl.gz"
HEADLINES = "dedupe/newsapi_same_headline.jsonl.gz"

ALIKE = 0.2  # of the words of title, description and content together
OTHER = 0.2  # less of the contents' words: another story


def versions(data: Path) -> dict[str, float]:
    """How many later versions of a URL are found, all URLs' versions in the order they were seen.

    URLs whose first and last version share under a fifth of their words, and no title, hold stories
    of their own: of these it is counted how many get a new story, which is what should happen.
    """
    seen = [
        (version["first_seen"], u, k, _item(version, row["url"]))
        for u, row in enumerate(rows(data / VERSIONS))
        for k, version in enumerate(row["versions"])
    ]
    seen.sort(key=lambda each: each[:3])
    of_url: dict[int, list[int]] = defaultdict(list)
    for i, (_, u, _, _) in enumerate(seen):
        of_url[u].append(i)
    items = [item for *_, item in seen]
    replaced = {
        u for u, (first, *_, last) in of_url.items() if _replaced(items[first], items[last])
    }
    found = ends(items)
    later = [i for u, places in of_url.items() if u not in replaced for i in places[1:]]
    new = {u for u in replaced if any(found[i].relation == "story" for i in of_url[u][1:])}
    return {
        "later versions found": sum(found[i].relation != "story" for i in later) / len(later),
        "later versions": len(later),
        "later versions missed": sum(found[i].relation == "story" for i in later),
        "replaced URLs": len(replaced),
        "replaced URLs with a new story": len(new),
    }


def same_headline(data: Path) -> dict[str, float]:
    """Items under one headline, each beside the first of its group: copies merge, others do not.

    Copies have equal words in title and content; what shares under a fifth of its content's words
    is another story, like the next day's "Morning briefing". Items of one page, such as those that
    one broadcaster has under two hosts, are its versions and not counted.
    """
    groups = [row["items"] for row in rows(data / HEADLINES)]
    items = [_item(item, item["url"]) for group in groups for item in group]
    found = ends(items)
    copies, others, at = [], [], 0
    for group in groups:
        for k in range(1, len(group)):
            merged = _same_story(found[at], found[at + k])
            if _page(items[at]) == _page(items[at + k]):
                continue
            one, other = _content(items[at]), _content(items[at + k])
            if one and one == other and _title(items[at]) == _title(items[at + k]):
                copies.append(merged)
            elif one and other and _jaccard(set(one), set(other)) < OTHER:
                others.append(merged)
        at += len(group)
    return {
        "copies under one headline merged": sum(copies) / len(copies),
        "copies under one headline": len(copies),
        "stories under one headline kept apart": 1 - sum(others) / len(others),
        "stories under one headline": len(others),
    }


_WORD = re.compile(r"[\w']+")
_CUT = re.compile(r"(?:… |\.\.\. )?\[\+\d+ chars\]\s*$")


def _item(version: dict[str, Any], url: str) -> dict[str, Any]:
    """The item as the service sent it."""
    names = ("title", "description", "publishedAt", "content")
    return {
        "source": {"id": None, "name": version["source"]},
        "url": url,
        **{name: version[name] for name in names},
    }


def _replaced(first: dict[str, Any], last: dict[str, Any]) -> bool:
    one, other = ({*_said(item)} for item in (first, last))
    return _jaccard(one, other) < ALIKE and _title(first) != _title(last)


def _page(item: dict[str, Any]) -> str:
    try:
        return dedup_key(item["url"])
    except ValueError:
        return str(item["url"])


def _same_story(one: End, other: End) -> bool:
    return one.story is not None and one.story == other.story


def _said(item: dict[str, Any]) -> list[str]:
    return [*_title(item), *words_of(item["description"]), *_content(item)]


def _title(item: dict[str, Any]) -> list[str]:
    return words_of(item["title"])


def _content(item: dict[str, Any]) -> list[str]:
    return words_of(_CUT.sub("", item["content"] or ""))


def words_of(text: str | None) -> list[str]:
    """The words of a text, plainly told, in lower case."""
    return _WORD.findall((text or "").lower())


def _jaccard(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(1, len(one | other))
