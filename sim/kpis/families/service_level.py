"""Service levels in all common definitions, per contact and per customer.

On the same run the definitions differ by several points, so each has its own name. "In time" means within the queue's
acceptable waiting time, the limit included.

Offered contacts, in this sense, are those that entered the queue, without short abandonments. Contacts outside opening
hours, and those that were blocked or balked, did not enter it. They have KPIs of their own; only "of all who came"
counts them, as not answered in time. Contacts that were turned away at closing time, or still wait when the run ends,
are offered and not answered. The wait of a callback ends when the agent calls; a callback that does not reach the
customer is offered and not answered. A call that drops in mid-conversation was answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Plan
from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.contacts import Contacts
from sim.kpis.aggregate.cube import Ratio
from sim.kpis.days import sums_by_day
from sim.kpis.intervals import days_of
from sim.kpis.model import Kpi, KpiTable, KpiValues

__all__ = ["KPIS", "derive", "measure"]

B1 = NDArray[np.bool_]

LEVELS = tuple(
    Kpi(name, title, "share", "higher", definition + "; in time = within {within}.", targeted=True)
    for name, title, definition in (
        ("service_level", "Service level", "Answered in time / (offered - abandoned in time)"),
        (
            "service_level_with_abandoned",
            "Service level, abandoned in time counts",
            "(Answered + abandoned) in time / offered",
        ),
        ("service_level_of_offered", "Service level of the offered", "Answered in time / offered"),
        ("service_level_of_answered", "Service level of the answered", "Answered in time / answered"),
        (
            "service_level_of_all",
            "Service level of all who came",
            "Answered in time / all contacts, with those outside opening hours, blocked, balked and short abandonments",
        ),
    )
)
OF_CUSTOMERS = tuple(
    replace(
        kpi,
        name=kpi.name + "_per_customer",
        title=kpi.title + ", per customer",
        definition=kpi.definition[:-1] + "; only the first contact of each journey with each queue counts.",
        targeted=False,
    )
    for kpi in LEVELS
)
ON_TARGET = Kpi(
    "intervals_on_target",
    "Intervals on target",
    "share",
    "higher",
    "Reporting intervals whose service level reaches the queue's target / intervals with a service level;"
    " in time = within {within}.",
    ("all", "queue"),
)

KPIS = (*LEVELS, *OF_CUSTOMERS, ON_TARGET)
DERIVED, READS = (ON_TARGET,), (LEVELS[0].name,)


def measure(completed: CompletedCustomers) -> Iterator[Ratio]:
    """Compute all definitions for all contacts, and for the first contact of each journey with each queue."""
    contacts = completed.contacts
    yield from _levels(contacts, LEVELS, contacts.entered & ~contacts.short, contacts.cube.every)
    yield from _levels(contacts, OF_CUSTOMERS, contacts.first_offered, contacts.first)


def _levels(contacts: Contacts, kpis: tuple[Kpi, ...], counted: B1, every: B1) -> Iterator[Ratio]:
    """Compute the definitions for the offered contacts, and for all."""
    answered, gone = counted & contacts.answered, counted & contacts.abandoned & contacts.in_time
    good = answered & contacts.in_time
    for kpi, num, den in zip(
        kpis,
        (good, good | gone, good, good, every & contacts.answered & contacts.in_time),
        (counted & ~gone, counted, counted, answered, every),
        strict=True,
    ):
        yield contacts.cube.ratio(kpi, num, den)


def derive(plan: Plan, measured: KpiTable) -> Iterator[KpiValues]:
    """Count the intervals that reach the target."""
    shape = (len(plan.queues), plan.intervals)
    levels = measured[LEVELS[0].name, "queue_interval"]
    num, den = levels.num.reshape(shape), np.reshape(levels.denominators, shape)
    defined = (den > 0).astype(np.float64)
    good = defined * (num >= plan.queue_target[:, None] * den)
    yield KpiValues(ON_TARGET.name, "all", good.sum().reshape(1), defined.sum().reshape(1))
    yield KpiValues(ON_TARGET.name, "queue", good.sum(axis=1), defined.sum(axis=1))
    if days_of(plan) > 1:
        good, defined = (sums_by_day(plan, values.reshape(-1)) for values in (good, defined))
        yield KpiValues(ON_TARGET.name, "queue_day", good, defined)
        good, defined = (values.reshape(-1, days_of(plan)).sum(axis=0) for values in (good, defined))
        yield KpiValues(ON_TARGET.name, "day", good, defined)
