"""`newsbeam train`, on a handful of made-up stories in the form of each labelled source."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pipelines.commands import train as verb
from pipelines.errors import NewsbeamError
from pipelines.tag.corpora import read_corpora
from pipelines.tag.model import read_model
from pipelines.words import words

STORIES = {
    "politics": ("Senate votes on the law", "The minister told parliament about the vote."),
    "sports": ("Late goal wins the match", "The coach praised the team after the game."),
    "other": ("Seven soups for autumn", "Cook the pumpkin slowly and add some cream."),
}
FILES = {  # how each source names the three kinds, and one that is unknown
    "newsapi_weak_train": ("politics", "sports", "other", None),
    "huffpost_train": ("POLITICS", "SPORTS", "TASTE", "WORLD NEWS"),
    "allsides_fulltext_train": ("elections", "sports", None, None),
    "inshorts_dev": (["politics"], ["sports"], ["science"], ["world"]),
    "agnews_dev": ("World", "Sports", "Business", None),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The five sources, a few lines each."""
    for name, labels in FILES.items():
        lines = []
        for label, story in zip(labels, [*STORIES, "other"], strict=True):
            title, text = STORIES[story]
            body = {"title": title, "description": text}
            if name.startswith("newsapi"):
                body |= {"title": f"{title} - The Harbor", "source": "The Harbor"}
                body["content"] = f"{text} And then it was cu… [+123 chars]"
            body["labels" if name.startswith("inshorts") else "label"] = label
            lines += [json.dumps(body)] * 3 if label else []
        (tmp_path / f"{name}.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    return tmp_path


def test_labels_mean_the_same_everywhere(folder):
    """Each source's own labels become for, against or unknown, a head each."""
    train, development = read_corpora(folder)
    found = {c.name: c.labels[:, ::3].T.tolist() for c in train + development}
    three = [[1, -1], [-1, 1], [-1, -1]]
    assert (
        found
        == {
            "newsapi": three,
            "huffpost": [*three, [0, -1]],  # certainly not sports
            "allsides": three[:2],
            "inshorts": [*three, [0, 0]],
            "agnews": three,
        }
    )


def test_outlet_and_cut_mark_are_not_learnt(folder):
    """What the pipeline takes off a news item is taken off before training, too."""
    newsapi = read_corpora(folder)[0][0]
    assert (
        newsapi.title.slice(0, 1).hashes.tolist() == words([STORIES["politics"][0]]).hashes.tolist()
    )
    text = STORIES["politics"][1] + " And then it was"
    assert newsapi.text.slice(0, 1).hashes.tolist() == words([text]).hashes.tolist()


def test_train_writes_weights_and_their_card(folder, tmp_path, monkeypatch):
    """The verb measures, teaches, and leaves a model with its card beside it."""
    pytest.importorskip("scipy", reason="training needs SciPy")
    monkeypatch.setattr("pipelines.tag.train.ITERATIONS", 2)
    out = tmp_path / "weights.npz"
    done = CliRunner().invoke(verb.command, [str(folder), "--out", str(out)])
    assert done.exit_code == 0, done.output
    model = read_model(out)
    assert f"model {model.version}" in done.output
    assert "| mean |" in done.output
    card = out.with_name("MODEL_CARD.md").read_text("utf-8")
    assert f"Version {model.version} " in card
    assert "| huffpost | 3 | 3 | 3 | 3 |" in card
    assert np.isfinite(model.slope).all()


def test_a_missing_source_is_named(folder):
    """A folder without one of the sources is refused with the file's name."""
    pytest.importorskip("scipy", reason="training needs SciPy")
    (folder / "agnews_dev.jsonl.gz").unlink()
    done = CliRunner().invoke(verb.command, [str(folder), "--out", str(folder / "weights.npz")])
    assert isinstance(done.exception, NewsbeamError)
    assert "agnews_dev" in str(done.exception)


def test_an_output_folder_that_is_missing_is_told_first(folder):
    """Nobody waits two minutes to hear that the model has nowhere to go."""
    out = folder / "missing" / "weights.npz"
    done = CliRunner().invoke(verb.command, [str(folder), "--out", str(out)])
    assert done.exit_code == 2
    assert "missing" in done.output
