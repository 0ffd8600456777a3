"""datasketch's MinHash and LSH as its documentation shows: 128 permutations, a look-up a text."""

from datasketch import MinHash, MinHashLSH

THRESHOLD = 0.5  # least Jaccard similarity, as estimated


class Nearest:
    """The texts seen so far that repeat no earlier one."""

    def __init__(self) -> None:
        self._index = MinHashLSH(threshold=THRESHOLD, num_perm=128)
        self._sketches: dict[str, MinHash] = {}

    def repeats(self, name: str, text: str) -> str | None:
        """The name of the text that this one repeats; where there is none, this one is kept."""
        sketch = _sketch(text)
        found = self._index.query(sketch)
        likeness = {other: sketch.jaccard(self._sketches[other]) for other in found}
        best = max(likeness, key=likeness.__getitem__, default=None)
        if best is not None and likeness[best] >= THRESHOLD:
            return best
        if name not in self._sketches:
            self._index.insert(name, sketch)
            self._sketches[name] = sketch
        return None


def _sketch(text: str) -> MinHash:
    words = text.lower().split()
    sketch = MinHash(num_perm=128)
    sketch.update_batch({" ".join(words[i : i + 3]).encode() for i in range(len(words) - 2)})
    return sketch
