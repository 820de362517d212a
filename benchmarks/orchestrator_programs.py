"""The orchestrator, or a program to compare it with, as a process; processor time and memory of the process."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVICE, BARE, GENERATOR = "orchestrator", "benchmarks.orchestrator_bare", "benchmarks.orchestrator_load"


@contextmanager
def running(*command: str, end: signal.Signals = signal.SIGTERM) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a program that prints its address; end it afterwards with a signal."""
    process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 60)
        address = re.search(r":(\d+)\n", process.stdout.readline()) if ready else None
        if address is None:
            raise SystemExit(f"{' '.join(command)} did not start")
        yield process, int(address[1])
    finally:
        process.send_signal(end)
        process.wait(60)
        if process.stdout is not None:
            process.stdout.close()


def processor(process: subprocess.Popen[str]) -> float:
    """Return the processor time that a process has taken, in seconds."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(process: subprocess.Popen[str]) -> int:
    """Return the bytes of memory that a process holds."""
    pages = Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def syncs(folder: Path, seconds: float = 1.0) -> float:
    """Return how often a second the disk can sync 16 kB that were appended."""
    path = folder / "syncs"
    with path.open("wb", buffering=0) as file:
        end, done = time.perf_counter() + seconds, 0
        while time.perf_counter() < end:
            file.write(bytes(16384))
            os.fdatasync(file.fileno())
            done += 1
    path.unlink()
    return done / seconds
