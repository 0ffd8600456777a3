"""Web addresses: as a reader would fetch them, and as keys that are equal for one page.

Parsing follows browsers (https://url.spec.whatwg.org) where that is told from a string alone; what
is known of trackers, AMP, mobile hosts and redirecting services stands in `url_rules.toml`.
"""

import re
from typing import NamedTuple
from urllib.parse import quote

from pipelines.normalize import redirects
from pipelines.normalize.hosts import Host, host_of
from pipelines.normalize.rules import RULES

LONGEST = 8_192  # characters; servers refuse longer ones
_MOST_REDIRECTS = 10
_MOST_HOSTS = 50_000  # remembered at a time
_LONGEST_ORIGIN = 100  # remembered; longer ones hold credentials, or are nobody's


class UrlColumns(NamedTuple):
    """The addresses of a batch, one item an event; None where the event has no usable URL."""

    url: list[str | None]
    key: list[str | None]
    site: list[str | None]  # registered domain
    bad: dict[int, str]  # by index: why the URL is unusable, a sentence


def fetch_url(url: str) -> str:
    """The address as a reader would fetch it.

    Scheme and host in lower case, international names as DNS has them, no credentials, default
    port, trackers or fragment (but `#!/…` and `#/…`, which name a page); dot segments resolved,
    escapes uniform; redirecting services and AMP caches replaced by the address that they hold.
    `fetch_url(fetch_url(u)) == fetch_url(u)`.

    Raises ValueError, its message a sentence, for what is not an absolute http(s) address of at
    most 8,192 characters, or holds control characters or line breaks. (Spaces inside a path or
    query are escaped, as browsers do: feeds have them.)
    """
    return _address(url)[0]


def dedup_key(url: str) -> str:
    """What all spellings of one page's address have in common: no address itself.

    Without scheme, `www.`, `m.` and the like, trailing slash, index file and AMP marks; parameters
    sorted by name. `dedup_key(fetch_url(u)) == dedup_key(u)`. Raises ValueError as `fetch_url`.
    """
    return _address(url)[1]


def url_columns(urls: list[str | None]) -> UrlColumns:
    """`fetch_url`, `dedup_key` and the registered domain of every URL of a batch."""
    rows: list[_Address | _Nowhere] = []
    bad: dict[int, str] = {}
    for i, url in enumerate(urls):
        if url is None:
            rows.append(_NOWHERE)
            continue
        try:
            rows.append(_address(url))
        except ValueError as why:
            bad[i] = str(why)
            rows.append(_NOWHERE)
    return UrlColumns([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], bad)


_Address = tuple[str, str, str | None]  # URL, key, site: a plain tuple, made for every event
_Nowhere = tuple[None, None, None]
_NOWHERE: _Nowhere = (None, None, None)


class _Parts(NamedTuple):
    host: Host
    path: str
    query: list[str]  # "name=value" parts without trackers
    route: str  # a fragment that names a page

    def url(self) -> str:
        query = "?" + "&".join(self.query) if self.query else ""
        route = "#" + self.route if self.route else ""
        return self.host.origin + self.path + query + route


_hosts: dict[str, Host] = {}  # by "scheme://authority" as written

_CLEAN_PATH = re.compile(r"/[a-zA-Z0-9_.~!$()*+,=:@/-]*")  # no escapes, query or parameters


def _address(url: str) -> _Address:
    end = url.find("/", 8)
    host = _hosts.get(url[:end])
    path = url[end:]
    if (
        host is None
        or host.redirects
        or len(url) > LONGEST
        or not _CLEAN_PATH.fullmatch(path)
        or "//" in path
        or "/." in path
        or "/amp" in path
        or ".amp" in path
        or "_amp." in path
    ):
        return _odd_address(url)
    bare = path[:-1] if path[-1] == "/" else path
    last = bare.rfind("/")
    if bare[last + 1 :].lower() in RULES.index_files:
        bare = bare[:last]
    key = host.key + bare
    for pattern, put in host.rewrites:
        key = pattern.sub(put, key)
    return host.origin + path, key, host.site


def _odd_address(url: str) -> _Address:
    url = url.strip().strip("\ufeff\u200b").strip()
    if len(url) > LONGEST:
        raise ValueError(f"The URL has {len(url):,} characters; at most {LONGEST:,} are read.")
    if _FORBIDDEN.search(url):
        raise ValueError("The URL holds control characters or line breaks.")
    parts = first = _parts(url)
    for _ in range(_MOST_REDIRECTS):
        target = redirects.target(parts.host.redirects, parts.path, parts.query)
        if target is None or _FORBIDDEN.search(target):
            break
        try:
            parts = _parts(target)
        except ValueError:
            break
    else:
        parts = first  # a riddle, not a redirect: the address as it came
    clean = parts.url()
    if len(clean) > LONGEST:
        raise ValueError(f"The URL has more than {LONGEST:,} characters once escaped.")
    return clean, _key(parts), parts.host.site


_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_AUTHORITY = re.compile(r"[^/\\?#]*")
_AMPERSAND = re.compile(r"&(?:amp;|#0*38;|#x0*26;)+", re.IGNORECASE)
_SESSION = re.compile(r";jsessionid=[^/]*", re.IGNORECASE)


