"""Transfers between agents, and information that customers must repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.kpis.model import Kpi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.aggregate.completed_customers import View
    from sim.kpis.aggregate.cube import Ratio
    from sim.kpis.dimensions import Cut

__all__ = ["KPIS", "measure"]

CUTS: tuple[Cut, ...] = ("all", "interval", "channel", "intent", "queue", "segment", "group")

TRANSFERS = Kpi(
    "transfers",
    "Transfers",
    "contacts",
    "lower",
    "Handled contacts that led directly to a further contact of the journey: cold, warm or conference transfers.",
    CUTS,
)
RATE = Kpi("transfer_rate", "Transfer rate", "share", "lower", "Transfers / handled contacts.", CUTS)
REPETITIONS = Kpi(
    "repetitions",
    "Repetitions",
    "contacts",
    "lower",
    "Answered contacts in which the customer had to repeat information, because they came from another channel and the"
    " context was lost.",
    CUTS,
)
REPETITION_RATE = Kpi("repetition_rate", "Repetition rate", "share", "lower", "Repetitions / answered contacts.", CUTS)
TIME = Kpi(
    "repetition_time",
    "Repetition time",
    "s",
    "lower",
    "Mean time per answered contact in which the customer repeated information, before the agent's speed factor.",
    CUTS,
)

KPIS = (TRANSFERS, RATE, REPETITIONS, REPETITION_RATE, TIME)


def measure(view: View) -> Iterator[Ratio]:
    """Count transfers and repetitions, and average the time of repetition."""
    them = view.contacts
    yield them.cells.ratio(TRANSFERS, them.transferred)
    yield them.cells.ratio(RATE, them.transferred, them.handled)
    yield them.cells.ratio(REPETITIONS, them.repeated)
    yield them.cells.ratio(REPETITION_RATE, them.repeated, them.answered)
    yield them.cells.ratio(TIME, them.repeat, them.answered)
