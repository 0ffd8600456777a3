"""What is known of web addresses: `url_rules.toml`, read once and typed.

A new tracker, AMP mark, alias or redirecting service is a line of that file.
"""

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, NamedTuple


class Redirect(NamedTuple):
    """How one service's addresses hold the address that they lead to."""

    host: str  # with its subdomains; "google.*" under any public suffix
    path: str  # beginning of the path
    parameters: tuple[str, ...] = ()  # of the query, in the order they are tried
    rest: bool = False  # what follows `path`, without its scheme
    news_id: bool = False  # a Google News id follows `path`


class Rewrite(NamedTuple):
    """A change to the finished keys of one host and its subdomains."""

    pattern: re.Pattern[str]
    put: str


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules; parameter names and AMP parameters in lower case."""

    protected: frozenset[str]
    host_protected: dict[str, frozenset[str]]  # by host
    trackers: frozenset[str]
    tracker_prefixes: tuple[str, ...]
    tracker_parts: frozenset[str]  # "name=value"
    channel_names: frozenset[str]
    channel_values: frozenset[str]
    amp_segments: frozenset[str]
    amp_suffixes: dict[str, str]  # longest first
    amp_parameters: frozenset[str]
    amp_renamed: dict[str, str]
    host_labels: frozenset[str]
    index_files: frozenset[str]
    aliases: dict[str, str]
    rewrites: dict[str, tuple[Rewrite, ...]]  # by host
    host_trackers: dict[str, frozenset[str]]  # by host
    redirects: dict[str, tuple[Redirect, ...]]  # by host


def _read() -> Rules:
    table = tomllib.loads(files(__package__).joinpath("url_rules.toml").read_text("utf-8"))
    trackers, amp = table["trackers"], table["amp"]
    redirects = [
        Redirect(**{**row, "parameters": tuple(row.get("parameters", ()))})
        for row in table["redirects"]
    ]
    return Rules(
        protected=frozenset(table["protected"]["names"]),
        host_protected={h: frozenset(names) for h, names in table["protected"]["hosts"].items()},
        trackers=frozenset(trackers["names"]),
        tracker_prefixes=tuple(trackers["prefixes"]),
        tracker_parts=frozenset(trackers["parts"]),
        channel_names=frozenset(trackers["channels"]["names"]),
        channel_values=frozenset(trackers["channels"]["values"]),
        amp_segments=frozenset(amp["segments"]),
        amp_suffixes=dict(sorted(amp["suffixes"].items(), key=lambda item: -len(item[0]))),
        amp_parameters=frozenset(amp["parameters"]),
        amp_renamed=amp["renamed"],
        host_labels=frozenset(table["host_labels"]["names"]),
        index_files=frozenset(table["index"]["files"]),
        aliases=table["aliases"],
        rewrites=_by_host(
            (row["host"], Rewrite(re.compile(row["pattern"]), row["put"]))
            for row in table["rewrites"]
        ),
        host_trackers={host: frozenset(names) for host, names in table["hosts"].items()},
        redirects=_by_host((redirect.host, redirect) for redirect in redirects),
    )


def _by_host(rows: Any) -> dict[str, tuple[Any, ...]]:
    grouped: dict[str, list[Any]] = {}
    for host, row in rows:
        grouped.setdefault(host, []).append(row)
    return {host: tuple(group) for host, group in grouped.items()}


RULES = _read()
