"""Reporting intervals, and the first one after the warm-up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Plan

__all__ = ["ReportingIntervals", "first_interval"]

F8 = NDArray[np.float64]


def first_interval(plan: Plan) -> int:
    """Return the first interval that counts: it does not begin within the warm-up."""
    return min(ceil(plan.warm_up / plan.interval - 1e-9), plan.intervals)


@dataclass(frozen=True, eq=False)
class ReportingIntervals:
    """The reporting intervals of a plan."""

    plan: Plan

    @cached_property
    def edges(self) -> F8:
        """Starts of the reporting intervals, and the end of the last."""
        return self.plan.origin + self.plan.interval * np.arange(self.plan.intervals + 1, dtype=np.float64)

    @cached_property
    def first(self) -> int:
        """The first interval after the warm-up."""
        return first_interval(self.plan)
