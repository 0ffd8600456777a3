"""How good the text stages are, beside their peers: `python -m benchmarks.quality`.

A part is a module of this package with

- `NAME`: its heading; `FILES`: what it reads below ../shared/data, whose digests are pinned
- `ours(data) -> {figure: value}`: Newsbeam on those files
- `own() -> {figure: value}`: Newsbeam on what the repository itself has
- `peers(data) -> {peer: {figure: value}}`: others on both, by the same figures' names; where `ours`
  and `own` have a figure of one name, on those files

Figures are named in words ("F1, edits") and lie between 0 and 1 but for ratios and counts.
"""

from pathlib import Path

DATA = Path(__file__).parents[2].parent / "shared" / "data"
PARTS = ("articles", "unicode", "urls", "dates", "languages", "duplicates", "tags")
