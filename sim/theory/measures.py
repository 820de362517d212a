"""Measures of a queue's steady state, under the field's own names.

Theory has no unit of its own: rates and times only have to share one. Waits are times in queue, service excluded.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import isfinite

__all__ = ["ServiceLevel", "SteadyState", "require_cv", "require_positive", "require_servers"]


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """The service level at one threshold, under each of its definitions.

    Parameters
    ----------
    within
        The acceptable waiting time.
    answered_in_time
        Fraction of the offered that is answered within it.
    abandoned_in_time
        Fraction of the offered that gives up within it.
    answered
        Fraction of the offered that is answered at all.
    """

    within: float
    answered_in_time: float
    abandoned_in_time: float
    answered: float

    @property
    def less_abandoned(self) -> float:
        """Return ``answered_in_time / (offered - abandoned_in_time)``."""
        return _ratio(self.answered_in_time, 1.0 - self.abandoned_in_time)

    @property
    def with_abandoned(self) -> float:
        """Return ``(answered + abandoned)_in_time / offered``."""
        return self.answered_in_time + self.abandoned_in_time

    @property
    def of_offered(self) -> float:
        """Return ``answered_in_time / offered``."""
        return self.answered_in_time

    @property
    def of_answered(self) -> float:
        """Return ``answered_in_time / answered``."""
        return _ratio(self.answered_in_time, self.answered)


@dataclass(frozen=True, kw_only=True)
class SteadyState(ABC):
    """The steady state of a queue served first come, first served.

    Fractions are of all that is offered. Those who are blocked do not wait; those who find every server busy and have
    no patience at all do: they count in ``p_wait`` and ``p_abandon``, with a wait of zero.
    """

    arrival_rate: float
    service_mean: float
    servers: int
    p_wait: float  # joins the queue, all servers being busy
    p_block: float  # is turned away, the system being full
    p_abandon: float
    mean_wait: float  # of those who were not blocked, who are answered or give up, zeros included
    mean_wait_answered: float  # of those who are answered: the field's ASA
    queue_length: float  # time average of the number that waits

    @property
    def offered_load(self) -> float:
        """Return the arrival rate times the mean service time, in erlangs."""
        return self.arrival_rate * self.service_mean

    @property
    def p_answered(self) -> float:
        """Return the fraction of the offered that is answered."""
        return 1.0 - self.p_block - self.p_abandon

    @property
    def occupancy(self) -> float:
        """Return the fraction of time that a server is busy."""
        return self.offered_load * self.p_answered / self.servers

    def service_level(self, within: float) -> ServiceLevel:
        """Return the service level at a threshold.

        Parameters
        ----------
        within
            The acceptable waiting time, 0 or more.

        Returns
        -------
        ServiceLevel
            All definitions of it.
        """
        if not within >= 0.0:
            raise ValueError(f"within is {within}; a waiting time is 0 or more")
        answered, abandoned = self._in_time(within)
        return ServiceLevel(within, answered, abandoned, self.p_answered)

    @abstractmethod
    def _in_time(self, within: float) -> tuple[float, float]:
        """Return the fractions of the offered that are answered, and that give up, within a time."""


def require_positive(**values: float) -> None:
    """Refuse values that are not positive and finite.

    Parameters
    ----------
    **values
        What to check, by the name that the message gives.
    """
    for name, value in values.items():
        if not (isfinite(value) and value > 0.0):
            raise ValueError(f"{name} is {value}; it must be positive and finite")


def require_cv(**values: float) -> None:
    """Refuse coefficients of variation that are negative or not finite.

    Parameters
    ----------
    **values
        What to check, by the name that the message gives.
    """
    for name, value in values.items():
        if not (isfinite(value) and value >= 0.0):
            raise ValueError(f"{name} is {value}; a coefficient of variation is 0 or more, and finite")


def require_servers(servers: float) -> None:
    """Refuse a number of servers that is not 1, 2, 3 ...

    Parameters
    ----------
    servers
        What to check.
    """
    if servers < 1 or servers != int(servers):
        raise ValueError(f"servers is {servers}; it must be a whole number, 1 or more")


def _ratio(part: float, whole: float) -> float:
    """Return a ratio; nobody to serve is everybody served."""
    return part / whole if whole > 0.0 else 1.0
