"""The word pass, against a reference that reads one document, one character at a time."""

import hashlib
import re
import unicodedata

import numpy as np
import pytest
import xxhash
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines import words as module
from pipelines.words import ngrams, spell, words

WIDE = 0xFFFFFFFFFFFFFFFF
ODD_WORD, ODD_NEXT, ODD_LAST = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93
SYMBOL_BLOCKS = [(0x2000, 0x20CF), (0x2190, 0x2BFF), (0x2E00, 0x2E7F), (0xFE00, 0xFE1F)]
SYMBOL_BLOCKS += [(0x1F000, 0x1FBFF), (0xE0000, 0x10FFFF)]
SOLO_BLOCKS = [(0x3005, 0x3007), (0x3041, 0x3096), (0x3400, 0x4DBF), (0x4E00, 0x9FFF)]
SOLO_BLOCKS += [(0xF900, 0xFAFF), (0x20000, 0x3FFFF)]
OPENERS = "เแโใไ" + "".join(map(chr, range(0x0EC0, 0x0EC5)))

MIXED = st.text() | st.text(
    alphabet="aB9 '’.éÉßİK中文か\u0301ไกเ-\x00😀\U00020000\ud800", max_size=40
)


def reference_words(document):
    """The words as the docstring describes them: one letter a class, then a pattern."""
    document = document.replace("’", "'").replace("‘", "'")
    text = "".join(lower(character) for character in document)
    classes = "".join(kind(character) for character in document)
    spans = [match.span() for match in re.finditer(r"S|[LO]L*(?:'(?!O)L+)*", classes)]
    return [text[first:last] for first, last in spans]


def kind(character):
    """L a letter, S a word of its own, O a letter that opens a word, a space what separates."""
    point = ord(character)
    if character == "'":
        return "'"
    if point < 0x80:
        return "L" if character.isalnum() else " "
    if any(first <= point <= last for first, last in SOLO_BLOCKS):
        return "S"
    if character in OPENERS:
        return "O"
    if any(first <= point <= last for first, last in SYMBOL_BLOCKS):
        return " "
    if point >= 0x10000:
        return "L"
    category = unicodedata.ucd_3_2_0.category(character)
    return " " if category[0] in "PSZ" or category in {"Cc", "Cf", "Cs", "Co"} else "L"


def lower(character):
    """The lower case, where that is a letter of the same length in UTF-8."""
    category = unicodedata.ucd_3_2_0.category
    small = character.lower()
    if len(small) != 1 or category(character) not in {"Lu", "Lt"} or category(small) != "Ll":
        return character
    same = len(small.encode()) == len(character.encode()) and ord(character) < 0x10000
    return small if same else character


def reference_hash(word):
    """Eight bytes at a time: mix in, multiply, fold; words over 64 bytes by xxh3."""
    encoded = word.encode("utf-8", "surrogatepass")
    if len(encoded) > 64:
        return xxhash.xxh3_64_intdigest(encoded)
    state = 0
    for at in range(0, len(encoded), 8):
        state ^= int.from_bytes(encoded[at : at + 8], "little")
        state = fold(state * ODD_WORD)
    return fold(state * ODD_LAST)


def fold(state):
    state &= WIDE
    return state ^ (state >> 32)


def per_document(result):
    return [result.slice(i, i + 1).hashes.tolist() for i in range(len(result))]


@given(st.lists(MIXED, max_size=8))
@example(["", "", ""])
@example(["a" * n for n in range(140)])
@example(["'", "''", "a'", "'a", "a''b", "a'b'c", "中'a", "a'中", "a'ไก"])
def test_words_equal_the_reference(documents):
    """The vectorised pass gives each document the words that a plain reading gives it."""
    expected = [[reference_hash(word) for word in reference_words(text)] for text in documents]
    assert per_document(words(documents)) == expected


@given(MIXED)
def test_spelled_words_are_the_hashed_words(document):
    """What people are shown as a document's words are the words that were hashed."""
    assert spell(document) == reference_words(document)


