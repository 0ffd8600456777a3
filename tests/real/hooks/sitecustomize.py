"""What a test has a stream do to itself. Python runs this where its folder is in PYTHONPATH.

So it reaches every process that a stream starts, and the product knows nothing of it. The variable
`NEWSBEAM_FAULTS` holds JSON: `set` gives other values to constants, by `module:NAME`; `steps` names
steps of commits, one after another, at which the process that comes to the next one notes its id in
`folder`, and sends itself `signal`. `faults.py` is who asks for that.
"""

import importlib.abc
import importlib.util
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

ASKED = json.loads(os.environ.get("NEWSBEAM_FAULTS", "{}"))


class Once(importlib.abc.MetaPathFinder):
    """Has something done to a module as soon as it is imported."""

    def __init__(self, module: str, then: Callable[[ModuleType], None]) -> None:
        self._module = module
        self._then = then

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self._module:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def load_and_then(module: ModuleType) -> None:
            load(module)
            self._then(module)

        spec.loader.exec_module = load_and_then
        return spec


def set_to(name: str, value: Any) -> Callable[[ModuleType], None]:
    """Sets a constant of the module."""
    return lambda module: setattr(module, name, value)


class Steps:
    """Where this process is in the list of steps, which it shares with those before it."""

    def __init__(self) -> None:
        self._folder = Path(ASKED["folder"])
        self._last = ""
        self._compacts = False
        self._turn = threading.Lock()

    def at(self, step: str) -> None:
        """The writer, or who acknowledges, is at that step."""
        with self._turn:
            self._at(step)

    def _at(self, step: str) -> None:
        if self._last == "followed":  # a commit decides next, a compaction does not
            self._compacts = step == "written"
        self._last = step
        name = f"compaction {step}" if self._compacts and step != "acknowledging" else step
        steps, done = ASKED["steps"], len(os.listdir(self._folder))
        if done < len(steps) and steps[done] == name:
            (self._folder / f"{done}").write_text(str(os.getpid()))
            # To this thread, which has it before it goes on; it stops or ends the whole process.
            signal.pthread_kill(threading.get_ident(), signal.Signals[ASKED["signal"]])

    def watch_writers(self, module: ModuleType) -> None:
        """Every writer of the process comes here after each step."""
        init = module.Writer.__init__

        def watched(writer: Any, *words: Any, **settings: Any) -> None:
            init(writer, *words, **settings)
            writer.at = self.at

        module.Writer.__init__ = watched

    def watch_acknowledging(self, module: ModuleType) -> None:
        """So does every acknowledgement, before it is sent."""
        acknowledge = module.Subscription.acknowledge

        def watched(subscription: Any, ack_ids: Any) -> Any:
            if ack_ids:
                self.at("acknowledging")
            return acknowledge(subscription, ack_ids)

        module.Subscription.acknowledge = watched


for place, value in ASKED.get("set", {}).items():
    module, _, name = place.partition(":")
    sys.meta_path.insert(0, Once(module, set_to(name, value)))
if "steps" in ASKED:
    steps = Steps()
    sys.meta_path.insert(0, Once("pipelines.lake.writer", steps.watch_writers))
    sys.meta_path.insert(0, Once("pipelines.read.pubsub", steps.watch_acknowledging))
