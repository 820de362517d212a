"""What is handed on: transfers from agent to agent, and what customers must say again."""

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
    "Handled contacts from which the customer went straight on to a further contact of the journey, whether cold, warm"
    " or in a conference.",
    CUTS,
)
RATE = Kpi("transfer_rate", "Transfer rate", "share", "lower", "Transfers / handled contacts.", CUTS)
REPETITIONS = Kpi(
    "repetitions",
    "Repetitions",
    "contacts",
    "lower",
    "Answered contacts in which the customer had to repeat themself: they came from another channel, and the context"
    " was lost.",
    CUTS,
)
REPETITION_RATE = Kpi("repetition_rate", "Repetition rate", "share", "lower", "Repetitions / answered contacts.", CUTS)
TIME = Kpi(
    "repetition_time",
    "Time of repetition",
    "s",
    "lower",
    "Mean time within an answered contact that the customer repeated themself, before the agent's speed is applied.",
    CUTS,
)

KPIS = (TRANSFERS, RATE, REPETITIONS, REPETITION_RATE, TIME)


def measure(view: View) -> Iterator[Ratio]:
    """Count what was handed on, and what got lost."""
    them = view.contacts
    yield them.cells.ratio(TRANSFERS, them.transferred)
    yield them.cells.ratio(RATE, them.transferred, them.handled)
    yield them.cells.ratio(REPETITIONS, them.repeated)
    yield them.cells.ratio(REPETITION_RATE, them.repeated, them.answered)
    yield them.cells.ratio(TIME, them.repeat, them.answered)
