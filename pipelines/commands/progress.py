"""How far a run is, on a terminal: events so far, their rate, the time left."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from pipelines.read.plan import Slice
from pipelines.read.staging import staged_rows

SECONDS_A_LOOK = 0.5


class _Rate(ProgressColumn):
    def render(self, task) -> Text:
        return Text(f"{task.speed or 0:,.0f} events/s")


@contextmanager
def showing_progress(terminal: TextIO, enabled: bool) -> Iterator[Callable[[Slice, Path], None]]:
    """What `run` calls before each slice; shows nothing where there is no terminal.

    The workers may be other processes, so progress is what they have staged: files that appear.
    """
    console = Console(file=terminal)
    if not (enabled and console.is_terminal):
        yield lambda part, staging: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of about {task.total:,.0f}"),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        watch = _Watch(progress)
        watch.start()
        try:
            yield watch.begin
        finally:
            watch.done.set()
            watch.join()


class _Watch(threading.Thread):
    """Looks at the staging folder of the slice that is running."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(daemon=True)
        self.done = threading.Event()
        self._progress = progress
        self._task: TaskID | None = None
        self._folder: Path | None = None

    def begin(self, part: Slice, staging: Path) -> None:
        """A slice begins: its own bar, from nothing."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._folder = staging / f"{part.number:06}"
        name = f"slice {part.number + 1}"
        self._task = self._progress.add_task(name, total=max(part.events, 1))

    def run(self) -> None:
        while not self.done.wait(SECONDS_A_LOOK):
            task, folder = self._task, self._folder
            if task is not None and folder is not None:
                self._progress.update(task, completed=staged_rows(folder))
