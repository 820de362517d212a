"""``python -m benchmarks.staffing CASE``: a staffing search, with its processor time.

CASE is ``centre`` (3 types x 4 groups x 24 half-hours), ``large`` (20 types x 35 groups x 36 intervals, from a seed) or
``multi_skill_day`` (published, in the folder ``SOJOURN_SHARED``; ``--minutes 7.5`` reads its service as 8 an hour).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.models import CENTRE
from sim.experiment.staffing import Limits, Progress, find_headcounts, parse_targets
from sim.experiment.staffing.staffing import Staffing
from sim.experiment.staffing.verification import fresh_numbers, verify_plan
from sim.report.staffing_table import staffing_sentences
from sim.report.verification_table import verdict_sentence
from sim.scenario import Scenario

__all__ = ["CASES", "find", "main"]

_SEED = 1
_TYPES, _GROUPS, _INTERVALS = 20, 35, 36
_SKILL = 0.1  # of the cost of an agent, for each skill beyond the first
_MANY = 99_999  # agents of a group: no limit


def centre(_minutes: float) -> dict[str, Any]:
    """Return a day of 3 types x 4 groups, whose agents of two skills cost a tenth more."""
    calls = {
        each.name: (each.volume, {"law": "lognormal", "mean": each.service_mean, "cv": each.service_cv})
        for each in CENTRE.types
    }
    patience = {each.name: each.patience_mean for each in CENTRE.types}
    groups = {group.name: group.types for group in CENTRE.groups}
    return _data("3 types x 4 groups", "08:00-20:00", CENTRE.interval, calls, patience, groups)


def large(_minutes: float) -> dict[str, Any]:
    """Return a day of 20 types x 35 groups x 36 quarters of an hour: one group for each type, the rest of 2 to 5."""
    generator = np.random.default_rng(_SEED)
    names = [f"t{number + 1}" for number in range(_TYPES)]
    shape = 0.6 + 0.4 * np.sin(np.linspace(0.2, 2.9, _INTERVALS))
    calls, patience = {}, {}
    for name in names:
        volume = np.round(generator.uniform(5, 30) * shape, 1).tolist()
        calls[name] = volume, {"law": "lognormal", "mean": float(round(generator.uniform(180, 480))), "cv": 1.0}
        patience[name] = float(round(generator.uniform(500, 900)))
    groups = {f"g{number + 1}": (name,) for number, name in enumerate(names)}
    for number in range(_TYPES, _GROUPS):
        skills = generator.choice(_TYPES, size=int(generator.integers(2, 6)), replace=False)
        groups[f"g{number + 1}"] = tuple(names[skill] for skill in skills.tolist())
    return _data("20 types x 35 groups", "08:00-17:00", 900.0, calls, patience, groups)


def multi_skill_day(minutes: float) -> dict[str, Any]:
    """Return the published day, with a mean service of so many minutes."""
    file = Path(os.environ.get("SOJOURN_SHARED", "../shared")) / "rosters" / "multi_skill_day.json"
    day = json.loads(file.read_text(encoding="utf-8"))
    per_interval = 60.0 / day["interval_minutes"]
    calls = {
        name: ([calls / per_interval for calls in hourly], {"law": "exponential", "mean": 60.0 * minutes})
        for name, hourly in day["calls_per_hour"].items()
    }
    patience = dict.fromkeys(calls, 60.0 * day["patience"]["mean_minutes"])
    groups = {name: tuple(group["skills"]) for name, group in day["groups"].items()}
    return _data("multi_skill_day", day["day"], 60.0 * day["interval_minutes"], calls, patience, groups, skill=0.2)


def _data(
    name: str,
    hours: str,
    interval: float,
    calls: dict[str, tuple[Any, dict[str, Any]]],
    patience: dict[str, float],
    groups: dict[str, tuple[str, ...]],
    skill: float = _SKILL,
) -> dict[str, Any]:
    """Return a scenario; agents of one skill cost 1 an hour, and groups of few skills are asked first."""
    order = sorted(groups, key=lambda group: len(groups[group]))
    intents = {
        queue: {
            "demand": list(volume),
            "start": "call",
            "steps": {
                "call": {
                    "channel": "voice",
                    "queue": queue,
                    "talk": law,
                    "patience": {"law": "exponential", "mean": patience[queue]},
                    "next": "resolved",
                }
            },
        }
        for queue, (volume, law) in calls.items()
    }
    return {
        "name": name,
        "run": {"hours": hours, "interval": interval, "drain": "1 h"},
        "queues": {queue: {"agents": [group for group in order if queue in groups[group]]} for queue in calls},
        "agents": {
            group: {"serves": list(skills), "staff": 1, "cost": 1 + skill * (len(skills) - 1)}
            for group, skills in groups.items()
        },
        "intents": intents,
    }


CASES = {"centre": centre, "large": large, "multi_skill_day": multi_skill_day}


def find(data: dict[str, Any], *, days: int | None, fresh_days: int | None, workers: int, verbose: bool) -> Staffing:
    """Return the cheapest headcounts with which 80 % of each type are answered in 20 s in each interval.

    Parameters
    ----------
    data
        Of the scenario.
    days, fresh_days, workers
        As for `find_headcounts`.
    verbose
        Whether to print the best plan so far.
    """
    from sim.engine import make_plan

    scenario = Scenario.model_validate(data)
    plan = make_plan(scenario)
    shape = len(plan.groups), plan.intervals
    limits = Limits(tuple(range(shape[0])), np.zeros(shape, np.int64), np.full(shape, _MANY, np.int64))
    targets = parse_targets(plan, ["*.service_level >= 80 %"], "interval")
    begin = process_time()

    def show(state: Progress) -> None:
        kept = f"{state.holding} of {state.requirements} hold"
        print(f"{process_time() - begin:8.1f} s  {state.stage}: cost {state.cost:,.1f}, {kept}", flush=True)

    more: dict[str, Any] = {"progress": show} if verbose else {}
    return find_headcounts(
        scenario, plan, targets, limits, seed=_SEED, days=days, fresh_days=fresh_days, workers=workers, **more
    )


def _verified(staffing: Staffing, days: int, workers: int) -> str:
    """Judge the plan on days that neither the search nor its verifications saw."""
    plan = staffing.grid.plan_with(staffing.counts)
    targets = staffing.requirements.targets
    verified = verify_plan(plan, targets, seed=_SEED, numbers=fresh_numbers(days), workers=workers)
    return verdict_sentence(verified, None)


def main() -> int:
    """Run a case and print what it found, and what it took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.staffing", description=__doc__)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--minutes", type=float, default=8.0, help="mean service of multi_skill_day")
    parser.add_argument("--days", type=int, help="of the search")
    parser.add_argument("--fresh-days", type=int, help="of each verification")
    parser.add_argument("--final-days", type=int, help="on which the plan is judged once more, e.g. 10000")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--verbose", action="store_true", help="print the best plan so far")
    words = parser.parse_args()
    wall, processor = perf_counter(), process_time()
    staffing = find(
        CASES[words.case](words.minutes),
        days=words.days,
        fresh_days=words.fresh_days,
        workers=words.workers,
        verbose=words.verbose,
    )
    print(*staffing_sentences(staffing), sep="\n")
    if words.final_days:
        print(_verified(staffing, words.final_days, words.workers))
    took = f"{process_time() - processor:,.0f} s of processor time, {perf_counter() - wall:,.0f} s by the clock"
    print(f"{staffing.search_days} days of search; {took}, {words.workers} threads.")
    held = staffing.verification is not None and staffing.verification.verdict(None) == "holds"
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