@given(st.lists(MIXED, max_size=12), st.integers(1, 5), st.integers(1, 30))
def test_chunking_does_not_matter(documents, chunk_documents, chunk_characters):
    """How documents are grouped into chunks changes nothing."""
    whole = per_document(words(documents))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK_DOCUMENTS", chunk_documents)
        patch.setattr(module, "_CHUNK_CHARACTERS", chunk_characters)
        assert per_document(words(documents)) == whole


@given(st.lists(MIXED, max_size=8), st.integers(1, 4))
def test_ngrams_equal_the_reference(documents, n):
    """N-grams are the runs of n neighbours of one document, and no others."""
    made = words(documents)
    expected = []
    for hashes in per_document(made):
        grams = []
        for at in range(len(hashes) - n + 1):
            state = hashes[at]
            for following in hashes[at + 1 : at + n]:
                state = fold(state * ODD_NEXT + following)
            grams.append(state if n == 1 else fold(state * ODD_LAST))
        expected.append(grams)
    assert per_document(ngrams(made, n)) == expected


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Don't STOP", "don’t stop"),  # case, and either apostrophe
        ("the 'best' “team”", "the best team"),  # quotes are not part of a word
        ("win—or, lose...", "win or lose"),  # punctuation separates
        ("ÉLAN Ünited", "élan ünited"),  # capitals beyond ASCII
        ("goal ⚽️ 🏆 won", "goal won"),  # pictographs and their selectors separate
        ("选举结果", "选 举 结 果"),  # each ideograph is a word
        ("中国abc", "中 国 abc"),  # and ends the word beside it
        ("การเลือกตั้ง", "การ เลือกตั้ง"),  # Thai breaks before an opening vowel
    ],
)
def test_equal_words(text, same):
    """These two spellings have the same words."""
    made = per_document(words([text, same]))
    assert made[0] == made[1]
    assert made[0]


def test_a_combining_mark_belongs_to_its_word():
    """A decomposed letter does not split its word."""
    assert len(words(["cafe\u0301s"]).hashes) == 1


def test_a_megabyte_word_is_one_word():
    """A word of any length is hashed whole: one letter at its end makes another."""
    made = words(["x" * 1_000_000, "x" * 999_999 + "y"])
    assert made.starts.tolist() == [0, 1, 2]
    assert made.hashes[0] != made.hashes[1]


def test_no_documents():
    """No documents have no words, and starts is still one longer than their number."""
    made = words([])
    assert made.starts.tolist() == [0]
    assert ngrams(made, 3).starts.tolist() == [0]


def test_hashes_are_stable_for_ever():
    """A lake's index and the tagger's weights hold these numbers: they may never change."""
    made = words(["The senate voted extraordinarily", "Élan 中"])
    assert made.hashes.tolist() == PINNED_WORDS
    assert ngrams(made, 2).hashes.tolist() == PINNED_BIGRAMS


def test_letters_are_stable_for_ever():
    """The tables of letters are the same under every version of Python."""
    kinds, small = module._tables()
    digest = hashlib.sha256(kinds.tobytes() + small.astype("<u4").tobytes()).hexdigest()
    assert digest[:16] == PINNED_TABLES


def test_hashes_spread_over_the_top_bits():
    """The tagger's buckets are the top bits: 50,000 words fill them as chance would."""
    made = words([" ".join(f"word{i}" for i in range(50_000))]).hashes
    filled = len(np.unique(made >> np.uint64(46)))
    assert abs(filled - 2**18 * (1 - np.exp(-50_000 / 2**18))) < 500


PINNED_WORDS = [
    2935625905145531955,
    2645496303161491409,
    17024744523782779181,
    15605986120998702049,
    17055918751680493266,
    5429407940897119797,
]
PINNED_BIGRAMS = [
    9275025650695486733,
    12812628716937297739,
    5379943399249157774,
    4442013382331574015,
]
PINNED_TABLES = "68e15fc947f84612"
