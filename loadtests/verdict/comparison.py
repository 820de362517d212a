"""Comparison of simulated KPIs with a baseline: exact, because they are deterministic."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from loadtests.verdict.model import Check, Stage
from sim.core.errors import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loadtests.verdict.baseline import KpiKey, KpiValues

__all__ = ["LISTED", "compare_with_baseline"]

LISTED = 20  # differing KPIs that a regression lists
ROUNDING = 1e-12  # relative; all else is exact


def compare_with_baseline(values: KpiValues, baseline: KpiValues, versions: str = "", *, judged: bool = True) -> Check:
    """Compare simulated KPIs with a baseline's: if any value differs, the model has changed.

    Parameters
    ----------
    values, baseline
        Of the run and of the baseline.
    versions
        Which programs are of another version than those of the baseline.
    judged
        False = of another scenario: the differences are information.
    """
    differing = [key for key in baseline if key not in values or _differ(values[key], baseline[key])]
    new = len(values.keys() - baseline.keys())
    if not differing:
        message = f"all {len(baseline)} values are those of the baseline" + (f"; {new} are new" if new else "")
    else:
        lines = [_line(keys, values, baseline) for keys in _series(differing)]
        more = f"\nand {len(lines) - LISTED} more" if len(lines) > LISTED else ""
        first = f"{len(differing)} of {len(baseline)} values differ from the baseline{versions}:\n"
        message = first + "\n".join(lines[:LISTED]) + more
    return Check(Stage.BASELINE, "simulated KPIs", not differing, len(differing), 0, message, judged=judged)


def _series(keys: Iterable[KpiKey]) -> list[list[KpiKey]]:
    """Return the keys in groups that differ in the interval, the day or the weekday only; those of the whole first."""
    groups: dict[tuple[str, str, str], list[KpiKey]] = {}
    for key in keys:
        groups.setdefault(key[:3], []).append(key)
    return sorted(groups.values(), key=lambda group: group[0][1] != "all")


def _line(keys: Sequence[KpiKey], values: KpiValues, baseline: KpiValues) -> str:
    """Say how one KPI differs: its value, or the value that differs most and how many do."""

    def distance(key: KpiKey) -> float:
        """Return by how much a value differs; a value that is not there differs most."""
        value, was = values.get(key), baseline[key]
        return math.inf if value is None or was is None else abs(value - was)

    most = max(keys, key=distance)
    line = f"{_name(most)}: {repr(values[most]) if most in values else 'missing'}, was {baseline[most]!r}"
    return line if len(keys) == 1 else f"{line}; the most of {len(keys)} that differ"


def _differ(value: float | None, baseline: float | None) -> bool:
    """Tell whether two values differ by more than the rounding of sums, which depends on the processor."""
    if value is None or baseline is None:
        return value is not baseline
    return not math.isclose(value, baseline, rel_tol=ROUNDING, abs_tol=ROUNDING)


def _name(key: KpiKey) -> str:
    """Return the key of a value as text."""
    kpi, by, member, position = key
    parts = (kpi, f"by {by}" if by != "all" else "", member, "" if position is None else f"#{position}")
    return printable(" ".join(part for part in parts if part))  # a line of its own could command a CI system
