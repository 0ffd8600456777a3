"""Made-up news: the same every time, as varied as promised, and its truth is true."""

import gzip
import json
import re
from collections import Counter
from itertools import islice, pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
import xxhash
from click.testing import CliRunner

from pipelines.batch import Place, RawBatch
from pipelines.commands.sample import command
from pipelines.decode.decode import decode
from pipelines.normalize.normalize import normalize
from pipelines.sample import broken, repeats
from pipelines.sample.dates import DAYS, iso, written
from pipelines.sample.grammar import _with_article, fill, subjects
from pipelines.sample.newsroom import events
from pipelines.sample.outlets import as_newsapi, outlets, publish
from pipelines.sample.repeats import Moment, Told
from pipelines.sample.stories import tell
from pipelines.sample.writing import write_sample
from schemas.reasons import reasons
from schemas.topic import Topic

Bigrams = set[tuple[str, str]]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[bytes], list[dict[str, Any]]]:
    """The lines and the truth of 3,000 events."""
    folder = tmp_path_factory.mktemp("sample")
    written_ = write_sample(folder, 3_000, seed=5)
    lines = written_.events.read_bytes().splitlines(keepends=True)
    return lines, [json.loads(line) for line in written_.truth.read_text().splitlines()]


def words(text: str) -> list[str]:
    """The words of a text, lower-cased, without punctuation."""
    return re.findall(r"\w+", text.lower())


def bigrams(text: str) -> Bigrams:
    """The pairs of neighbouring words."""
    found = words(text)
    return set(pairwise(found))


def told(seed: int, subject: str = "politics", least: int = 80) -> Told:
    """A story that is out, with at least so many words."""
    dice = Random(seed)
    while True:
        story = tell(subjects()[subject], dice)
        if (count := len(words(story.text))) >= least:
            event = publish(story, f"{seed}-1", 0, outlets()[0], dice)
            return Told(1, story, event, count)


@pytest.mark.parametrize(
    ("dialect", "digest"), [("story", "1f746750086dc34d"), ("newsapi", "55c7cce7b227586e")]
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


def test_stories_have_30_to_400_words_and_differ(
    sample: tuple[list[bytes], list[dict[str, Any]]],
) -> None:
    """No two stories share three tenths of their word pairs, nor six tenths of the shorter's."""
    dice = Random(4)
    subject = [s for s in subjects().values() for _ in range(40)]
    texts = [bigrams(text) for s in subject if (text := tell(s, dice).text) and in_bounds(text)]
    assert len(texts) == len(subject)
    holders: dict[tuple[str, str], list[int]] = {}
    shared: Counter[tuple[int, int]] = Counter()
    for number, text in enumerate(texts):
        for pair in text:
            others = holders.setdefault(pair, [])
            shared.update((other, number) for other in others)
            others.append(number)
    for (one, other), count in shared.items():
        sizes = len(texts[one]), len(texts[other])
        assert count / (sum(sizes) - count) < 0.3
        assert count / min(sizes) < 0.6


def in_bounds(text: str) -> bool:
    """Whether a text has 30 to 400 words or so."""
    return 28 <= len(words(text)) <= 430


@pytest.mark.parametrize("name", subjects())
def test_sentences_have_slots_enough(name: str) -> None:
    """Filled anew, a pattern keeps at most 0.6 of its word pairs, and a quarter on average."""
    subject, dice = subjects()[name], Random(1)
    kept = []
    for sentence in subject.leads + subject.orders[0][: len(subject.orders[0]) // 2]:
        fills = [bigrams(fill(*sentence, dice)) for _ in range(8)]
        ratios = [len(a & b) / len(a) for a, b in pairwise(fills)]
        kept.append(sum(ratios) / len(ratios))
    assert max(kept) < 0.6
    assert sum(kept) / len(kept) < 0.27


@pytest.mark.parametrize("name", subjects())
def test_stories_leave_no_slot_open(name: str) -> None:
    """A told story has no braces, doubled spaces or choices left, and fits its articles."""
    dice, english = Random(2), subjects()[name].language == "en"
    wrong = re.compile(r"[{}<>]|  |%[sd]" + r"|\b[Aa] (?!uni|eu|one|us)[aeiou]" * english)
    for _ in range(40):
        story = tell(subjects()[name], dice)
        for text in (story.title, story.text):
            assert not wrong.search(text), text
            assert not text[0].islower(), text


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("good win", "a good win"),
        ("early vote", "an early vote"),
        ("union leader", "a union leader"),  # sounds like "you"
        ("honest answer", "an honest answer"),  # a silent h
        ("8-3 win", "an 8-3 win"),
        ("$11 million bond", "an $11 million bond"),  # the sign is not spoken first
    ],
)
def test_articles(entry: str, expected: str) -> None:
    """The article follows the sound of the word after it."""
    assert _with_article(entry) == expected


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


