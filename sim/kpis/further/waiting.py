"""Waiting times in detail: beyond the limit, their variance, and what those who left would have waited.

The excess wait is the time beyond the acceptable waiting time, (wait - limit)+, as in Buist and L'Ecuyer, "A Java
library for simulating contact centers" (2005). The offered wait is that of a customer with endless patience. Who left
waited at least so long: its mean is the area under the Kaplan-Meier curve of the waits, of which those without an
answer are censored (Brown et al., "Statistical analysis of a telephone call center", JASA 100, 2005). The curve ends at
the longest wait. It is unbiased where patience does not depend on the wait, so not with announcements or balking.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.engine.plan import Plan, Result
from sim.kpis.aggregate.completed_log import CompletedLog
from sim.kpis.aggregate.cube import Censored, Ratio, Sample
from sim.kpis.dimensions import BY_CONTACT, BY_QUEUE, Dimension
from sim.kpis.model import OF_THE_RUN, Kpi, KpiTable, KpiValues
from sim.numerics.time_grid import at_most

__all__ = ["KPIS", "derive", "tally"]

BY: tuple[Dimension, ...] = ("all", "interval", "channel", "queue", "queue_interval")

EXCESS = Kpi(
    "excess_wait",
    "Excess wait",
    "s",
    "lower",
    "Mean time beyond the queue's acceptable waiting time, 0 for who waits less, of all contacts that entered the"
    " queue; limit: {within}.",
)
EXCESS_ANSWERED = Kpi(
    "excess_wait_answered",
    "Excess wait of the answered",
    "s",
    "lower",
    "Mean time beyond the queue's acceptable waiting time, 0 for who waits less, of the answered contacts; limit:"
    " {within}.",
)
SECOND = Kpi(
    "wait_second_moment", "Wait, second moment", "s²", "lower", "Mean of the squared waits of the answered contacts."
)
VARIANCE = Kpi(
    "wait_variance",
    "Wait, variance",
    "s²",
    "lower",
    "Mean squared distance of the waits of the answered contacts from their mean, which is that of the replication (by"
    " interval or day: of that interval or day).",
)
LONGEST = Kpi(
    "max_wait_abandoned",
    "Longest wait of the abandoned",
    "s",
    None,
    "The longest wait of an abandoned contact." + OF_THE_RUN,
    BY,
)
OFFERED = Kpi(
    "offered_wait",
    "Offered wait",
    "s",
    "lower",
    "Mean wait of a customer with endless patience, by the Kaplan-Meier estimator; over replications the mean.",
    BY_QUEUE,
)

KPIS = (EXCESS, EXCESS_ANSWERED, SECOND, VARIANCE, LONGEST, OFFERED)
DERIVED, READS = (VARIANCE,), (SECOND.name, "asa")


def tally(completed: CompletedLog) -> Iterator[Ratio | Sample | Censored]:
    """Sum up the waits of a stretch of the run."""
    contacts, plan = completed.contacts, completed.plan
    entered = contacts.counts & contacts.entered
    cube, waited, answered = completed.cube_of_contacts(entered), contacts.waited[entered], contacts.answered[entered]
    limit = plan.queue_within[contacts.queue[entered]]
    excess = np.where(waited > at_most(limit), waited - limit, 0.0)
    yield cube.ratio(EXCESS, excess, cube.every)
    yield cube.ratio(EXCESS_ANSWERED, np.where(answered, excess, 0.0), answered)
    yield cube.ratio(SECOND, np.where(answered, waited * waited, 0.0), answered)
    gone = contacts.result[entered] == Result.ABANDONED
    yield cube.sample_of({1.0: LONGEST}, waited, gone, BY)
    yield Censored(OFFERED, cube.only(BY_QUEUE, with_days=True), waited, answered)


def derive(plan: Plan, measured: KpiTable) -> Iterator[KpiValues]:
    """Find the variance from the first two moments."""
    del plan
    for by in BY_CONTACT:
        yield from _variance(measured, by)


def _variance(measured: KpiTable, by: Dimension) -> Iterator[KpiValues]:
    second, first = measured[SECOND.name, by], measured["asa", by]
    number = second.denominators
    square = np.divide(first.num**2, number, out=np.zeros(len(number)), where=number > 0)
    yield KpiValues(VARIANCE.name, by, np.maximum(second.num - square, 0.0), number)
