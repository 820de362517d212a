"""Transfers between agents, and information that customers must repeat."""

from __future__ import annotations

from collections.abc import Iterator

from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.cube import Ratio
from sim.kpis.dimensions import Dimension
from sim.kpis.model import Kpi

__all__ = ["KPIS", "measure"]

BY: tuple[Dimension, ...] = ("all", "interval", "channel", "intent", "queue", "segment", "group")

TRANSFERS = Kpi(
    "transfers",
    "Transfers",
    "contacts",
    "lower",
    "Handled contacts that led directly to a further contact of the journey: cold, warm or conference transfers.",
    BY,
)
RATE = Kpi("transfer_rate", "Transfer rate", "share", "lower", "Transfers / handled contacts.", BY)
REPETITIONS = Kpi(
    "repetitions",
    "Repetitions",
    "contacts",
    "lower",
    "Answered contacts in which the customer had to repeat information, because they came from another channel and the"
    " context was lost.",
    BY,
)
REPETITION_RATE = Kpi("repetition_rate", "Repetition rate", "share", "lower", "Repetitions / answered contacts.", BY)
TIME = Kpi(
    "repetition_time",
    "Repetition time",
    "s",
    "lower",
    "Mean time per answered contact in which the customer repeated information, before the agent's speed factor.",
    BY,
)

KPIS = (TRANSFERS, RATE, REPETITIONS, REPETITION_RATE, TIME)


def measure(completed: CompletedCustomers) -> Iterator[Ratio]:
    """Count transfers and repetitions, and average the time of repetition."""
    contacts = completed.contacts
    yield contacts.cube.ratio(TRANSFERS, contacts.transferred)
    yield contacts.cube.ratio(RATE, contacts.transferred, contacts.handled)
    yield contacts.cube.ratio(REPETITIONS, contacts.retold)
    yield contacts.cube.ratio(REPETITION_RATE, contacts.retold, contacts.answered)
    yield contacts.cube.ratio(TIME, contacts.retelling, contacts.answered)
