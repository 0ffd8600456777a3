"""What is looked at before the first message, without a server: the subscription, and all of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("google.pubsub_v1", reason="needs the gcp extra")

from google.pubsub_v1 import Subscription as Described

from pipelines.check import clock, subscription
from pipelines.check.check import Planned, check
from pipelines.check.finding import Finding
from pipelines.check.subscription import check_subscription
from pipelines.commands import newsbeam
from pipelines.commands.check import command
from pipelines.commands.stream import command as stream
from pipelines.errors import InputError
from pipelines.lake.log import open_lake
from pipelines.read.pubsub import Refused
from pipelines.settings import Verdicts

NAME = "projects/p/subscriptions/s"
TOPIC = "projects/p/topics/t"
DAY = 86_400
GOOD = {"ack_deadline_seconds": 60, "message_retention_duration": {"seconds": 7 * DAY}}


class Looked:
    """A subscription that was looked up, with what the test says of it."""

    topic = TOPIC

    def __init__(self, name: str = NAME, topic: str | None = None) -> None:
        self.name = name
        self.found: Any = Described.pb(Described(**GOOD))
        self.rights: set[str] | Exception | None = {*subscription.RIGHTS}

    def permitted(self, rights: Any) -> set[str] | None:
        if isinstance(self.rights, Exception):
            raise self.rights
        return self.rights

    def close(self) -> None:
        pass


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Looked:
    """The subscription that any check looks at; nobody tells the time."""
    made = Looked()
    monkeypatch.setattr(subscription, "Subscription", lambda *_: made)
    monkeypatch.setattr(clock, "server_time", lambda url: None)
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    return made


def grades(findings: list[Finding], about: str) -> list[str]:
    """How bad that is."""
    return [finding.grade for finding in findings if finding.about == about]


def delivery(looked: Looked, window: float = 10, runner: str = "direct", **settings: Any):
    """What is found of a subscription with these settings."""
    looked.found = Described.pb(Described(**{**GOOD, **settings}))
    return check_subscription(NAME, None, window, Verdicts().horizon_days, runner)[1]


@pytest.mark.parametrize(
    ("settings", "about", "grade"),
    [
        ({}, "ack deadline", "ok"),
        ({"ack_deadline_seconds": 10}, "ack deadline", "note"),  # shorter than a hiccup
        ({"ack_deadline_seconds": 600}, "ack deadline", "note"),  # a crash would wait ten minutes
        ({}, "ordering", "ok"),
        ({"enable_message_ordering": True}, "ordering", "note"),
        ({}, "exactly once", "ok"),
        ({"enable_exactly_once_delivery": True}, "exactly once", "note"),
        ({}, "dead letters", "ok"),
        ({"dead_letter_policy": {"dead_letter_topic": TOPIC}}, "dead letters", "problem"),
        (
            {"dead_letter_policy": {"dead_letter_topic": TOPIC, "max_delivery_attempts": 100}},
            "dead letters",
            "note",
        ),
        ({}, "retention", "ok"),
        ({"message_retention_duration": {"seconds": 600}}, "retention", "note"),
        ({"topic_message_retention_duration": {"seconds": 32 * DAY}}, "retention", "note"),
        ({"detached": True}, "delivery", "problem"),
        ({"filter": 'attributes.desk = "x"'}, "delivery", "note"),
        ({"bigquery_config": {"table": "p.d.t"}}, "delivery", "problem"),
    ],
)
def test_what_a_subscription_is_set_to(looked, settings, about, grade):
    """Each setting that changes how events come is told, and graded by what it costs."""
    assert grades(delivery(looked, **settings), about) == [grade]


def test_a_window_longer_than_leases_last_is_a_problem(looked):
    """Leases are renewed for an hour; messages of a longer window come again before its commit."""
    assert grades(delivery(looked, window=3_599), "ack deadline") == ["ok"]
    assert grades(delivery(looked, window=3_600), "ack deadline") == ["problem"]


def test_five_attempts_are_named_where_pubsub_says_nothing(looked):
    """A dead-letter topic without a number has Pub/Sub's default, and the sentence says why not."""
    findings = delivery(looked, dead_letter_policy={"dead_letter_topic": "projects/p/topics/d"})
    (said,) = [finding.sentence for finding in findings if finding.about == "dead letters"]
    assert said.startswith("projects/p/topics/d gets what was delivered 5 times")


