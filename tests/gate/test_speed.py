"""The speed that is pinned in speed.json: no ratio falls.

Not part of `make test` nor `make gate`, since timings need a machine that does nothing else:

    pytest tests/gate -m speed -s

Every bound is of a ratio to something timed in the same run, so a slower machine passes as well;
what has no bound, such as rates a second, is printed and no more.
"""

import importlib
from pathlib import Path

import pytest

from benchmarks import pinned

PINS = pinned.load(Path(__file__).with_name("speed.json"))

pytestmark = pytest.mark.speed


@pytest.mark.parametrize("name", ["batch", "workers", "writer", "peers"])
def test_no_ratio_falls(name):
    """What a run adds to its stages, what each part reaches, a second worker, and the peers."""
    part = importlib.import_module(f"benchmarks.speed.{name}")
    figures = part.figures()
    print(
        f"\n{part.NAME}",
        *(f"  {figure}: {value:.4g}" for figure, value in figures.items()),
        sep="\n",
    )
    bounds = PINS[name].own
    assert bounds, f"nothing of {name} is held to anything"
    bounded = {figure: value for figure, value in figures.items() if figure in bounds}
    assert pinned.breaches(bounds, bounded) == []
