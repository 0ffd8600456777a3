"""The rules for whole pages, which are data: `page.toml`."""

import tomllib
from pathlib import Path
from typing import Any, Final

PAGE_RULES: Final[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("page.toml").read_text("utf-8")
)
