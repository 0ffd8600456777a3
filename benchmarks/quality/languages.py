"""Languages: thirty of them in a hundred characters, and English by its fast path.

`python -m benchmarks.quality.languages FOLDER` measures, with the peers, on somebody's sentences: a
file for each language, `<code>.txt`, with one sentence a line.
"""

import gzip
import importlib.util
import json
import sys
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from itertools import islice
from pathlib import Path

from pipelines.evaluate.languages import accuracies, measure, scores, told
from pipelines.normalize.language import english_by_stop_words
from pipelines.words import words

NAME = "Languages"
ENGLISH = {
    "huffpost": "tagging/huffpost_train.jsonl.gz",
    "allsides": "tagging/allsides_fulltext_train.jsonl.gz",
    "agnews": "tagging/agnews_dev.jsonl.gz",
}
FILES = tuple(ENGLISH.values())
LENGTH = 100  # characters
SET = 3_000  # texts of each English source

Tell = Callable[[list[str]], list[str | None]]
Labels = list[tuple[str, str]]  # language, text


def ours(data: Path) -> dict[str, float]:
    """English news of three sources, none of which the fast path's thresholds were chosen on."""
    figures = {}
    for name, file in ENGLISH.items():
        texts = _english(data / file)
        fast = by_fast_path(texts)
        answers = told([text[:LENGTH] for text in texts])
        figures[f"{name}: English by its fast path"] = sum(fast) / len(fast)
        figures[f"{name}: English in {LENGTH} characters"] = answers.count("en") / len(answers)
    return figures


def own() -> dict[str, float]:
    """Our own sentences in thirty languages; how many of the others the fast path calls English."""
    labels = sentences()
    figures = measure({"text": text, "language": code} for code, text in labels)
    fast = by_fast_path([text for code, text in labels if code != "en"])
    return {f"our sentences: {name}": value for name, value in figures.items()} | {
        "our sentences: others by the English fast path": sum(fast) / len(fast)
    }


def peers(data: Path) -> dict[str, dict[str, float]]:
    """Other packages on the same texts, as they come: none is told which languages to expect."""
    figures = {}
    for name, tell in _peers().items():
        texts = {source: _english(data / file) for source, file in ENGLISH.items()}
        codes, ours = zip(*sentences(), strict=True)
        english = {
            f"{source}: English in {LENGTH} characters": _share(
                tell, [t[:LENGTH] for t in some], "en"
            )
            for source, all_of_it in texts.items()
            for some in [all_of_it[:: SET // 300]]  # some take milliseconds each
        }
        measured = scores(list(codes), tell(list(ours)))
        figures[name] = english | {f"our sentences: {f}": value for f, value in measured.items()}
    return figures


def sentences() -> Labels:
    """Our own, as texts of a hundred characters: single sentences, and neighbours joined."""
    table = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text("utf-8"))
    return [(code, text) for code, lines in table.items() for text in cut(lines)]


def cut(lines: Iterable[str], length: int = LENGTH) -> list[str]:
    """Sentences as long as that, joined with the following where they are shorter."""
    texts, text = [], ""
    for line in lines:
        text = f"{text} {line.strip()}".strip()
        if len(text) >= length:
            texts.append(text[:length])
            text = ""
    return texts


def by_fast_path(texts: list[str]) -> list[bool]:
    """Which texts are English by stop words alone."""
    none = [""] * len(texts)
    return english_by_stop_words(words(none), words(texts), none, texts)


def _english(file: Path) -> list[str]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        stories = [json.loads(line) for line in islice(lines, SET)]
    return [f"{s['title']} {s.get('content') or s.get('description') or ''}" for s in stories]


def _share(tell: Tell, texts: list[str], code: str) -> float:
    return tell(texts).count(code) / len(texts)


@cache
def _peers() -> dict[str, Tell]:
    import py3langid

    found: dict[str, Tell] = {"py3langid": lambda texts: [py3langid.classify(t)[0] for t in texts]}
    if importlib.util.find_spec("langdetect"):
        found["langdetect"] = _langdetect
    if importlib.util.find_spec("lingua"):
        from lingua import LanguageDetectorBuilder

        detector = LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().build()
        found["lingua, fast"] = lambda texts: [
            language and language.iso_code_639_1.name.lower()
            for language in detector.detect_languages_in_parallel_of(texts)
        ]
    return found


def _langdetect(texts: list[str]) -> list[str | None]:
    import langdetect

    langdetect.DetectorFactory.seed = 0
    answers: list[str | None] = []
    for text in texts:
        try:
            answers.append(langdetect.detect(text).partition("-")[0])
        except langdetect.LangDetectException:
            answers.append(None)
    return answers


def main(folder: Path) -> None:
    """Print, for each language of the folder, the share told right by us and by the peers."""
    labels = [
        (file.stem, text)
        for file in sorted(folder.glob("*.txt"))
        for text in cut(file.read_text("utf-8").splitlines())
    ]
    codes, texts = [code for code, _ in labels], [text for _, text in labels]
    columns = {"Newsbeam": told} | _peers()
    measured = {name: accuracies(codes, tell(texts)) for name, tell in columns.items()}
    for code in sorted(set(codes)):
        print(code, codes.count(code), *(f"{of[code]:.4f}" for of in measured.values()), sep="\t")
    thirty = [code for code in dict.fromkeys(code for code, _ in sentences()) if code in codes]
    for name, of in measured.items():
        mean = sum(of[code] for code in thirty) / len(thirty)
        print(f"{name}: {mean:.4f} of our {len(thirty)}, {sum(of.values()) / len(of):.4f} of all")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
