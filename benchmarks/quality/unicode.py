"""Unicode: as ftfy mends it, on the stream's stories, ftfy's own cases and our own sentences."""

import gzip
import json
import tarfile
import unicodedata
from functools import cache
from itertools import islice
from pathlib import Path

import ftfy

from benchmarks.quality.languages import sentences
from pipelines.evaluate.unicode import measure, scores
from pipelines.normalize.unicode import _SETTINGS, _widths, repair

NAME = "Unicode"
STREAM = "stream/newsapi_2022.jsonl.gz"
CASES = "normalize/unicode_and_urls.tar.gz"
FILES = (STREAM, CASES)
EVERY = 4  # of the stream's stories is measured
UNFIXABLE = "known-failures"  # ftfy's file of what it does not mend

Pairs = list[tuple[str, str]]  # a text as it came, and as it should read


def ours(data: Path) -> dict[str, float]:
    """The share of stories with ftfy's very output, and the share of ftfy's cases met."""
    stories = _stories(data)
    flat = [text for story in stories for text in story]
    repaired = iter(repair(flat))
    same = [all(next(repaired) == as_ftfy(text) for text in story) for story in map(list, stories)]
    figures = {"stories with ftfy's output": sum(same) / len(same)}
    for name, cases in _cases(data).items():
        raws = [raw for raw, _ in cases]
        # What ftfy itself does not mend need not be mended, but must not come out otherwise.
        expected = [(raw, as_ftfy(raw)) for raw in raws] if name == UNFIXABLE else cases
        figures[_name(name)] = scores(expected, repair(raws))["right"]
    return figures


def own() -> dict[str, float]:
    """Our own sentences, as they are and mis-decoded in the usual ways."""
    figures = measure({"raw": raw, "clean": clean} for raw, clean in garbled())
    return {f"our sentences: {name}": figures[name] for name in ("mended", "left alone")}


def peers(data: Path) -> dict[str, dict[str, float]]:
    """ftfy with its own settings but for quotes, and what doing nothing comes to."""
    figures = {}
    for name, fix in {"ftfy": _ftfy, "nothing": str}.items():
        figures[name] = {
            _name(part): scores(cases, [fix(raw) for raw, _ in cases])["right"]
            for part, cases in _cases(data).items()
            if part != UNFIXABLE
        }
        measured = scores(garbled(), [fix(raw) for raw, _ in garbled()])
        for figure in ("mended", "left alone"):
            figures[name][f"our sentences: {figure}"] = measured[figure]
    return figures


def _name(part: str) -> str:
    return f"ftfy's {part}: {'its output' if part == UNFIXABLE else 'as they should be'}"


def as_ftfy(text: str) -> str:
    """What ftfy makes of a text by our settings: all of the difference is written down here."""
    return unicodedata.normalize("NFC", ftfy.fix_text(text, _SETTINGS).translate(_WIDTHS))


_WIDTHS = _widths()


@cache
def garbled() -> Pairs:
    """Our own sentences, each as it is, and read as each encoding that can write its UTF-8."""
    pairs: Pairs = []
    for _, text in sentences():
        pairs.append((text, text))
        for encoding in ("sloppy-windows-1252", "latin-1", "macroman"):
            wrong = text.encode().decode(encoding)
            if wrong != text:
                pairs.append((wrong, text))
    return pairs


def _stories(data: Path) -> list[list[str]]:
    with gzip.open(data / STREAM, "rt", encoding="utf-8") as lines:
        items = [json.loads(line) for line in islice(lines, 0, None, EVERY)]
    return [
        [item[part] for part in ("title", "description", "content") if item[part]] for item in items
    ]


def _cases(data: Path) -> dict[str, Pairs]:
    """ftfy's cases by file: the text, and how it should read by our settings.

    Those of a negative file must not change but as quotes and the like do; `fixed-encoding` is what
    ftfy expects before those.
    """
    found: dict[str, Pairs] = {}
    with tarfile.open(data / CASES) as archive:
        for member in archive:
            if "/test-cases/" in member.name and member.name.endswith(".json"):
                cases = json.load(archive.extractfile(member))  # type: ignore[arg-type]
                for case in cases:
                    name = Path(member.name).stem if case["expect"] == "pass" else UNFIXABLE
                    right = case.get("fixed-encoding", case["fixed"])
                    found.setdefault(name, []).append((case["original"], _characters(right)))
    return dict(sorted(found.items()))


def _characters(text: str) -> str:
    """The text with ligatures, widths and controls as ours are, its encoding as it is."""
    fixed = ftfy.fix_text(text, _SETTINGS._replace(fix_encoding=False)).translate(_WIDTHS)
    return unicodedata.normalize("NFC", fixed)


def _ftfy(text: str) -> str:
    return ftfy.fix_text(text, uncurl_quotes=False)
