"""The order of events at one instant (ADR 2), for both engines."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["KIND_BITS", "EventOrder"]


class EventOrder(IntEnum):
    """Kinds of events, in the order in which they happen at one instant.

    ``kind + number`` orders single events: among those of one kind, the customer, queue or group with the lowest number
    is first. SimPy's own priorities 0 and 1 are lower, so the consequences of an event come before the next event.
    """

    STAFF = 1 << 40  # agents come on duty or leave
    FREED = 2 << 40  # after-call work ends
    LEFT = 3 << 40  # a service, self-service or pause ends
    CLOSED = 4 << 40  # a queue closes on those who wait
    DIALS = 5 << 40  # a dialer's hours begin
    ARRIVED = 6 << 40  # a new customer
    OVERFLOWED = 7 << 40  # a contact may turn to further agents
    TIMED_OUT = 8 << 40  # a contact has waited as long as its queue lets one wait
    GAVE_UP = 9 << 40  # last, so a customer with no patience still gets an idle agent


KIND_BITS = -1 << 40  # an event's order, masked with these, is its kind
