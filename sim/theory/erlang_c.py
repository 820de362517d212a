r"""Erlang C, M/M/s: calls that find all servers busy wait, however long it takes.

With offered load :math:`a < s` and service rate :math:`\mu`, the delay probability follows from Erlang's B [1]_, and
the wait is zero, or exponential with rate :math:`s\mu - \lambda` [2]_:

.. math:: C = \frac{s B}{s - a (1 - B)}, \qquad P(W > t) = C e^{-(s\mu - \lambda) t}.

References
----------
.. [1] A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone
   exchanges" (1917), in E. Brockmeyer, H. L. Halstrøm, A. Jensen (eds.), The Life and Works of A. K. Erlang,
   Copenhagen, 1948.
.. [2] L. V. Green, P. J. Kolesar and W. Whitt, "Coping with time-varying demand when setting staffing requirements
   for a service system", Production and Operations Management 16(1), 13-39, 2007: the model as planners use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, inf, log

from sim.theory.erlang_b import erlang_b
from sim.theory.measures import SteadyState, require_positive, require_servers

__all__ = ["ErlangC", "erlang_c"]


@dataclass(frozen=True, kw_only=True)
class ErlangC(SteadyState):
    """The steady state of M/M/s."""

    @property
    def drain_rate(self) -> float:
        """Return the rate of the exponential wait of those who wait."""
        return self.servers / self.service_mean - self.arrival_rate

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


def erlang_c(*, arrival_rate: float, service_mean: float, servers: int) -> ErlangC:
    """Return the steady state of M/M/s.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals per unit of time.
    service_mean
        Mean of the exponential service time.
    servers
        More than the offered load, or no steady state exists.

    Returns
    -------
    ErlangC
        Its measures.
    """
    require_positive(arrival_rate=arrival_rate, service_mean=service_mean)
    require_servers(servers)
    load = arrival_rate * service_mean
    if load >= servers:
        raise ValueError(f"{servers} servers cannot keep up with {load:g} erlangs; give more, or let customers give up")
    loss = erlang_b(load, servers)
    p_wait = servers * loss / (servers - load * (1.0 - loss))
    mean_wait = p_wait / (servers / service_mean - arrival_rate)
    return ErlangC(
        arrival_rate=arrival_rate,
        service_mean=service_mean,
        servers=servers,
        p_wait=p_wait,
        p_block=0.0,
        p_abandon=0.0,
        mean_wait=mean_wait,
        mean_wait_answered=mean_wait,
        queue_length=arrival_rate * mean_wait,
    )