def test_near_headlines_are_other_stories() -> None:
    """A headline one word away stands over a text that is as different as any other's."""
    lines = list(events(1_500, 6))
    seen = 0
    for event, truth in lines:
        if truth.beside and isinstance(event, dict) and "text" in event:
            other = lines[truth.beside - 1][0]
            if isinstance(other, dict) and "text" in other:
                one, two = bigrams(event["text"]), bigrams(other["text"])
                assert len(one & two) / len(one | two) < 0.3
                seen += 1
    assert seen > 15


@pytest.mark.parametrize("seed", range(12))
def test_edited_copies_stay_near(seed: int) -> None:
    """Changed, reordered, with dateline and footer: still near enough to be found, never equal."""
    story = told(seed)
    event = repeats.edited(story, Moment("x-2", 60, Random(seed)))
    one, two = bigrams(story.story.text), bigrams(event["text"])
    assert one != two
    shared = len(one & two)
    assert shared / len(one | two) >= 0.45 or shared / min(len(one), len(two)) >= 0.70


@pytest.mark.parametrize("seed", range(6))
def test_truncated_and_expanded_contain_one_another(seed: int) -> None:
    """What was cut off is in the story, and the story is in what was expanded."""
    story = told(seed, "sports")
    whole = words(story.story.text)
    short = repeats.truncated(story, Moment("x-2", 60, Random(seed)))["text"].partition("…")[0]
    longer = repeats.expanded(story, Moment("x-3", 60, Random(seed)))["text"]
    cut = words(short.removesuffix("..."))
    assert whole[: len(cut) - 1] == cut[:-1]
    assert 0.35 * len(whole) < len(cut) < 0.85 * len(whole)
    assert words(longer)[: len(whole)] == whole
    assert 1.2 * len(whole) < len(words(longer)) < 2 * len(whole) + 60


@pytest.mark.parametrize("seed", range(6))
def test_revisions_keep_name_and_beginning(seed: int) -> None:
    """A revision has the story's id and address, and a fifth of its words at least."""
    story = told(seed)
    event = repeats.revision(story, Moment("x-2", 60, Random(seed)))
    assert (event["id"], event["url"]) == (story.event["id"], story.event["url"])
    assert event["text"] != story.event["text"]
    mine, theirs = Counter(words(event["text"])), Counter(words(story.story.text))
    assert (mine & theirs).total() >= 0.4 * theirs.total()


@pytest.mark.parametrize("seed", range(6))
def test_syndicated_and_exact_copies_have_the_same_words(seed: int) -> None:
    """Passed on, a text moves to another outlet; copied, it may keep even its id."""
    story = told(seed, "science", least=20)
    passed_on = repeats.syndicated(story, Moment("x-2", 60, Random(seed)))
    copied = repeats.exact(story, Moment("x-3", 60, Random(seed)))
    assert words(passed_on["text"]) == words(copied["text"]) == words(story.story.text)
    assert passed_on["id"] == "x-2"
    assert copied["url"].startswith(story.event["url"])


BROKEN = [
    pytest.param(dialect, reason, way, id=f"{dialect}-{reason.__name__}-{number}")
    for dialect in ("story", "newsapi")
    for reason, ways in broken._WAYS
    for number, way in enumerate(ways)
]


@pytest.mark.parametrize(("dialect", "reason", "way"), BROKEN)
def test_broken_records_meet_the_reason_that_the_truth_names(
    dialect: str, reason: Any, way: Any
) -> None:
    """Each way of breaking a record is refused for its own reason, in either format."""
    story = told(3, "business", least=20)
    event = story.event
    if dialect == "newsapi":
        event = as_newsapi(event, 0, Random(1))
    batch = RawBatch(
        Place(0, 0), 1_770_000_000_000_000, [], [], [], [0], ["file:///x@0:0"], [None], [way(event)]
    )
    assert [dead.reason for dead in normalize(decode(batch)).dead] == [reason.__name__]


def test_every_reason_of_decode_and_normalize_can_be_met() -> None:
    """No reason that a record can have is missing from samples."""
    made = {reason for reason, _ in broken._WAYS}
    assert made == {reason for reason in reasons() if reason.stage != "read"}


def test_newsapi_items_are_as_newsapi_gives_them() -> None:
    """The outlet ends the headline, long texts are cut and marked, times are ISO 8601."""
    for event, truth in islice(events(400, 8, "newsapi"), 400):
        if isinstance(event, dict):
            assert event["title"].endswith(" - " + event["source"]["name"])
            assert re.search(r"\[\+\d+ chars\]$", event["content"]) or len(event["content"]) <= 210
            assert re.fullmatch(r"2026-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["publishedAt"])
            assert truth.kind in ("story", "distinct-near-headline", "exact", "syndicated")


def test_times_take_many_forms_over_ten_days() -> None:
    """Each is written in one of a dozen ways, and a few are missing."""
    dice = Random(1)
    forms = {re.sub(r"[A-Za-z]+", "a", re.sub(r"\d+", "9", str(written(s, dice))))
             for s in range(0, DAYS * 86_400, 120)}  # fmt: skip
    assert len(forms) > 10
    assert (iso(0), iso(DAYS * 86_400 - 1)) == ("2026-03-02T00:00:00Z", "2026-03-11T23:59:59Z")


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
