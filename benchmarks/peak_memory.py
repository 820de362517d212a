"""``python -m benchmarks.peak_memory TASK``: run one task in a fresh process; print customers, rows and peak MB.

Peak memory is the resident set's high-water mark of the whole process, interpreter and libraries included.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

__all__ = ["main"]


def imports() -> tuple[int, int]:
    """Import the engine, and do nothing with it."""
    import sim.engine.compiled
    import sim.population  # noqa: F401

    return 0, 0


def million() -> tuple[int, int]:
    """Simulate a million customers of the single queue, and keep the full log."""
    from benchmarks.scenarios import single_queue
    from sim.engine.compiled import run
    from sim.population import draw_population

    plan = single_queue(1_000_000)
    population = draw_population(plan.demand(), 1, 0)
    return len(population), len(run(plan, population))


def forgetting_few() -> tuple[int, int]:
    """Simulate and measure a day of the single queue, and keep no log."""
    return _forgotten(14_400)


def forgetting() -> tuple[int, int]:
    """Simulate and measure a million customers of the single queue, and keep no log."""
    return _forgotten(1_000_000)


def forgetting_longer() -> tuple[int, int]:
    """Simulate and measure four million customers of the single queue, and keep no log."""
    return _forgotten(4_000_000)


def _forgotten(customers: int) -> tuple[int, int]:
    from benchmarks.scenarios import single_queue
    from sim.experiment.replicate import measure_once

    measures, _ = measure_once(single_queue(customers), 1, 0, "compiled", forgetting=True)
    return int(measures.value_of("journeys")), 0


def hundred_days() -> tuple[int, int]:
    """Simulate 100 days of the retail bank, with every KPI and its interval."""
    return _replicated(100)


def thousand_days() -> tuple[int, int]:
    """Simulate 1,000 days of the retail bank, with every KPI and its interval."""
    return _replicated(1_000)


def _replicated(days: int, overrides: tuple[str, ...] = ()) -> tuple[int, int]:
    from benchmarks.scenarios import SCENARIOS
    from sim.engine import make_plan
    from sim.experiment.replicate import replicate
    from sim.scenario import read_scenario

    plan = make_plan(read_scenario(SCENARIOS / "retail_bank", overrides))
    estimates = replicate(plan, seed=1, replications=days, processes=1).estimates
    return int(days * estimates.value_of("journeys")), len(estimates.index)


def quiet_days() -> tuple[int, int]:
    """Simulate as many days of a quiet bank as the next argument says."""
    return _replicated(int(sys.argv[2]), ("demand.volume=*0.05",))


def lifetime() -> tuple[int, int]:
    """Simulate a year of lifetime_subscription with a million customers: 125 times as many, and as many staff."""
    from benchmarks.scenarios import SCENARIOS
    from sim.engine import make_plan
    from sim.engine.compiled import run
    from sim.population import draw_population
    from sim.scenario import read_scenario

    plan = make_plan(read_scenario(SCENARIOS / "lifetime_subscription", ["agents.care.staff=*125"]))
    plan = replace(plan, volume=plan.volume * 125.0)  # its customers come from a campaign, which --set cannot change
    population = draw_population(plan.demand(), 1, 0)
    return len(population), len(run(plan, population))


def small() -> tuple[int, int]:
    """Simulate a day of the single queue, and keep the full log."""
    from benchmarks.scenarios import single_queue
    from sim.engine.compiled import run
    from sim.population import draw_population

    plan = single_queue(14_400)
    population = draw_population(plan.demand(), 1, 0)
    return len(population), len(run(plan, population))


TASKS: dict[str, Callable[[], tuple[int, int]]] = {
    "imports": imports, "small": small, "million": million, "lifetime": lifetime, "forgetting": forgetting,
    "forgetting_few": forgetting_few, "forgetting_longer": forgetting_longer, "hundred_days": hundred_days,
    "thousand_days": thousand_days, "quiet_days": quiet_days,
}  # fmt: skip


def sojourn(arguments: list[str]) -> tuple[int, int]:
    """Run a command of sojourn in this process."""
    from sojourn.__main__ import main as face

    sys.argv = ["sojourn", *arguments]
    try:
        face()
    except SystemExit as end:
        if end.code:
            raise
    return 0, 0


def main() -> None:
    """Run the task, and print the numbers as the last line."""
    task = sys.argv[1]
    customers, rows = sojourn(sys.argv[2:]) if task == "sojourn" else TASKS[task]()
    print(json.dumps({"customers": customers, "rows": rows, "peak_mb": _peak()}))


def _peak() -> float:
    # Not getrusage: its value survives exec, so it would be the parent's peak if that is larger.
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise SystemExit("/proc/self/status: no VmHWM; peak memory is measured on Linux only")


if __name__ == "__main__":
    main()
