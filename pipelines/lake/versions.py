"""What made the rows of a commit what they are: versions that change when a row could."""

from functools import cache
from importlib.resources import files

import xxhash

from pipelines.deduplicate.relations import RULES_VERSION
from pipelines.tag.model import load_model


@cache
def versions() -> dict[str, str | int]:
    """The versions of the tagger and of what is decided, and a digest of Normalize's rules."""
    digest = xxhash.xxh3_64()
    rules = (file for file in files("pipelines.normalize").iterdir() if file.name.endswith(".toml"))
    for file in sorted(rules, key=lambda file: file.name):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    rules_version = digest.hexdigest()
    return {"tagger": load_model().version, "rules": rules_version, "decide": RULES_VERSION}
