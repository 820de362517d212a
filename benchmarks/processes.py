"""Whole processes: peak memory, and time from start to end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from time import perf_counter

from benchmarks.bars import Bar, Series
from benchmarks.scenarios import SCENARIOS

__all__ = ["measure_memory", "measure_start"]

HERE = SCENARIOS.parent
MEMORY, START = "Peak memory of a fresh process", "Whole processes"


def measure_memory() -> tuple[list[Series], list[Bar]]:
    """Measure peaks of resident memory, each in a process of its own with compiled code in the cache.

    Returns
    -------
    tuple
        Measurements and bars.
    """
    labels = {
        "imports": ("imports alone", "nothing"),
        "small": ("a day of M/M/52+M", "full log"),
        "million": ("a million customers of M/M/52+M", "full log"),
        "forgetting_few": ("a day of M/M/52+M", "KPIs, no log"),
        "forgetting": ("a million customers of M/M/52+M", "KPIs, no log"),
        "forgetting_longer": ("four million customers of M/M/52+M", "KPIs, no log"),
        "hundred_days": ("100 days of retail_bank", "every KPI with its interval"),
        "thousand_days": ("1,000 days of retail_bank", "every KPI with its interval"),
        "lifetime": ("a year of lifetime_subscription", "full log"),
    }
    peaks = {what: _peak(what) for what in labels}
    bars = [
        Bar("Memory: a million customers' full log", 300, "MB", (peaks["million"][1],), at_most=True),
        Bar("Memory: KPIs without a log, a million customers", 100, "MB", (peaks["forgetting"][1],), at_most=True),
        Bar(
            "Memory: a year of lifetime_subscription, 1 M customers", 4000, "MB", (peaks["lifetime"][1],), at_most=True
        ),
    ]
    growth = peaks["thousand_days"][1] / peaks["hundred_days"][1]
    bars.append(Bar("Memory: 1,000 replications over that of 100", 1.1, "x", (growth,), at_most=True))
    series = [
        Series(
            MEMORY, labels[what][0], f"{labels[what][1]} of {rows:,} rows" if rows else labels[what][1], (peak,), "MB"
        )
        for what, (rows, peak) in peaks.items()
    ]
    return series, bars


def measure_start(rounds: int) -> tuple[list[Series], list[Bar]]:
    """Measure a day's run as a whole process: once with an empty cache of compiled code, and then with a full one.

    Parameters
    ----------
    rounds
        Number of runs with a full cache.

    Returns
    -------
    tuple
        Measurements and bars.
    """
    with tempfile.TemporaryDirectory(prefix="sojourn_cache") as cache_folder:
        day = ["run", str(SCENARIOS / "single_queue"), "--replications", "1", "--engine", "compiled"]
        # As after an installation: Python may write bytecode, which some environments forbid.
        environment = os.environ | {"NUMBA_CACHE_DIR": cache_folder, "PYTHONDONTWRITEBYTECODE": ""}
        first = _seconds([*day, "--out", f"{cache_folder}/first"], environment)
        again = tuple(_seconds([*day, "--out", f"{cache_folder}/{i}"], environment) for i in range(rounds))
        bare = tuple(
            _seconds([*day, "--no-report", "--out", f"{cache_folder}/bare{i}"], environment) for i in range(rounds)
        )
        help_seconds = tuple(_seconds(["--help"], environment) for _ in range(rounds))
    bars = [
        Bar("Start: a one-day run, with compilation", 40, "s", (first,), at_most=True),
        Bar("Start: a one-day run, compiled code cached", 1.5, "s", again, at_most=True),
        Bar("Start: a one-day run, compiled code cached, no report", 1.0, "s", bare, at_most=True),
        Bar("Start: `sojourn --help`", 0.3, "s", help_seconds, at_most=True),
    ]
    series = [
        Series(START, "sojourn run scenarios/single_queue, empty cache", "KPIs, log, report", (first,), "s"),
        Series(START, "sojourn run scenarios/single_queue, full cache", "KPIs, log, report", again, "s"),
        Series(START, "sojourn run scenarios/single_queue --no-report, full cache", "KPIs, log", bare, "s"),
        Series(START, "sojourn --help", "-", help_seconds, "s"),
    ]
    return series, bars


def _seconds(arguments: Sequence[str], environment: dict[str, str]) -> float:
    command = [sys.executable, "-m", "sojourn", *arguments]
    began = perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=HERE, env=environment)
    return perf_counter() - began


def _peak(*what: str) -> tuple[int, float]:
    """Return the rows of the log and the peak in MB."""
    command = [sys.executable, "-m", "benchmarks.peak_memory", *what]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, cwd=HERE).stdout.splitlines()
    numbers = json.loads(lines[-1])
    return int(numbers["rows"]), float(numbers["peak_mb"])