def _parts(url: str) -> _Parts:
    scheme, found, rest = url.partition("://")
    scheme = scheme.lower()
    if not found or scheme not in ("http", "https"):
        raise ValueError("The URL is not an absolute http or https address.")
    match = _AUTHORITY.match(rest)
    authority = match[0] if match else ""
    host = _known_host(scheme, authority, url)
    # Escapes first: %61 may complete an "&amp;" or a "..", never the other way round.
    tail = _AMPERSAND.sub("&", _escaped(_forward(rest[len(authority) :])))
    tail, _, fragment = tail.partition("#")
    path, _, query = tail.partition("?")
    path = _resolved(_SESSION.sub("", path))
    return _Parts(
        host,
        path if path.startswith("/") else "/" + path,
        [part for part in map(_unwrapped, query.split("&")) if part and not _tracks(part, host)],
        fragment if fragment[:1] in ("!", "/") and len(fragment) > 1 else "",
    )


def _forward(tail: str) -> str:
    """The path's backslashes as slashes, as browsers read them."""
    if "\\" not in tail:
        return tail
    end = min(tail.find(mark) % (len(tail) + 1) for mark in "?#")
    return tail[:end].replace("\\", "/") + tail[end:]


def _known_host(scheme: str, authority: str, url: str) -> Host:
    origin = url[: len(scheme) + 3 + len(authority)]
    host = _hosts.get(origin)
    if host is None:
        host = host_of(scheme, authority)
        if len(_hosts) >= _MOST_HOSTS:
            _hosts.clear()
        if len(origin) <= _LONGEST_ORIGIN:
            _hosts[origin] = host
    return host


_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_CLEAN_TAIL = re.compile(r"[\w.~!$&'()*+,;=:@/?#-]*", re.ASCII)
_ODD = re.compile(r"%([0-9A-Fa-f]{2})?|[^\w.~!$&'()*+,;=:@/?#%-]+", re.ASCII)


def _escaped(tail: str) -> str:
    """One spelling of every character (RFC 3986, 6.2.2): escaped where it must be, else not."""
    if _CLEAN_TAIL.fullmatch(tail):
        return tail
    try:
        return _ODD.sub(_escape, tail)
    except UnicodeEncodeError:
        raise ValueError("The URL holds half a character (a lone surrogate).") from None


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    if found[0] != "%":
        return quote(found, safe="")
    if match[1] is None:
        return "%25"  # an escape cut short stands for itself
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else found.upper()


def _resolved(path: str) -> str:
    """The path without `.` and `..` (RFC 3986, 5.2.4); none leads above the root."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _unwrapped(part: str) -> str:
    """A parameter without the `amp;` that feeds put before its name."""
    while part.startswith("amp;"):
        part = part[4:]
    return part


def _tracks(part: str, host: Host) -> bool:
    part = part.lower()
    name, _, value = part.partition("=")
    if name in host.protected:
        return False
    if name in host.trackers:
        return True
    if name in RULES.channel_names and value in RULES.channel_values:
        return True
    if name in RULES.protected:
        return False
    if name in RULES.trackers or name.startswith(RULES.tracker_prefixes):
        return True
    return part in RULES.tracker_parts


# Escaped or not, these mean the same to servers in practice: `,` and `%2C`.
_SAME = re.compile("%(?:2[147-9AC]|3[AB]|40)")
_ARTICLE = re.compile(r"[\d_-]")


def _key(parts: _Parts) -> str:
    segments = _without_index([segment for segment in parts.path.split("/") if segment])
    segments = _without_index(_without_amp(segments))
    key = "/".join([parts.host.key, *segments])
    query = [
        (part.removesuffix("=") if part.count("=") == 1 else part)
        for part in parts.query
        if part.lower() not in RULES.amp_parameters
    ]
    if query:
        query.sort(key=lambda part: part.partition("=")[0])  # repeated names keep their order
        key += "?" + "&".join(query).replace("%20", "+")
    if parts.route:
        key += "#" + parts.route
    if "%" in key:
        key = _SAME.sub(lambda match: chr(int(match[0][1:], 16)), key)
    for pattern, put in parts.host.rewrites:
        key = pattern.sub(put, key)
    return key


def _without_index(segments: list[str]) -> list[str]:
    return segments[:-1] if segments and segments[-1].lower() in RULES.index_files else segments


def _without_amp(segments: list[str]) -> list[str]:
    """The path of the page that an AMP page repeats, where the rest looks like an article's."""
    if not any("amp" in segment for segment in segments):
        return segments
    segments = [RULES.amp_renamed.get(segment, segment) for segment in segments]
    for suffix, put in RULES.amp_suffixes.items():
        bare = segments[-1].removesuffix(suffix)
        if bare != segments[-1] and _ARTICLE.search(bare):
            segments[-1] = bare + put
            break
    for i, segment in enumerate(segments):
        rest = segments[:i] + segments[i + 1 :]
        if segment in RULES.amp_segments and rest and _ARTICLE.search(rest[-1]):
            return rest
    return segments
