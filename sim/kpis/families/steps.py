"""Visits to each step, by result.

A visit counts if it began within the reporting intervals, whenever its journey began.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.engine.plan import Result
from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.dimensions import BY_STEP
from sim.kpis.model import Kpi, KpiValues

__all__ = ["KPIS", "measure"]

VISITS = Kpi(
    "visits", "Visits", "visits", None, "Visits to the step that began within the reporting intervals.", BY_STEP
)
_HOW = {
    Result.ABANDONED: ("abandoned", "lower", "the customer gave up waiting"),
    Result.CLOSED: ("closed", "lower", "the queue was closed"),
    Result.BLOCKED: ("blocked", "lower", "the queue or all lines were full"),
    Result.BALKED: ("balked", "lower", "the customer left because of the queue"),
    Result.FAILED: (
        "failed",
        "lower",
        "the call dropped, the endpoint failed, or a callback did not reach the customer",
    ),
    Result.TIMED_OUT: ("timed_out", "lower", "the contact had waited as long as the queue lets one wait"),
    Result.NOTIFIED: ("notified", None, "a notification ended the pause"),
}
SHARES = {
    result: Kpi(
        f"visits_{name}",
        name.capitalize().replace("_", " "),
        "share",
        "lower" if better else None,
        f"Visits to the step that ended {name.replace('_', ' ')} ({why}) / visits.",
        BY_STEP,
    )
    for result, (name, better, why) in _HOW.items()
}

KPIS = (VISITS, *SHARES.values())


def measure(completed: CompletedCustomers) -> Iterator[KpiValues]:
    """Count the visits to each step by result."""
    table = completed.tables.results
    visits = table.sum(axis=1)
    yield KpiValues(VISITS.name, "step", visits)
    for result, kpi in SHARES.items():
        yield KpiValues(kpi.name, "step", table[:, result], visits)
