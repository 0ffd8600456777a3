"""Hosts: whose site an address is, and what holds for it."""

import pytest

from pipelines.normalize.hosts import host_of
from pipelines.normalize.url import fetch_url, url_columns


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("www.bbc.co.uk", "bbc.co.uk"),
        ("a.b.example.com", "example.com"),
        ("one.blogspot.com", "one.blogspot.com"),  # whoever writes there has a name of their own
        ("blogspot.com", "blogspot.com"),
        ("bücher.example.de", "example.de"),
        ("localhost", None),
        ("co.uk", None),
    ],
)
def test_the_site_is_the_registered_domain(host, site):
    """Sites are told by the public suffix list that the package brings."""
    assert url_columns([f"https://{host}/a"]).site == [site]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("www.example.com", "example.com"),
        ("www.m.example.co.uk", "example.co.uk"),
        ("WWW.Example.COM", "example.com"),
        ("reader@example.com:8443", "example.com:8443"),
        ("example.com:443", "example.com"),
        ("amp.dev", "amp.dev"),  # itself the registered name
        ("www.uk", "www.uk"),
        ("m.blogspot.com", "m.blogspot.com"),  # a blog called m
        ("192.0.2.7", "192.0.2.7"),
    ],
)
def test_keys_begin_with_the_bare_name(name, key):
    """Labels such as "www." go as long as a site's name is left."""
    assert host_of("https", name).key == key


def test_rules_hold_for_subdomains():
    """What is known of a host holds for the hosts below it, and for no other."""
    assert "pfrom" in host_of("https", "sports.ndtv.com").trackers
    assert not host_of("https", "notndtv.com").trackers
    assert host_of("https", "www.google.de").redirects == host_of("https", "google.com").redirects
    assert not host_of("https", "google.example.com").redirects


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://exam ple.com/", "name"),
        ("https://exam<ple.com/", "name"),
        ("https://a..b/", "name"),
        ("https://" + "a" * 64 + ".com/", "name"),
        ("https://ex%00ample.com/", "name"),
        ("https://\u2024\u2024/", "name"),
        ("https://a\u200d\u0301.example/", "international"),
        ("https://1.2.3.4.5/", "IPv4"),
        ("https://256.1.1.1/", "IPv4"),
        ("https://[::1/", "bracket"),
        ("https://[::1]x/", "bracket"),
        ("https://[::1%25eth0]/", "IPv6"),
        ("https://[v1.a]/", "IPv6"),
        ("https://example.com:0/", "port"),
        ("https://example.com:65536/", "port"),
        ("https://example.com:http/", "port"),
        ("https://example.com:" + "9" * 5_000 + "/", "port"),
    ],
)
def test_impossible_hosts_say_why(url, why):
    """A name, an address or a port that cannot be is refused with a sentence."""
    with pytest.raises(ValueError, match=why) as refusal:
        fetch_url(url)
    assert str(refusal.value).endswith(".")
