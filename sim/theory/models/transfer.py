"""Two tiers: some of those whom the first has served go on to the second.

A cold transfer frees the first agent at once. In a warm one the agent stays with the customer until the second tier
answers, and takes nobody meanwhile. Patience, which begins anew in the second queue, and services are exponential.

>>> first, second = Tier(agents=6, service_mean=3), Tier(agents=2, service_mean=6)
>>> cold = transfer(arrival_rate=1.5, first=first, second=second, p=0.15, room=200)
>>> warm = transfer(arrival_rate=1.5, first=first, second=second, p=0.15, room=200, warm=True)
>>> round(cold.first.mean_wait, 3), round(warm.first.mean_wait, 3), round(warm.held, 3)
(0.843, 5.806, 0.671)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from sim.theory.chain import Transition, explore
from sim.theory.measures import require_positive, require_servers
from sim.theory.models.contacts import ABANDON, AT_ONCE, BLOCK, WAIT, Contacts, contacts_of, require_patience, room_for

__all__ = ["Tier", "Transferred", "transfer"]

_FIRST, _SECOND = "first", "second"


@dataclass(frozen=True, kw_only=True)
class Tier:
    """Agents of one tier, and the patience of those who wait for them.

    Parameters
    ----------
    agents
        1 or more.
    service_mean
        Mean of the exponential service time.
    patience_mean
        Mean of the exponential patience; unlimited unless given.
    """

    agents: int
    service_mean: float
    patience_mean: float = inf


@dataclass(frozen=True, kw_only=True)
class Transferred:
    """The steady state of two tiers."""

    first: Contacts
    second: Contacts  # offered: those who are transferred
    first_occupancy: float  # holding on to a customer included
    second_occupancy: float
    held: float  # time average of first-tier agents who hold on


class _State(NamedTuple):
    """A state of the chain: how many are where."""

    first: int  # in the first queue or talking there
    waiting: int  # for the second tier
    second: int  # talking there


def transfer(
    *, arrival_rate: float, first: Tier, second: Tier, p: float, warm: bool = False, room: int | None = None
) -> Transferred:
    """Return the steady state of two tiers.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals at the first tier per unit of time.
    first, second
        The tiers.
    p
        The probability of a transfer after a first service.
    warm
        Whether the first agent stays until the second answers.
    room
        How many may wait in each queue; unlimited unless given.

    Returns
    -------
    Transferred
        Its measures.
    """
    require_positive(arrival_rate=arrival_rate)
    for tier in (first, second):
        require_servers(tier.agents)
        require_positive(service_mean=tier.service_mean)
        require_patience(tier.patience_mean)
    if not 0.0 < p <= 1.0:
        raise ValueError(f"p is {p}; it must be more than 0, and 1 or less")
    before, between = _rooms(arrival_rate, first, second, warm, room)
    rules = _Rules(
        arrival_rate=arrival_rate,
        first=first,
        second=second,
        p=p,
        warm=warm,
        first_room=before,
        second_room=between,
    )
    steady = explore(_State(0, 0, 0), rules.transitions).stationary()
    talking, held = steady.mean(rules.talking), steady.mean(lambda s: s.waiting if warm else 0)
    return Transferred(
        first=contacts_of(steady, _FIRST, steady.mean(lambda s: s.first - rules.talking(s))),
        second=contacts_of(steady, _SECOND, steady.mean(lambda s: s.waiting)),
        first_occupancy=(talking + held) / first.agents,
        second_occupancy=steady.mean(lambda s: s.second) / second.agents,
        held=held,
    )


def _rooms(rate: float, first: Tier, second: Tier, warm: bool, room: int | None) -> tuple[int, int]:
    """Return how many may wait in each queue."""
    before = room_for(room, arrival_rate=rate, patience_mean=first.patience_mean)
    if warm:
        return before, first.agents
    return before, room_for(room, arrival_rate=first.agents / first.service_mean, patience_mean=second.patience_mean)


@dataclass(frozen=True, kw_only=True)
class _Rules:
    """The rules of the model: its transitions."""

    arrival_rate: float
    first: Tier
    second: Tier
    p: float
    warm: bool
    first_room: int
    second_room: int

    def talking(self, now: _State) -> int:
        """Return how many first-tier agents talk."""
        return min(now.first, self.first.agents - (now.waiting if self.warm else 0))

    def transitions(self, now: _State) -> Iterator[Transition[_State]]:
        """Yield what may happen next."""
        talking = self.talking(now)
        waiting = now.first - talking
        free = self.first.agents - talking - (now.waiting if self.warm else 0)
        if free or waiting < self.first_room:
            yield now._replace(first=now.first + 1), self.arrival_rate, (AT_ONCE if free else WAIT, _FIRST)
        else:
            yield now, self.arrival_rate, (BLOCK, _FIRST)
        if waiting:
            yield now._replace(first=now.first - 1), waiting / self.first.patience_mean, (ABANDON, _FIRST)
        if talking:
            done, rate = now._replace(first=now.first - 1), talking / self.first.service_mean
            yield done, rate * (1.0 - self.p)
            yield self._transferred(done, rate * self.p)
        if now.waiting:
            yield now._replace(waiting=now.waiting - 1), now.waiting / self.second.patience_mean, (ABANDON, _SECOND)
        if now.second:
            next_one = now._replace(waiting=now.waiting - 1) if now.waiting else now._replace(second=now.second - 1)
            yield next_one, now.second / self.second.service_mean

    def _transferred(self, done: _State, rate: float) -> Transition[_State]:
        """Return what becomes of one who is transferred."""
        if done.second < self.second.agents:
            return done._replace(second=done.second + 1), rate, (AT_ONCE, _SECOND)
        if done.waiting < self.second_room:
            return done._replace(waiting=done.waiting + 1), rate, (WAIT, _SECOND)
        return done, rate, (BLOCK, _SECOND)
