"""Comparison of simulated KPIs with a baseline: exact, because they are deterministic."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from loadtests.verdict.model import Check, Stage
from sim.core.errors import printable

if TYPE_CHECKING:
    from loadtests.verdict.baseline import KpiKey, KpiValues

__all__ = ["LISTED", "compare_with_baseline"]

LISTED = 20  # differing values that a regression lists
ROUNDING = 1e-12  # relative; all else is exact


def compare_with_baseline(values: KpiValues, baseline: KpiValues) -> Check:
    """Compare simulated KPIs with a baseline's: if any value differs, the model has changed."""
    differing = [key for key in baseline if key not in values or _differ(values[key], baseline[key])]
    new = len(values.keys() - baseline.keys())
    if not differing:
        message = f"all {len(baseline)} values are those of the baseline" + (f"; {new} are new" if new else "")
    else:
        lines = [
            f"{_name(key)}: {repr(values[key]) if key in values else 'missing'}, was {baseline[key]!r}"
            for key in differing[:LISTED]
        ]
        more = f"\nand {len(differing) - LISTED} more" if len(differing) > LISTED else ""
        message = f"{len(differing)} of {len(baseline)} values differ from the baseline:\n" + "\n".join(lines) + more
    return Check(Stage.BASELINE, "simulated KPIs", not differing, len(differing), 0, message)


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
