"""What can be checked of infra/ without a cloud: that it parses, and agrees with the program."""

import configparser
import importlib
import importlib.util
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml
from click import Option

from pipelines.commands import VERBS
from pipelines.settings import Verdicts

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
DOCKERFILES = sorted(INFRA.rglob("Dockerfile"))
COMPOSE = sorted(INFRA.rglob("compose.yaml"))
TERRAFORM = sorted((INFRA / "gcp").glob("*.tf"))

# What `stream` takes; once the verb is there, its own flags are looked at instead.
STREAM = {"--subscription", "--lake", "--runner", "--window-seconds", "--until-caught-up"}


@cache
def terraform(block: str) -> dict[str, Any]:
    """All blocks of one kind in infra/gcp by name (resources by `type.name`)."""
    found = {}
    for file in TERRAFORM:
        for entry in hcl2.loads(file.read_text()).get(block, []):
            for name, body in entry.items():
                if block == "resource":
                    found |= {f"{bare(name)}.{bare(n)}": b for n, b in body.items()}
                else:
                    found[bare(name)] = body
    return found


def bare(text: str) -> str:
    """A string without the quotes that the parser may leave on it."""
    return text.strip('"')


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
    """The program's verbs, and the one that streams."""
    return {verb for verbs in VERBS.values() for verb in verbs} | {"stream"}


# Until the program has the verb, its flags are the ones above.
STREAMING = {"stream"} - {verb for verbs in VERBS.values() for verb in verbs}


@pytest.mark.parametrize("words", commands())
def test_flags_are_the_programs_own(words: list[str]) -> None:
    """Verb and flags of each call in infra/ are ones that the program has."""
    verb, *rest = words
    ours = rest[: rest.index("--")] if "--" in rest else rest
    flags = {word.split("=")[0] for word in ours if word.startswith("--")}
    if verb in known_verbs() - STREAMING:
        params = importlib.import_module(f"pipelines.commands.{verb}").command.params
        assert flags <= {flag for p in params if isinstance(p, Option) for flag in p.opts}
    else:
        assert flags <= STREAM


def test_there_are_commands_to_check() -> None:
    """The test above sees the calls of the unit, the compose files and the images."""
    words = [param.values[0] for param in commands()]
    assert sum(w[0] == "stream" for w in words) >= 3
    assert any(w[0] == "status" for w in words)


@pytest.mark.parametrize("block", ["variable", "output"])
def test_terraform_is_described(block: str) -> None:
    """Every variable and output says what it is; every variable also has a type."""
    for name, body in terraform(block).items():
        assert bare(body["description"]).endswith((".", ";")), name
        assert block == "output" or body["type"], name


def test_terraform_uses_what_it_declares() -> None:
    """No variable is used without being declared, none declared without being used."""
    text = "".join(file.read_text() for file in TERRAFORM)
    assert set(re.findall(r"\bvar\.(\w+)", text)) == set(terraform("variable"))


@pytest.mark.skipif(not shutil.which("terraform"), reason="needs terraform")
def test_terraform_is_formatted() -> None:
    """`terraform fmt` would change nothing."""
    fmt = ["terraform", "fmt", "-check", "-recursive", str(INFRA / "gcp")]
    assert subprocess.run(fmt, capture_output=True, check=False).returncode == 0


def test_the_subscription_loses_nothing() -> None:
    """Short leases, messages kept as long as the lake's horizon, and no dead-letter topic."""
    subscription = terraform("resource")["google_pubsub_subscription.events"]
    assert subscription["ack_deadline_seconds"] == 60
    assert "dead_letter_policy" not in subscription
    assert subscription["enable_exactly_once_delivery"] is False
    days = terraform("variable")["retention_days"]["default"]
    assert days == Verdicts().horizon_days


def test_buckets_are_closed() -> None:
    """Access is by bucket, never public; and Terraform does not delete the lake."""
    resources = terraform("resource")
    for name, body in resources.items():
        if name.startswith("google_storage_bucket."):
            assert body["uniform_bucket_level_access"] is True
            assert bare(body["public_access_prevention"]) == "enforced"
    assert resources["google_storage_bucket.lake"]["lifecycle"][0]["prevent_destroy"] is True


def test_nobody_gets_a_basic_role() -> None:
    """Grants are of narrow roles, one resource each but for the one that only projects have."""
    roles = {
        name: bare(body["role"])
        for name, body in terraform("resource").items()
        if "_iam_" in name and "role" in body
    }
    assert roles
    assert not {"roles/owner", "roles/editor", "roles/viewer"} & set(roles.values())
    projects = [name for name in roles if name.startswith("google_project_iam")]
    assert projects == ["google_project_iam_member.worker"]


def test_bigquery_has_the_programs_views() -> None:
    """Terraform's pattern finds all of views.sql, and each view reads the one table."""
    source = (INFRA / "gcp" / "bigquery.tf").read_text()
    pattern = re.search(r'regexall\("([^"]+)"', source)
    assert pattern
    sql = (ROOT / "pipelines" / "lake" / "views.sql").read_text()
    views = dict(re.findall(pattern[1].replace("\\\\", "\\"), sql))
    assert set(views) == {"stories", "duplicates", "dead_letters", "commits"}
    assert all(query.count("from lake") == 1 for query in views.values())
    assert terraform("resource")["google_bigquery_table.lake"]["external_data_configuration"]


def launcher() -> Any:
    """The module that Google's launcher runs."""
    path = INFRA / "gcp" / "flex_template" / "launch.py"
    spec = importlib.util.spec_from_file_location("launch", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_template_passes_its_parameters_on() -> None:
    """Ours become flags of `stream`, Dataflow's own stand after `--`, the runner is fixed."""
    words = launcher().arguments(
        ["--subscription=projects/p/subscriptions/s", "--lake=gs://b/lake", "--window_seconds=10",
         "--runner=DataflowRunner", "--job_name=stream", "--temp_location=gs://t/x=y"]
    )  # fmt: skip
    assert words == [
        "stream", "--runner", "dataflow", "--subscription", "projects/p/subscriptions/s",
        "--lake", "gs://b/lake", "--window-seconds", "10",
        "--", "--job_name=stream", "--temp_location=gs://t/x=y",
    ]  # fmt: skip


def test_the_template_job_and_launcher_agree() -> None:
    """metadata.json, the job's parameters and launch.py name the same three things."""
    metadata = json.loads((INFRA / "gcp" / "flex_template" / "metadata.json").read_text())
    names = [parameter["name"] for parameter in metadata["parameters"]]
    job = terraform("resource")["google_dataflow_flex_template_job.stream"]
    assert sorted(names) == sorted(launcher().OURS) == sorted(map(bare, job["parameters"]))
    for parameter in metadata["parameters"]:
        assert parameter["helpText"].endswith(".")
        assert all(re.compile(pattern) for pattern in parameter["regexes"])


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
