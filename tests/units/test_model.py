"""The tagger's model: margins against a plain reading, what is packed, learnt and explained."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.tag import model as module
from pipelines.tag.card import CARD
from pipelines.tag.corpora import Corpus
from pipelines.tag.evaluate import SHARE, calibrate, measure_all
from pipelines.tag.model import BUCKETS, HEADS, LIMIT, Model, load_model, read_model, repeats
from pipelines.words import ngrams, words

DOCUMENTS = st.lists(st.tuples(*[st.text(alphabet="abc é", max_size=60)] * 3), max_size=6)


def extreme_model() -> Model:
    """A model whose weights are as great as can be, so that sums strain the packing."""
    random = np.random.default_rng(7)
    return Model(
        weights=random.choice([-127, -126, 126, 127], (2, BUCKETS)).astype(np.int8),
        scale=np.array([0.5, 0.25]),
        bias=np.array([0.125, -0.25]),
        slope=np.ones(2),
        offset=np.zeros(2),
        band=np.full(2, 0.3),
        listed=np.empty(0, np.uint64),
        listed_for=np.empty(0, np.int8),
        vocabulary=np.zeros(1 << 17, np.uint8),
    )


SHARED = extreme_model()


def plain_margins(model, title, summary, text):
    """One document, one feature at a time."""
    parts = [title, summary, text]
    read = [words([part]).hashes[:LIMIT] for part in parts]
    begun = list(read[2][: min(4, len(read[1]))]) == list(read[1][:4])
    total, size = np.zeros(2), 0
    for part, hashes in zip("tsx", read, strict=True):
        if part == "s" and begun:
            continue
        pairs = ngrams(words([" "]), 2).hashes
        if len(hashes):
            pairs = ngrams(module.Words(hashes, np.array([0, len(hashes)])), 2).hashes
        for feature in [*hashes.tolist(), *pairs.tolist()]:
            total += model.weights[:, feature >> 46]
            size += 1
    return total / max(1, size) ** 0.5 * model.scale + model.bias


def margins_of(model, documents):
    titles, summaries, texts = map(list, zip(*documents, strict=True)) if documents else ([],) * 3
    return model.margins(words(titles), words(summaries), words(texts))


@given(DOCUMENTS, st.sampled_from([1, 7, 32_768]))
def test_margins_equal_a_plain_reading(documents, block):
    """However documents share blocks, each gets the margins that it has alone."""
    model = SHARED
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", block)
        found = margins_of(model, documents)
    assert found.shape == (2, len(documents))
    for i, document in enumerate(documents):
        np.testing.assert_allclose(found[:, i], plain_margins(model, *document), rtol=1e-12)


def test_evidence_is_counted_once_each_and_by_head():
    """Different words count, not how often; those that are at home in both topics do not."""
    found = load_model().listed_words(
        [words([text]).hashes for text in ("senate senate’s senate nfl", "house team election", "")]
    )
    assert found.tolist() == [[2, 0, 0], [1, 0, 0]]


@pytest.mark.parametrize("sign", [-127, 127])
def test_the_greatest_sums_fit(sign):
    """Twelve hundred words of the greatest weight, of either sign, still unpack right."""
    model = extreme_model()
    model.weights[0], model.weights[1] = sign, -sign
    model.__post_init__()
    long = " ".join(f"w{i}" for i in range(LIMIT + 50))
    other = " ".join(f"v{i}" for i in range(LIMIT + 50))
    found = margins_of(model, [(long, other, long)])[:, 0]
    features = 3 * (2 * LIMIT - 1)
    expected = np.array([sign, -sign]) * np.sqrt(features) * model.scale + model.bias
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("summary", "text", "same"),
    [
        ("One two three four five", "one two three four six", True),  # four words suffice
        ("One two three nine five", "one two three four five", False),
        ("One two", "one two three", True),  # a shorter one must be there in full
        ("One two three", "one two", False),
        ("", "one", True),  # nothing is always repeated
    ],
)
def test_a_summary_that_the_text_begins_with_is_told(summary, text, same):
    """A summary counts as repeated when the text begins with its first words."""
    assert repeats(words([summary]), words([text])).tolist() == [same]


def test_a_saved_model_is_the_same_model(tmp_path):
    """Weights survive the file, and the same model is always the same bytes."""
    model = extreme_model()
    model.save(tmp_path / "one.npz")
    again = read_model(tmp_path / "one.npz")
    again.save(tmp_path / "two.npz")
    assert again.version == model.version
    np.testing.assert_array_equal(again.weights, model.weights)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_any_change_is_another_version():
    """Whatever decides a tag is in the version's digest."""
    model = extreme_model()
    before = model.version
    model.band = np.full(2, 0.31)
    assert model.version != before


def test_the_packaged_model_is_small_and_its_card_is_its_own():
    """The weights stay below a megabyte, and the card beside them names their version."""
    folder = module.files("pipelines.tag")
    stored = folder.joinpath("weights.npz").read_bytes()
    assert len(stored) < 1_000_000
    version = read_model(io.BytesIO(stored)).version
    assert f"Version {version} " in folder.joinpath("MODEL_CARD.md").read_text("utf-8")
    assert load_model() is load_model()


def test_the_card_says_what_its_template_says():
    """Whoever changes the template's words brings the card up to date."""
    card = module.files("pipelines.tag").joinpath("MODEL_CARD.md").read_text("utf-8").split("\n")
    assert [line for line in CARD.split("\n") if "{" not in line and line not in card] == []


def test_words_of_english_news_are_known():
    """The vocabulary knows everyday English and not what was made up."""
    model = load_model()
    known = model.knows(words(["the team won the game", "xqzvw brrgl", "der und het", ""]))
    assert known.tolist() == [5, 0, 0, 0]


