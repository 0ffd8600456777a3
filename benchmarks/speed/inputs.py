"""What speed is measured on: files of events, the same each time, kept once they are made."""

import gzip
import json
import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from pipelines.batch import RawBatch
from pipelines.read.inputs import find
from pipelines.read.parts import read_share
from pipelines.read.plan import plan

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".cache" / "bench"
NEWS = ROOT.parent / "shared" / "data" / "stream" / "newsapi_2022.jsonl.gz"
COMMAND = [sys.executable, "-m", "pipelines.commands"]
WORDS = 400  # of a long text


def news(count: int) -> Path:
    """NewsAPI items, a line each: real ones where ../shared/data is, else made-up ones.

    Past the 150,000 real ones they come round again, with a mark of the round in address, title and
    text, so that they are other stories.
    """
    if NEWS.exists():
        return _made(f"newsapi-{count}", islice(_rounds(), count))
    return sample(count, "newsapi")


def long_texts(count: int) -> Path:
    """Story events of 400 words in HTML; every fifth repeats the one fifty before it elsewhere.

    A text is put together of several of the sample's, none of them wrongly decoded: one in a
    hundred of the sample's is, and one in twenty of these would be.
    """
    return _made(f"long-{count}", islice(_long_texts(count), count))


def documents() -> list[str]:
    """A thousand texts of exactly 400 words, without markup: what the reference kernel works on."""
    with long_texts(1_000).open("rb") as lines:
        texts = [
            json.loads(line)["html"].replace("<p>", " ").replace("</p>", " ") for line in lines
        ]
    return [" ".join(text.split()[:WORDS]) for text in texts]


def sample(count: int, dialect: str = "story") -> Path:
    """`newsbeam sample` events."""
    path = KEPT / f"sample-{dialect}-{count}.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        making = path.with_name(f"making-{path.name}")
        flags = ["--events", str(count), "--format", dialect, "--out", making, "--json"]
        subprocess.run([*COMMAND, "sample", *flags], check=True, stdout=subprocess.DEVNULL)
        making.rename(path)
    return path


def batches(events: Path) -> Iterator[RawBatch]:
    """A file's events as Read brings them."""
    for part in plan(find([str(events)])):
        for share in part.shares:
            yield from read_share(share)


def _made(name: str, lines: Iterator[bytes]) -> Path:
    path = KEPT / f"{name}.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        making = path.with_suffix(".making")
        with making.open("wb") as out:
            out.writelines(lines)
        making.rename(path)
    return path


def _rounds() -> Iterator[bytes]:
    with gzip.open(NEWS) as lines:
        yield from lines
    number = 0
    while number := number + 1:
        with gzip.open(NEWS) as lines:
            yield from (_again(json.loads(line), number) for line in lines)


def _again(item: dict, number: int) -> bytes:
    """The item with every fourth word marked: another story of the same length."""
    for name in ("title", "description", "content"):
        words = (item.get(name) or "").split(" ")
        words[::4] = [f"{word}x{number}" for word in words[::4]]
        item[name] = " ".join(words)
    item["url"] = f"{item.get('url') or 'https://round.example/'}?round={number}"
    return json.dumps(item, ensure_ascii=False).encode() + b"\n"


def _long_texts(count: int) -> Iterator[bytes]:
    earlier: deque[dict] = deque(maxlen=50)
    paragraphs: list[str] = []
    number = 0
    for told in _texts(5 * count + 1_000):
        paragraphs += told.split("\n\n")
        if sum(len(each.split()) for each in paragraphs) < WORDS:
            continue
        html = "".join(f"<p>{each}</p>" for each in paragraphs)
        repeats = number % 5 == 4 and len(earlier) == 50
        story = earlier[0] if repeats else {"title": paragraphs[0], "html": html}
        earlier.append(story)
        address = {"id": str(number), "url": f"https://long.example/{number % 97}/{number}"}
        times = {"published_at": f"2026-03-{number % 28 + 1:02}T08:00:00Z"}
        yield json.dumps(address | story | times).encode() + b"\n"
        paragraphs = []
        number += 1


def _texts(count: int) -> Iterator[str]:
    with sample(count).open("rb") as lines:
        for line in lines:
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):  # broken on purpose
                continue
            text = event.get("text") if isinstance(event, dict) else None
            if isinstance(text, str) and not _MISREAD.search(text):
                yield text


_MISREAD = re.compile("[ÃÂÐâï]")  # what bytes of UTF-8 look like in another encoding
