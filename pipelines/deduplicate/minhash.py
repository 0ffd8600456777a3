"""MinHash bands: texts that share many runs of three words share some band, others hardly ever.

Broder, "On the resemblance and containment of documents" (1997): the least hash of a set under a
random permutation is the same for two sets with the probability of their Jaccard similarity.
"""

import struct

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

from pipelines.batch import Words
from pipelines.words import ngrams

SHINGLE = 3  # words
ROWS = 3  # permutations a band
BANDS = 64
SEED = 42


def bands(words: Words) -> npt.NDArray[np.uint32]:
    """The bands of each document, shape (documents, BANDS); every document has three words or more.

    A band's value depends on nothing but the text's words and the band's number.
    """
    shingles = ngrams(words, SHINGLE)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(
        shingles.hashes, shingles.starts, ROWS * BANDS, SEED
    )
    # The matrix has no buffer, and packing its rows is three times faster than np.array of them.
    packed = b"".join([_ROW.pack(*row) for row in matrix.to_rows()])
    least = np.frombuffer(packed, np.uint32).reshape(-1, BANDS, ROWS).astype(np.uint64)
    mixed = least @ _ODD
    mixed += _SALT
    mixed ^= mixed >> np.uint64(29)
    mixed *= _LAST
    return (mixed >> np.uint64(32)).astype(np.uint32)


_ROW = struct.Struct(f"{ROWS * BANDS}I")
_ODD = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93], np.uint64)
_LAST = np.uint64(0xFF51AFD7ED558CCD)
_SALT = np.arange(1, BANDS + 1, dtype=np.uint64) * np.uint64(0xA0761D6478BD642F)