def test_explaining_names_what_decided():
    """The words that add most come first, named as in the text, with the head they speak for."""
    told = load_model().explain("Senate votes on the budget", "The senator spoke for an hour.")
    assert told[0].head == "politics"
    assert {"senate", "senator"} & {told[0].words, told[1].words}
    assert [one.margin for one in told] == sorted((one.margin for one in told), reverse=True)
    assert load_model().explain("", "") == []


def test_explained_contributions_add_up():
    """All contributions, with the bias, are the margin."""
    model = extreme_model()
    model.weights = np.abs(model.weights)  # negative ones are not named
    model.__post_init__()
    title, summary, text = "One team won", "Another summary of it", "The game was long and won"
    totals = dict.fromkeys(HEADS, 0.0)
    for one in model.explain(title, text, summary, top=1_000):
        totals[one.head] += one.margin
    expected = margins_of(model, [(title, summary, text)])[:, 0] - model.bias
    np.testing.assert_allclose(list(totals.values()), expected)


def small_corpora(count: int = 40) -> list[Corpus]:
    """Two sources of made-up news with the same words for the same things."""
    random = np.random.default_rng(3)
    subjects = ["senate vote minister law", "team goal match coach", "film song recipe holiday"]
    corpora = []
    for name in ("one", "two"):
        kind = random.integers(0, 3, count)
        texts = [" ".join(random.choice(subjects[k].split(), 30)) for k in kind]
        labels = np.where(np.stack([kind == 0, kind == 1]), 1, -1).astype(np.int8)
        corpora.append(Corpus(name, words(texts), words([""] * count), words(texts), labels))
    return corpora


def test_training_learns_and_repeats_itself(monkeypatch):
    """What is plain to learn is learnt, and the same data gives the same weights."""
    pytest.importorskip("scipy", reason="training needs SciPy")
    from pipelines.tag import train as training

    monkeypatch.setattr(training, "ITERATIONS", 4)
    first, second = small_corpora()
    model = training.train([training.lesson(first)])
    assert model.version == training.train([training.lesson(first)]).version
    margins = model.margins(second.title, second.summary, second.text)
    assert ((margins > 0) == (second.labels == 1)).all()


def test_a_proxy_is_measured_as_politics_and_never_teaches_it():
    """Where something stands in for politics, what is not politics is learnt, and it is not."""
    corpus = small_corpora()[0]
    corpus.proxy = True
    politics, sports = corpus.taught
    assert set(politics.tolist()) == {0, -1}
    assert ((politics == 0) == (corpus.labels[0] == 1)).all()
    assert (sports == corpus.labels[1]).all()


def test_a_list_s_words_speak_though_only_some_were_seen(monkeypatch):
    """What one word of a list teaches, the others say as well."""
    pytest.importorskip("scipy", reason="training needs SciPy")
    from pipelines.tag import train as training

    monkeypatch.setattr(training, "ITERATIONS", 4)
    model = training.train([training.lesson(small_corpora()[0])])
    seen = set(words(["senate vote minister law team goal match coach"]).hashes.tolist())
    heard = words(["parliament", "wicketkeeper"])
    assert not seen & set(heard.hashes.tolist())
    nothing = words(["", ""])
    politics, sports = model.margins(heard, nothing, nothing) - model.bias[:, None]
    assert politics[0] > 0 > politics[1]
    assert sports[1] > 0 > sports[0]


def test_the_word_lists_alone_tell_topics():
    """Without any teaching the listed words speak for their topic, and for no other."""
    from pipelines.tag.train import word_list_model

    model = word_list_model()
    titles = words(["Senators and lawmakers", "Quarterback and linebacker", "Smartphone recipe"])
    nothing = words(["", "", ""])
    on = model.margins(titles, nothing, nothing) > 0
    assert on.tolist() == [[True, False, False], [False, True, False]]


def test_measures_of_a_perfect_and_a_useless_tagger():
    """Measures are 1 when all is right, and a half where sports and politics are guessed."""
    pytest.importorskip("scipy", reason="calibration needs SciPy")
    corpora = small_corpora()
    perfect = {corpus.name: corpus.labels.astype(float) for corpus in corpora}
    measured = measure_all(corpora, perfect)["one"]
    assert (measured.accuracy, measured.balanced, measured.f1_sports) == (1, 1, 1)
    assert (measured.auc_politics, measured.coverage, measured.confident) == (1, 1, 1)
    silent = {corpus.name: np.full((2, len(corpus)), -0.5) for corpus in corpora}
    measured = measure_all(corpora, silent)["one"]
    assert (measured.balanced, measured.auc_sports, measured.f1_politics) == (0.5, 0.5, 0)


def test_calibration_is_for_a_fifth_about_the_topic():
    """Margins whose chances a logistic made get its slope, and its offset moved to that share."""
    pytest.importorskip("scipy", reason="calibration needs SciPy")
    random = np.random.default_rng(5)
    margins = random.normal(size=(2, 20_000))
    truth = random.random((2, 20_000)) < 1 / (1 + np.exp(-(4 * margins + np.array([[0], [1]]))))
    about = truth[1].mean()
    moved = 1 + np.log(SHARE / (1 - SHARE)) - np.log(about / (1 - about))
    empty = words([])
    corpus = Corpus("one", empty, empty, empty, np.where(truth, 1, -1).astype(np.int8))
    slope, offset = calibrate([corpus], {"one": margins})
    assert slope[1] == pytest.approx(4, abs=0.25)
    assert offset[1] == pytest.approx(moved, abs=0.1)
    assert offset[0] == 0
