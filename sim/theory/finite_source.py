r"""M/M/s//N, machine repair: a closed loop of N users who think, send a request, wait for it, and think again.

The number of requests at the servers is a birth-death chain with rates :math:`(N - j)/Z` up and
:math:`\min(j, s)/S` down, :math:`Z` and :math:`S` being the mean think and service times. Only the mean of the think
time matters [1]_. An arriving request sees the same system with one user fewer [2]_.

References
----------
.. [1] K. E. Stecke and J. E. Aronson, "Review of operator/machine interference models", Working Paper 355, Graduate
   School of Business Administration, University of Michigan, 1983.
.. [2] M. Reiser and S. S. Lavenberg, "Mean-value analysis of closed multichain queuing networks", Journal of the ACM
   27(2), 313-322, 1980.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.theory.measures import require_positive, require_servers

__all__ = ["ClosedLoop", "mmsn"]

F8 = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ClosedLoop:
    """The steady state of a closed loop."""

    users: int
    think_mean: float
    service_mean: float
    servers: int
    throughput: float  # requests per unit of time
    p_wait: float  # a request finds every server busy
    mean_wait: float  # of a request in the queue, zeros included
    in_system: float  # time average of the requests waiting or in service
    queue_length: float  # time average of those waiting

    @property
    def mean_response(self) -> float:
        """Return the mean time from sending a request to its end."""
        return self.mean_wait + self.service_mean

    @property
    def occupancy(self) -> float:
        """Return the fraction of time that a server is busy."""
        return self.throughput * self.service_mean / self.servers


def mmsn(*, users: int, think_mean: float, service_mean: float, servers: int) -> ClosedLoop:
    """Return the steady state of M/M/s//N.

    Parameters
    ----------
    users
        1 or more, each with one request at a time.
    think_mean
        Mean time from an answer to the user's next request, of any law.
    service_mean
        Mean of the exponential service time.
    servers
        1 or more.

    Returns
    -------
    ClosedLoop
        Its measures.
    """
    require_positive(users=users, think_mean=think_mean, service_mean=service_mean)
    require_servers(servers)
    if users != int(users):
        raise ValueError(f"users is {users}; it must be a whole number, 1 or more")
    present = _states(users, think_mean, service_mean, servers)
    number = np.arange(users + 1.0)
    throughput = float(present @ (users - number)) / think_mean
    queue_length = float(present @ np.maximum(number - servers, 0.0))
    return ClosedLoop(
        users=users,
        think_mean=think_mean,
        service_mean=service_mean,
        servers=servers,
        throughput=throughput,
        p_wait=float(_states(users - 1, think_mean, service_mean, servers)[servers:].sum()),
        mean_wait=queue_length / throughput,
        in_system=float(present @ number),
        queue_length=queue_length,
    )


def _states(users: int, think_mean: float, service_mean: float, servers: int) -> F8:
    """Return the probabilities of 0 to N requests at the servers."""
    number = np.arange(1.0, users + 1.0)
    up, down = (users - number + 1.0) / think_mean, np.minimum(number, servers) / service_mean
    logs = np.concatenate([np.zeros(1), np.cumsum(np.log(up) - np.log(down))])
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum(), dtype=np.float64)
