"""Measures of a queue's steady state, under the field's own names.

Theory has no unit of its own: rates and times only have to share one. Waits are times in queue, service excluded.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import exp, expm1, inf, isfinite, log
from typing import Self

__all__ = ["ExponentialWait", "ServiceLevel", "SteadyState", "require_cv", "require_positive", "require_servers"]


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


@dataclass(frozen=True, kw_only=True)
class ExponentialWait(SteadyState):
    """A steady state in which nobody gives up, and the wait of those who wait is exponential."""

    drain_rate: float  # of that wait

    @classmethod
    def from_wait(
        cls, *, arrival_rate: float, service_mean: float, servers: int, p_wait: float, drain_rate: float
    ) -> Self:
        """Return the steady state that follows from the fraction that waits and the rate of its wait."""
        mean_wait = p_wait / drain_rate
        return cls(
            arrival_rate=arrival_rate,
            service_mean=service_mean,
            servers=servers,
            p_wait=p_wait,
            p_block=0.0,
            p_abandon=0.0,
            mean_wait=mean_wait,
            mean_wait_answered=mean_wait,
            queue_length=arrival_rate * mean_wait,
            drain_rate=drain_rate,
        )

    @property
    def var_wait(self) -> float:
        """Return the variance of the wait, zeros included."""
        return self.p_wait * (2.0 - self.p_wait) / self.drain_rate**2

    def wait_exceeds(self, time: float) -> float:
        """Return the probability of waiting longer than a time.

        Parameters
        ----------
        time
            0 or more.

        Returns
        -------
        float
            The fraction of all customers.
        """
        return self.p_wait * exp(-self.drain_rate * time)

    def wait_quantile(self, probability: float) -> float:
        """Return the wait that a fraction of all customers does not exceed.

        Parameters
        ----------
        probability
            0 or more, less than 1; 0.9 gives the 90th percentile.

        Returns
        -------
        float
            The wait, 0 where that many do not wait at all.
        """
        if not 0.0 <= probability < 1.0:
            raise ValueError(f"probability is {probability}; it must be 0 or more and less than 1")
        beyond = 1.0 - probability
        return log(self.p_wait / beyond) / self.drain_rate if self.p_wait > beyond else 0.0

    def _in_time(self, within: float) -> tuple[float, float]:
        """Return what is answered in time; nobody gives up."""
        # 1 - p_wait + p_wait (1 - e^-x), so that a small p_wait costs no digits
        return 1.0 - self.p_wait - self.p_wait * expm1(-self.drain_rate * within) if within < inf else 1.0, 0.0


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
