"""The flag that rewrites what the golden cases expect; the diff is for a person to review."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite tests/golden/cases/*/expected"
    )
