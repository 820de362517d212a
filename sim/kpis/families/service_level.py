"""Service levels in all common definitions, per contact and per customer.

On the same run the definitions differ by several points, so each has its own name. "In time" means within the queue's
acceptable waiting time, the limit included.

Offered contacts, in this sense, are those that entered the queue, without short abandonments. Contacts that were
closed, blocked or balked did not enter it. They have KPIs of their own; only "of all who came" counts them, as not
answered in time. Contacts that were turned away at closing time, or still wait when the run ends, are offered and not
answered. The wait of a callback ends when the agent calls; a callback that does not reach the customer is offered and
not answered. A call that drops in mid-conversation was answered.
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
            "Service level, abandoned in time counts",
            "(Answered + abandoned) in time / offered",
        ),
        ("service_level_of_offered", "Service level of the offered", "Answered in time / offered"),
        ("service_level_of_answered", "Service level of the answered", "Answered in time / answered"),
        (
            "service_level_of_all",
            "Service level of all who came",
            "Answered in time / all contacts, including closed, blocked, balked and short abandonments",
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


def measure(view: View) -> Iterator[Ratio]:
    """Compute all definitions for all contacts, and for the first contact of each journey with each queue."""
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
