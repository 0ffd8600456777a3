"""What can go wrong with the program, as against an event (`schemas.reasons`): one hierarchy.

    NewsbeamError
    ├── InputError          (pipelines.read)
    ├── LakeError           (pipelines.lake.errors)
    └── RunFailed

Each message is a sentence for the person at the keyboard: what happened, where, what to do.
"""


class NewsbeamError(Exception):
    """Something the user can act on; shown as a sentence, exit 1."""


class InputError(NewsbeamError):
    """An input that was named does not exist or matches nothing."""


class RunFailed(NewsbeamError):
    """The pipeline stopped before its input was committed; running again continues it."""
