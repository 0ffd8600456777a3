"""Unicode repair says what ftfy says, and leaves alone what ftfy leaves alone."""

import re
import time
import unicodedata

import ftfy
import pytest
from ftfy.badness import MOJIBAKE_CATEGORIES, is_bad
from hypothesis import given
from hypothesis import strategies as st

from pipelines.normalize.unicode import repair

SETTINGS = ftfy.TextFixerConfig(
    unescape_html=False, uncurl_quotes=False, fix_character_width=False, explain=False
)
E_ACUTE = "caf\u00e9"


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("The cafÃ© reopened", "The café reopened"),  # UTF-8 read as Latin-1
        ("Itâ€™s overâ€¦", "It’s over…"),  # … as Windows-1252
        ("Indiaâ\x80\x99s budget", "India’s budget"),  # … with C1 controls
        ("HeroÂ\x92s growth", "Hero’s growth"),  # two mistakes on top of each other
        ("“Quotes” stay ‘curly’ — and so do dashes", "“Quotes” stay ‘curly’ — and so do dashes"),
        ("Il a dit : « l’été » à Zürich", "Il a dit : « l’été » à Zürich"),
        ("Œuvre, cœur, ÉLÈVE, Ångström, SÃO PAULO", "Œuvre, cœur, ÉLÈVE, Ångström, SÃO PAULO"),
        ("Президент «Газеты» сказал", "Президент «Газеты» сказал"),
        ("5 &amp; 6", "5 &amp; 6"),  # entities are the HTML step's
        ("Ä°stanbul", "İstanbul"),
        ("ﬁnal ﬂoor", "final floor"),
        ("ＮＡＴＯ ２０２６", "NATO 2026"),
        ("会议，今天。", "会议，今天。"),  # fullwidth punctuation is right in Chinese
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("nu\0ll, be\x07ll, \ufeffmark, es\x1b[31mcape", "null, bell, mark, escape"),
        ("half \ud83d of a pair", "half \ufffd of a pair"),
        ("\ud83d\udc4d", "👍"),
        ("cafe\u0301", E_ACUTE),
        ("\u1112\u1161\u11ab", "\ud55c"),  # hangul from its parts
        ("", ""),
    ],
)
def test_repairs_what_is_broken_and_nothing_else(text: str, repaired: str) -> None:
    """Wrong decodings and invisible characters are mended; typography is the publisher's."""
    assert repair([text]) == [repaired]


def test_plain_spaces_are_an_offer() -> None:
    """Spaces of other widths become plain, and zero-width ones go, only where that is asked for."""
    text = "a\u00a0b\u2009c\u3000d so\u00adft ze\u200bro\tx"
    assert repair([text]) == [text]
    assert repair([text], plain_spaces=True) == ["a b c d soft zero x"]


def test_joiners_stay() -> None:
    """A joiner makes one picture of several, and shapes Persian words."""
    family = "👩\u200d👧 می\u200cخواهم"
    assert repair([family], plain_spaces=True) == [family]


# What mojibake is made of, beside ordinary letters of several scripts.
_CLUES = st.sampled_from(
    "ÂÃâ€™œ“”‘’…–—»«©®°±²µ¡¿ØÙÐÎàáéîïñøüßÀÉŠžŸВГРСвЂђΒΓβ€ā†‡ªº¬¯¸˜ \x80\x99\x9d\xa0a Z.?"
)
_TEXTS = st.lists(st.text(_CLUES, max_size=12) | st.text(max_size=8), max_size=6)


@given(_TEXTS)
def test_gate_misses_nothing_that_ftfy_would_mend(texts: list[str]) -> None:
    """Where ftfy's encoding fixes change a text, so does the repair, to the same text."""
    for text, repaired in zip(texts, repair(texts), strict=True):
        if ftfy.fix_encoding(text) != text and not set(text) & set("\r\x0c\u2028\u2029"):
            expected = ftfy.fix_text(text, SETTINGS)
            assert unicodedata.normalize("NFC", repaired) == repaired
            assert ftfy.fix_encoding(repaired) == ftfy.fix_encoding(expected)


def test_gate_knows_every_suspicious_pair() -> None:
    """No two characters that ftfy's pattern finds suspicious pass the gate unseen."""
    known = re.findall(
        f"[{''.join(MOJIBAKE_CATEGORIES.values())}]", "".join(map(chr, range(0xFFFF)))
    )
    pairs = [one + other for one in known for other in known if is_bad(one + other)]
    assert len(pairs) > 10_000
    chosen = pairs[::37]
    expected = [ftfy.fix_text(pair, SETTINGS) for pair in chosen]
    assert repair(chosen) == expected


def test_towers_of_marks_take_linear_time() -> None:
    """More marks than any language puts on a letter are cut off, before NFC sorts them."""
    tower = "e" + "\u0301\u0327" * 50_000
    started = time.perf_counter()
    [text, garbled] = repair([tower, "â€™" + "Ì\x81" * 50_000])
    assert time.perf_counter() - started < 5  # minutes, where all are sorted
    assert len(text) <= 31
    assert len(garbled) <= 31


@given(_TEXTS)
def test_each_text_is_repaired_alone(texts: list[str]) -> None:
    """A text's repair does not depend on its neighbours in the batch."""
    assert repair(texts) == [repair([text])[0] for text in texts]


@given(st.lists(st.text(), max_size=4))
def test_result_is_normal_and_free_of_controls(texts: list[str]) -> None:
    """The result is in NFC and can be written as UTF-8, without NUL or carriage return."""
    for text in repair(texts):
        assert unicodedata.is_normalized("NFC", text)
        assert not set(text.encode()) & {0x00, 0x07, 0x0D, 0x1B, 0x7F}
