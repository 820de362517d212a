"""Services forked from one process that has loaded the program: a start takes a tenth of a new interpreter's time.

``python forked_service.py`` loads the endpoint, reads the arguments of one service after the other from its standard
input, each with the names of two pipes or files for the standard output and error, and writes the process id of each
service that it has forked. A service becomes a child of the process that has asked for it, which can wait for it.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

__all__ = ["ForkedProcess", "Forks"]

PR_SET_CHILD_SUBREAPER = 36  # prctl(2): orphans of our children become our children


class ForkedProcess:
    """Process with the interface of `subprocess.Popen`, as far as `ServiceProcess` uses it."""

    def __init__(self, pid: int, stdout: IO[str]) -> None:
        self.pid, self.stdout = pid, stdout
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, if it has ended."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float = 3600.0) -> int:
        """Wait for the end; return the exit code."""
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.002)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class Forks:
    """Starts services by forking a process that has loaded the program."""

    def __init__(self) -> None:
        _adopt_orphans(1)
        self._loaded = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip

    def start(self, arguments: Sequence[str], errors: IO[str]) -> ForkedProcess:
        """Start a service; its standard error goes to a file."""
        assert self._loaded.stdin is not None
        assert self._loaded.stdout is not None
        reading, writing = os.pipe()
        own = f"/proc/{os.getpid()}/fd"
        order = {"arguments": list(arguments), "stdout": f"{own}/{writing}", "stderr": f"{own}/{errors.fileno()}"}
        self._loaded.stdin.write(json.dumps(order) + "\n")
        self._loaded.stdin.flush()
        pid = int(self._loaded.stdout.readline())
        os.close(writing)
        return ForkedProcess(pid, os.fdopen(reading, encoding="utf-8"))

    def close(self) -> None:
        """End the process that has loaded the program; the services have ended before."""
        self._loaded.communicate()
        _adopt_orphans(0)


def _adopt_orphans(yes: int) -> None:
    """Let the orphans among the processes that this one has started become its children, or no longer."""
    assert ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, yes, 0, 0, 0) == 0


def _serve(arguments: list[str], stdout: int, stderr: int) -> int:
    """Become the service; return its exit code."""
    from orchestrator.__main__ import main

    for number, opened in ((0, os.open(os.devnull, os.O_RDONLY)), (1, stdout), (2, stderr)):
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["orchestrator", *arguments]
    code = main()
    sys.stdout.flush()
    return code


def _fork(order: dict[str, Any]) -> int:
    """Fork a service; return its process id when it is an orphan, and so the child of who waits for it."""
    outputs = [os.open(order[name], os.O_WRONLY | os.O_APPEND) for name in ("stdout", "stderr")]
    reading, writing = os.pipe()
    parent = os.fork()
    if parent == 0:
        service = os.fork()
        if service == 0:
            os.close(reading)
            os.close(writing)
            try:
                os._exit(_serve(order["arguments"], *outputs))
            finally:
                os._exit(70)
        os.write(writing, b"%d" % service)
        os._exit(0)
    os.waitpid(parent, 0)
    for descriptor in (writing, *outputs):
        os.close(descriptor)
    with os.fdopen(reading, "rb") as numbers:
        return int(numbers.read())


def _load() -> None:
    """Load what the service would load later."""
    import uvicorn.loops.auto
    import uvicorn.protocols.http.httptools_impl  # noqa: F401
    from psycopg import pq

    import orchestrator.__main__  # noqa: F401
    from orchestrator.store import postgres, sqlite  # noqa: F401

    assert pq.__impl__ in {"c", "binary", "python"}


def main() -> None:
    _load()
    for line in sys.stdin:
        sys.stdout.write(f"{_fork(json.loads(line))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
