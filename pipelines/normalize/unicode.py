"""Unicode repair: text that was decoded in the wrong encoding, and characters nobody sees.

The judgement is ftfy's (https://ftfy.readthedocs.io), the speed is ours: one look at a batch's code
points finds the few texts that ftfy, or NFC, could change at all.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import ftfy
import numpy as np
import numpy.typing as npt
from ftfy.badness import MOJIBAKE_CATEGORIES, is_bad
from ftfy.chardata import CONTROL_CHARS, LIGATURES

from pipelines.normalize.chunks import SEPARATOR, chunks

# Quotes stay as the publisher set them, and so do fullwidth commas and brackets, which are right in
# Chinese and Japanese. Entities are the business of the HTML step, which knows of tags.
_SETTINGS: Final = ftfy.TextFixerConfig(
    unescape_html=False,
    uncurl_quotes=False,
    fix_character_width=False,
    normalization=None,  # ours, once all is done
    explain=False,
)


def repair(texts: Sequence[str], *, plain_spaces: bool = False) -> list[str]:
    """The texts as ftfy repairs them, in NFC, without control characters but tab and newline.

    Settings differ from ftfy's defaults in three points: quotes keep their shape, entities are left
    alone, and only letters, digits, katakana and hangul lose fullwidth and halfwidth forms. Every
    line break becomes a newline. Lone surrogates become U+FFFD.

    With `plain_spaces`, which ftfy does not do, spaces of any kind and width become plain ones, and
    what has no width goes (soft hyphens, zero-width spaces; not joiners, which shape letters).
    """
    repaired: list[str] = []
    for chunk in chunks(texts):
        repaired += _repair_chunk(chunk, plain_spaces)
    return repaired


def _repair_chunk(texts: list[str], plain_spaces: bool) -> list[str]:
    text = SEPARATOR.join(texts)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    odd = np.flatnonzero(codes - np.uint32(0x20) > 0x5E)  # all but printable ASCII
    odd_codes = codes[odd]
    flags = _FLAGS[odd_codes]
    ends = odd[odd_codes == ord(SEPARATOR)]
    marks = odd[flags & _MARK != 0]
    if len(ends) >= len(texts) or (marks[_MOST_MARKS:] - marks[:-_MOST_MARKS] == _MOST_MARKS).any():
        bearable = [_SURPLUS_MARKS.sub("", piece.replace(SEPARATOR, "")) for piece in texts]
        return _repair_chunk(bearable, plain_spaces)

    def holding(places: npt.NDArray[np.int64]) -> list[int]:
        found: list[int] = np.unique(np.searchsorted(ends, places)).tolist()
        return found

    repaired = list(texts)
    for i in holding(odd[odd_codes == ord("\r")]):
        repaired[i] = repaired[i].replace("\r\n", "\n").replace("\r", "\n")
    garbled = [at for at in odd[_suspicious(odd, flags)].tolist() if _is_garbled(text, at)]
    for i in holding(np.append(odd[flags & _ALWAYS != 0], np.array(garbled, np.int64))):
        fixed = ftfy.fix_text(repaired[i], _SETTINGS)
        repaired[i] = unicodedata.normalize("NFC", _SURPLUS_MARKS.sub("", fixed))
    replaced = flags & (_UNSEEN | _SPACE if plain_spaces else _UNSEEN) != 0
    if replaced.any():
        characters = np.unique(odd_codes[replaced]).tolist()
        for i in holding(odd[replaced]):
            repaired[i] = _replaced(repaired[i], characters)
    for i in holding(odd[flags & _COMPOSES != 0]):
        repaired[i] = unicodedata.normalize("NFC", repaired[i])
    return repaired


def _replaced(text: str, characters: list[int]) -> str:
    if len(characters) > _FEW:
        return text.translate({code: _REPLACEMENTS[code] for code in characters})
    for code in characters:
        text = text.replace(chr(code), _REPLACEMENTS[code])
    return text


_FEW: Final = 10  # up to here one `replace` a character is faster than one `translate`


# NFC sorts the marks on a letter, and its time is quadratic in their number. No language has more
# than a few; 30 is the limit of Unicode's stream-safe text (UAX #15, section 13).
_MOST_MARKS: Final = 30


def _suspicious(odd: npt.NDArray[np.int64], flags: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
    """Which of the odd places ftfy's pattern could match at: a superset, told by pairs.

    Nearly all alternatives of the pattern need two of its characters side by side; of two letters,
    a small one before an accented capital. The rest hold a character that is flagged alone.
    """
    left, right = flags[:-1], flags[1:]
    both = left & right
    pair = (both & _CLUE != 0) & (odd[1:] - odd[:-1] == 1)
    pair &= (both & _LETTER == 0) | ((left & _SMALL != 0) & (right & _CAPITAL != 0))
    alone = flags & _ALONE != 0
    alone[:-1] |= pair
    return np.flatnonzero(alone)


def _is_garbled(text: str, place: int) -> bool:
    """Whether ftfy's pattern matches around the place; its longest alternative has 7 characters.

    The second look is for the alternative that is anchored at the start of a line.
    """
    window = text[max(0, place - 8) : place + 8]
    return bool(is_bad(window) or is_bad(text[place : place + 8]))


# What a code point can mean for a text that holds it.
_UNSEEN: Final = 1  # replaced or removed wherever it stands
_COMPOSES: Final = 2  # NFC may change it or its neighbour
_ALONE: Final = 4  # enough for a closer look
_CLUE: Final = 8  # one of the characters that wrong decoding produces
_LETTER: Final = 16
_SMALL: Final = 32
_CAPITAL: Final = 64
_ALWAYS: Final = 128  # ftfy treats it as part of a sequence
_SPACE: Final = 256
_MARK: Final = 512  # combines with the letter before it


def _widths() -> dict[int, str]:
    """Fullwidth digits and letters, halfwidth katakana and hangul → their common forms."""
    ranges = [(0xFF10, 0xFF1A), (0xFF21, 0xFF3B), (0xFF41, 0xFF5B), (0xFF66, 0xFFDD)]
    wide = [code for first, last in ranges for code in range(first, last)]
    return {code: unicodedata.normalize("NFKC", chr(code)) for code in wide}


_SPACES: Final = {
    **dict.fromkeys([0x09, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " "),
    **dict.fromkeys([0xAD, 0x200B, 0x2060], ""),
}
_CHANGES: Final[dict[int, str]] = {
    **LIGATURES,
    **_widths(),
    **dict.fromkeys(CONTROL_CHARS, ""),
    **dict.fromkeys([0x0C, 0x2028, 0x2029], "\n"),  # a form feed ends a paragraph, too
}
_REPLACEMENTS: Final = _CHANGES | _SPACES


def _flags() -> npt.NDArray[np.uint16]:
    flags = np.zeros(0x110000, np.uint16)
    flags[list(_CHANGES)] |= _UNSEEN
    flags[list(_SPACES)] |= _SPACE
    flags[_composing()] |= _COMPOSES
    flags[_MARKS] |= _MARK
    flags[0x1B] = _ALWAYS  # escape sequences of terminals
    flags[0xD800:0xE000] = _ALWAYS
    for category, characters in MOJIBAKE_CATEGORIES.items():
        flags[_members(characters)] |= _CATEGORIES.get(category, _CLUE)
    flags[ord("°")] = _CLUE  # no letter, though faces are made with it
    flags[[ord(c) for c in "ÂÃÎÐØÙŒœЂ√"]] |= _ALONE
    flags[0] = 0  # the separator
    return flags


_CATEGORIES: Final = {
    "common": 0,  # suspicious only after letters that are flagged alone
    "c1": _ALONE,
    "bad": _ALONE | _CLUE,
    "kaomoji": _CLUE | _LETTER,
    "lower_accented": _CLUE | _LETTER | _SMALL,
    "lower_common": _CLUE | _LETTER | _SMALL,
    "upper_accented": _CLUE | _LETTER | _CAPITAL,
    "upper_common": _CLUE | _LETTER,
}


def _members(category: str) -> list[int]:
    """The code points of one of ftfy's categories: characters, and ranges written `a-z`."""
    members = {ord(c) for c in category if c != "-"}
    for at, character in enumerate(category):
        if character == "-":
            members.update(range(ord(category[at - 1]), ord(category[at + 1]) + 1))
    return sorted(members)


def _composing() -> list[int]:
    """Code points that a text in NFC may lack, or that may merge with what stands before them."""
    found = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}  # hangul vowels and final consonants
    for code in (*range(0xC0, 0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x1F000)):
        character = chr(code)
        decomposition = unicodedata.decomposition(character)
        if decomposition and not decomposition.startswith("<"):
            if unicodedata.normalize("NFC", character) != character:
                found.add(code)
            found.update(int(part, 16) for part in decomposition.split()[1:])
    return sorted(found | set(range(0x2F800, 0x2FA1E)) | set(_MARKS))


_MARKS: Final = [code for code in range(0x300, 0x1F000) if unicodedata.combining(chr(code))]
_SURPLUS_MARKS: Final = re.compile(
    "(?<=[{0}]{{{1}}})[{0}]+".format("".join(map(chr, _MARKS)), _MOST_MARKS)
)
_FLAGS: Final = _flags()
