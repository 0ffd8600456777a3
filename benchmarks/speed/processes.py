"""Measuring in fresh processes: no run profits, or suffers, from what another left behind."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from benchmarks.speed.inputs import ROOT


def measured(module: str, *words: object, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What `python -m benchmarks.speed.<module> WORD…` prints last, which is JSON.

    Raises:
        click.ClickException: it failed; the end of what it said stands in the message.
    """
    # Beam starts its workers as plain `python`: it has to be this one.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    command = ["-m", f"benchmarks.speed.{module}", *map(str, words)]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PATH": path, **(env or {})},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise click.ClickException(f"{' '.join(command)} failed:\n{done.stderr[-2_000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told
