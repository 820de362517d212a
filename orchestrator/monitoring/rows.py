"""Rows of monitoring: counts of journeys."""

from typing import Final

from orchestrator.store.unit import table

__all__ = ["DAY", "MINUTE", "TABLES", "Drop", "Paused", "Span", "Totals", "Trial"]

MINUTE: Final = 60
DAY: Final = 86_400


@table("watch_totals", key=("tenant",))
class Totals:
    """Numbers of active and paused journeys now, and of all completed ones."""

    tenant: str
    active: int = 0
    paused: int = 0
    completed: int = 0


@table("watch_spans", key=("tenant", "length", "began"))
class Span:
    """Counts of a minute or a day, of ``length`` seconds; ``gave_up`` is part of ``completed``."""

    tenant: str
    length: int
    began: int
    started: int = 0
    completed: int = 0
    gave_up: int = 0
    paused: int = 0
    resumed: int = 0


@table("watch_paused", key=("tenant", "journey"))
class Paused:
    """A paused journey, and its customer's last step."""

    tenant: str
    journey: str
    step: str


@table("watch_drops", key=("tenant", "began", "step"))
class Drop:
    """Numbers of customers who left at a step: on a day, or overall (``began`` 0).

    Overall, ``paused`` leaves out those whose journeys ended while paused: less ``returned``, it is who is away now.
    """

    tenant: str
    began: int
    step: str
    paused: int = 0
    returned: int = 0
    gave_up: int = 0


@table("watch_trials", key=("tenant",))
class Trial:
    """The last time that a store which had failed could be written to; a row of nobody."""

    tenant: str
    at: float


TABLES: Final = (Totals, Span, Paused, Drop, Trial)
