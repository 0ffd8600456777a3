"""Read: from files and streams to batches of raw records.

The functions import no Beam; the transforms, which do, are imported when they are asked for.
"""

from typing import Any

_TRANSFORMS = ("ReadFiles", "StageBatches", "ToBatches")


def __getattr__(name: str) -> Any:
    if name not in _TRANSFORMS:
        raise AttributeError(name)
    from pipelines.read import transforms

    return getattr(transforms, name)
