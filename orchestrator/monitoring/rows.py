"""Rows of monitoring: counts of journeys."""

from typing import Final

from orchestrator.store.unit import table

__all__ = ["DAY", "MINUTE", "TABLES", "Drop", "Paused", "Span", "Totals"]

MINUTE: Final = 60
DAY: Final = 86_400


@table("watch_totals", key=("tenant",))
class Totals:
    """How many journeys stand where now, and how many were ever completed."""

    tenant: str
    active: int = 0
    paused: int = 0
    completed: int = 0


@table("watch_spans", key=("tenant", "length", "began"))
class Span:
    """What happened in a minute or a day, of ``length`` seconds; ``gave_up`` is part of ``completed``."""

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
    """A journey that is paused, and the step at which its customer was last seen."""

    tenant: str
    journey: str
    step: str


@table("watch_drops", key=("tenant", "began", "step"))
class Drop:
    """How customers left at a step: on the day that began then, or ever (0)."""

    tenant: str
    began: int
    step: str
    paused: int = 0
    returned: int = 0
    gave_up: int = 0


TABLES: Final = (Totals, Span, Paused, Drop)
