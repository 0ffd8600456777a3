"""Beam's chatter, kept off the terminal: what matters of it is raised."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


def quiet_beam() -> None:
    """To be called before Beam is imported, which is when it begins to talk.

    Our own log goes to stderr: stdout is for answers, which `--json` has machines read.
    """
    import structlog

    logging.disable(logging.WARNING)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


@contextmanager
def quiet_workers() -> Iterator[TextIO]:
    """While it lasts, what this process and its children write to stderr is dropped.

    Worker processes are Beam's own program and log as they like. Yields the terminal itself, for
    what we have to say meanwhile.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        with os.fdopen(os.dup(kept), "w") as terminal:
            yield terminal
    finally:
        os.dup2(kept, 2)
        os.close(kept)
