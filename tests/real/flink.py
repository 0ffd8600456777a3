"""A real Flink cluster for tests: jars from Maven and PyPI, fetched once into `.cache/`.

Beam's job server comes as its plain artifacts, which run with Python SDKs of later versions too.
"""

import hashlib
import inspect
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from tests.real.kept import Kept
from tests.real.servers import built

ROOT = Path(__file__).parents[2]
FLINK = "1.19.3"
BEAM = "2.62.0"  # the newest that is served with all it depends on; for Flink 1.19

JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
JOB_SERVER = "org.apache.beam.runners.flink.FlinkJobServerDriver"
POOL = "apache_beam.runners.worker.worker_pool_main"
OPENED = ("java.lang", "java.util", "java.util.concurrent", "java.nio", "java.time")
PARTS = ("job-manager", "task-manager", "job-server", "pool")
ENDED = {"FINISHED", "FAILED", "CANCELED"}
READY_SECONDS = 90

# The job server sends every jar of its class path with each job, 218 MB and 15 s that the cluster
# already has, but for those whose path says this.
NOT_SENT = Path("gradle") / "wrapper"

# What Flink's own scripts would work out from one total. A killed task manager is missed after two
# heartbeats that it does not answer, and its job is started again when there is a new one.
SETTINGS = {
    "jobmanager.rpc.address": "127.0.0.1",
    "jobmanager.bind-host": "127.0.0.1",
    "rest.address": "127.0.0.1",
    "rest.bind-address": "127.0.0.1",
    "taskmanager.host": "127.0.0.1",
    "taskmanager.bind-host": "127.0.0.1",
    "taskmanager.numberOfTaskSlots": 2,
    "taskmanager.cpu.cores": 2,
    "taskmanager.memory.framework.heap.size": "128m",
    "taskmanager.memory.framework.off-heap.size": "128m",
    "taskmanager.memory.task.heap.size": "384m",
    "taskmanager.memory.task.off-heap.size": "0m",
    "taskmanager.memory.managed.size": "64m",
    "taskmanager.memory.network.min": "64m",
    "taskmanager.memory.network.max": "64m",
    "taskmanager.memory.jvm-metaspace.size": "256m",
    "taskmanager.memory.jvm-overhead.min": "192m",
    "taskmanager.memory.jvm-overhead.max": "192m",
    "heartbeat.interval": 1000,
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": 1000,
    "restart-strategy.fixed-delay.delay": "1s",
    "classloader.resolve-order": "parent-first",  # Beam's jars are on the cluster's class path
}
LOGGING = """\
rootLogger.level = INFO
rootLogger.appenderRef.out.ref = out
appender.out.name = out
appender.out.type = CONSOLE
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{HH:mm:ss.SSS} %p %c{1} %m%n
"""
PROJECT = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>newsbeam</groupId>
  <artifactId>job-server</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.beam</groupId>
      <artifactId>beam-runners-flink-{FLINK.rpartition(".")[0]}</artifactId>
      <version>{BEAM}</version>
      <exclusions>
        <exclusion><groupId>org.apache.flink</groupId><artifactId>*</artifactId></exclusion>
      </exclusions>
    </dependency>
  </dependencies>
