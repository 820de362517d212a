"""Whole processes: how much memory they take at their peak, and how long they take from start to end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from time import perf_counter

from benchmarks.bars import Bar, Series
from benchmarks.scenarios import SCENARIOS, single_queue_data

__all__ = ["measure_memory", "measure_start"]

HERE = SCENARIOS.parent
MEMORY, START = "Peak memory of a fresh process", "Whole processes"


def measure_memory() -> tuple[list[Series], list[Bar]]:
    """Measure peaks of resident memory, each in a process of its own that found the kernel compiled.

    Returns
    -------
    tuple
        What was measured, and how it compares with the bars.
    """
    peaks = {what: _peak(what) for what in ("imports", "small", "million", "lifetime")}
    bars = [
        Bar("Memory: a million customers' full log", 300, "MB", (peaks["million"][1],), at_most=True),
        Bar("Memory: KPIs without a log, a million customers", 100, "MB", _without_log(), at_most=True),
        Bar(
            "Memory: a year of lifetime_subscription, 1 M customers", 4000, "MB", (peaks["lifetime"][1],), at_most=True
        ),
    ]
    told = {
        "imports": "imports alone",
        "small": "a day of M/M/52+M",
        "million": "a million customers of M/M/52+M",
        "lifetime": "a year of lifetime_subscription",
    }
    series = [
        Series(MEMORY, told[what], f"full log of {rows:,} rows" if rows else "nothing", (peak,), "MB")
        for what, (rows, peak) in peaks.items()
    ]
    return series, bars


def measure_start(rounds: int) -> tuple[list[Series], list[Bar]]:
    """Measure a day's run as a whole process: once with an empty cache of compiled code, and then with a full one.

    Parameters
    ----------
    rounds
        How often with a full cache.

    Returns
    -------
    tuple
        What was measured, and how it compares with the bars.
    """
    with tempfile.TemporaryDirectory(prefix="sojourn_cache") as cache_folder:
        day = ["run", str(SCENARIOS / "single_queue"), "--replications", "1", "--engine", "compiled"]
        environment = os.environ | {"NUMBA_CACHE_DIR": cache_folder}
        first = _seconds([*day, "--out", f"{cache_folder}/first"], environment)
        again = tuple(_seconds([*day, "--out", f"{cache_folder}/{i}"], environment) for i in range(rounds))
        told = tuple(_seconds(["--help"], environment) for _ in range(rounds))
    bars = [
        Bar("Start: a one-day run, everything compiled on the way", 40, "s", (first,), at_most=True),
        Bar("Start: a one-day run, compiled before", 1.5, "s", again, at_most=True),
        Bar("Start: `sojourn --help`", 0.3, "s", told, at_most=True),
    ]
    series = [
        Series(START, "sojourn run scenarios/single_queue, empty cache", "KPIs, log, report", (first,), "s"),
        Series(START, "sojourn run scenarios/single_queue, full cache", "KPIs, log, report", again, "s"),
        Series(START, "sojourn --help", "-", told, "s"),
    ]
    return series, bars


def _seconds(arguments: Sequence[str], environment: dict[str, str]) -> float:
    command = [sys.executable, "-m", "sojourn", *arguments]
    began = perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=HERE, env=environment)
    return perf_counter() - began


def _peak(*what: str) -> tuple[int, float]:
    """Return the rows of the log and the peak in MB."""
    command = [sys.executable, "-m", "benchmarks.peak", *what]
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=HERE).stdout.splitlines()
    numbers = json.loads(told[-1])
    return int(numbers["rows"]), float(numbers["peak_mb"])


def _without_log() -> tuple[float, ...]:
    """Return the peak of a run that counts as it goes; nothing where the command has no such option."""
    if not _offered("--log"):
        return ()
    with tempfile.TemporaryDirectory(prefix="sojourn_peak") as folder:
        scenario = Path(folder) / "scenario.yaml"
        scenario.write_text(json.dumps(single_queue_data(1_000_000)), encoding="utf-8")  # JSON is YAML
        options = ["--replications", "1", "--processes", "1", "--engine", "compiled", "--log", "none"]
        return (_peak("sojourn", "run", str(scenario), *options, "--out", f"{folder}/result")[1],)


@cache
def _offered(option: str) -> bool:
    told = subprocess.run(
        [sys.executable, "-m", "sojourn", "run", "--help"], check=True, capture_output=True, text=True
    )
    return option in told.stdout
