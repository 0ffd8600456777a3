"""What made the rows of a commit what they are: versions that change when a row could."""

from functools import cache
from importlib.resources import files

import xxhash

from pipelines.tag.model import load_model


@cache
def versions() -> dict[str, str]:
    """The tagger's version, and a digest of the rules that Normalize has as data."""
    digest = xxhash.xxh3_64()
    rules = (file for file in files("pipelines.normalize").iterdir() if file.name.endswith(".toml"))
    for file in sorted(rules, key=lambda file: file.name):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return {"tagger": load_model().version, "rules": digest.hexdigest()}
