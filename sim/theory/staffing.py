"""The number of agents that a service level takes, by Erlang C or Erlang A."""

from __future__ import annotations

from math import ceil, floor, inf, isinf
from typing import TYPE_CHECKING, Literal

from sim.theory.erlang_c import erlang_c
from sim.theory.markovian import erlang_a

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.theory.measures import SteadyState

__all__ = ["Definition", "least_number", "required_agents"]

Definition = Literal["less_abandoned", "with_abandoned", "of_offered", "of_answered"]


def required_agents(
    *,
    arrival_rate: float,
    service_mean: float,
    within: float,
    target: float,
    patience_mean: float = inf,
    definition: Definition = "less_abandoned",
) -> int:
    """Return the least number of agents whose steady-state service level meets a target.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals per unit of time; 0 takes nobody.
    service_mean
        Mean handling time.
    within
        The acceptable waiting time.
    target
        The wanted service level, between 0 and 1, both excluded.
    patience_mean
        Mean of the exponential patience, for Erlang A; unlimited unless given, for Erlang C.
    definition
        Which service level: the name of a property of `sim.theory.measures.ServiceLevel`.

    Returns
    -------
    int
        Number of agents.

    Notes
    -----
    The search takes it that more agents never make the service level worse.

    Examples
    --------
    >>> required_agents(arrival_rate=4.2, service_mean=2, within=1 / 3, target=0.8)
    12
    """
    if not 0.0 < target < 1.0:
        raise ValueError(f"target is {target}; it must lie between 0 and 1, both excluded")
    if arrival_rate == 0.0:
        return 0

    def queue(servers: int) -> SteadyState:
        if isinf(patience_mean):
            return erlang_c(arrival_rate=arrival_rate, service_mean=service_mean, servers=servers)
        return erlang_a(
            arrival_rate=arrival_rate, service_mean=service_mean, patience_mean=patience_mean, servers=servers
        )

    def meets(servers: int) -> bool:
        return bool(getattr(queue(servers).service_level(within), definition) >= target)

    load = arrival_rate * service_mean
    return least_number(meets, floor(load) + 1 if isinf(patience_mean) else 1, ceil(load))


def least_number(meets: Callable[[int], bool], low: int, guess: int) -> int:
    """Return the least number that meets a condition which every greater one meets too.

    Parameters
    ----------
    meets
        The condition; some number must meet it.
    low
        Where to begin.
    guess
        About what is expected.
    """
    high, step = max(low, guess), 1
    while not meets(high):
        low, high, step = high + 1, high + step, 2 * step
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if meets(middle) else (middle + 1, high)
    return high
