"""Newsbeam as it is installed by others, without a checkout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("pipelines", "schemas")

pytestmark = pytest.mark.real


def run(words: list[str | Path], site: Path, cwd: Path) -> str:
    """What Python prints for these words where `site` comes first, the checkout last."""
    done = subprocess.run(
        [sys.executable, "-P", *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-2_000:]
    return done.stdout


def test_the_suite_passes_against_the_installed_wheel(tmp_path: Path) -> None:
    """Units and golden cases pass with the wheel's code, data files and command alone."""
    site, copy, elsewhere = tmp_path / "site", tmp_path / "copy", tmp_path / "elsewhere"
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    run([*install, "--target", site, ROOT], site, ROOT)
    copy.mkdir()
    elsewhere.mkdir()
    for entry in ROOT.iterdir():
        if entry.name not in PACKAGES and not entry.name.startswith("."):
            (copy / entry.name).symlink_to(entry)
    for package in PACKAGES:
        (copy / package).symlink_to(site / package)
    where = run(["-c", "import pipelines, schemas; print(pipelines.__file__)"], site, elsewhere)
    assert Path(where.strip()).parents[1] == site
    pytest_ = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", copy]
    suite = [copy / "tests" / "units", copy / "tests" / "golden"]
    run([*pytest_, "-c", copy / "pyproject.toml", *suite], site, elsewhere)
