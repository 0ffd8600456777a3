"""What others make of the same pairs: MinHash libraries as their documentation uses them.

Each is given all texts in the order of the benchmark, firsts before seconds; a text belongs to the
text that it first collides with, and so on to that one's own. What a library does not verify by
itself is not verified here either.
"""

import re
from collections.abc import Callable, Sequence

Finder = Callable[[Sequence[str]], list[int]]  # for each text the place of the one it repeats

PERMUTATIONS = 128
THRESHOLD = 0.5  # as in datasketch's documentation


def finders() -> dict[str, Finder]:
    """The peers that are installed, by name."""
    found: dict[str, Finder] = {}
    for name, finder in _PEERS.items():
        try:
            finder([])
        except ImportError:
            continue
        found[name] = finder
    return found


def _datasketch(texts: Sequence[str]) -> list[int]:
    """MinHashLSH over word trigrams; candidates verified by their signatures' Jaccard."""
    from datasketch import MinHash, MinHashLSH

    held: list[MinHash] = []
    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    leads = []
    for i, text in enumerate(texts):
        sketch = MinHash(num_perm=PERMUTATIONS)
        sketch.update_batch([shingle.encode() for shingle in _shingles(text, 3)])
        near = [int(key) for key in index.query(sketch)]
        near = [key for key in near if held[key].jaccard(sketch) >= THRESHOLD]
        leads.append(leads[min(near)] if near else i)
        held.append(sketch)
        index.insert(str(i), sketch)
    return leads


def _rensa(texts: Sequence[str]) -> list[int]:
    """RMinHashLSH over words; candidates verified by their signatures' Jaccard."""
    from rensa import RMinHash, RMinHashLSH

    held: list[RMinHash] = []
    index = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=32)
    leads = []
    for i, text in enumerate(texts):
        sketch = RMinHash(num_perm=PERMUTATIONS, seed=42)
        sketch.update(_shingles(text, 3))
        near = [key for key in index.query(sketch) if held[key].jaccard(sketch) >= THRESHOLD]
        leads.append(leads[min(near)] if near else i)
        held.append(sketch)
        index.insert(i, sketch)
    return leads


def _datatrove(texts: Sequence[str]) -> list[int]:
    """datatrove's signatures with its defaults: 14 buckets of 8 over word 5-grams, unverified.

    Words are split at white space once it has simplified the text: its spaCy takes 30 ms a text.
    """
    import numpy as np
    import xxhash
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
    from datatrove.utils.text import simplify_text

    config = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8)
    step = MinhashDedupSignature(output_folder="memory://signatures", config=config)
    held: list[dict[tuple[int, ...], int]] = [{} for _ in range(config.num_buckets)]
    leads = []
    for i, text in enumerate(texts):
        words = simplify_text(text, config.norm_config).split()
        grams = [" ".join(words[k : k + 5]) for k in range(len(words) - 4)]
        hashes = np.array([xxhash.xxh64_intdigest(gram.encode()) for gram in grams], np.uint64)
        signature = step.get_signature(hashes.reshape(-1, 1)) if grams else []
        buckets = [tuple(bucket) for bucket in signature]
        near = [known[key] for known, key in zip(held, buckets, strict=False) if key in known]
        leads.append(leads[min(near)] if near else i)
        for known, key in zip(held, buckets, strict=False):
            known.setdefault(key, i)
    return leads


_PEERS: dict[str, Finder] = {
    "datasketch MinHashLSH": _datasketch,
    "rensa RMinHashLSH": _rensa,
    "datatrove MinHash": _datatrove,
}

_WORD = re.compile(r"[\w']+")


def _shingles(text: str, size: int) -> list[str]:
    words = _WORD.findall(text.lower())
    return [" ".join(words[i : i + size]) for i in range(max(1, len(words) - size + 1))]