</project>
"""


class FlinkCluster:
    """A JobManager, a TaskManager, Beam's job server and a pool of Python workers.

    Checkpointing is off, as everywhere in Newsbeam; a job that fails is started again. `folder`
    takes settings and a log of each process. `settings` win over the ones above.
    """

    def __init__(self, jars: Path, folder: Path, settings: Mapping[str, Any] | None = None) -> None:
        self.folder = folder
        self._jars = jars
        self._ports = _free_ports("rest", "rpc", "jobs", "artifacts", "pool")
        self._write({**SETTINGS, **(settings or {})})
        self._processes: dict[str, Kept] = {}
        try:
            self.start(*PARTS)
        except BaseException:
            self.close()
            raise

    @property
    def flags(self) -> tuple[str, ...]:
        """What a pipeline needs to run here on the portable runner."""
        return (
            f"--job_endpoint=127.0.0.1:{self._ports['jobs']}",
            f"--artifact_endpoint=127.0.0.1:{self._ports['artifacts']}",
            "--environment_type=EXTERNAL",
            f"--environment_config=127.0.0.1:{self._ports['pool']}",
        )

    def kill(self, part: str) -> None:
        """End one of PARTS as `kill -9` does.

        The pool takes its workers with it. A job server takes nothing: its jobs go on.
        """
        self._processes.pop(part).kill()

    def start(self, *parts: str) -> None:
        """Start these, side by side, where the last ones were; return once they are ready."""
        known = self._task_managers()
        ready: dict[str, Callable[[], object]] = {
            "job-manager": lambda: _listens(self._ports["rest"]),
            "task-manager": lambda: self._task_managers() - known,
            "job-server": lambda: _listens(self._ports["jobs"]),
            "pool": lambda: _listens(self._ports["pool"]),
        }
        for part in parts:
            # Beam's pool starts plain `python`, which has to be this one.
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
            environment = {**os.environ, "PATH": path, "FLINK_CONF_DIR": str(self.folder)}
            log = self.folder / f"{part}.log"
            self._processes[part] = Kept(self._words(part), log, ROOT, environment)
        for part in parts:
            self._wait_for(part, ready[part])

    def clear(self) -> None:
        """Cancel the jobs that still run, and start the parts that were killed."""
        self.start(*(part for part in PARTS if part not in self._processes))
        for job, state in self.jobs().items():
            if state not in ENDED:
                self.cancel(job)
        self._wait_for("job-manager", lambda: set(self.jobs().values()) <= ENDED)

    def workers(self) -> list[int]:
        """The Python workers' process ids."""
        return self._processes["pool"].matching("SdkHarness")

    def jobs(self) -> dict[str, str]:
        """Flink's state of each job that it knows, by Flink's id of it."""
        return {job["id"]: job["status"] for job in self.ask("jobs")["jobs"]}

    def cancel(self, job: str) -> None:
        """Cancel it by Flink's own means."""
        self.ask(f"jobs/{job}", method="PATCH")

    def ask(self, path: str, method: str = "GET") -> Any:
        """What Flink's REST interface answers."""
        url = f"http://127.0.0.1:{self._ports['rest']}/{path}"
        request = urllib.request.Request(url, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def log(self, part: str) -> str:
        """All that a part has said."""
        return (self.folder / f"{part}.log").read_text("utf-8", "replace")

    def close(self) -> None:
        """End every process."""
        for process in self._processes.values():
            process.kill()
        self._processes.clear()

    def _words(self, part: str) -> list[str]:
        """The command line of a part."""
        if part == "pool":
            return [sys.executable, "-m", POOL, f"--service_port={self._ports['pool']}"]
        if part == "job-server":
            return [
                *self._java(JOB_SERVER, 384),
                f"--flink-master=127.0.0.1:{self._ports['rest']}",
                "--job-host=127.0.0.1",
                f"--job-port={self._ports['jobs']}",
                f"--artifact-port={self._ports['artifacts']}",
                "--expansion-port=0",
                f"--artifacts-dir={self.folder / 'artifacts'}",
            ]
        main = JOB_MANAGER if part == "job-manager" else TASK_MANAGER
        return [*self._java(main, 512), "--configDir", str(self.folder)]

    def _java(self, main: str, heap_megabytes: int) -> list[str]:
        opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED]
        return [
            *(java() or "java", *opened, f"-Xmx{heap_megabytes}m", "-XX:+UseSerialGC"),
            "-XX:TieredStopAtLevel=1",  # it lives for a minute: quick to start beats quick at work
            f"-Dlog4j.configurationFile={self.folder / 'log4j.properties'}",
            *("-cp", f"{self._jars}/*", main),
        ]

    def _write(self, settings: Mapping[str, Any]) -> None:
        ports = {"rest.port": self._ports["rest"], "jobmanager.rpc.port": self._ports["rpc"]}
        folders = {"io.tmp.dirs": str(self.folder / "temporary")}
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{name}: {value}\n" for name, value in {**settings, **ports, **folders}.items()]
        (self.folder / "config.yaml").write_text("".join(lines), "utf-8")
        (self.folder / "log4j.properties").write_text(LOGGING, "utf-8")

    def _task_managers(self) -> set[str]:
        with suppress(OSError):
            return {each["id"] for each in self.ask("taskmanagers")["taskmanagers"]}
        return set()

    def _wait_for(self, part: str, ready: Callable[[], object]) -> None:
        until = time.monotonic() + READY_SECONDS
        while not ready():
            if time.monotonic() > until or not self._processes[part].runs():
                raise RuntimeError(f"Flink's {part} is not ready:\n{self.log(part)[-3_000:]}")
            time.sleep(0.1)


def java() -> str | None:
    """The Java command."""
    return shutil.which("java")


def maven() -> str | None:
    """The Maven command."""
    return shutil.which("mvn")


def build_flink() -> Path:
    """The folder of all jars that the cluster's Java processes need; minutes where it is not there.

    One class path for all: Flink's libraries as PyPI has them, Beam's artifacts without theirs.
    """
    text = "\0".join([PROJECT, FLINK, inspect.getsource(_fetch)])
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return built(f"flink-{FLINK}-beam-{BEAM}-{digest}", _fetch) / NOT_SENT


def _fetch(folder: Path, target: Path) -> None:
    began, jars = time.monotonic(), target / NOT_SENT
    package = [f"apache-flink-libraries=={FLINK}", "--no-deps", "--target", str(folder / "pypi")]
    words = [sys.executable, "-m", "pip", "install", "--quiet", *package]
    with subprocess.Popen(words) as pip:
        (folder / "pom.xml").write_text(PROJECT, "utf-8")
        wanted = ["-DincludeScope=runtime", f"-DoutputDirectory={jars}"]
        maven_words = [maven(), "-B", "-q", "dependency:copy-dependencies", *wanted]
        subprocess.run(maven_words, cwd=folder, check=True)
    assert pip.returncode == 0, "pip could not fetch Flink's libraries"
    for jar in (folder / "pypi" / "pyflink" / "lib").glob("*.jar"):
        if jar.name.startswith(("flink-dist", "log4j")):
            shutil.move(jar, jars)
    print(f"\nFlink {FLINK} and Beam's job server {BEAM}: {time.monotonic() - began:.0f} s")


def _free_ports(*names: str) -> dict[str, int]:
    with ExitStack() as stack:
        sockets = {name: stack.enter_context(socket.socket()) for name in names}
        for each in sockets.values():
            each.bind(("127.0.0.1", 0))
        return {name: each.getsockname()[1] for name, each in sockets.items()}


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
