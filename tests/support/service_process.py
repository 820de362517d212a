"""The service as a process."""

from __future__ import annotations

import re
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import IO

import pytest


@dataclass
class Service:
    """A process that listens, and what it writes to its standard error."""

    process: subprocess.Popen[str]
    errors: IO[str]
    port: int = field(init=False)

    def __post_init__(self) -> None:
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        line = self.process.stdout.readline() if ready else ""
        found = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", line)
        if not found:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            pytest.fail(f"the service did not start: {line!r} {self.said()}")
        self.port = int(found[1])

    def end(self, number: int) -> int:
        """End the process with a signal; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(30)
        self.process.stdout.close()
        return self.process.returncode

    def said(self) -> str:
        """Return what was written to the standard error so far."""
        self.errors.seek(0)
        return self.errors.read()


Launch = Callable[..., Service]


@contextmanager
def launching() -> Iterator[Launch]:
    """Yield a function that starts the service and waits until it listens; what still runs in the end is killed."""
    started: list[Service] = []

    def launch(*options: str) -> Service:
        command = [sys.executable, "-m", "orchestrator", "--port", "0", *options]
        errors = files.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))  # noqa: SIM115
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        started.append(Service(process, errors))
        return started[-1]

    with ExitStack() as files:
        try:
            yield launch
        finally:
            for service in started:
                service.end(signal.SIGKILL)
