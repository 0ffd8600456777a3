"""URL keys: one for each page, on Google News redirects, others' tests, and our own list."""

import ast
import csv
import gzip
import importlib.util
import json
import re
import tarfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import combinations
from pathlib import Path

from pipelines.evaluate.urls import measure, scores, share_key
from pipelines.normalize.url import dedup_key

NAME = "URLs"
REDIRECTS = "normalize/google_news_redirects.tsv.gz"
CASES = "normalize/unicode_and_urls.tar.gz"
STREAM = "stream/newsapi_2022.jsonl.gz"
VERSIONS = "dedupe/newsapi_url_versions.jsonl.gz"
FILES = (REDIRECTS, CASES, STREAM, VERSIONS)

Key = Callable[[str], str | None]
_HERE = Path(__file__).parent


def ours(data: Path) -> dict[str, float]:
    """Redirects unwrapped, AMP pages matched; others' test cases, by agreement or known reason."""
    figures = _on_redirects(data, dedup_key)
    unexplained = 0
    for name, cases in _cases(data).items():
        agreed = [share_key(given, expected, dedup_key) for given, expected in cases]
        figures[f"{name}'s tests: agreed"] = sum(agreed) / len(agreed)
        unexplained += sum(
            not ok and reason(*case) is None for ok, case in zip(agreed, cases, strict=True)
        )
    return figures | {
        "others' tests: differing for no known reason": unexplained,
        "news: keys of several addresses with unlike titles": len(suspects(data)),
    }


def own() -> dict[str, float]:
    """Our own list of spellings of a page, and of pages that must stay apart."""
    labels = [{"a": a, "b": b, "same": same} for a, b, same in pairs()]
    return _of_own_list(measure(labels))


def peers(data: Path) -> dict[str, dict[str, float]]:
    """Other packages' canonical forms taken as keys, less the scheme and a last slash."""
    figures = {}
    for name, key in _peers().items():
        figures[name] = _on_redirects(data, key) | _of_own_list(scores(pairs(), key))
    return figures


def _of_own_list(figures: dict[str, float]) -> dict[str, float]:
    return {f"our list: {name}": figures[name] for name in ("merged", "kept apart")}


def pairs() -> Iterator[tuple[str, str, bool]]:
    """Our own list: two addresses, and whether they are one page's."""
    table = tomllib.loads((_HERE / "url_pairs.toml").read_text("utf-8"))
    for page in table["page"]:
        yield from ((page["address"], spelling, True) for spelling in page["spellings"])
    for a, b in [*table["apart"]["pairs"], *combinations([p["address"] for p in table["page"]], 2)]:
        yield a, b, False


def reason(given: str, expected: str) -> str | None:
    """Why a key decides otherwise than another project's test; None where that is not known."""
    table = tomllib.loads((_HERE / "url_differences.toml").read_text("utf-8"))
    case = f"{given} → {expected}"
    return next((d["why"] for d in table["difference"] if re.search(d["pattern"], case)), None)


def suspects(data: Path) -> dict[str, dict[str, str]]:
    """Real addresses and titles, by a key that several share whose titles have little in common.

    Little is less than a fifth of the shorter one's words. It may be one page all the same: a
    section's address, a live page, a headline that was written anew.
    """
    titles: dict[str, dict[str, str]] = {}
    for url, title in _news(data):
        with suppress(ValueError):
            titles.setdefault(dedup_key(url), {}).setdefault(url, title)
    return {key: of for key, of in titles.items() if len(of) > 1 and _are_unlike([*of.values()])}


def _are_unlike(titles: list[str]) -> bool:
    first, *others = (set(re.findall(r"\w+", title.lower())) for title in titles)
    return any(len(first & other) < min(len(first), len(other)) / 5 for other in others)


def _news(data: Path) -> Iterator[tuple[str, str]]:
    with gzip.open(data / STREAM, "rt", encoding="utf-8") as lines:
        for line in lines:
            item = json.loads(line)
            yield item["url"], item["title"] or ""
    with gzip.open(data / VERSIONS, "rt", encoding="utf-8") as lines:
        for line in lines:
            item = json.loads(line)
            yield item["url"], item["versions"][-1]["title"] or ""


def _on_redirects(data: Path, key: Key) -> dict[str, float]:
    """The share of redirects, and of AMP pages, that get the key of the article itself."""
    with gzip.open(data / REDIRECTS, "rt", encoding="utf-8") as lines:
        rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    redirects = [share_key(redirect, article, key) for redirect, article, _ in rows]
    amp = [share_key(page, article, key) for _, article, page in rows if page]
    return {
        "Google News redirects unwrapped": sum(redirects) / len(redirects),
        "AMP pages matched with their articles": sum(amp) / len(amp),
    }


def _cases(data: Path) -> dict[str, list[tuple[str, str]]]:
    """An address and what it becomes, of each test that compares two literals."""
    with tarfile.open(data / CASES) as archive:
        python, javascript = (
            archive.extractfile(name).read().decode()  # type: ignore[union-attr]
            for name in ("courlan_tests/tests/unit_tests.py", "normalize_url_tests/test.js")
        )
    found = re.findall(_JAVASCRIPT, javascript, re.MULTILINE)
    return {
        "courlan": list(_asserted(python)),
        "normalize-url": [tuple(s.replace(r"\\", "\\") for s in case) for case in found],  # type: ignore[misc]
    }


_JAVASCRIPT = (
    r"^\tt\.is\(normalizeUrl\('((?:[^'\\]|\\.)*)'(?:, \w+|, \{[^}]*\})?\), '((?:[^'\\]|\\.)*)'"
)


def _asserted(source: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Assert(
                ast.Compare(
                    ast.Call(ast.Name("clean_url" | "normalize_url" | "scrub_url"), [given, *_]),
                    [ast.Eq()],
                    [ast.Constant(str() as expected)],
                )
            ):
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    yield given.value, expected


def _peers() -> dict[str, Key]:
    found: dict[str, Key] = {}
    if importlib.util.find_spec("courlan"):
        from courlan import clean_url

        found["courlan"] = partial(_bare, clean_url)
    if importlib.util.find_spec("w3lib"):
        from w3lib.url import canonicalize_url

        found["w3lib"] = partial(_bare, canonicalize_url)
    if importlib.util.find_spec("url_normalize"):
        from url_normalize import url_normalize

        found["url-normalize"] = partial(_bare, url_normalize)
    return found


def _bare(clean: Callable[[str], str | None], url: str) -> str | None:
    address = clean(url)
    return address and address.partition("://")[2].rstrip("/")
