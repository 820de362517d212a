r"""Erlang A, M/M/s+M, and its kin with room for K only, M/M/s/K+M.

Customers whose exponential patience (rate :math:`\theta`) ends before an answer give up. The number present is a
birth-death chain; relative to the state with all :math:`s` servers busy and none waiting, the states below weigh
:math:`1/B(s, a) - 1` (Erlang's B), and :math:`j` waiting weigh [1]_ [2]_

.. math:: w_j = \prod_{i=1}^{j} \frac{\lambda}{s\mu + i\theta}, \qquad
          \sum_{j=0}^\infty w_j = A(x, y) = x e^y y^{-x} \gamma(x, y), \quad x = s\mu/\theta,\; y = \lambda/\theta .

Who finds :math:`j` waiting is due for an answer after :math:`V_j`, a sum of independent exponentials with rates
:math:`s\mu + i\theta`, :math:`i = 0 \ldots j`. As :math:`e^{-\theta V_j}` is then a product of independent powers of
uniforms with exponents :math:`1/(x + i)`, it has the law Beta(:math:`x, j + 1`) [3]_, from which follow

.. math:: P(V_j \le \min(t, R)) = \tfrac{x}{x + j + 1} \bigl(1 - I_{e^{-\theta t}}(x + 1, j + 1)\bigr), \qquad
          E[V_j; V_j \le R] = \tfrac{x}{x + j + 1} \sum_{i=0}^{j} \frac{1}{\theta (x + 1 + i)}

for patience :math:`R`. All sums are of positive terms, so that no digits cancel. With unlimited patience
:math:`V_j` has the Erlang law with :math:`j + 1` stages.

References
----------
.. [1] A. Mandelbaum and S. Zeltyn, "Service engineering in action: the Palm/Erlang-A queue, with applications to call
   centers", in D. Spath and K.-P. Fähnrich (eds.), Advances in Services Innovations, Springer, 2007.
.. [2] NIST Digital Library of Mathematical Functions, 8.7.1 (the incomplete gamma function as this series),
   https://dlmf.nist.gov/8.7
.. [3] NIST Digital Library of Mathematical Functions, 8.17 (the incomplete beta function), https://dlmf.nist.gov/8.17
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, expm1, inf, isinf, log

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammainc

from sim.theory.erlang_b import erlang_b
from sim.theory.measures import SteadyState, require_positive, require_servers

__all__ = ["Markovian", "erlang_a", "mmsk"]

F8 = NDArray[np.float64]

_NEGLIGIBLE = log(1e-20)  # beside the greatest weight
_BLOCK = 256  # weights at first; then as many again as there are


@dataclass(frozen=True, kw_only=True)
class Markovian(SteadyState):
    """The steady state of M/M/s+M or M/M/s/K+M."""

    patience_mean: float  # inf: nobody gives up
    capacity: float  # in service and waiting; inf: nobody is blocked
    mean_offered_wait: float  # of one who joins with unlimited patience, zeros included
    joining: F8 = field(repr=False, compare=False)  # [J] fraction of the offered that finds j waiting and joins

    def _in_time(self, within: float) -> tuple[float, float]:
        """Return what is answered, and what gives up, in time."""
        if isinf(within):
            return self.p_answered, self.p_abandon
        due, answered = self._due(within)
        at_once = self.p_answered - float(self.joining @ self._answered())
        late = exp(-within / self.patience_mean) * float(self.joining @ (1.0 - due))
        waited_answered = float(self.joining @ answered)
        return at_once + waited_answered, max(0.0, float(self.joining.sum()) - waited_answered - late)

    def _due(self, within: float) -> tuple[F8, F8]:
        """Return, by the number found waiting, P(V <= t) and P(V <= t and V <= patience)."""
        stages = np.arange(1.0, len(self.joining) + 1.0)
        rate = self.servers / self.service_mean
        if isinf(self.patience_mean):
            due = np.asarray(gammainc(stages, rate * within), dtype=np.float64)
            return due, due
        # 1 - I_z(x, j + 1) as I_{1-z}(j + 1, x), so that long patience costs no digits of z
        x, gone = rate * self.patience_mean, -expm1(-within / self.patience_mean)
        due = np.asarray(betainc(stages, x, gone), dtype=np.float64)
        return due, self._answered() * np.asarray(betainc(stages, x + 1.0, gone), dtype=np.float64)

    def _answered(self) -> F8:
        """Return, by the number found waiting, the probability of an answer."""
        return _answered(len(self.joining), self.servers / self.service_mean * self.patience_mean)


def erlang_a(*, arrival_rate: float, service_mean: float, patience_mean: float, servers: int) -> Markovian:
    """Return the steady state of M/M/s+M.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals per unit of time.
    service_mean
        Mean of the exponential service time.
    patience_mean
        Mean of the exponential patience.
    servers
        1 or more; the load may exceed it.

    Returns
    -------
    Markovian
        Its measures.

    Notes
    -----
    Time and memory grow with the number of waiting customers that matters, which an overload with near-unlimited
    patience makes long: about ``(arrival_rate - servers / service_mean) * patience_mean``.

    Examples
    --------
    >>> queue = erlang_a(arrival_rate=10, service_mean=5, patience_mean=2.5, servers=50)
    >>> round(queue.p_abandon, 6), round(queue.occupancy, 6)
    (0.065941, 0.934059)
    """
    require_positive(patience_mean=patience_mean)
    return _markovian(arrival_rate, service_mean, patience_mean, servers, inf)


def mmsk(
    *, arrival_rate: float, service_mean: float, servers: int, capacity: int, patience_mean: float = inf
) -> Markovian:
    """Return the steady state of M/M/s/K, with or without abandonment.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals per unit of time.
    service_mean
        Mean of the exponential service time.
    servers
        1 or more.
    capacity
        Customers in service and waiting; one who comes when that many are there is blocked. At least ``servers``.
    patience_mean
        Mean of the exponential patience; unlimited unless given.

    Returns
    -------
    Markovian
        Its measures.
    """
    if capacity < servers or capacity != int(capacity):
        raise ValueError(f"capacity is {capacity}; it must be a whole number, {servers} (the servers) or more")
    if not patience_mean > 0.0:
        raise ValueError(f"patience_mean is {patience_mean}; it must be positive")
    return _markovian(arrival_rate, service_mean, patience_mean, servers, capacity)


def _markovian(
    arrival_rate: float, service_mean: float, patience_mean: float, servers: int, capacity: float
) -> Markovian:
    """Return the steady state from the weights of the chain."""
    require_positive(arrival_rate=arrival_rate, service_mean=service_mean)
    require_servers(servers)
    load, rate = arrival_rate * service_mean, servers / service_mean
    logs = _log_weights(load / servers, rate * patience_mean, capacity - servers)
    loss, top = erlang_b(load, servers), float(logs.max())
    weights = np.exp(logs - top)
    # A loss below the least float means that nobody ever waits.
    below = exp(min(700.0, log(1.0 / loss - 1.0) - top)) if 0.0 < loss < 1.0 else inf
    busy = weights / (below + weights.sum())
    p_block = 0.0 if isinf(capacity) else float(busy[-1])
    joining = busy if isinf(capacity) else busy[:-1]
    queue_length = float(np.arange(len(busy)) @ busy)
    p_abandon = queue_length / (arrival_rate * patience_mean)
    offered_wait, answered_wait = _waits(joining, rate, patience_mean)
    return Markovian(
        arrival_rate=arrival_rate,
        service_mean=service_mean,
        servers=servers,
        patience_mean=patience_mean,
        capacity=capacity,
        p_wait=min(1.0, float(joining.sum())),
        p_block=p_block,
        p_abandon=p_abandon,
        mean_wait=queue_length / (arrival_rate * (1.0 - p_block)),
        mean_wait_answered=answered_wait / (1.0 - p_block - p_abandon),
        mean_offered_wait=offered_wait / (1.0 - p_block),
        queue_length=queue_length,
        joining=joining,
    )


def _log_weights(ratio: float, x: float, room: float) -> F8:
    """Return the logarithms of the weights of 0, 1 ... waiting customers, as many as matter or as there is room for."""
    logs, top, size = [np.zeros(1)], 0.0, 0
    while size < room:
        j = np.arange(size + 1.0, min(room, size + max(size, _BLOCK)) + 1.0)
        block = logs[-1][-1] + np.cumsum(log(ratio) - np.log1p(j / x))
        logs.append(block)
        top, size = max(top, float(block.max())), int(j[-1])
        if isinf(room) and block[-1] - top < _NEGLIGIBLE:
            break
    return np.concatenate(logs)


def _answered(size: int, x: float) -> F8:
    """Return, by the number found waiting, the probability of an answer."""
    return 1.0 / (1.0 + np.arange(1.0, size + 1.0) / x)


def _waits(joining: F8, rate: float, patience_mean: float) -> tuple[float, float]:
    """Return the means, over all offered, of the offered wait and of the wait that ends with an answer."""
    index = np.arange(float(len(joining)))
    offered = np.cumsum(1.0 / (rate + index / patience_mean))
    answered = np.cumsum(1.0 / (rate + (index + 1.0) / patience_mean))
    return float(joining @ offered), float(joining @ (_answered(len(joining), rate * patience_mean) * answered))
