"""The labels behind the figures of topics: our own stories, and what a reader thinks of `both`."""

import gzip
import json

from benchmarks.quality import tags
from schemas.topic import Topic


def test_our_stories_have_every_topic_and_no_headline_twice():
    """Each topic is measured, and no story has two."""
    stories = list(tags.stories())
    assert {story["topic"] for story in stories} == set(Topic)
    assert len({story["title"] for story in stories}) == len(stories)


def test_a_headline_is_judged_once(monkeypatch, tmp_path):
    """The same headline in other spacing or case is one, and unread until someone judges it."""
    stream = tmp_path / tags.STREAM
    stream.parent.mkdir()
    title = "Senator’s bill would pay the athletes’ federation"
    titles = [title, title.upper(), title.replace(" ", "  "), "Seven soups for cold evenings"]
    lines = [json.dumps({"id": str(i), "title": title}) for i, title in enumerate(titles)]
    stream.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert tags.called_both(stream) == [title]
    assert list(tags.both(tmp_path).values()) == [1, 0, 0]
    monkeypatch.setattr(tags, "_read", lambda: {tags.headline_key(title): True})
    assert list(tags.both(tmp_path).values()) == [1, 1, 1]
