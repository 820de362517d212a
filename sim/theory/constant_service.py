r"""M/D/s, Erlang D: Poisson arrivals, s servers, services that all take the same time D.

A service time later those who wait are those who waited, and those who came, less :math:`s`: so the number waiting has
the law of the maximum of a random walk with steps :math:`A - s`, :math:`A` having a Poisson law with mean
:math:`a = \lambda D`. By Spitzer's identity, as in Pollaczek's series for this queue [1]_,

.. math:: \sum_m P(L_q = m) z^m = \exp \sum_{j \ge 1} b_j (z^j - 1), \qquad
          b_j = \sum_{n \ge 1} \frac{P(A_n = n s + j)}{n}, \qquad E[L_q] = \sum_j j b_j,

with :math:`A_n` Poisson of mean :math:`n a`. All :math:`b_j` at once are Fourier coefficients of
:math:`-\log(1 - z^{-s} e^{a(z - 1)})` on any circle between :math:`|z| = 1` and the first zero beyond; on that of
radius :math:`s/a` the exponential is smallest, and the trapezoidal rule converges geometrically. The wait follows [2]_:
who comes when :math:`j` more have come since :math:`kD - x` ago is served within :math:`x` if no more than
:math:`k s - 1 - j` waited then, so that for :math:`(k - 1) D \le x < k D`

.. math:: P(W \le x) = \sum_{j=0}^{ks - 1} e^{-m} \frac{m^j}{j!} \, P(L_q \le ks - 1 - j), \quad m = \lambda(kD - x) .

References
----------
.. [1] A. J. E. M. Janssen and J. S. H. van Leeuwaarden, "Back to the roots of the M/D/s queue and the works of Erlang,
   Crommelin and Pollaczek", Statistica Neerlandica 62(3), 299-313, 2008.
.. [2] G. J. Franx, "A simple solution for the M/D/c waiting time distribution", Operations Research Letters 29(5),
   221-229, 2001.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, floor, inf, log, log2, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import log1p, pdtrc

from sim.theory.measures import SteadyState, require_positive, require_servers

__all__ = ["ConstantService", "mds"]

F8 = NDArray[np.float64]

_NEGLIGIBLE = 45.0  # e-folds
_MOST = 1 << 22  # points on the circle; a load closer to the number of servers takes more


@dataclass(frozen=True, kw_only=True)
class ConstantService(SteadyState):
    """The steady state of M/D/s."""

    waiting: F8 = field(repr=False, compare=False)  # [M] P(L_q = m), as far as it matters

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
        if time == inf:
            return 0.0
        services = floor(time / self.service_mean) + 1
        mean = self.arrival_rate * (services * self.service_mean - time)
        most = services * self.servers - 1  # who finds more ahead waits longer
        ahead = np.arange(min(most + 1, len(self.waiting)))
        # P(ahead + newcomers > most), newcomers being Poisson: sums of positive terms, so that small tails keep digits
        newcomers = np.asarray(pdtrc(most - ahead, mean), dtype=np.float64)
        return float(self.waiting[: len(ahead)] @ newcomers + self.waiting[len(ahead) :].sum())

    def _in_time(self, within: float) -> tuple[float, float]:
        """Return what is answered in time; nobody gives up."""
        return 1.0 - self.wait_exceeds(within), 0.0


def mds(*, arrival_rate: float, service_time: float, servers: int) -> ConstantService:
    """Return the steady state of M/D/s.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals per unit of time.
    service_time
        Of every customer.
    servers
        More than the offered load, or no steady state exists.

    Returns
    -------
    ConstantService
        Its measures.

    Examples
    --------
    >>> queue = mds(arrival_rate=0.5, service_time=1, servers=1)
    >>> round(queue.mean_wait, 12), round(queue.p_wait, 12)
    (0.5, 0.5)
    """
    require_positive(arrival_rate=arrival_rate, service_time=service_time)
    require_servers(servers)
    load = arrival_rate * service_time
    if load >= servers:
        raise ValueError(f"{servers} servers cannot keep up with {load:g} erlangs")
    waiting, queue_length = _waiting(load, servers)
    mean_wait = queue_length / arrival_rate
    queue = ConstantService(
        arrival_rate=arrival_rate,
        service_mean=service_time,
        servers=servers,
        p_wait=0.0,
        p_block=0.0,
        p_abandon=0.0,
        mean_wait=mean_wait,
        mean_wait_answered=mean_wait,
        queue_length=queue_length,
        waiting=waiting,
    )
    return ConstantService(**{**vars(queue), "p_wait": queue.wait_exceeds(0.0)})


def _waiting(load: float, servers: int) -> tuple[F8, float]:
    """Return the law of the number waiting, and its mean."""
    radius = servers / load
    # as many points as b_j radius^j takes to vanish, or the Poisson law that they come from, whichever are more
    size = 1 << ceil(log2(max(4.0 * _NEGLIGIBLE / log(radius), 24.0 * sqrt(servers))))
    if size > _MOST:
        raise ValueError(f"{load:g} erlangs are too close to {servers} servers for this method")
    turn = np.exp(2j * np.pi * np.arange(size) / size)
    # z^-s e^(a(z - 1)) at z = radius * turn; s log turn is taken in whole turns, for the sake of its digits
    winding = turn[(-servers * np.arange(size)) % size]
    jump = winding * np.exp(-servers * log(radius) + load * (radius * turn - 1.0))
    series = np.fft.fft(-log1p(-jump)).real / size  # b_j radius^j, those of negative j in the upper half
    index = np.arange(1, size // 2)
    scale = np.exp(-index * log(radius))
    factors = np.maximum(series[1 : size // 2], 0.0) * scale
    positive = np.zeros(size)
    positive[1 : size // 2] = series[1 : size // 2]
    law = np.fft.fft(np.exp(np.fft.ifft(positive) * size - factors.sum())).real / size
    waiting = np.maximum(law[: size // 2], 0.0) * np.exp(-np.arange(size // 2) * log(radius))
    return waiting, float(index @ factors)
