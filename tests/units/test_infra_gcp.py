"""What can be checked of infra/gcp without a cloud: that it parses, and agrees with the program."""

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

from pipelines.settings import Verdicts

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
TERRAFORM = sorted((INFRA / "gcp").glob("*.tf"))


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
        ["--subscription=projects/p/subscriptions/s", "--lake=/mnt/lake", "--window_seconds=10",
         "--runner=DataflowRunner", "--job_name=stream", "--temp_location=gs://t/x=y"]
    )  # fmt: skip
    assert words == [
        "stream", "--runner", "dataflow", "--subscription", "projects/p/subscriptions/s",
        "--lake", "/mnt/lake", "--window-seconds", "10",
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
