"""A sample: the same every time, with the shares that were promised, and its truth is true."""

import gzip
import json
import re
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import xxhash
from click.testing import CliRunner

from pipelines.batch import Place, RawBatch
from pipelines.commands.sample import command
from pipelines.decode.decode import decode
from pipelines.normalize.normalize import normalize
from pipelines.sample.newsroom import events
from pipelines.sample.writing import write_sample
from schemas.topic import Topic


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[bytes], list[dict[str, Any]]]:
    """The lines and the truth of 3,000 events."""
    folder = tmp_path_factory.mktemp("sample")
    written_ = write_sample(folder, 3_000, seed=5)
    lines = written_.events.read_bytes().splitlines(keepends=True)
    return lines, [json.loads(line) for line in written_.truth.read_text().splitlines()]


@pytest.mark.parametrize(
    ("dialect", "digest"), [("story", "f2fa8a06bb8e1ae5"), ("newsapi", "8dcb5ab326f33919")]
)
def test_a_seed_gives_the_same_bytes_on_every_machine(
    dialect: str, digest: str, tmp_path: Path
) -> None:
    """A sample's lines are pinned; a change of the generator has to say so here."""
    file = write_sample(tmp_path, 1_200, 7, dialect).events
    assert xxhash.xxh3_64_hexdigest(file.read_bytes()) == digest


def test_other_seeds_give_other_news() -> None:
    """Samples of two seeds share no text, so they can go into one lake."""
    texts = [
        {
            event["text"]
            for event, _ in events(300, seed)
            if isinstance(event, dict) and "text" in event
        }
        for seed in (1, 2)
    ]
    assert min(map(len, texts)) > 200
    assert not texts[0] & texts[1]


def test_a_longer_sample_is_no_repeat_of_itself() -> None:
    """Stories far apart in a sample differ as much as neighbours do; memory stays bounded."""
    titles = [e["title"] for e, t in events(4_000, 3) if t.kind == "story" and isinstance(e, dict)]
    assert len(set(titles)) > 0.98 * len(titles)


def test_truth_names_each_line(sample: tuple[list[bytes], list[dict[str, Any]]]) -> None:
    """Line, offset and id of each truth are those of its event; what it repeats came before."""
    lines, truths = sample
    assert len(lines) == len(truths) == 3_000
    offset = 0
    for number, (line, truth) in enumerate(zip(lines, truths, strict=True), 1):
        assert (truth["line"], truth["offset"]) == (number, offset)
        offset += len(line)
        if truth["kind"] != "broken":
            assert json.loads(line).get("id") == truth["id"]
        for key in ("repeats", "beside"):
            if truth[key] is not None:
                assert truth[key] < number
                assert truths[truth[key] - 1]["kind"] in ("story", "distinct-near-headline")


def test_kinds_have_their_shares(sample: tuple[list[bytes], list[dict[str, Any]]]) -> None:
    """About 70 % stories, 25 % repeats, 3 % near headlines, 2 % broken; every kind is there."""
    kinds = Counter(truth["kind"] for truth in sample[1])
    repeated = sum(n for kind, n in kinds.items() if kind in REPEATS)
    assert 0.66 < kinds["story"] / 3_000 < 0.74
    assert 0.22 < repeated / 3_000 < 0.28
    assert 0.01 < kinds["broken"] / 3_000 < 0.03
    assert set(kinds) == {*REPEATS, "story", "distinct-near-headline", "broken"}


REPEATS = {"exact", "edited", "truncated", "expanded", "revision", "syndicated"}


def test_topics_and_languages_are_all_there(
    sample: tuple[list[bytes], list[dict[str, Any]]],
) -> None:
    """Every topic of the lake has stories, and several languages have some."""
    stories = [truth for truth in sample[1] if truth["kind"] == "story"]
    assert {truth["topic"] for truth in stories} == set(Topic)
    assert {truth["language"] for truth in stories} == {"en", "de", "fr", "es", "ru"}


@pytest.mark.parametrize("dialect", ["story", "newsapi"])
def test_the_record_pair_is_in_every_sample_of_1000(dialect: str) -> None:
    """Two stories one verb apart, the later one declared to stand beside the other."""
    found = {
        line: (event["title"], truth)
        for line, (event, truth) in enumerate(events(1_000, 9, dialect), 1)
        if isinstance(event, dict) and "Okafor" in event.get("title", "")
        and truth.kind in ("story", "distinct-near-headline")
        and "games played" in event["title"] and "Darnell" in event["title"]
    }  # fmt: skip
    (first, (tied, one)), (_, (broke, other)) = sorted(found.items())
    assert "ties league record" in tied
    assert "breaks league record" in broke
    assert (one.kind, other.kind, other.beside) == ("story", "distinct-near-headline", first)


def test_newsapi_items_are_as_newsapi_gives_them() -> None:
    """The outlet ends the headline, long texts are cut and marked, times are ISO 8601."""
    for event, truth in islice(events(400, 8, "newsapi"), 400):
        if isinstance(event, dict):
            assert event["title"].endswith(" - " + event["source"]["name"])
            assert re.search(r"\[\+\d+ chars\]$", event["content"]) or len(event["content"]) <= 210
            assert re.fullmatch(r"2026-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["publishedAt"])
            assert truth.kind in ("story", "distinct-near-headline", "exact", "syndicated")


def test_dress_keeps_the_words(sample: tuple[list[bytes], list[dict[str, Any]]]) -> None:
    """Once a story event is normalized, no entity, widget, mojibake or tag is left in its text."""
    lines = [line for line, truth in zip(*sample, strict=True) if truth["kind"] == "story"]
    lines = lines[:700]
    count = len(lines)
    batch = normalize(decode(RawBatch(
        Place(0, 0), 1_770_000_000_000_000, [], [], [],
        list(range(count)), [f"f@{i}:0" for i in range(count)], [None] * count, lines,
    )))  # fmt: skip
    assert not batch.dead
    left = [
        text
        for text in batch.text
        if re.search(
            r"&\w+;|</?\w|â€|Ã|\u200b|\ufeff|Share (this|on)|Be the first|\d Comments", text
        )
    ]
    assert left == []


def test_a_file_or_a_folder_can_be_named(tmp_path: Path) -> None:
    """`.gz` is compressed, a folder gets events.jsonl, and the truth stands beside either."""
    plain = write_sample(tmp_path / "folder", 50, 1)
    packed = write_sample(tmp_path / "packed" / "day.jsonl.gz", 50, 1)
    assert plain.events.name == "events.jsonl"
    assert gzip.decompress(packed.events.read_bytes()) == plain.events.read_bytes()
    assert plain.truth.read_bytes() == packed.truth.read_bytes()


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    """`--json` prints one object with the files and the number of each kind."""
    words_ = ["--events", "40", "--out", str(tmp_path / "s"), "--json"]
    done = CliRunner().invoke(command, words_)
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["events"] == sum(answer["kinds"].values()) == 40
    assert Path(answer["file"]).is_file()
    assert Path(answer["truth"]).is_file()


def test_a_sample_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """A folder that is a file ends with exit 1 and its name, without a traceback."""
    (tmp_path / "taken").write_text("")
    done = CliRunner().invoke(command, ["--out", str(tmp_path / "taken" / "s")])
    assert done.exit_code == 1
    assert "taken" in done.output
