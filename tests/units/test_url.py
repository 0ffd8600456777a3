"""Addresses: spellings of one page get one key, different pages never do."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.normalize import url as module
from pipelines.normalize.url import LONGEST, dedup_key, fetch_url, url_columns

STORY = "https://www.example.com/news/harbour-bridge-opens-4711"

# Each line: an address, and how else the same page is written.
SAME_PAGE = [
    # scheme, host, port
    (STORY, "http://www.example.com/news/harbour-bridge-opens-4711"),
    (STORY, "HTTPS://WWW.EXAMPLE.COM/news/harbour-bridge-opens-4711"),
    (STORY, "https://example.com/news/harbour-bridge-opens-4711"),
    (STORY, "https://m.example.com/news/harbour-bridge-opens-4711"),
    (STORY, "https://mobile.example.com/news/harbour-bridge-opens-4711"),
    (STORY, "http://www.example.com:80/news/harbour-bridge-opens-4711"),
    (STORY, "https://www.example.com:/news/harbour-bridge-opens-4711"),
    (STORY, "https://www.example.com./news/harbour-bridge-opens-4711"),
    (STORY, "https://reader:secret@www.example.com/news/harbour-bridge-opens-4711"),
    (STORY, "https://www.ex%61mple.com/news/harbour-bridge-opens-4711"),
    (STORY, "https://www.ｅｘａｍｐｌｅ。com/news/harbour-bridge-opens-4711"),
    (STORY, f"\t {STORY}\n"),
    (STORY, f"\ufeff{STORY}"),
    ("https://bücher.example/a-1", "https://xn--bcher-kva.example/a-1"),
    ("https://bücher.example/a-1", "https://BÜCHER.example/a-1"),
    ("http://[2001:db8::1]/a-1", "http://[2001:0DB8:0:0:0:0:0:1]:80/a-1"),
    # path
    (STORY, STORY + "/"),
    (STORY, STORY + "//"),
    (STORY, STORY + "?"),
    (STORY, STORY + "#comments"),
    (STORY, STORY + "#:~:text=bridge"),
    (STORY, "https://www.example.com//news/harbour-bridge-opens-4711"),
    (STORY, "https://www.example.com/sport/../news/./harbour-bridge-opens-4711"),
    (STORY, "https://www.example.com/../../news/harbour-bridge-opens-4711"),
    (STORY, "https://www.example.com/%6Eews/harbour%2Dbridge-opens-4711"),
    (STORY, "https://www.example.com/sport/%2e%2E/news/harbour-bridge-opens-4711"),
    (STORY, "https://www.example.com\\news\\harbour-bridge-opens-4711"),
    (STORY, STORY + ";jsessionid=0F3A"),
    (STORY, STORY + "/index.html"),
    (STORY, STORY + "/Default.aspx"),
    ("https://example.com", "https://www.example.com/index.php"),
    ("https://example.com/a-1/é", "https://example.com/a-1/%C3%A9"),
    ("https://example.com/a-1/%c3%a9", "https://example.com/a-1/%C3%A9"),
    ("https://example.com/a b-1", "https://example.com/a%20b-1"),
    ("https://example.com/a-1,b", "https://example.com/a-1%2Cb"),
    ("https://example.com/a-100%", "https://example.com/a-100%25"),
    ("https://example.com/m&m-1", "https://example.com/m&amp;m-1"),
    # trackers
    (STORY, STORY + "?utm_source=rss&utm_medium=feed"),
    (STORY, STORY + "?UTM_Source=rss"),
    (STORY, STORY + "?utm%5Fsource=rss"),
    (STORY, STORY + "?utm_source=rss&amp;utm_medium=feed"),
    (STORY, STORY + "?amp;amp;utm_campaign=x&amp;amp;amp;utm_medium=y"),
    (STORY, STORY + "?utm_source=rss&#038;utm_medium=feed"),
    (STORY, STORY + "?fbclid=AbC"),
    (STORY, STORY + "?gclid=1&dclid=2&msclkid=3"),
    (STORY, STORY + "?at_medium=custom7&at_campaign=64"),
    (STORY, STORY + "?ref=rss"),
    (STORY, STORY + "?source=newsletter&via=twitter"),
    (STORY + "?id=7", STORY + "?mc_cid=1&id=7&mc_eid=2"),
    (STORY + "?a=1&b=2", STORY + "?b=2&a=1"),
    (STORY + "?a=1&b=2", STORY + "?a=1&&b=2&"),
    (STORY + "?q=two+words", STORY + "?q=two%20words"),
    (STORY + "?print", STORY + "?print="),
    ("https://www.nytimes.com/a-1.html", "https://nytimes.com/a-1.html?smid=tw-share&hp"),
    ("https://www.wsj.com/articles/a-1", "https://www.wsj.com/articles/a-1?mod=hp_lead_pos4"),
    ("https://www.bbc.co.uk/news/uk-1", "https://www.bbc.com/news/uk-1?xtor=RSS-3"),
    ("https://www.cnn.com/a-1/index.html", "https://edition.cnn.com/a-1/"),
    # AMP
    (STORY, STORY + "/amp"),
    (STORY, STORY + "/amp/"),
    (STORY, STORY + "?amp"),
    (STORY, STORY + "?amp=1"),
    (STORY, STORY + "?outputType=amp"),
    (STORY, STORY + ".amp"),
    (STORY + ".html", STORY + ".amp.html"),
    (STORY, "https://amp.example.com/news/harbour-bridge-opens-4711"),
    (STORY, "https://www.example.com/amp/news/harbour-bridge-opens-4711"),
    (STORY, "https://www.example.com/news/amp/harbour-bridge-opens-4711"),
    (STORY, "https://www.google.com/amp/s/www.example.com/news/harbour-bridge-opens-4711"),
    (
        STORY,
        "https://www-example-com.cdn.ampproject.org/c/s/www.example.com/news/harbour-bridge-opens-4711",
    ),
    (
        "https://timesofindia.indiatimes.com/city/articleshow/1.cms",
        "https://m.timesofindia.com/city/amp_articleshow/1.cms",
    ),
    # redirects
    (STORY, f"https://www.google.com/url?rct=j&sa=t&url={STORY}&ct=ga"),
    (STORY, f"https://www.google.co.uk/url?q={STORY}"),
    (
        STORY,
        "https://l.facebook.com/l.php?h=AT0&u="
        "https%3A%2F%2Fwww.example.com%2Fnews%2Fharbour-bridge-opens-4711%3Ffbclid%3DX",
    ),
    (STORY, f"https://out.reddit.com/t3_1?url={STORY}"),
    (
        STORY,  # one inside the other
        "https://www.google.com/url?url=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3D"
        "https%253A%252F%252Fexample.com%252Fnews%252Fharbour-bridge-opens-4711",
    ),
    ("https://www.youtube.com/watch?v=abcdefghij1", "https://youtu.be/abcdefghij1?si=x"),
    (
        "https://www.youtube.com/watch?v=abcdefghij1",
        "https://m.youtube.com/watch?list=P&v=abcdefghij1&feature=share",
    ),
    ("https://www.youtube.com/watch?v=abcdefghij1", "https://www.youtube.com/embed/abcdefghij1"),
]

DIFFERENT_PAGES = [
    ("https://example.com/story?id=1", "https://example.com/story?id=2"),
    ("https://example.com/story?id=1", "https://example.com/story"),
    ("https://example.com/?p=100", "https://example.com/?p=101"),
    ("https://example.com/news?ref=123", "https://example.com/news?ref=124"),  # may be an id
    ("https://example.com/news?source=9", "https://example.com/news?source=10"),
    ("https://example.com/news?story=5", "https://example.com/news?article=5"),
    ("https://example.com/news?page=1", "https://example.com/news?page=2"),
    ("https://example.com/news?s=1", "https://example.com/news?s=2"),
    ("https://example.com/a?x=1&x=2", "https://example.com/a?x=2&x=1"),  # order may matter
    ("https://example.com/a", "https://example.com/A"),
    ("https://example.com/a-1", "https://example.com/a-1.html"),
    ("https://example.com/a%2Fb", "https://example.com/a/b"),  # an escaped slash is no slash
    ("https://example.com/a%3Fid=1", "https://example.com/a?id=1"),
    ("https://example.com/a?b=1%262", "https://example.com/a?b=1&2"),
    ("https://example.com/a?q=1%2B1", "https://example.com/a?q=1+1"),
    ("https://example.com/news", "https://example.org/news"),
    ("https://example.com:8080/a-1", "https://example.com/a-1"),
    ("https://sports.example.com/a-1", "https://example.com/a-1"),
    ("https://m.co.uk/a-1", "https://co.uk/a-1"),  # nothing is left of a name
    ("https://www.com/a-1", "https://com/a-1"),
    ("https://amp.dev/a-1", "https://web.dev/a-1"),
    ("https://one.blogspot.com/a-1", "https://two.blogspot.com/a-1"),
    ("https://example.com/guitar/amp", "https://example.com/guitar"),  # a thing of its own
    ("https://example.com/amp", "https://example.com/"),
    ("https://example.com/champ", "https://example.com/ch"),
    ("https://example.com/index.php?id=1", "https://example.com/index.php?id=2"),
    ("https://example.com/#!/story/1", "https://example.com/#!/story/2"),
    ("https://example.com/#/story/1", "https://example.com/"),
    ("https://www.youtube.com/watch?v=abcdefghij1", "https://www.youtube.com/watch?v=abcdefghij2"),
    ("https://news.google.com/articles/CAIiEA1", "https://news.google.com/articles/CAIiEA2"),
    ("https://t.co/abc", "https://t.co/abd"),  # the target is not in the address
    ("https://www.google.com/url?q=weather", "https://www.google.com/url?q=news"),
    (
        "https://web.example/?url=https://a.example/1",
        "https://web.example/?url=https://b.example/1",
    ),
]


@pytest.mark.parametrize(("one", "other"), SAME_PAGE)
def test_spellings_of_one_page_share_a_key(one, other):
    """However a page is addressed, its key is the same."""
    assert dedup_key(one) == dedup_key(other)


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
