"""Ctrl-C ends a run at once, wherever it is."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


def interruptible(work: Callable[[], Result]) -> Result:
    """What the work returns or raises; Ctrl-C ends the waiting for it.

    Python raises KeyboardInterrupt in the main thread, wherever that is. In the middle of a runner
    it is taken for a failure of a stage, or dropped, and the run goes on to its end. So the main
    thread only waits. The work is left as it is, and ends with the process: a lake takes no harm
    from a run that is killed at any moment.

    Raises:
        KeyboardInterrupt: the work was not awaited.
    """
    outcome: Future[Result] = Future()

    def told() -> None:
        try:
            outcome.set_result(work())
        except BaseException as why:
            outcome.set_exception(why)

    threading.Thread(target=told, name="run", daemon=True).start()
    return outcome.result()
