"""Images, services and commands of infra/, as far as they can be checked without running them."""

import configparser
import importlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click import Option

from pipelines.commands import VERBS

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
DOCKERFILES = sorted(INFRA.rglob("Dockerfile"))
COMPOSE = sorted(INFRA.rglob("compose.yaml"))


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """A Dockerfile's instructions with their arguments, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", dockerfile.read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def services() -> list[Any]:
    """Every service of every compose file, with a readable id."""
    return [
        pytest.param(file, service, id=f"{file.parent.name}-{name}")
        for file in COMPOSE
        for name, service in yaml.safe_load(file.read_text())["services"].items()
    ]


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=str)
def test_images_are_pinned_and_not_root(dockerfile: Path) -> None:
    """Every base has a tag that is not `latest`, and the last stage runs as a numbered user."""
    steps = instructions(dockerfile)
    stages = {rest.split()[2] for word, rest in steps if word == "FROM" and " AS " in rest}
    bases = [rest.split()[0] for word, rest in steps if word == "FROM"]
    assert all(":" in base and not base.endswith(":latest") for base in bases if base not in stages)
    last = max(i for i, (word, _) in enumerate(steps) if word == "FROM")
    users = [rest for word, rest in steps[last:] if word == "USER"]
    assert users
    assert re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", users[-1])


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=str)
def test_what_a_dockerfile_copies_is_there(dockerfile: Path) -> None:
    """Each file that is copied from the repository exists and is let through to the builder."""
    allowed = dockerfile.with_name("Dockerfile.dockerignore").read_text().split()
    for word, rest in instructions(dockerfile):
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists() or source in ("README.md", "LICENSE"), source
                assert any(source.startswith(rule[1:]) for rule in allowed if rule[0] == "!")


@pytest.mark.parametrize(("file", "service"), services())
def test_services_are_pinned_and_restarted(file: Path, service: dict[str, Any]) -> None:
    """A service has an image with a tag of its own, and comes back after a crash."""
    tag = re.sub(r"\$\{\w+:-([^}]+)\}", r"\1", service["image"]).rpartition(":")[2]
    assert tag
    assert tag != "latest"
    assert service["restart"].split(":")[0] in ("unless-stopped", "on-failure")


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.parent.name)
def test_compose_names_only_known_settings(file: Path) -> None:
    """Each variable that compose asks for is explained in .env.example, or is the image's tag."""
    names = set(re.findall(r"\$\{(\w+)", file.read_text()))
    assert "NEWSBEAM_SUBSCRIPTION" in names
    assert names <= env_names() | {"NEWSBEAM_VERSION"}


def env_names() -> set[str]:
    """The settings that .env.example explains."""
    text = (INFRA / "one_machine" / ".env.example").read_text()
    return set(re.findall(r"^#?([A-Z][A-Z_]+)=", text, re.MULTILINE))


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.parent.name)
def test_compose_mounts_volumes_that_it_declares(file: Path) -> None:
    """A volume's name is declared, so that a misspelling does not make a second lake."""
    content = yaml.safe_load(file.read_text())
    mounted = {
        volume.split(":")[0]
        for service in content["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith("$")
    }
    assert mounted == set(content["volumes"])


def unit() -> configparser.ConfigParser:
    """The systemd unit, its keys as they are spelt."""
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(INFRA / "one_machine" / "newsbeam.service")
    return parser


def test_the_unit_restarts_and_is_confined() -> None:
    """The stream comes back by itself, writes only to its own folder, and gains no privilege."""
    service = unit()["Service"]
    assert service["Restart"] == "always"
    assert service["User"] == "newsbeam"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["CapabilityBoundingSet"] == ""
    assert service["StateDirectory"] == "newsbeam"


def test_the_unit_uses_settings_that_the_example_explains() -> None:
    """Each variable of the command line is set in .env.example, not only commented there."""
    text = (INFRA / "one_machine" / ".env.example").read_text()
    for name in re.findall(r"\$\{(\w+)\}", unit()["Service"]["ExecStart"]):
        assert re.search(rf"^{name}=.+", text, re.MULTILINE), name


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_knows_every_key(tmp_path: Path) -> None:
    """systemd itself finds nothing to say but that the program is not installed here."""
    file = INFRA / "one_machine" / "newsbeam.service"
    told = subprocess.run(
        ["systemd-analyze", "verify", file], capture_output=True, text=True, check=False
    ).stderr
    ours = [line for line in told.splitlines() if "newsbeam.service" in line]
    assert [line for line in ours if "is not executable" not in line] == []


def commands() -> list[Any]:
    """Every call of the program in infra/, as a list of words."""
    found = [(INFRA / "one_machine" / "newsbeam.service", unit()["Service"]["ExecStart"].split())]
    for file in COMPOSE:
        for service in yaml.safe_load(file.read_text())["services"].values():
            if service["image"].startswith("newsbeam:") and "command" in service:
                found.append((file, ["newsbeam", *service["command"]]))
            check = service.get("healthcheck", {}).get("test", ["", ""])
            if check[1] == "newsbeam":
                found.append((file, check[1:]))
    for file in [*DOCKERFILES, *sorted(INFRA.rglob("*.md"))]:
        text = re.sub(r"\\\n\s*", "", file.read_text())
        calls = re.findall(r"(?:^| |`)(newsbeam [a-z]+(?: [^\n`#|]*)?)", text, re.MULTILINE)
        found += [(file, words) for c in calls if (words := c.split())[1] in known_verbs()]
    return [pytest.param(w[1:], id=f"{f.relative_to(INFRA)}-{i}") for i, (f, w) in enumerate(found)]


def known_verbs() -> set[str]:
    """The program's verbs."""
    return {verb for verbs in VERBS.values() for verb in verbs}


@pytest.mark.parametrize("words", commands())
def test_flags_are_the_programs_own(words: list[str]) -> None:
    """Verb and flags of each call in infra/ are ones that the program has."""
    verb, *rest = words
    ours = rest[: rest.index("--")] if "--" in rest else rest
    flags = {word.split("=")[0] for word in ours if word.startswith("--")}
    params = importlib.import_module(f"pipelines.commands.{verb}").command.params
    assert flags <= {flag for p in params if isinstance(p, Option) for flag in p.opts}


def test_there_are_commands_to_check() -> None:
    """The test above sees the calls of the unit, the compose files and the images."""
    words = [param.values[0] for param in commands()]
    assert sum(w[0] == "stream" for w in words) >= 3
    assert any(w[0] == "status" for w in words)


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        # the workers' Beam is the one that is installed with Newsbeam
        ("gcp/flex_template/Dockerfile", r"beam_python3\.11_sdk:(\d+\.\d+)"),
        ("flink/compose.yaml", r"job_server:(\d+\.\d+)"),
    ],
)
def test_images_of_beam_fit_the_package(file: str, pattern: str) -> None:
    """Beam's images are of the newest version that pyproject.toml allows."""
    bounds = re.search(r'"apache-beam>=[\d.]+,<2\.(\d+)"', (ROOT / "pyproject.toml").read_text())
    version = re.search(pattern, (INFRA / file).read_text())
    assert bounds
    assert version
    assert version[1] == f"2.{int(bounds[1]) - 1}"
