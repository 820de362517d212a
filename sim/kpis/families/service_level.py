"""The service level under its names, of contacts and of customers.

On one and the same run the definitions differ by points, so each stands under its own name. "In time" means within the
acceptable waiting time of the queue, the limit included.

Which contacts count as offered in this sense: those that came into the queue, short abandonments left out. Contacts
that found the queue closed, were blocked or balked never came into it; they have KPIs of their own, and "of all who
came" counts them too, as not answered in time. Those who were turned away at closing time, or wait still when the run
ends, are offered and not answered. A callback counts like any contact, from coming to the queue until the agent calls;
one that does not reach the customer is offered and not answered. A service that breaks off was answered.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.kpis.model import Kpi, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.plan import Plan
    from sim.kpis.aggregate.completed_customers import View
    from sim.kpis.aggregate.cube import Ratio
    from sim.kpis.model import Parts

__all__ = ["KPIS", "derive", "measure"]

B1 = NDArray[np.bool_]

LEVELS = tuple(
    Kpi(name, title, "share", "higher", definition + "; in time = within {within}.", targeted=True)
    for name, title, definition in (
        ("service_level", "Service level", "Answered in time / (offered - abandoned in time)"),
        (
            "service_level_with_abandoned",
            "Service level, abandonments in time as good",
            "(Answered + abandoned) in time / offered",
        ),
        ("service_level_of_offered", "Service level of the offered", "Answered in time / offered"),
        ("service_level_of_answered", "Service level of the answered", "Answered in time / answered"),
        (
            "service_level_of_all",
            "Service level of all who came",
            "Answered in time / all contacts, also closed, blocked, balked and short abandonments",
        ),
    )
)
OF_CUSTOMERS = tuple(
    replace(
        kpi,
        name=kpi.name + "_per_customer",
        title=kpi.title + ", per customer",
        definition=kpi.definition[:-1] + "; of each journey, its first contact with each queue alone counts.",
        targeted=False,
    )
    for kpi in LEVELS
)
ON_TARGET = Kpi(
    "intervals_on_target",
    "Intervals on target",
    "share",
    "higher",
    "Reporting intervals whose service level reaches the queue's target / intervals that have one;"
    " in time = within {within}.",
    ("all", "queue"),
)

KPIS = (*LEVELS, *OF_CUSTOMERS, ON_TARGET)


def measure(view: View) -> Iterator[Ratio]:
    """Measure all definitions on the contacts, and on the first contact of each journey with each queue."""
    them = view.contacts
    yield from _levels(view, LEVELS, them.entered & ~them.short, them.cells.every)
    yield from _levels(view, OF_CUSTOMERS, them.first_offered, them.first)


def _levels(view: View, kpis: tuple[Kpi, ...], counted: B1, every: B1) -> Iterator[Ratio]:
    """Measure the definitions on the contacts that count, and on all."""
    them = view.contacts
    answered, gone = counted & them.answered, counted & them.abandoned & them.soon
    good = answered & them.soon
    for kpi, num, den in zip(
        kpis,
        (good, good | gone, good, good, every & them.answered & them.soon),
        (counted & ~gone, counted, counted, answered, every),
        strict=True,
    ):
        yield them.cells.ratio(kpi, num, den)


def derive(plan: Plan, parts: Parts) -> Iterator[Part]:
    """Count the intervals that reach the target."""
    shape = (len(plan.queues), plan.intervals)
    levels = parts[LEVELS[0].name, "queue_interval"]
    num, den = levels.num.reshape(shape), np.reshape(levels.below, shape)
    good = ((den > 0) & (num >= plan.queue_target[:, None] * den)).sum(axis=1).astype(np.float64)
    some = (den > 0).sum(axis=1).astype(np.float64)
    yield Part(ON_TARGET.name, "all", good.sum(keepdims=True), some.sum(keepdims=True))
    yield Part(ON_TARGET.name, "queue", good, some)
