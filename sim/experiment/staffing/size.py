"""Size of a staffing search: its days, and what they need, so that a search of hours is not begun by mistake."""

from __future__ import annotations

import numpy as np

from sim.engine import Plan
from sim.engine.expected_visits import expected_visits
from sim.experiment.size_estimate import SizeEstimate, estimate_size

__all__ = ["fresh_days_of", "search_days", "size_of_days", "size_of_search"]

_TOUCHPOINTS = 400_000.0  # of all days of the search
_FEWEST, _MOST = 20, 400  # days of the search
_FRESH = 5  # fresh days for each day of the search
_EVALUATIONS = 80  # of all days of the search: 21 to 166 in four searches of 2 to 96 headcounts; geometric mean
_VERIFIED = 8  # times the fresh days: two verifications of four times as many
_CELL_BYTES = 64.0  # of a target's sums in an interval of a day, with what is derived of them
_CUSTOMER_BYTES = 40.0  # of a customer who was drawn


def search_days(plan: Plan) -> int:
    """Return the days of a search, by the size of the scenario."""
    touchpoints = max(float(expected_visits(plan).sum()), 1.0)
    return int(np.clip(_TOUCHPOINTS / touchpoints, _FEWEST, _MOST))


def fresh_days_of(days: int) -> int:
    """Return the days of a verification that go with those of a search."""
    return _FRESH * days


def size_of_days(plan: Plan, *, targets: int, days: int, engine: str, workers: int, times: int = 1) -> SizeEstimate:
    """Estimate the time and memory of days whose customers and sums are kept; right within a factor of some five.

    Parameters
    ----------
    plan
        Of the scenario.
    targets, days
        Numbers of them.
    engine, workers
        As for `sim.experiment.staffing.find_headcounts`.
    times
        How often each day is simulated.
    """
    estimate = estimate_size(plan, replications=times * days, engine=engine, processes=workers)
    kept = float(plan.volume.sum()) * _CUSTOMER_BYTES + targets * (plan.intervals + 1) * _CELL_BYTES
    return SizeEstimate(estimate.touchpoints, estimate.seconds, estimate.memory + kept * days)


def size_of_search(plan: Plan, *, targets: int, days: int, fresh_days: int, engine: str, workers: int) -> SizeEstimate:
    """Estimate the time and memory of a search and its verification; parameters as of `size_of_days`."""
    search, fresh = (
        size_of_days(plan, targets=targets, days=count, engine=engine, workers=workers, times=times)
        for count, times in ((days, _EVALUATIONS), (fresh_days, _VERIFIED))
    )
    return SizeEstimate(search.touchpoints, search.seconds + fresh.seconds, search.memory + fresh.memory)
