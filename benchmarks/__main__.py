"""``python -m benchmarks``: each program beside the others in one run, the work asserted; ``--write`` keeps the table.

Machines are noisy, so programs take turns, and what counts is the median of the ratios round by round.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks import naive, reference
from benchmarks.naive import NaiveRun

Program = Callable[[], NaiveRun]

MODELS: dict[str, dict[str, Program]] = {
    "M/M/52+M, 50,000 customers": {
        "naive SimPy, no log": lambda: naive.run_single_queue(50_000),
        "Sojourn, SimPy engine, full log": lambda: reference.run_single_queue(57_600),
    },
    "3 types x 4 groups, 2 days": {
        "naive SimPy, no log": lambda: naive.run_centre(2),
        "Sojourn, SimPy engine, full log": lambda: reference.run_centre(2),
    },
}
FLOOR = 1.0  # the reference engine is at least as fast as the naive program
README = Path(__file__).with_name("README.md")


def main() -> int:
    """Run every program in turns; return 0 when each ratio holds its floor."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of taking turns (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help=f"keep the table in {README.name}")
    given = parser.parse_args()
    lines = [
        _machine(given.rounds),
        "",
        "| model | program | customers/s, median | times naive, median (least - most) |",
    ]
    lines.append("| --- | --- | ---: | ---: |")
    slowest = float("inf")
    for model, programs in MODELS.items():
        speeds = _take_turns(programs, given.rounds)
        base = next(iter(speeds.values()))
        for program, speed in speeds.items():
            ratios = [a / b for a, b in zip(speed, base, strict=True)]
            spread = f"{median(ratios):.2f} ({min(ratios):.2f} - {max(ratios):.2f})"
            lines.append(f"| {model} | {program} | {median(speed):,.0f} | {spread} |")
            slowest = min(slowest, median(ratios))
    print("\n".join(lines))
    if given.write:
        head = README.read_text(encoding="utf-8").split("## Measured")[0]
        README.write_text(head + "## Measured\n\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return 0 if slowest >= FLOOR else 1


def _take_turns(programs: dict[str, Program], rounds: int) -> dict[str, list[float]]:
    for run in programs.values():
        run()  # compile, warm up; not counted
    speeds: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, run in programs.items():
            done = run()
            speeds[name].append(done.customers / done.seconds)
    return speeds


def _machine(rounds: int) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("simpy", "numpy", "numba"))
    machine = f"{os.cpu_count()} cores, {platform.machine()}"
    return f"Python {platform.python_version()}, {packages}; {machine}; {rounds} rounds."


if __name__ == "__main__":
    raise SystemExit(main())
