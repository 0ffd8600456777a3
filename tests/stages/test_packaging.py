"""What is in the wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout without asking the network."""
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


def names(wheel: Path) -> list[str]:
    """The files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_wheel_holds_exactly_two_packages(wheel: Path) -> None:
    """Nothing but `pipelines`, `schemas` and the metadata: no tests, no infra, no data of ours."""
    tops = {name.partition("/")[0] for name in names(wheel)}
    metadata = {top for top in tops if top.endswith(".dist-info")}
    assert tops - metadata == {"pipelines", "schemas"}
    assert len(metadata) == 1


def test_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    """Views, weights, rules, word lists and templates travel with the code that reads them."""
    present = {
        file.relative_to(ROOT).as_posix()
        for package in ("pipelines", "schemas")
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and not file.name.startswith(".")
    }
    assert present - set(names(wheel)) == set()
    data = {Path(name).suffix for name in present}
    assert {".sql", ".npz", ".toml", ".json", ".html", ".css"} <= data


def test_wheel_is_small(wheel: Path) -> None:
    """The whole program, its model included, stays below 2 MB."""
    assert wheel.stat().st_size < 2_000_000


def test_wheel_brings_the_command_and_the_licence(wheel: Path) -> None:
    """`newsbeam` is a console script, and the licence stands in the metadata."""
    with zipfile.ZipFile(wheel) as archive:
        entry = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        metadata = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        assert "newsbeam = pipelines.commands:main" in archive.read(entry).decode()
        assert "License-Expression: Apache-2.0" in archive.read(metadata).decode()
    assert any(name.endswith("licenses/LICENSE") for name in names(wheel))
