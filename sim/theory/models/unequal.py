"""Agents of unequal speed, one queue: whom a contact goes to that finds several idle.

To the ``fastest`` or the ``slowest`` of them, to any at ``random``, or to the one who has been idle longest
(``longest_idle``), which makes the same steady state as at random [1]_. The state is the list of the idle agents, in
the order in which they became idle where that matters, and how many wait; with more than seven or so agents, put those
alike into groups and use `sim.theory.models.skills`.

>>> fast = unequal_agents(arrival_rate=2, service_means=[1, 2, 4], patience_mean=1, routing="fastest")
>>> fair = unequal_agents(arrival_rate=2, service_means=[1, 2, 4], patience_mean=1, routing="longest_idle")
>>> round(fast.contacts.p_abandon, 6), round(fair.contacts.p_abandon, 6)
(0.30376, 0.310768)

References
----------
.. [1] R. Gopalakrishnan, S. Doroudi, A. R. Ward and A. Wierman, "Routing and staffing when servers are strategic",
   arXiv:1402.3606, 2014.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal, NamedTuple

from sim.theory.chain import Transition, explore
from sim.theory.measures import require_positive, require_servers
from sim.theory.models.contacts import ABANDON, AT_ONCE, BLOCK, WAIT, Contacts, contacts_of, room_for

__all__ = ["Choice", "Unequal", "unequal_agents"]

Choice = Literal["fastest", "slowest", "random", "longest_idle"]

_ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Unequal:
    """The steady state of unequal agents."""

    contacts: Contacts
    occupancies: tuple[float, ...]  # of each agent
    shares: tuple[float, ...]  # of the contacts that are served, by each agent


class _State(NamedTuple):
    """A state of the chain: how many are where."""

    idle: tuple[int, ...]
    waiting: int


def unequal_agents(
    *,
    arrival_rate: float,
    service_means: Sequence[float],
    routing: Choice,
    patience_mean: float = inf,
    room: int | None = None,
) -> Unequal:
    """Return the steady state of unequal agents.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals per unit of time.
    service_means
        Mean of the exponential service time of each agent.
    routing
        Which idle agent a contact goes to.
    patience_mean
        Mean of the exponential patience; unlimited unless given.
    room
        How many may wait; unlimited unless given.

    Returns
    -------
    Unequal
        Its measures.
    """
    require_positive(arrival_rate=arrival_rate)
    require_servers(len(service_means))
    require_positive(**{f"service_means[{i}]": mean for i, mean in enumerate(service_means)})
    places = room_for(room, arrival_rate=arrival_rate, patience_mean=patience_mean)
    rules = _Rules(
        arrival_rate=arrival_rate,
        means=tuple(service_means),
        routing=routing,
        patience_mean=patience_mean,
        room=places,
    )
    steady = explore(_State(rules.order(range(len(service_means))), 0), rules.transitions).stationary()
    idle = [0.0] * len(service_means)
    for state, probability in steady.as_mapping().items():
        for agent in state.idle:
            idle[agent] += probability
    contacts = contacts_of(steady, _ALL, steady.mean(lambda s: s.waiting))
    served = [(1.0 - idle[i]) / mean / contacts.answered_rate for i, mean in enumerate(service_means)]
    return Unequal(contacts=contacts, occupancies=tuple(1.0 - part for part in idle), shares=tuple(served))


@dataclass(frozen=True, kw_only=True)
class _Rules:
    """The rules of the model: its transitions."""

    arrival_rate: float
    means: tuple[float, ...]
    routing: Choice
    patience_mean: float
    room: int

    def order(self, idle: Sequence[int]) -> tuple[int, ...]:
        """Return idle agents, the one to be asked first before the others."""
        if self.routing == "longest_idle":
            return tuple(idle)
        sign = -1.0 if self.routing == "slowest" else 1.0
        return tuple(sorted(idle, key=lambda agent: (sign * self.means[agent], agent)))

    def transitions(self, now: _State) -> Iterator[Transition[_State]]:
        """Yield what may happen next."""
        asked = now.idle if self.routing == "random" else now.idle[:1]
        for agent in asked:
            rest = tuple(other for other in now.idle if other != agent)
            yield now._replace(idle=rest), self.arrival_rate / len(asked), (AT_ONCE, _ALL)
        if not asked and now.waiting < self.room:
            yield now._replace(waiting=now.waiting + 1), self.arrival_rate, (WAIT, _ALL)
        elif not asked:
            yield now, self.arrival_rate, (BLOCK, _ALL)
        if now.waiting:
            yield now._replace(waiting=now.waiting - 1), now.waiting / self.patience_mean, (ABANDON, _ALL)
        for agent, mean in enumerate(self.means):
            if agent not in now.idle:
                freed = now._replace(idle=self.order([*now.idle, agent]))
                yield now._replace(waiting=now.waiting - 1) if now.waiting else freed, 1.0 / mean
