"""The host of an address: cleaned, its site known, and the rules that hold for it.

Everything here is worked out once a host and remembered, within bounds, by `url.py`.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple
from urllib.parse import unquote

import idna
from tldextract import TLDExtract

from pipelines.normalize.rules import RULES, Redirect, Rewrite


class Host(NamedTuple):
    """One scheme, host and port, and what follows from them."""

    origin: str  # "https://www.example.com:8080", as fetched
    key: str  # as keys begin: no scheme, no "www."
    site: str | None  # registered domain; a blog's own on a shared platform; null for IP addresses
    trackers: frozenset[str]  # parameters that this host uses for tracking
    protected: frozenset[str]  # and those that name its pages, whatever they mean elsewhere
    redirects: tuple[Redirect, ...]
    rewrites: tuple[Rewrite, ...]


def host_of(scheme: str, authority: str) -> Host:
    """The host of `user:password@name:port`, credentials and default port dropped.

    Raises ValueError, with a sentence, for what no reader could fetch: no name, letters that no
    name has, a port out of range.
    """
    name, port = _name_and_port(authority.rpartition("@")[2])
    if port == _DEFAULT_PORT[scheme]:
        port = None
    tail = "" if port is None else f":{port}"
    if name.startswith("[") or name.rpartition(".")[2].isdigit():
        none: frozenset[str] = frozenset()
        return Host(f"{scheme}://{name}{tail}", name + tail, None, none, none, (), ())
    bare = _without_labels(name)
    known_as = [*_suffixes(name)]
    return Host(
        origin=f"{scheme}://{name}{tail}",
        key=RULES.aliases.get(bare, bare) + tail,
        site=_site(name),
        trackers=frozenset().union(*(RULES.host_trackers.get(n, ()) for n in known_as)),
        protected=frozenset().union(*(RULES.host_protected.get(n, ()) for n in known_as)),
        redirects=tuple(r for n in known_as for r in RULES.redirects.get(n, ())),
        rewrites=tuple(r for n in known_as for r in RULES.rewrites.get(n, ())),
    )


_DEFAULT_PORT = {"http": 80, "https": 443}
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")


def _name_and_port(host: str) -> tuple[str, int | None]:
    if host.startswith("["):
        name, closed, rest = host.partition("]")
        port = rest.removeprefix(":")
        if not closed or (rest and port == rest):
            raise ValueError("The URL's IPv6 address is not closed by a bracket.")
        return f"[{_ipv6(name[1:])}]", _port(port)
    name, _, port = host.partition(":")
    return _clean_name(name), _port(port)


def _port(digits: str) -> int | None:
    if not digits:
        return None
    port = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 5 else 0
    if not 0 < port < 65_536:
        raise ValueError("The URL's port is no number from 1 to 65535.")
    return port


def _ipv6(name: str) -> str:
    try:
        address = IPv6Address(name)
    except AddressValueError:
        address = None
    if address is None or address.scope_id is not None:
        raise ValueError("The URL's host is no IPv6 address.")
    return address.compressed


def _clean_name(name: str) -> str:
    """The name as DNS knows it: ASCII by IDNA 2008 with UTS 46 mapping, as browsers do."""
    if "%" in name:
        name = unquote(name)
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except UnicodeError:
            raise ValueError("The URL's host is no valid international name.") from None
    name = name.lower().removesuffix(".")
    if not name:
        raise ValueError("The URL has no host.")
    if not _NAME.fullmatch(name):
        raise ValueError("The URL's host holds characters or lengths that no name may have.")
    if name.rpartition(".")[2].isdigit():
        try:
            return str(IPv4Address(name))
        except AddressValueError:
            raise ValueError("The URL's host is no IPv4 address.") from None
    return name


# The list of public suffixes as the package brings it: the network is never asked.
_suffix_list = TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True)


@lru_cache(maxsize=50_000)
def _site(name: str) -> str | None:
    """The registered domain; on platforms whose users have names of their own, the user's."""
    for private in (True, False):
        parts = _suffix_list.extract_str(name, include_psl_private_domains=private)
        if parts.domain and parts.suffix:
            return f"{parts.domain}.{parts.suffix}"
    return None


def _without_labels(name: str) -> str:
    """The name less "www." and the like, as long as what is left is still a site's."""
    while True:
        label, _, rest = name.partition(".")
        if label not in RULES.host_labels or _site(name) == name or _site(rest) is None:
            return name
        name = rest


def _suffixes(name: str) -> Iterator[str]:
    """The names under which rules may stand: itself, its parents, and `<domain>.*`."""
    yield name
    rest = name
    while "." in rest:
        rest = rest.partition(".")[2]
        yield rest
    site = _site(name)
    if site is not None:
        yield site.partition(".")[0] + ".*"