def test_dataflow_wants_acknowledged_messages_kept(looked):
    """It acknowledges before the commit, so that a cancel has to be followed by a seek."""
    assert grades(delivery(looked, runner="dataflow"), "retention") == ["ok", "note"]
    kept = delivery(looked, runner="dataflow", retain_acked_messages=True)
    assert grades(kept, "retention") == ["ok"]


@pytest.mark.parametrize(
    ("rights", "grade"),
    [
        ({*subscription.RIGHTS}, "ok"),
        ({subscription.RIGHTS[0]}, "ok"),  # looking is not needed where --topic is given
        ({subscription.RIGHTS[1]}, "problem"),
        (set(), "problem"),
        (None, "note"),  # a server that does not know the question
        (Refused("no right to ask"), "problem"),
    ],
)
def test_rights_are_asked_for(looked, rights, grade):
    """Pulling and acknowledging need one right; a server that knows none is not taken for a yes."""
    looked.rights = rights
    assert grades(delivery(looked), "rights") == [grade]


def test_a_subscription_that_may_not_be_looked_at_is_a_note(looked):
    """With its topic given the stream works, and nothing of its settings can be told."""
    looked.found = None
    topic, findings = check_subscription(NAME, TOPIC, 10, 31, "direct")
    assert topic == TOPIC
    assert [(f.grade, f.about) for f in findings] == [("note", "subscription"), ("ok", "rights")]


def test_what_stops_a_stream_at_its_start_is_a_problem(looked, monkeypatch):
    """The stream's own sentence is the finding, and the rest is looked at all the same."""

    def missing(*_: Any) -> None:
        raise InputError(f"there is no subscription {NAME}")

    monkeypatch.setattr(subscription, "Subscription", missing)
    found = check(Planned(NAME, Path("no-such-place") / "lake"))
    assert Finding("problem", "subscription", f"there is no subscription {NAME}") in found.findings
    assert grades(found.findings, "lake") == ["ok"]


def run(*flags: str, **env: str) -> Any:
    """The command's result, in a folder of its own."""
    return CliRunner().invoke(newsbeam, ["check", "--subscription", NAME, *flags], env=env)


def test_every_setting_has_a_value_and_an_origin(looked, tmp_path, monkeypatch):
    """A flag, a variable, the file, the lake, the server or the default, whichever it was."""
    monkeypatch.chdir(tmp_path)
    lake = open_lake(tmp_path / "lake", Verdicts(horizon_stories=70)).path
    Path("newsbeam.toml").write_text(f'lake = "{lake}"\nwindow_seconds = 3')
    answer = json.loads(run("--json", "--id-attribute", "key", NEWSBEAM_HORIZON_DAYS="31").stdout)
    assert answer["problems"] == 0
    told = {name: (each["value"], each["origin"]) for name, each in answer["settings"].items()}
    assert told["id_attribute"] == ("key", "--id-attribute")
    assert told["horizon_days"] == (31, "NEWSBEAM_HORIZON_DAYS")
    assert told["window_seconds"] == (3.0, "newsbeam.toml")
    assert told["horizon_stories"] == (70, "the lake")
    assert told["topic"] == (TOPIC, "the server")
    assert told["staging"] == (f"{lake}/_staging", "default")
    assert told["order_attribute"] == (None, "default")
    assert set(Verdicts.model_fields) <= set(told)


def test_a_problem_is_exit_1_and_each_finding_a_line(looked, tmp_path):
    """People read lines that begin with a grade; the sentence on stderr counts the problems."""
    sound = run("--lake", str(tmp_path / "lake"))
    assert (sound.exit_code, sound.stderr) == (0, "")
    looked.found.detached = True
    broken = run("--lake", str(tmp_path / "lake"))
    assert broken.exit_code == 1
    assert broken.stderr == "Error: 1 problem; nothing was pulled\n"
    findings, _, settings = broken.stdout.partition("\n\n")
    assert {line.split()[0] for line in findings.splitlines()} == {"ok", "note", "problem"}
    assert "window_seconds" in settings
    assert list(tmp_path.iterdir()) == []


def test_it_takes_the_options_of_a_stream():
    """What is checked is what would run."""
    assert command.params == stream.params
