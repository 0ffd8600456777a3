"""Redirecting addresses: the target, where they hold it."""

import gzip
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from pipelines.normalize.url import dedup_key, fetch_url

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "normalize"
STORY = "https://www.example.com/news/harbour-bridge-opens-4711"


def test_nested_redirects_are_bounded():
    """Ten redirects are followed; an address with more in it stays as it came."""
    deep = STORY
    for _ in range(9):
        deep = "https://www.google.com/url?q=" + deep
    assert fetch_url(deep) == STORY
    deeper = "https://www.google.com/url?q=" * 50 + STORY
    assert fetch_url(deeper) == deeper


@pytest.mark.parametrize(
    ("message", "held"),
    [
        (b'\x08\x13"' + bytes([len(STORY)]) + STORY.encode(), True),
        (b'\x08\x13"' + bytes([len(STORY)]) + STORY.encode() + b"\xd2\x01\x05https", True),
        (b'\x08\x13"\x0bAU_yqLopaque', False),  # ids since 2024
        (b'\x08\x13"\xff\xff', False),  # cut short
        (b'\x08\x13"\x02\xc3\x28', False),  # no UTF-8
        (b"\xff" * 40, False),
        (b"", False),
    ],
)
def test_google_news_ids(message, held):
    """An id that holds a URL leads to it; any other stays what it is."""
    token = urlsafe_b64encode(message).decode().rstrip("=")
    address = f"https://news.google.com/rss/articles/{token}"
    assert fetch_url(address + "?oc=5&hl=en") == (STORY if held else address)


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_google_news_ids_hold_their_targets():
    """At least 99 % of old Google News addresses lead to the recorded article."""
    path = DATA / "google_news_redirects.tsv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines][::10]
    right = sum(fetch_url(wrapped) == fetch_url(target) for wrapped, target, _ in rows)
    assert right >= 0.99 * len(rows)
    both = [(target, amp) for _, target, amp in rows if amp]
    assert sum(dedup_key(a) == dedup_key(b) for a, b in both) >= 0.97 * len(both)
