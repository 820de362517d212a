"""``python -m benchmarks.million_customers start`` or ``paused``: what a million customers cost the load generator.

How long it takes from the generator's start to its first request, and its memory then, with a trace of a million
customers; and its memory when each of them has started a journey and paused.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.conductor import endpoint, starts
from loadtests.contract import REFERENCE, compile_calls, read_contract
from loadtests.run.process_time import cpu_seconds
from loadtests.run.run import LOCUSTFILE
from loadtests.trace.model import save_trace
from sim.core.children import python

__all__ = ["main"]

CUSTOMERS = 1_000_000
HEAD_START = 1.0
"""Seconds for which the plug-in waits before the first request of a run."""


def megabytes(process: int | None = None) -> float:
    """Return the resident memory of a process, by default of this one."""
    return float(psutil.Process(process).memory_info().rss) / 2**20


def start(folder: Path) -> tuple[float, float, float]:
    """Return the seconds and CPU seconds until the generator's first request, and its memory then."""
    save_trace(starts(CUSTOMERS, 1000), folder / "trace.npz")
    with endpoint() as url:
        options = {"--locustfile": LOCUSTFILE, "--host": url, "--trace": folder / "trace.npz", "--contract": REFERENCE}
        options |= {"--speed": 1, "--ledger": folder / "ledger", "--run": "million"}
        texts = [str(text) for option in options.items() for text in option]
        command, environment = python("-m", "locust", "--headless", "--only-summary", "--no-setup", *texts)
        began = time.perf_counter()
        log = folder / "log"
        with (
            log.open("wb") as file,
            subprocess.Popen(command, env=environment, cwd=folder, stdout=file, stderr=subprocess.STDOUT) as process,
        ):
            while not any(path.stat().st_size for path in folder.glob("ledger/*/attempts-0.bin")):
                assert process.poll() is None, log.read_text(encoding="utf-8")
                time.sleep(0.01)
            seconds = time.perf_counter() - began - HEAD_START
            used = cpu_seconds(process.pid)
            assert used is not None
            memory = megabytes(process.pid)
            process.kill()
    return seconds, used, memory


def paused(folder: Path) -> tuple[float, float]:
    """Return the memory that a conductor takes for a million paused journeys, and that of the whole process."""
    from loadtests.conductor.conductor import Conductor, Settings
    from loadtests.conductor.connection import Pool
    from loadtests.ledger import LedgerWriter

    trace = starts(CUSTOMERS, 1000)
    calls = compile_calls(read_contract(REFERENCE), "x:1")
    before = megabytes()
    conductor = Conductor(
        trace, calls, Pool.to("http://127.0.0.1:1", 1), LedgerWriter(folder, 0),
        settings=Settings("million"), listener=lambda *_: None,
    )  # fmt: skip
    for journey in range(CUSTOMERS):
        conductor.keep_outputs(journey, {"start.journey": f"01a22ba7-bbcd-735f-9f11-{journey:012x}"})
    after = megabytes()
    return after - before, after


def main() -> None:
    """Measure one of them."""
    with tempfile.TemporaryDirectory() as name:
        if sys.argv[1:] == ["paused"]:
            taken, whole = paused(Path(name))
            print(f"- paused: {taken:.0f} MB, {whole:.0f} MB with interpreter, libraries and trace")
        else:
            seconds, used, memory = start(Path(name))
            print(f"- start: first request after {seconds:.1f} s ({used:.1f} s of CPU time), {memory:.0f} MB")


if __name__ == "__main__":
    main()
