"""What quality and speed are held to: floors and ceilings in a file, moved only for the better.

The file has, for each part, the digests of the data that its figures were measured on, and the
figures: those on ../shared/data and those on what the repository itself has.
"""

import hashlib
import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Bound:
    """One figure's bound: a floor, or a ceiling where less is better."""

    bound: float
    epsilon: float  # how far beyond it a figure may be, and why:
    why: str
    ceiling: bool = False

    def breach(self, value: float) -> str | None:
        """What is wrong with a value, in words; None if nothing is."""
        beyond = value - self.bound if self.ceiling else self.bound - value
        if math.isnan(value) or beyond > self.epsilon:
            side = "ceiling" if self.ceiling else "floor"
            return f"{value:.4f}; its {side} is {self.bound:.4f} (± {self.epsilon:g}: {self.why})"
        return None

    def moved(self, value: float, lower: bool = False) -> "Bound":
        """The bound at what was measured, if that is better, or if `lower` says so."""
        better = value < self.bound if self.ceiling else value > self.bound
        return replace(self, bound=round(value, 4)) if better or lower else self


@dataclass(frozen=True, slots=True)
class Pins:
    """A part's bounds, by figure."""

    files: dict[str, str] = field(default_factory=dict)  # SHA-256 by path below ../shared/data
    shared: dict[str, Bound] = field(default_factory=dict)
    own: dict[str, Bound] = field(default_factory=dict)


def load(path: Path) -> dict[str, Pins]:
    """The parts' pins."""
    return {
        part: Pins(
            told["files"],
            {name: Bound(**bound) for name, bound in told["shared"].items()},
            {name: Bound(**bound) for name, bound in told["own"].items()},
        )
        for part, told in json.loads(path.read_text("utf-8")).items()
    }


def save(path: Path, pins: Mapping[str, Pins]) -> None:
    """Write them, a line a member, so that a diff shows what moved."""
    told = {part: asdict(each) for part, each in pins.items()}
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")


def breaches(bounds: Mapping[str, Bound], figures: Mapping[str, float]) -> list[str]:
    """Every figure that is beyond its bound, was not measured, or has no bound; as sentences."""
    found = [f"{name}: not measured" for name in bounds if name not in figures]
    for name, value in figures.items():
        said = bounds[name].breach(value) if name in bounds else "has no bound in the file"
        if said:
            found.append(f"{name}: {said}")
    return found


def moved(
    bounds: Mapping[str, Bound], figures: Mapping[str, float], lower: Collection[str] = ()
) -> dict[str, Bound]:
    """The bounds at the figures where these are better; worse only for those named in `lower`."""
    return {
        name: bound.moved(figures[name], name in lower) if name in figures else bound
        for name, bound in bounds.items()
    }


def digests(data: Path, files: Iterable[str]) -> dict[str, str]:
    """SHA-256 of each file, in hexadecimal."""
    return {name: hashlib.sha256((data / name).read_bytes()).hexdigest() for name in files}
