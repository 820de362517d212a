"""Duties: what each person of a roster works on each day."""

from __future__ import annotations

from dataclasses import dataclass

from sim.core.units import HOUR

__all__ = ["Activity", "Duty"]


@dataclass(frozen=True, order=True)
class Activity:
    """An activity off the queue, in seconds after the midnight of the duty's day."""

    begin: float
    end: float
    kind: str
    is_paid: bool


@dataclass(frozen=True, order=True)
class Duty:
    """A shift of one person, in seconds after the midnight of its day, which counts from 0."""

    group: str
    contract: str
    person: int
    day: int
    begin: float
    end: float
    off: tuple[Activity, ...]

    @property
    def agent(self) -> str:
        """Name of the person."""
        return f"{self.group} {self.contract} {self.person + 1}"

    @property
    def paid_hours(self) -> float:
        """Hours that are paid."""
        unpaid = sum(each.end - each.begin for each in self.off if not each.is_paid)
        return (self.end - self.begin - unpaid) / HOUR
