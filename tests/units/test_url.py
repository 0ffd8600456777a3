"""Addresses: spellings of one page get one key, different pages never do."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.quality.urls import pairs
from pipelines.normalize import url as module
from pipelines.normalize.url import LONGEST, dedup_key, fetch_url, url_columns

STORY = "https://www.example.com/news/harbour-bridge-opens-4711"

SAME_PAGE = [(one, other) for one, other, same in pairs() if same]
DIFFERENT_PAGES = [(one, other) for one, other, same in pairs() if not same]


@pytest.mark.parametrize(("one", "other"), SAME_PAGE)
def test_spellings_of_one_page_share_a_key(one, other):
    """However a page is addressed, its key is the same."""
    assert dedup_key(one) == dedup_key(other)


def test_our_list_is_long_enough():
    """Fewer pairs would show little: at least 60 spellings, and 20 close calls."""
    assert len(set(SAME_PAGE)) >= 60
    assert len(set(DIFFERENT_PAGES)) >= 20


@pytest.mark.parametrize(("one", "other"), DIFFERENT_PAGES)
def test_different_pages_stay_apart(one, other):
    """What may be another article has another key, and another address."""
    assert dedup_key(one) != dedup_key(other)
    assert fetch_url(one) != fetch_url(other)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.COM:80", "http://example.com/"),
        ("https://user:pw@example.com/a?utm_source=x#top", "https://example.com/a"),
        ("https://example.com:8443/a/./b/../c?x=1&fbclid=2", "https://example.com:8443/a/c?x=1"),
        (
            "https://bücher.example/ä ü?q=ö",
            "https://xn--bcher-kva.example/%C3%A4%20%C3%BC?q=%C3%B6",
        ),
        ("https://example.com/%zz%e9%41", "https://example.com/%25zz%E9A"),  # broken escapes
        ("https://example.com/%%34%31", "https://example.com/%2541"),  # no escape is made up
        ("https://example.com?a=1", "https://example.com/?a=1"),
        ("https://example.com#top", "https://example.com/"),
        ("https://good.example\\@evil.example/", "https://good.example/@evil.example/"),
        ("https://a@good.example@b.example/", "https://b.example/"),  # as browsers read it
        ("https://example.com/#!/story/1", "https://example.com/#!/story/1"),
        ("https://m.example.com/a-1/amp/", "https://m.example.com/a-1/amp/"),  # still to be fetched
        ("https://www.google.com/amp/help", "https://www.google.com/amp/help"),  # holds no host
        ("https://www.google.com/url?q=javascript:1", "https://www.google.com/url?q=javascript:1"),
        ("https://www.google.com/url?q=https://a:b", "https://www.google.com/url?q=https://a:b"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("http://127.0.0.1/a", "http://127.0.0.1/a"),
    ],
)
def test_the_address_a_reader_fetches(url, expected):
    """Clean, but still the address of the very page."""
    assert fetch_url(url) == expected


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "absolute"),
        ("/news/1", "absolute"),
        ("../../etc/passwd", "absolute"),
        ("//example.com/a", "absolute"),
        ("www.example.com/a", "absolute"),
        ("javascript:alert(1)", "absolute"),
        ("data:text/html,hello", "absolute"),
        ("mailto:desk@example.com", "absolute"),
        ("ftp://example.com/a", "absolute"),
        ("file:///etc/passwd", "absolute"),
        ("https://", "no host"),
        ("https:///a", "no host"),
        ("https://user@/a", "no host"),
        ("https://?q=1", "no host"),
        ("https://:80/", "no host"),
        ("https://" + "a" * 100_000, "100,008 characters"),
        ("https://example.com/" + "é" * 8_000, "once escaped"),
        ("https://example.com/a\nb", "line breaks"),
        ("https://example.com/\x00", "control"),
        ("https://example.com/\ud800", "surrogate"),
    ],
)
def test_unusable_addresses_say_why(url, why):
    """What no reader could open is refused with a sentence, never repeated at length."""
    with pytest.raises(ValueError, match=why) as refusal:
        fetch_url(url)
    assert str(refusal.value).endswith(".")
    assert len(str(refusal.value)) < 100
    with pytest.raises(ValueError, match=why):
        dedup_key(url)


def test_a_site_may_protect_what_is_a_tracker_elsewhere():
    """A session's id goes, but where it is all that tells one page from another."""
    query = "?sessionId=1_a&lang=en"
    assert fetch_url("https://example.com/a-1" + query) == "https://example.com/a-1?lang=en"
    assert fetch_url("https://consent.yahoo.com/a" + query).endswith(query)


def test_hostile_addresses_take_no_time():
    """Patterns stay linear on the longest addresses that are read at all."""
    start = process_time()
    for part in (
        "/..",
        "/amp",
        "%",
        "&amp;",
        "amp;",
        ";jsessionid=",
        "//",
        "/a.",
        "?",
        "@",
        "%2e/",
    ):
        url = "https://example.com/" + part * ((LONGEST - 30) // (3 * len(part)))
        assert fetch_url(fetch_url(url)) == fetch_url(url)
        assert dedup_key(fetch_url(url)) == dedup_key(url)
    assert process_time() - start < 1  # 0.03 s here; a pattern that backtracks takes minutes


def test_columns_answer_for_every_event():
    """A batch's columns are parallel; bad addresses are named, missing ones are not bad."""
    columns = url_columns([STORY + "?utm_source=x", None, "nowhere", "http://[::1]/", STORY])
    assert columns.url == [STORY, None, None, "http://[::1]/", STORY]
    assert columns.key == [dedup_key(STORY), None, None, "[::1]", dedup_key(STORY)]
    assert columns.site == ["example.com", None, None, None, "example.com"]
    assert list(columns.bad) == [2]
    assert url_columns([]) == ([], [], [], {})


def test_the_short_way_and_the_long_way_agree():
    """A clean path on a known host skips the parsing, and gives the same."""
    for url in dict.fromkeys(address for pair in SAME_PAGE + DIFFERENT_PAGES for address in pair):
        first = module._odd_address(url)
        assert module._address(url) == first
        assert module._address(first[0]) == first


ADDRESSES = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "HTTPS"]),
    st.sampled_from(["example.com", "www.google.com", "user@M.Example.com:80", "bücher.de"]),
    st.text("/.%&;?#=ampurl25fhtindex:\\éA ", max_size=40).map(lambda text: "/" + text),
    st.sampled_from(
        ["", "?url=https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.com%2Fa%2520b"]
    ),
)


@given(ADDRESSES)
def test_cleaning_twice_changes_nothing(url):
    """An address that was cleaned is clean, and its key is that of the original."""
    once = fetch_url(url)
    assert fetch_url(once) == once
    assert dedup_key(once) == dedup_key(url)


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_is_refused(text):
    """No text breaks the parser: it is cleaned, or refused with a sentence."""
    for url in (text, "https://" + text, "https://example.com/" + text):
        columns = url_columns([url])
        assert (columns.url[0] is None) == (0 in columns.bad)
