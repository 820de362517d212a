"""Contact volumes and outcomes.

Offered = handled + abandoned + timed out + turned away at closing time + blocked + balked + failed + still inside:
each contact counts exactly once. Contacts outside opening hours are not offered; they are counted apart. A callback is
the same contact as the call that accepted it.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.cube import Ratio
from sim.kpis.dimensions import BY_HANDLED
from sim.kpis.model import Kpi

__all__ = ["KPIS", "measure"]

OFFERED = Kpi(
    "offered",
    "Offered",
    "contacts",
    None,
    "Contacts that came to an open queue within the reporting intervals, whatever their outcome.",
)
OUTSIDE = Kpi(
    "outside_hours",
    "Outside hours",
    "contacts",
    "lower",
    "Contacts that came while the queue was closed; they are not offered.",
)
ANSWERED = Kpi("answered", "Answered", "contacts", None, "Contacts that an agent answered.", BY_HANDLED)
HANDLED = Kpi("handled", "Handled", "contacts", None, "Contacts that an agent completed.", BY_HANDLED)
ABANDONED = Kpi("abandoned", "Abandoned", "contacts", "lower", "Contacts whose customer gave up waiting.")
SHORT = Kpi(
    "short_abandoned",
    "Short abandons",
    "contacts",
    None,
    "Abandoned contacts that waited less than the queue's short-abandon limit; rates ignore them.",
)
TIMED_OUT = Kpi(
    "timed_out",
    "Timed out",
    "contacts",
    "lower",
    "Contacts that left the queue because they had waited its longest time; they are not abandoned.",
)
CLOSED = Kpi(
    "closed",
    "Closed",
    "contacts",
    "lower",
    "Contacts that came outside opening hours (not offered), or were turned away at closing time (offered).",
)
CLEARED = Kpi(
    "cleared",
    "Turned away",
    "contacts",
    "lower",
    "Offered contacts that still waited when the queue closed.",
)
BLOCKED = Kpi(
    "blocked",
    "Blocked",
    "contacts",
    "lower",
    "Contacts that found the queue or its waiting room full, or all lines to it busy.",
)
BALKED = Kpi(
    "balked",
    "Balked",
    "contacts",
    "lower",
    "Contacts whose customer left at once because of the queue or the announced wait.",
)
FAILED = Kpi(
    "failed",
    "Failed",
    "contacts",
    "lower",
    "Contacts that dropped in mid-conversation, and callbacks that did not reach the customer.",
)
INSIDE = Kpi("inside", "Still inside", "contacts", "lower", "Contacts still waiting or in service when the run ended.")
RATE = Kpi(
    "abandonment",
    "Abandonment rate",
    "share",
    "lower",
    "Abandoned / offered, both without short abandonments and without closed, blocked or balked contacts.",
)
TIMEOUTS = Kpi("timeout_rate", "Timeout rate", "share", "lower", "Timed out / offered.")
BLOCKING = Kpi("blocking", "Blocking", "share", "lower", "Blocked / offered.")
BALKING = Kpi("balking", "Balking", "share", "lower", "Balked / offered.")
BROKEN = Kpi(
    "disconnected",
    "Dropped",
    "share",
    "lower",
    "Answered contacts that dropped in mid-conversation / answered.",
    BY_HANDLED,
)

KPIS = (
    *(
        OFFERED,
        OUTSIDE,
        ANSWERED,
        HANDLED,
        ABANDONED,
        SHORT,
        TIMED_OUT,
        CLOSED,
        CLEARED,
        BLOCKED,
        BALKED,
        FAILED,
        INSIDE,
    ),
    *(RATE, TIMEOUTS, BLOCKING, BALKING, BROKEN),
)


def measure(completed: CompletedCustomers) -> Iterator[Ratio]:
    """Count contacts by outcome."""
    contacts = completed.contacts
    offered = ~contacts.closed
    for kpi, counts in (
        (OFFERED, offered),
        (OUTSIDE, contacts.closed),
        (ANSWERED, contacts.answered),
        (HANDLED, contacts.handled),
        (ABANDONED, contacts.abandoned),
        (SHORT, contacts.short),
        (TIMED_OUT, contacts.timed_out),
        (CLOSED, contacts.closed | contacts.cleared),
        (CLEARED, contacts.cleared),
        (BLOCKED, contacts.blocked),
        (BALKED, contacts.balked),
        (FAILED, contacts.failed),
        (INSIDE, contacts.inside),
    ):
        yield contacts.cube.ratio(kpi, counts)
    yield contacts.cube.ratio(RATE, contacts.abandoned & ~contacts.short, contacts.entered & ~contacts.short)
    yield contacts.cube.ratio(TIMEOUTS, contacts.timed_out, offered)
    yield contacts.cube.ratio(BLOCKING, contacts.blocked, offered)
    yield contacts.cube.ratio(BALKING, contacts.balked, offered)
    yield contacts.cube.ratio(BROKEN, contacts.failed & contacts.answered, contacts.answered)
