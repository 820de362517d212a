r"""GI/M/s: arrivals a renewal process, intervals between them of any law, exponential services.

What an arrival finds is a Markov chain [1]_. Let :math:`\varphi` be the Laplace transform of the intervals and
:math:`\omega < 1` the root of :math:`\omega = \varphi(s\mu(1 - \omega))`. The wait of those who wait is exponential
with rate :math:`s\mu(1 - \omega)`; the fraction that waits is :math:`A / (1 - \omega)` with [2]_

.. math:: \frac{1}{A} = \frac{1}{1 - \omega} + \sum_{r=1}^{s} \binom{s}{r} \frac{1}{C_r \, (1 - \varphi_r)}
          \cdot \frac{s (1 - \varphi_r) - r}{s (1 - \omega) - r}, \qquad
          C_r = \prod_{i=1}^{r} \frac{\varphi_i}{1 - \varphi_i}, \qquad \varphi_r = \varphi(r\mu) .

No term is negative: :math:`f(x) = s(1 - \varphi(x\mu)) - x` is concave and vanishes at 0 and at
:math:`x^* = s(1 - \omega)`, so that numerator and denominator of the last factor change sign together; where
:math:`r = x^*` it is :math:`-f'(x^*)`.

References
----------
.. [1] D. G. Kendall, "Stochastic processes occurring in the theory of queues and their analysis by the method of the
   imbedded Markov chain", Annals of Mathematical Statistics 24(3), 338-354, 1953.
.. [2] L. Takács, Introduction to the Theory of Queues, Oxford University Press, 1962.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, lgamma, log

import numpy as np
from scipy.optimize import brentq
from scipy.special import logsumexp

from sim.theory.measures import ExponentialWait, require_positive, require_servers

__all__ = ["GeneralArrivals", "gims"]

_CLOSE = 1e-3  # to a root, where a quotient of small numbers is taken as a derivative


@dataclass(frozen=True, kw_only=True)
class GeneralArrivals(ExponentialWait):
    """The steady state of GI/M/s, as customers meet it."""


def gims(
    *, arrival_rate: float, transform: Callable[[float], float], service_mean: float, servers: int
) -> GeneralArrivals:
    """Return the steady state of GI/M/s.

    Parameters
    ----------
    arrival_rate
        Arrivals per unit of time: 1 over the mean interval.
    transform
        Laplace transform of the law of the intervals, for positive arguments.
    service_mean
        Mean of the exponential service time.
    servers
        More than the offered load, or no steady state exists.

    Returns
    -------
    GeneralArrivals
        Its measures.

    Examples
    --------
    An arrival every 15 s on the dot, 2 agents, 25 s of service: waits are not half of what Poisson arrivals make.

    >>> queue = gims(arrival_rate=4, transform=lambda z: exp(-z / 4), service_mean=25 / 60, servers=2)
    >>> round(queue.p_wait, 6), round(queue.mean_wait * 60, 6)
    (0.596909, 23.78514)
    """
    require_positive(arrival_rate=arrival_rate, service_mean=service_mean)
    require_servers(servers)
    load = arrival_rate * service_mean
    if load >= servers:
        raise ValueError(f"{servers} servers cannot keep up with {load:g} erlangs")
    _require_mean(arrival_rate, transform)

    def excess(x: float) -> float:
        return servers * (1.0 - transform(x / service_mean)) - x

    root = _root(excess, servers)  # s (1 - omega)
    drain_rate = root / service_mean
    p_wait = _p_wait([transform(r / service_mean) for r in range(1, servers + 1)], excess, root)
    return GeneralArrivals.from_wait(
        arrival_rate=arrival_rate, service_mean=service_mean, servers=servers, p_wait=p_wait, drain_rate=drain_rate
    )


def _root(excess: Callable[[float], float], servers: int) -> float:
    """Return the positive root of a concave function that rises from 0 and ends below it."""
    low = float(servers)
    while excess(low) <= 0.0:
        low *= 0.5
    return float(brentq(excess, low, 2.0 * low, xtol=1e-300, rtol=1e-14))


def _p_wait(transforms: list[float], excess: Callable[[float], float], root: float) -> float:
    """Return the fraction that waits, from the transform at the rates of 1 to s servers."""
    servers = len(transforms)
    logs = [0.0]  # of the terms of (1 - omega) / A
    odds = 0.0  # log of 1 / C_r
    for r, phi in enumerate(transforms, start=1):
        if phi == 0.0:
            return 0.0  # intervals so much longer than services that no float is small enough
        odds += log((1.0 - phi) / phi)
        binomial = lgamma(servers + 1.0) - lgamma(r + 1.0) - lgamma(servers - r + 1.0)
        logs.append(log(root / servers) + binomial + odds - log(1.0 - phi) + log(_quotient(excess, r, root)))
    return exp(-float(logsumexp(np.array(logs))))


def _quotient(excess: Callable[[float], float], r: float, root: float) -> float:
    """Return f(r) / (root - r), or its limit."""
    if abs(root - r) > _CLOSE * r:
        return excess(r) / (root - r)
    # The mean slope between the two, by that at their middle: five points, whose error is of the fourth order.
    middle, step = 0.5 * (root + r), _CLOSE * r
    near = excess(middle + step) - excess(middle - step)
    far = excess(middle + 2.0 * step) - excess(middle - 2.0 * step)
    return -(8.0 * near - far) / (12.0 * step)


def _require_mean(arrival_rate: float, transform: Callable[[float], float]) -> None:
    """Refuse a transform of a law with another mean."""
    small = 1e-6 * arrival_rate
    mean = (1.0 - transform(small)) / small
    if not abs(mean * arrival_rate - 1.0) < 1e-3:
        raise ValueError(f"the transform is that of intervals with mean {mean:g}, not {1.0 / arrival_rate:g}")
