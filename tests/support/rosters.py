"""Small rosters: their requirements and rules as files, and the published instances of minimum shift design."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.core.units import WEEKDAYS, clock
from sim.roster import Limits, Requirements, Roster, Rules, find_roster, read_requirements, read_rules

__all__ = ["PublishedDesign", "published_designs", "requirements_of", "roster_of", "rules_of", "week_table"]

Rows = Mapping[str, Sequence[float]]
"""Numbers per interval, by group."""


def requirements_of(folder: Path, groups: Rows, start: str = "08:00", minutes: int = 60) -> Requirements:
    """Return the requirements of a day."""
    hour, minute = map(int, start.split(":"))
    rows = [f"time,{','.join(groups)}"]
    for number, values in enumerate(zip(*groups.values(), strict=True)):
        time = clock(60.0 * ((60 * hour + minute + number * minutes) % 1440))
        rows.append(f"{time},{','.join(map(str, values))}")
    file = folder / "requirements.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return read_requirements(file)


def week_table(days: Iterable[Sequence[int]], start: int = 8, minutes: int = 60) -> str:
    """Return the table of a typical week: numbers per interval for each day from Monday on."""
    rows = ["weekday,time,desk"]
    for name, values in zip(WEEKDAYS, days, strict=False):
        for number, value in enumerate(values):
            rows.append(f"{name[:3].lower()},{clock(3600.0 * start + 60.0 * number * minutes)},{value}")
    return "\n".join(rows) + "\n"


def rules_of(folder: Path, rules: Mapping[str, Any]) -> Rules:
    """Return rules, read from a file as a planner's are."""
    file = folder / "rules.yaml"
    file.write_text(json.dumps(rules), encoding="utf-8")
    return read_rules(file)


def roster_of(folder: Path, requirements: Requirements, rules: Mapping[str, Any], **more: Any) -> Roster:
    """Return the roster of requirements and rules."""
    return find_roster(rules_of(folder, rules), requirements, "rules.yaml", limits=Limits(**more))


@dataclass(frozen=True)
class PublishedDesign:
    """An instance of minimum shift design with the best value that its file knows."""

    name: str
    table: str
    rules: dict[str, Any]
    best: float
    bound: float

    @property
    def is_proven(self) -> bool:
        """Whether the best value is the optimum."""
        return self.best - self.bound < 1.0


def published_designs() -> list[PublishedDesign]:
    """Return the instances of ``rosters/minimum_shift_design.json`` in the folder of shared files; none without it."""
    folder = Path(os.environ.get("SOJOURN_SHARED", "../shared"))
    file = folder / "rosters" / "minimum_shift_design.json"
    if not file.is_file():
        return []
    return [_design(entry) for entry in json.loads(file.read_text(encoding="utf-8"))["instances"]]


def _design(entry: Mapping[str, Any]) -> PublishedDesign:
    minutes, demand = entry["interval_minutes"], entry["demand"]
    width = 1440 // minutes
    days = [demand[first : first + width] for first in range(0, len(demand), width)]
    kinds = {
        f"kind_{number}": {
            "start": "-".join(clock(60.0 * time) for time in shift["start"]),
            "length": "-".join(f"{length} min" for length in shift["length"]),
        }
        for number, shift in enumerate(entry["shift_types"])
    }
    rules = {
        "shifts": kinds,
        "contracts": {"anybody": {"cost": 0, "rest": 0}},
        "prices": {"under": 60, "over": 60, "different_shifts": minutes},  # minutes of agents, as the file counts
    }
    table = week_table(days, 0, minutes)
    return PublishedDesign(entry["id"], table, rules, entry["best_value"], entry["proven_lower_bound"])
