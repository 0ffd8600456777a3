"""The command around its verbs: settings, interruption, an output that nobody reads on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.commands import main, newsbeam

NEWSBEAM = [sys.executable, "-m", "pipelines.commands"]


def refused(words: list[str], **env: str) -> str:
    """What a wrong use of the command answers."""
    answer = CliRunner().invoke(newsbeam, words, env=env)
    assert answer.exit_code == 2, answer.output
    return answer.output


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One event, in the folder that the command runs in."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "news.jsonl"
    file.write_text(json.dumps({"id": "1", "title": "Bridge opens", "text": "It has 12 lamps."}))
    return file


def horizon(lake: Path) -> str:
    return CliRunner().invoke(newsbeam, ["status", "--lake", str(lake), "--json"]).output


@pytest.mark.parametrize(
    ("toml", "env", "flags", "days"),
    [
        ("horizon_days = 3", {}, [], 3),
        ('"horizon-days" = "3"', {}, [], 3),  # spelled as the flag is
        ("horizon_days = 3", {"NEWSBEAM_HORIZON_DAYS": "4"}, [], 4),
        ("", {"NEWSBEAM_HORIZON_DAYS": "4"}, ["--horizon-days", "5"], 5),
        ("", {}, [], 31),
    ],
)
def test_flags_win_over_variables_over_the_file(events, tmp_path, toml, env, flags, days):
    """Every option can be set in all three places."""
    lake = tmp_path / "lake"
    (tmp_path / "newsbeam.toml").write_text(f'lake = "{lake}"\n{toml}\n')
    ran = CliRunner().invoke(newsbeam, ["run", str(events), *flags], env=env)
    assert ran.exit_code == 0, ran.output
    assert int(json.loads(horizon(lake))["settings"]["horizon_days"]) == days


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ('format = "rss"', "'rss' is not one of"),  # the flag's name, not the parameter's
        ("horizon_dayz = 3", "no setting goes by horizon_dayz"),
        ('[run]\nlake = "lake"', "run is neither a text nor a number"),
        ("lake = ", "cannot read the settings"),
    ],
)
def test_a_setting_that_means_nothing_is_refused(events, tmp_path, toml, sentence):
    """A misspelled setting must not be taken for the default."""
    (tmp_path / "newsbeam.toml").write_text(toml)
    assert sentence in refused(["run", str(events), "--lake", "lake"])


def test_an_empty_id_is_refused(tmp_path):
    """An empty word would be found in every payload that has an empty member."""
    assert "the ID is empty" in refused(["explain", "", "--lake", str(tmp_path)])


def test_ctrl_c_stops_a_run_and_running_again_goes_on(tmp_path):
    """Wherever it strikes: a sentence, exit 130, nothing staged is left, the rest comes next."""
    news, lake = tmp_path / "news.jsonl", tmp_path / "lake"
    with news.open("w") as file:
        for i in range(20_000):
            text = f"The town of Number {i} has opened a bridge with {i} lamps over river {i * 7}."
            file.write(
                json.dumps({"id": str(i), "title": f"Bridge {i} opens", "text": text}) + "\n"
            )
    run = [*NEWSBEAM, "run", str(news), "--lake", str(lake), "--json"]
    started = subprocess.Popen(
        run,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    until = time.monotonic() + 30
    while not list(lake.glob("_staging/*/*/*.arrow")) and time.monotonic() < until:
        time.sleep(0.01)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=30)
    assert (started.returncode, said.strip()) == (
        130,
        b"Stopped. What was committed stays, and running again goes on.",
    )
    assert not list(lake.glob("_staging/*/*/*.arrow"))
    news.write_bytes(b"".join(news.read_bytes().splitlines(keepends=True)[:100]))
    again = json.loads(subprocess.run(run, capture_output=True, check=True).stdout)
    assert (again["stories"], again["received"]) == (100, 100)


def test_a_reader_that_has_gone_is_no_failure(events, tmp_path):
    """`newsbeam query … | head` exits 0, and says nothing."""
    lake = tmp_path / "lake"
    CliRunner().invoke(newsbeam, ["run", str(events), "--lake", str(lake)])
    query = [*NEWSBEAM, "query", "select range from range(100000)", "--csv", "--lake", str(lake)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    asked = subprocess.Popen(query, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    asked.stdout.close()
    assert (asked.stderr.read(), asked.wait()) == (b"", 0)
    asked.stderr.close()


def test_what_the_system_refuses_is_a_sentence(events, tmp_path, monkeypatch, capsys):
    """A full disk behind our output is no mistake of ours."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(newsbeam, "main", full)
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    assert capsys.readouterr().err == "Error: the output: No space left on device\n"
