"""Samples of a process under load: memory, descriptors, threads, and how long a health check takes."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Self

from tests.support.service_client import Client

__all__ = ["Sample", "Sampler", "growth", "sample_of"]


@dataclass(frozen=True, slots=True)
class Sample:
    """Sample of a process.

    Attributes
    ----------
    at
        Seconds since the sampler began.
    pid
        The process.
    memory
        Resident bytes.
    descriptors, threads
        Their numbers.
    health
        Seconds that ``/health/live`` took.
    """

    at: float
    pid: int
    memory: int
    descriptors: int
    threads: int
    health: float = 0.0


def sample_of(pid: int, at: float = 0.0, health: float = 0.0) -> Sample:
    """Return a sample of a process as it is now."""
    folder = Path(f"/proc/{pid}")
    lines = (line.split(":") for line in (folder / "status").read_text(encoding="utf-8").splitlines())
    status = {name: value.split() for name, value in lines if name in {"VmRSS", "Threads"}}
    if "VmRSS" not in status:
        raise ProcessLookupError(f"process {pid} has ended")
    memory, threads = int(status["VmRSS"][0]) * 1024, int(status["Threads"][0])
    return Sample(at, pid, memory, len(list((folder / "fd").iterdir())), threads, health)


@dataclass
class Sampler:
    """Thread that takes samples of a process, or of the one that has followed it.

    Parameters
    ----------
    process
        Returns the process and its port.
    every
        Seconds from one sample to the next.
    """

    process: Callable[[], tuple[int, int]]
    every: float
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        began = time.monotonic()
        while not self._over.wait(self.every):
            pid, port = self.process()
            client = Client(port)
            asked = time.monotonic()
            try:
                if client.send("GET", "/health/live").status == 200:
                    now = time.monotonic()
                    self.samples.append(sample_of(pid, now - began, now - asked))
            except (OSError, HTTPException):  # it is being restarted
                continue
            finally:
                client.connection.close()


def growth(values: Sequence[float]) -> float:
    """Return by how much values have grown from their second quarter to their last, in the median."""
    quarter = len(values) // 4
    return statistics.median(values[-quarter:]) - statistics.median(values[quarter : 2 * quarter])
