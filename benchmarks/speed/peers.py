"""Beside what people would use instead: the same stories, on the same machine, in the same run.

Each contestant runs in a process of its own and on one thread where it has a say; medians of three
rounds, by turns. Start-ups are left out of all: imports and models are loaded first, and what a run
on 200 events takes is taken off.
"""

import importlib.util
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click

from benchmarks.speed import inputs
from benchmarks.speed.processes import measured

NAME = "Beside peers, one core, start-ups left out"
ROUNDS = 3
NEWS_EVENTS, LONG_EVENTS, PLANTED = 4_000, 1_500, 6_000
_ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_TUTORIAL = ("bs4", "dateutil", "sklearn", "datasketch")
_PEERS = {
    "tutorial": ("the tutorials' way", _TUTORIAL),
    "batched": ("the tutorials' way, tags by RunInference", _TUTORIAL),
    "grouping": ("Beam without any text work", _TUTORIAL),
    "polars": ("Polars' exact duplicates alone", ("polars",)),
    "datatrove": ("datatrove", ("datatrove", "spacy", "tokenizers")),
    "datasketch": ("datasketch", ("datasketch",)),
}


def figures() -> dict[str, float]:
    """Our rates as multiples of theirs, then the rates, and how many repeats each finds."""
    news, long = inputs.news(NEWS_EVENTS), inputs.long_texts(LONG_EVENTS)
    return {
        **_rates("news items", news, ["tutorial", "batched", "grouping", "polars"]),
        **_rates("400 words", long, ["tutorial", "grouping"]),
        **_duplicates(["datatrove", "datasketch"]),
    }


def _rates(name: str, events: Path, peers: Sequence[str]) -> dict[str, float]:
    asked = ["ours", *filter(_is_here, peers)]
    rounds = [{how: _started(how, events) for how in asked} for _ in range(ROUNDS)]
    return {
        **_ratios(f"{name}: a run with commit", rounds, "events"),
        **{f"{name}: {_called(how)}, events/s": _rate(rounds, how, "events") for how in asked},
    }


def _duplicates(peers: Sequence[str]) -> dict[str, float]:
    asked = ["ours", *filter(_is_here, peers)]
    rounds = [
        {how: measured("duplicates", how, PLANTED, env=_ONE_THREAD) for how in asked}
        for _ in range(ROUNDS)
    ]
    return {
        **_ratios("repeats alone", rounds, "texts"),
        **{f"repeats alone: {_called(how)}, texts/s": _rate(rounds, how, "texts") for how in asked},
        **{
            f"repeats alone: {_called(how)}, {score}": rounds[0][how][score]
            for score in ("F1", "precision", "recall")
            for how in asked
        },
    }


def _ratios(what: str, rounds: Sequence[dict[str, dict[str, Any]]], unit: str) -> dict[str, float]:
    """Ours to each of the others: by the clock, and by the processor's time."""
    return {
        f"{what}, times {_called(how)}{suffix}": median(
            each["ours"][unit] / each["ours"][time] * each[how][time] / each[how][unit]
            for each in rounds
        )
        for how in rounds[0]
        if how != "ours"
        for time, suffix in (("seconds", ""), ("cpu", ", CPU"))
    }


def _rate(rounds: Sequence[dict[str, dict[str, Any]]], how: str, unit: str) -> float:
    return median(each[how][unit] / each[how]["seconds"] for each in rounds)


def _called(how: str) -> str:
    return _PEERS[how][0] if how in _PEERS else "Newsbeam"


def _is_here(how: str) -> bool:
    """Whether a contestant's packages are installed; says so where they are not."""
    name, packages = _PEERS[how]
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        click.echo(f"{name} is left out: {', '.join(missing)} is not there (extra `bench`)")
    return not missing


def _started(how: str, events: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return measured("started", how, events, folder, env=_ONE_THREAD)
