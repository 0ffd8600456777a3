"""The word pass: every document's words as 64-bit hashes, made once for language, tag and sketch.

A word is a run of letters, marks and digits, lower-cased, with apostrophes inside it ("don't",
"l’an"; ’ and ' are equal), never around it. Scripts without spaces get words too: each ideograph
and each hiragana is one, and Thai and Lao break before the vowels that open a syllable.

The hashes are stable for ever: the tagger's weights and the lake's index depend on them. That is
why letters are told by the Unicode database of version 3.2, which Python freezes for IDNA, and why
everything assigned since is a letter unless its block holds symbols.
"""

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import xxhash

from pipelines.batch import Words

_CHUNK_DOCUMENTS = 500
_CHUNK_CHARACTERS = 400_000  # keeps the temporaries near the cache


def words(documents: Sequence[str]) -> Words:
    """The words of the documents, in reading order; a function of each document alone."""
    parts = [_chunk_words(chunk) for chunk in _chunks(documents)]
    counts = np.concatenate([np.zeros(1, np.int64), *(counts for _, counts in parts)])
    hashes = np.concatenate([np.empty(0, np.uint64), *(hashes for hashes, _ in parts)])
    return Words(hashes, np.cumsum(counts))


def ngrams(words: Words, n: int) -> Words:
    """The runs of `n` neighbouring words as hashes, in order, never across documents.

    A document of *k* words has max(0, k - n + 1) of them.
    """
    if n == 1:
        return words
    counts = np.diff(words.starts)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.maximum(counts - (n - 1), 0))])
    inside = np.ones(len(words.hashes), bool)
    for last in range(1, n):
        inside[words.starts[1:][counts >= last] - last] = False
    mixed = mix_neighbours(words.hashes, n)
    return Words(mixed[inside[: len(mixed)]], starts)


def mix_neighbours(hashes: npt.NDArray[np.uint64], n: int) -> npt.NDArray[np.uint64]:
    """A hash for each place of the next `n` words there, as if all were one document's."""
    size = max(0, len(hashes) - (n - 1))
    mixed = hashes[:size]
    for later in range(1, n):
        mixed = mixed * _ODD_NEXT
        mixed += hashes[later : later + size]
        mixed ^= mixed >> _SHIFT
    mixed *= _ODD_LAST
    mixed ^= mixed >> _SHIFT
    return mixed


def spell(document: str) -> list[str]:
    """The words of one document as text, in step with its hashes: for people, hence slow."""
    text, starts, lengths, _ = _find([document])
    pieces = [text[s : s + n].tobytes() for s, n in zip(starts, lengths, strict=True)]
    return [piece.decode("utf-8", "surrogatepass") for piece in pieces]


_LETTER, _SEPARATOR, _SOLO, _OPENER = range(4)  # a solo is a word, an opener starts one
_SPACE, _END, _APOSTROPHE = 0x20, 0x21, 0x27  # as bytes of the translated text: words are above
_BLOCK = 8
_LONG = 64  # bytes; longer words are no words, and rare enough to be hashed one by one

_ODD_WORD = np.uint64(0x9E3779B97F4A7C15)  # odd constants with well-spread bits
_ODD_NEXT = np.uint64(0xC2B2AE3D27D4EB4F)
_ODD_LAST = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)
_MASKS = np.array([(1 << (8 * k)) - 1 for k in range(9)], np.uint64)


def _chunks(documents: Sequence[str]) -> Iterator[Sequence[str]]:
    first = size = 0
    for i, document in enumerate(documents):
        if i - first == _CHUNK_DOCUMENTS or (
            i > first and size + len(document) > _CHUNK_CHARACTERS
        ):
            yield documents[first:i]
            first, size = i, 0
        size += len(document)
    if first < len(documents):
        yield documents[first:]


