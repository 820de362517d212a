r"""M/M/s+G: customers whose patience has any law wait for the first of s exponential servers.

With the survival function of patience :math:`\bar G(x) = P(R > x)` and :math:`H(x) = \int_0^x \bar G(u) \, du`, the
wait :math:`V` that a customer without limits would have has the density [1]_ [2]_

.. math:: v(x) = \frac{\lambda \, e^{g(x)}}{\varepsilon + \lambda J}, \quad
          g(x) = \lambda H(x) - s\mu x, \quad J = \int_0^\infty e^{g(x)} \, dx, \quad
          \varepsilon = \sum_{k=0}^{s-1} \frac{a^k}{k!} \Big/ \frac{a^{s-1}}{(s-1)!} = \frac{1}{B(s - 1, a)}

for :math:`x > 0`, and :math:`P(V = 0) = \varepsilon / (\varepsilon + \lambda J)`. The measures are integrals of it;
those over :math:`\bar G v` follow from :math:`\lambda \bar G e^g = (e^g)' + s\mu e^g` [3]_. An atom of patience at
zero needs no care: :math:`\bar G(0)` is then less than 1, and who finds all servers busy with no patience leaves at
once. The integrand :math:`e^g` is log-concave, so what lies beyond a point far below its top is negligible.

References
----------
.. [1] F. Baccelli and G. Hebuterne, "On queues with impatient customers", 1981.
.. [2] S. Zeltyn and A. Mandelbaum, "Call centers with impatient customers: many-server asymptotics of the M/M/n+G
   queue", Queueing Systems 51(3-4), 361-402, 2005.
.. [3] A. Brandt and M. Brandt, "On the M(n)/M(n)/s queue with impatient calls", Performance Evaluation 35(1-2), 1-18,
   1999: the same law by another way, with rates that depend on the state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.theory.erlang_b import erlang_b
from sim.theory.measures import SteadyState, require_positive, require_servers
from sim.theory.primitive import Primitive, primitive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["GeneralPatience", "mmsg"]

F8 = NDArray[np.float64]

_NEGLIGIBLE = 46.0  # e-folds below the top
_DOUBLINGS = 40
_ROUNDING = 1e-15


@dataclass(frozen=True, kw_only=True)
class GeneralPatience(SteadyState):
    """The steady state of M/M/s+G."""

    mean_offered_wait: float  # of a customer with unlimited patience, zeros included
    survival: Callable[[F8], F8] = field(repr=False, compare=False)
    density: _Density = field(repr=False, compare=False)

    def offered_wait_exceeds(self, time: float) -> float:
        """Return the probability that a customer with unlimited patience waits longer than a time.

        Parameters
        ----------
        time
            0 or more.

        Returns
        -------
        float
            The fraction of all customers.
        """
        return self.density.mass(self.density.area.total - _at(self.density.area, time))

    def _in_time(self, within: float) -> tuple[float, float]:
        """Return what is answered, and what gives up, in time."""
        waited = _at(self.density.area, within)
        rate = self.servers / self.service_mean
        # lambda times the integral of survival * e^g, over lambda to make it an area like the others
        answered = (self.density.height(within) - self.density.height(0.0) + rate * waited) / self.arrival_rate
        impatient = 1.0 - _survives(self.survival, within)
        in_time = 1.0 - self.p_wait + self.density.mass(answered)
        return in_time, self.density.mass(waited - answered) + impatient * self.offered_wait_exceeds(within)


@dataclass(frozen=True, eq=False)
class _Density:
    """The density of the offered wait, but for its scale."""

    drift: Callable[[F8], F8]  # g
    top: float  # the greatest g: every area is in units of e^top
    scale: float  # lambda / (epsilon + lambda J), in those units
    area: Primitive  # of e^g

    def mass(self, area: float) -> float:
        """Return the probability that belongs to an area under e^g."""
        return self.scale * area

    def height(self, time: float) -> float:
        """Return e^g."""
        return exp(float(self.drift(np.array([time]))[0]) - self.top)


def mmsg(
    *,
    arrival_rate: float,
    service_mean: float,
    servers: int,
    survival: Callable[[F8], F8],
    breaks: Sequence[float] = (),
) -> GeneralPatience:
    """Return the steady state of M/M/s+G.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals per unit of time.
    service_mean
        Mean of the exponential service time.
    servers
        1 or more.
    survival
        The fraction of customers whose patience is greater than each of the given times, vectorised. At time 0 it
        is less than 1 where some have none at all.
    breaks
        Times at which the survival function jumps, as far as known; only speed and the last digits depend on it.

    Returns
    -------
    GeneralPatience
        Its measures.

    Examples
    --------
    One in ten leaves at once when all agents are busy; the others are ready to wait 2 min on average.

    >>> import numpy as np
    >>> queue = mmsg(arrival_rate=8, service_mean=3, servers=25, survival=lambda t: 0.9 * np.exp(-t / 2))
    >>> round(queue.p_abandon, 6)
    0.081401
    """
    require_positive(arrival_rate=arrival_rate, service_mean=service_mean)
    require_servers(servers)
    rate = servers / service_mean
    loss = erlang_b(arrival_rate * service_mean, servers - 1)
    patience, drift, top = _reach(arrival_rate, rate, survival, breaks)
    end = float(patience.edges[-1])
    noise = _ROUNDING * (1.0 + arrival_rate * patience.total + rate * end)  # of g, so relative of e^g

    def total(weight: Callable[[F8], F8], least: float = 0.0) -> Primitive:
        return primitive(lambda x: weight(x) * np.exp(drift(x) - top), end, breaks, noise=noise, least=least)

    area = total(np.ones_like)
    idle = exp(-top) / loss if loss > 0.0 else np.inf  # epsilon, in units of e^top
    density = _Density(drift, top, arrival_rate / (idle + arrival_rate * area.total), area)
    mean_wait = density.mass(total(patience).total)
    offered_wait = density.mass(total(lambda x: x).total)
    # 1 - survival is rounded to 1e-16, whatever is left of it
    p_abandon = density.mass(total(lambda x: 1.0 - survival(x), 1e-16 * area.total).total)
    answered_wait = density.mass(total(lambda x: x * survival(x)).total)
    return GeneralPatience(
        arrival_rate=arrival_rate,
        service_mean=service_mean,
        servers=servers,
        p_wait=density.mass(area.total),
        p_block=0.0,
        p_abandon=p_abandon,
        mean_wait=mean_wait,
        mean_wait_answered=answered_wait / (1.0 - p_abandon),
        mean_offered_wait=offered_wait,
        queue_length=arrival_rate * mean_wait,
        survival=survival,
        density=density,
    )


def _reach(
    arrival_rate: float, rate: float, survival: Callable[[F8], F8], breaks: Sequence[float]
) -> tuple[Primitive, Callable[[F8], F8], float]:
    """Return H up to where e^g no longer matters, g, and its greatest value."""
    end = _NEGLIGIBLE / rate
    for _ in range(_DOUBLINGS):
        patience = primitive(survival, end, breaks)

        def drift(x: F8, patience: Primitive = patience) -> F8:
            return np.asarray(arrival_rate * patience(x) - rate * x, dtype=np.float64)

        values = drift(patience.edges)
        top = float(values.max())  # the edges are close enough: only the scale hangs on it
        if values[-1] < top - _NEGLIGIBLE:
            return patience, drift, top
        end *= 2.0
    raise ValueError(
        f"no steady state: {arrival_rate * _survives(survival, end):g} arrivals per unit of time never give up, "
        f"and {rate:g} can be served"
    )


def _at(integral: Primitive, time: float) -> float:
    """Return an integral up to one point."""
    return float(integral(np.array([time]))[0])


def _survives(survival: Callable[[F8], F8], time: float) -> float:
    """Return the survival function at one point."""
    return float(survival(np.array([time]))[0])
