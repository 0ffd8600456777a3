"""The quality that is pinned in baseline.json: no figure falls.

On ../shared/data where that is present, and always on what the repository itself has.
"""

import importlib
from pathlib import Path

import pytest

from benchmarks import pinned
from benchmarks.quality import DATA, PARTS

PINS = pinned.load(Path(__file__).with_name("baseline.json"))

pytestmark = pytest.mark.gate


@pytest.fixture(scope="module", params=PARTS)
def part(request):
    """A part's module and pins."""
    return importlib.import_module(f"benchmarks.quality.{request.param}"), PINS[request.param]


def told(heading, figures):
    """The figures, printed for whoever runs this with -s."""
    print(f"\n{heading}", *(f"  {name}: {value:.4f}" for name, value in figures.items()), sep="\n")
    return figures


def test_no_figure_on_our_own_data_falls(part):
    """What the repository has: made-up pages, pairs, sentences and news."""
    module, pins = part
    assert pinned.breaches(pins.own, told(f"{module.NAME}, own data", module.own())) == []


def test_no_figure_on_real_news_falls(part):
    """The same on publishers' news, if its bytes are the ones that the figures were pinned on."""
    module, pins = part
    if not DATA.is_dir():
        pytest.skip("no ../shared/data here: this gate ran on the repository's own data only")
    assert pinned.digests(DATA, module.FILES) == pins.files
    assert pinned.breaches(pins.shared, told(module.NAME, module.ours(DATA))) == []
