"""Flags of this suite: a quick look at properties by default, golden cases rewritten when asked."""

import pytest
from hypothesis import settings

# `make test` asks for the thorough one. No deadlines: time is for benchmarks.
settings.register_profile("quick", max_examples=20, deadline=None)
settings.register_profile("thorough", max_examples=200, deadline=None)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite tests/golden/cases/*/expected"
    )
