"""What goes where: answers to stdout, everything else to stderr."""

import json
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from pipelines.commands import newsbeam
from pipelines.lake.writer import Writer


def test_a_warning_in_a_run_leaves_its_json_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `--json`, stdout is one object even when the lake has something to complain of."""
    commit = Writer.commit

    def complain(self: Writer, window: list) -> list:
        structlog.get_logger().warning("the lake was not tidied up")
        return commit(self, window)

    monkeypatch.setattr(Writer, "commit", complain)
    news = tmp_path / "news.jsonl"
    news.write_text(json.dumps({"id": "1", "title": "Bridge opens", "text": "It is open."}))
    run = CliRunner().invoke(newsbeam, ["run", str(news), "--lake", str(tmp_path / "l"), "--json"])
    assert json.loads(run.stdout)["received"] == 1
