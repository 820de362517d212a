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

from sim.theory.erlang_b import erlang_b
from sim.theory.measures import ExponentialWait, require_positive, require_servers

__all__ = ["ErlangC", "erlang_c"]


@dataclass(frozen=True, kw_only=True)
class ErlangC(ExponentialWait):
    """The steady state of M/M/s."""


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
    return ErlangC.from_wait(
        arrival_rate=arrival_rate,
        service_mean=service_mean,
        servers=servers,
        p_wait=p_wait,
        drain_rate=servers / service_mean - arrival_rate,
    )
