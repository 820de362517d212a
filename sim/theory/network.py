r"""Jackson networks: customers go from queue to queue, or back to where they were, by fixed probabilities.

Nodes have exponential services and any number of servers, or infinitely many: a pause. With arrivals from outside at
rates :math:`\gamma_i` and a customer who leaves node :math:`i` going to :math:`j` with probability :math:`p_{ij}`, the
throughputs solve :math:`\lambda_j = \gamma_j + \sum_i \lambda_i p_{ij}`. The numbers present are independent, each with
the law of M/M/s alone at that throughput [1]_ [2]_. That holds although, with feedback, arrivals at a node are no
Poisson process; and who arrives at a node sees the time average of it, so that its Erlang C gives the law of each
visit's wait too.

References
----------
.. [1] J. R. Jackson, "Networks of waiting lines", Operations Research 5(4), 518-521, 1957.
.. [2] J. R. Jackson, "Jobshop-like queueing systems", Management Science 10(1), 131-142, 1963.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from sim.theory.erlang_c import ErlangC, erlang_c
from sim.theory.measures import require_positive, require_servers

__all__ = ["Network", "Node", "Visited", "jackson"]

F8 = NDArray[np.float64]

_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class Node:
    """A place to be served at.

    Parameters
    ----------
    service_mean
        Mean of the exponential service time; of any law where nobody waits.
    servers
        1 or more; unlimited unless given.
    arrival_rate
        From outside.
    then
        Where customers go next: probabilities by the names of nodes; what is left to 1 leaves.
    """

    service_mean: float
    servers: float = inf
    arrival_rate: float = 0.0
    then: Mapping[str, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Visited:
    """The steady state of one node."""

    throughput: float  # visits per unit of time
    visits: float  # of each customer, on average
    in_system: float  # time average of those present
    queue: ErlangC | None  # nobody waits where servers are unlimited, or where nobody comes


@dataclass(frozen=True, kw_only=True)
class Network:
    """The steady state of a network."""

    arrival_rate: float  # of customers from outside
    nodes: Mapping[str, Visited]

    @property
    def in_system(self) -> float:
        """Return the time average of all customers present."""
        return sum(node.in_system for node in self.nodes.values())

    @property
    def mean_sojourn(self) -> float:
        """Return the mean time from a customer's coming to the last visit's end."""
        return self.in_system / self.arrival_rate


def jackson(nodes: Mapping[str, Node]) -> Network:
    """Return the steady state of an open network.

    Parameters
    ----------
    nodes
        By their names.

    Returns
    -------
    Network
        Its measures.

    Examples
    --------
    One customer in five is not helped, and calls again some hours later: agents get 25 % more calls, and need not know
    from whom.

    >>> network = jackson({
    ...     "agents": Node(arrival_rate=8, service_mean=1, servers=12, then={"at home": 0.2}),
    ...     "at home": Node(service_mean=240, then={"agents": 1}),
    ... })
    >>> round(network.nodes["agents"].throughput, 6), round(network.nodes["agents"].queue.p_wait, 6)
    (10.0, 0.449388)
    """
    names = list(nodes)
    outside, onward = _routes(nodes)
    throughputs = _throughputs(names, outside, onward)
    total = float(outside.sum())
    return Network(
        arrival_rate=total,
        nodes={name: _visited(name, nodes[name], float(throughputs[i]), total) for i, name in enumerate(names)},
    )


def _routes(nodes: Mapping[str, Node]) -> tuple[F8, F8]:
    """Return the arrivals from outside, and the probabilities of going from each node to each."""
    index = {name: i for i, name in enumerate(nodes)}
    outside = np.array([node.arrival_rate for node in nodes.values()], dtype=np.float64)
    if not (np.isfinite(outside).all() and (outside >= 0.0).all() and outside.sum() > 0.0):
        raise ValueError("arrival rates must be 0 or more, finite, and not all 0")
    onward = np.zeros((len(nodes), len(nodes)))
    for name, node in nodes.items():
        for there, probability in (node.then or {}).items():
            if there not in index:
                raise ValueError(f"{name} leads to {there}, which is no node; there are {', '.join(nodes)}")
            if not 0.0 <= probability <= 1.0:
                raise ValueError(f"from {name} to {there} the probability is {probability}; it must be 0 to 1")
            onward[index[name], index[there]] = probability
        if onward[index[name]].sum() > 1.0 + _ROUNDING:
            raise ValueError(
                f"the probabilities of leaving {name} add up to {onward[index[name]].sum():g}, more than 1"
            )
    return outside, onward


def _throughputs(names: list[str], outside: F8, onward: F8) -> F8:
    """Return the solution of the traffic equations."""
    reached = outside > 0.0
    for _ in names:
        reached = reached | (reached @ (onward > 0.0))
    leaves = onward.sum(axis=1) < 1.0 - _ROUNDING
    for _ in names:
        leaves = leaves | ((onward > 0.0) @ leaves)
    if (reached & ~leaves).any():
        stuck = ", ".join(name for name, caught in zip(names, reached & ~leaves, strict=True) if caught)
        raise ValueError(f"nobody ever leaves {stuck}")
    throughputs = np.zeros(len(names))
    visited = np.flatnonzero(reached)
    matrix = np.eye(len(visited)) - onward[np.ix_(visited, visited)].T
    throughputs[visited] = np.linalg.solve(matrix, outside[visited])
    return throughputs


def _visited(name: str, node: Node, throughput: float, total: float) -> Visited:
    """Return the steady state of a node at its throughput."""
    require_positive(**{f"service_mean of {name}": node.service_mean})
    queue, in_system = None, throughput * node.service_mean
    if node.servers < inf:
        require_servers(node.servers)
        if in_system >= node.servers:
            raise ValueError(f"{node.servers:g} servers of {name} cannot keep up with {in_system:g} erlangs")
        if throughput > 0.0:
            queue = erlang_c(arrival_rate=throughput, service_mean=node.service_mean, servers=int(node.servers))
            in_system += queue.queue_length
    return Visited(throughput=throughput, visits=throughput / total, in_system=in_system, queue=queue)