def _chunk_words(documents: Sequence[str]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Hashes of all the words, and how many each document has."""
    text, starts, lengths, counts = _find(documents)
    return _hash(text, starts, lengths), counts


def _find(
    documents: Sequence[str],
) -> tuple[
    npt.NDArray[np.uint8],
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
]:
    """All documents' lower-case bytes, where words start in them, their lengths, words a document.

    The last word is followed by at least eight bytes.
    """
    ascii_only = all(map(str.isascii, documents))
    if not ascii_only:
        documents = [d.replace("’", "'").replace("‘", "'") for d in documents]
    encoded = [document.encode("utf-8", "surrogatepass") for document in documents]
    # 0xFF is no byte of UTF-8, so it can end a document; zeros pad the last word's block.
    joined = b"\xff".join([b"", *encoded, bytes(_BLOCK)])
    text = np.frombuffer(bytearray(joined.translate(_BYTES)), np.uint8)
    forced = np.empty(0, np.int64) if ascii_only else _map_non_ascii(text)
    _drop_outer_apostrophes(text, forced)
    flips = np.flatnonzero(np.diff(text > _APOSTROPHE - 1)) + 1
    starts, ends = flips[0::2], flips[1::2]
    inner = forced[(text[forced] >= _APOSTROPHE) & (text[forced - 1] >= _APOSTROPHE)]
    if len(inner):
        starts, ends = (np.sort(np.concatenate([side, inner])) for side in (starts, ends))
    bounds = np.flatnonzero(text == _END)
    return text, starts, ends - starts, np.diff(np.searchsorted(starts, bounds))


def _hash(
    text: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint64]:
    """Hash words of any length, in blocks of eight little-endian bytes."""
    blocks = np.ndarray((len(text) - _BLOCK + 1,), "<u8", text.data, strides=(1,))
    hashes = blocks.take(starts)
    hashes &= _MASKS.take(lengths, mode="clip")
    hashes *= _ODD_WORD
    hashes ^= hashes >> _SHIFT
    more = np.flatnonzero(lengths > _BLOCK)
    for done in range(_BLOCK, _LONG, _BLOCK):
        more = more[lengths[more] > done]
        if not len(more):
            break
        block = blocks.take(starts[more] + done) & _MASKS.take(lengths[more] - done, mode="clip")
        state = (hashes[more] ^ block) * _ODD_WORD
        hashes[more] = state ^ (state >> _SHIFT)
    hashes *= _ODD_LAST
    hashes ^= hashes >> _SHIFT
    for i in np.flatnonzero(lengths > _LONG):
        hashes[i] = xxhash.xxh3_64_intdigest(text[starts[i] : starts[i] + lengths[i]].data)
    return hashes


def _drop_outer_apostrophes(text: npt.NDArray[np.uint8], forced: npt.NDArray[np.int64]) -> None:
    """Make spaces of the apostrophes that have no letter on both sides."""
    at = np.flatnonzero(text == _APOSTROPHE)
    if not len(at):
        return
    outer = (text[at - 1] <= _APOSTROPHE) | (text[at + 1] <= _APOSTROPHE)
    if len(forced):
        outer |= np.isin(at, forced) | np.isin(at + 1, forced)
    text[at[outer]] = _SPACE


def _map_non_ascii(text: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Lower-case and blank out characters beyond ASCII, in place.

    Returns where a word must start although no space comes before, sorted.
    """
    forced = []
    lead = np.flatnonzero(text >= 0xC0)
    width = 2 + (text[lead] >= 0xE0) + (text[lead] >= 0xF0)
    for size in (2, 3, 4):
        at = lead[width == size]
        if not len(at):
            continue
        point = text[at].astype(np.uint32) & (0x7F >> size)
        for k in range(1, size):
            point = (point << 6) | (text[at + k] & 0x3F)
        kind = _KINDS[np.minimum(point, 0xFFFF)] if size < 4 else _astral_kinds(point)
        if size < 4:
            lower = _LOWER[point]
            changed = lower != point
            for k in range(1, size):
                text[at[changed] + k] = 0x80 | ((lower[changed] >> (6 * (size - 1 - k))) & 0x3F)
            first = lower[changed] >> (6 * (size - 1))
            text[at[changed]] = (0xC0 if size == 2 else 0xE0) | first
        blank = at[kind == _SEPARATOR]
        for k in range(size):
            text[blank + k] = _SPACE
        solo = at[kind == _SOLO]
        forced += [solo, solo + size, at[kind == _OPENER]]
    return np.unique(np.concatenate([np.empty(0, np.int64), *forced]))


def _astral_kinds(points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    kinds = np.full(len(points), _LETTER, np.uint8)
    kinds[(points >= 0x1F000) & (points < 0x1FC00)] = _SEPARATOR  # pictographs
    kinds[points >= 0xE0000] = _SEPARATOR  # tags, selectors, private use
    kinds[(points >= 0x20000) & (points < 0x40000)] = _SOLO  # ideographs
    return kinds


def _byte_table() -> bytes:
    table = bytearray(range(256))
    for byte in range(0x80):
        table[byte] = ord(chr(byte).lower()) if chr(byte).isalnum() else _SPACE
    table[_APOSTROPHE], table[0xFF] = _APOSTROPHE, _END
    return bytes(table)


def _tables() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint32]]:
    """What each character of the basic plane is, and its lower case of the same UTF-8 length."""
    category = unicodedata.ucd_3_2_0.category
    kinds = np.full(0x10000, _LETTER, np.uint8)
    lower = np.arange(0x10000, dtype=np.uint32)
    for point in range(0x80, 0x10000):
        character = chr(point)
        kind = category(character)
        if kind[0] in "PSZ" or kind in ("Cc", "Cf", "Cs", "Co"):
            kinds[point] = _SEPARATOR
        elif kind in ("Lu", "Lt"):
            small = character.lower()
            same_length = len(small) == 1 and len(small.encode()) == len(character.encode())
            if same_length and category(small) == "Ll":  # such pairs never change
                lower[point] = ord(small)
    for first, last in [(0x2000, 0x20CF), (0x2190, 0x2BFF), (0x2E00, 0x2E7F), (0xFE00, 0xFE1F)]:
        kinds[first : last + 1] = _SEPARATOR  # blocks of symbols, whenever assigned
    for first, last in [(0x3005, 0x3007), (0x3041, 0x3096), (0x3400, 0x4DBF), (0x4E00, 0x9FFF)]:
        kinds[first : last + 1] = _SOLO
    kinds[0xF900:0xFB00] = _SOLO
    for first, last in [(0x0E40, 0x0E44), (0x0EC0, 0x0EC4)]:
        kinds[first : last + 1] = _OPENER
    return kinds, lower


_BYTES = _byte_table()
_KINDS, _LOWER = _tables()
