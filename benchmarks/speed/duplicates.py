"""Finding repeats alone, among plain texts: `python -m benchmarks.speed.duplicates HOW EVENTS`.

HOW is `ours`, `datatrove` or `datasketch`; prints JSON: seconds from texts to verdicts, and how
many are right. The texts are made-up stories and their planted repeats: copied, edited, cut off,
grown, passed on, and others beside them with nearly the same headline. All get the same texts,
without page furniture.
"""

import json
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from pipelines.batch import Batch, Place, RawBatch, TaggedBatch
from pipelines.decode.decode import decode
from pipelines.deduplicate.index import Index
from pipelines.deduplicate.sketch import sketch, sketches_of
from pipelines.normalize.normalize import normalize
from pipelines.sample import newsroom
from pipelines.settings import Verdicts

_BATCH, _WINDOW = 1_000, 50_000  # as a run has them
_LEFT_OUT = ("revision", "broken")  # told by URL or id, or no text at all

Finds = Callable[[Sequence[str]], list[int | None]]  # for each text which earlier one it repeats


class Set(NamedTuple):
    """Texts, and for each the place of the one that it repeats."""

    texts: list[str]
    repeats: list[int | None]


def planted(count: int) -> Set:
    """Texts of made-up events, in their order."""
    events = list(newsroom.events(count, seed=7))
    bodies = [json.dumps(event).encode() if isinstance(event, dict) else b"" for event, _ in events]
    names = [str(number) for number in range(count)]
    raw = RawBatch.of_messages(Place(0, 0), 0, [], names, [None] * count, bodies)
    batch = normalize(decode(raw))
    texts, repeats, places = [], [], {}
    for number, text in zip(batch.position, batch.text, strict=True):
        truth = events[number][1]
        origin = None if truth.repeats is None else places.get(truth.repeats)
        if truth.kind in _LEFT_OUT or not text or (truth.repeats and origin is None):
            continue
        places[number + 1] = len(texts)  # lines begin at 1
        texts.append(text)
        repeats.append(origin)
    return Set(texts, repeats)


def scores(found: Sequence[int | None], repeats: Sequence[int | None]) -> dict[str, float]:
    """Precision, recall and F1 of "repeats that one"; a wrong origin is wrong both ways."""
    pairs = list(zip(found, repeats, strict=True))
    right = sum(mine == true for mine, true in pairs if true is not None)
    precision = right / max(1, sum(mine is not None for mine, _ in pairs))
    recall = right / max(1, sum(true is not None for _, true in pairs))
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"precision": precision, "recall": recall, "F1": f1}


def ours(texts: Sequence[str]) -> list[int | None]:
    """Words, sketches, look-up, verification and decision, as `newsbeam run` has them."""
    index = Index(Verdicts())
    found: list[int | None] = []
    for first in range(0, len(texts), _WINDOW):
        places = range(first, min(first + _WINDOW, len(texts)), _BATCH)
        batches = [sketch(_tagged(texts[at : at + _BATCH], at)).rows for at in places]
        decisions = index.decide(sketches_of(pa.concat_batches(batches)))
        index.merge(decisions)
        for number, story in enumerate(decisions.story_id, first):
            found.append(None if story == str(number) else int(story or number))
    return found


def datatrove(texts: Sequence[str]) -> list[int | None]:
    """Its four steps of MinHash as its example has them, called directly, in one process."""
    from datatrove.data import Document
    from datatrove.pipeline.dedup import minhash
    from datatrove.utils.hashing import HashConfig
    from xxhash import xxh64_intdigest

    config = minhash.MinhashConfig(hash_config=HashConfig(precision=64))
    documents = [Document(text=text, id=str(number)) for number, text in enumerate(texts)]
    with tempfile.TemporaryDirectory() as folder:
        signatures, buckets, clusters = (f"{folder}/{name}" for name in "sbc")
        signature = minhash.MinhashDedupSignature(signatures, config)
        signature._hash_func = lambda text: xxh64_intdigest(text.encode())  # as xxhash 3 did itself
        signature.run(documents)
        bucket = minhash.MinhashDedupBuckets(signatures, buckets, config=config)
        for rank in range(config.num_buckets):
            bucket.run(None, rank, config.num_buckets)
        minhash.MinhashDedupCluster(buckets, clusters, config, save_cluster_id=True).run(None)
        kept = list(minhash.MinhashDedupFilter(clusters).run(documents))
        members = Path(clusters, "000000.clusters").read_bytes()
        removed = Path(clusters, "000000.remove").stat().st_size // 4
    assert len(kept) == len(texts) - removed
    found: list[int | None] = [None] * len(texts)
    firsts: dict[int, int] = {}
    for number, cluster in sorted(struct.iter_unpack("<2I", members)):
        first = firsts.setdefault(cluster, number)
        found[number] = None if first == number else first
    return found


def datasketch(texts: Sequence[str]) -> list[int | None]:
    """A look-up in its LSH, text after text."""
    from benchmarks.speed.nearest import Nearest

    nearest = Nearest()
    found = [nearest.repeats(str(number), text) for number, text in enumerate(texts)]
    return [None if other is None else int(other) for other in found]


def main(how: str, count: int) -> None:
    """Find repeats that way and print what it took."""
    find: Finds = {"ours": ours, "datatrove": datatrove, "datasketch": datasketch}[how]
    told = planted(count)
    find(told.texts[:200])
    start, cpu = time.perf_counter(), time.process_time()
    found = find(told.texts)
    spent = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    print(json.dumps({"texts": len(found), **spent, **scores(found, told.repeats)}))


def _tagged(texts: Sequence[str], first: int) -> TaggedBatch:
    """Texts that came with nothing else."""
    ids = [str(number) for number in range(first, first + len(texts))]
    nothing: list[None] = [None] * len(texts)
    columns = {
        f.name: nothing for f in fields(TaggedBatch) if f.name not in Batch.__dataclass_fields__
    }
    columns |= {name: [""] * len(texts) for name in ("title", "summary")}
    columns |= {"title_words": None, "text_words": None, "summary_words": None}
    batch = RawBatch.of_messages(Place(0, first), 0, [], ids, nothing, [b""] * len(texts))
    known = {f.name: getattr(batch, f.name) for f in fields(Batch)}
    return TaggedBatch(**{**known, **columns, "text": list(texts)})


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
