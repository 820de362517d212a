"""Generator of loads in this process: the conductor without Locust around it, so that no run waits for Locust's start.

Locust takes seconds to start, which is most of a short run. The agenda, the connections, the ledger and the measures
are those of ``sojourn load``; what Locust adds, its statistics and the end on an interrupt, is left out.
"""

from __future__ import annotations

import gc
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from loadtests.conductor.conductor import Conductor, Settings
from loadtests.conductor.connection import Pool
from loadtests.conductor.generator_report import cpu_seconds, report_of
from loadtests.contract import compile_calls, read_contract
from loadtests.failures import Mask
from loadtests.generators import write_report
from loadtests.ledger import LedgerWriter
from loadtests.trace.model import load_trace

if TYPE_CHECKING:
    from loadtests.run.locust_process import RunClock
    from loadtests.run.result import Run

__all__ = ["conduct"]

_HEAD_START: Final = 0.05


def conduct(command: list[str], run: Run, out: Path, clock: RunClock) -> Run:  # noqa: ARG001 - of `run_locust`
    """Send a trace in this process, as `loadtests.run.locust_process.run_locust` does in another one.

    Parameters
    ----------
    command, run, out, clock
        As for `run_locust`.
    """
    options = dict(zip(command[::2], command[1::2], strict=False))
    pool = Pool.to(run.host, size=2**16)
    calls = compile_calls(read_contract(Path(options["--contract"])), pool.host)
    ledger = LedgerWriter(out / "ledger" / run.token, 0)
    settings = Settings(run.token, run.speed, grace=run.grace, give_up=run.give_up)
    conductor = Conductor(
        load_trace(out / "trace.npz"),
        calls,
        pool,
        ledger,
        settings=settings,
        listener=lambda *_: None,
        mask=Mask(()),
    )
    pool.warm()
    gc.collect()
    gc.disable()
    before = cpu_seconds()
    try:
        conductor.run(perf_counter() + _HEAD_START)
    finally:
        gc.enable()
        ledger.close()
        report = report_of(conductor, 0, cpu_seconds() - before, complete=conductor.gave_up is None)
        write_report(out / "ledger" / run.token, report)
    return run
