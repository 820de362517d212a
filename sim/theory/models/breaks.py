"""Agents who go away: after a contact, when idle, or at any time, and come back.

After each contact an agent takes a break with a stated probability. Besides, an agent on duty wants one at a stated
rate: when idle only, or at any time, in which case a busy one ends the contact first. Breaks are exponential, and so
are services and patience. The state is how many agents are busy, busy with a break due, and away, and how many
customers wait. Agents who take one vacation each are studied in [1]_.

>>> queue = breaks(arrival_rate=4.2, service_mean=2, servers=12, patience_mean=1, break_mean=15, break_rate=1 / 60)
>>> round(queue.contacts.p_abandon, 6), round(queue.away, 6), round(queue.occupancy, 6)
(0.105975, 2.35155, 0.778344)

References
----------
.. [1] K. Kawanishi, "QBD approximations of a call center queueing model with general patience distribution", Computers
   & Operations Research 35, 2463-2481, 2008.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from sim.theory.chain import Transition, explore
from sim.theory.measures import require_positive, require_servers
from sim.theory.models.contacts import ABANDON, AT_ONCE, BLOCK, WAIT, Contacts, contacts_of, room_for

__all__ = ["Breaks", "breaks"]

_ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Breaks:
    """The steady state of a queue whose agents take breaks."""

    contacts: Contacts
    busy: float  # time averages of agents
    away: float
    servers: int

    @property
    def occupancy(self) -> float:
        """Return the fraction of their time on duty that agents are busy."""
        return self.busy / (self.servers - self.away)


class _State(NamedTuple):
    """A state of the chain: how many are where."""

    busy: int
    due: int  # of the busy, those who go away next
    away: int
    waiting: int


def breaks(
    *,
    arrival_rate: float,
    service_mean: float,
    servers: int,
    break_mean: float,
    p_break: float = 0.0,
    break_rate: float = 0.0,
    idle_only: bool = False,
    patience_mean: float = inf,
    room: int | None = None,
) -> Breaks:
    """Return the steady state of a queue whose agents take breaks.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals per unit of time.
    service_mean
        Mean of the exponential service time.
    servers
        Agents, 1 or more, on breaks included.
    break_mean
        Mean of the exponential break.
    p_break
        The probability of a break after a contact.
    break_rate
        Breaks that an agent on duty wants per unit of time.
    idle_only
        Whether only idle agents want them.
    patience_mean
        Mean of the exponential patience; unlimited unless given.
    room
        How many may wait; unlimited unless given.

    Returns
    -------
    Breaks
        Its measures.
    """
    require_positive(arrival_rate=arrival_rate, service_mean=service_mean, break_mean=break_mean)
    require_servers(servers)
    if not (0.0 <= p_break <= 1.0 and 0.0 <= break_rate < inf):
        raise ValueError("p_break must be 0 to 1, and break_rate 0 or more, and finite")
    places = room_for(room, arrival_rate=arrival_rate, patience_mean=patience_mean)
    rules = _Rules(
        arrival_rate=arrival_rate,
        service_mean=service_mean,
        servers=servers,
        break_mean=break_mean,
        p_break=p_break,
        break_rate=break_rate,
        idle_only=idle_only,
        patience_mean=patience_mean,
        room=places,
    )
    steady = explore(_State(0, 0, 0, 0), rules.transitions).stationary()
    return Breaks(
        contacts=contacts_of(steady, _ALL, steady.mean(lambda s: s.waiting)),
        busy=steady.mean(lambda s: s.busy),
        away=steady.mean(lambda s: s.away),
        servers=servers,
    )


@dataclass(frozen=True, kw_only=True)
class _Rules:
    """The rules of the model: its transitions."""

    arrival_rate: float
    service_mean: float
    servers: int
    break_mean: float
    p_break: float
    break_rate: float
    idle_only: bool
    patience_mean: float
    room: int

    def transitions(self, now: _State) -> Iterator[Transition[_State]]:
        """Yield what may happen next."""
        idle = self.servers - now.busy - now.away
        if idle:
            yield now._replace(busy=now.busy + 1), self.arrival_rate, (AT_ONCE, _ALL)
        elif now.waiting < self.room:
            yield now._replace(waiting=now.waiting + 1), self.arrival_rate, (WAIT, _ALL)
        else:
            yield now, self.arrival_rate, (BLOCK, _ALL)
        if now.waiting:
            yield now._replace(waiting=now.waiting - 1), now.waiting / self.patience_mean, (ABANDON, _ALL)
        yield from self._ends(now)
        if idle:
            yield now._replace(away=now.away + 1), idle * self.break_rate
        if now.busy > now.due and not self.idle_only:
            yield now._replace(due=now.due + 1), (now.busy - now.due) * self.break_rate
        if now.away:
            yield _freed(now._replace(away=now.away - 1)), now.away / self.break_mean

    def _ends(self, now: _State) -> Iterator[Transition[_State]]:
        """Yield what an agent does whose contact ends."""
        ended = now._replace(busy=now.busy - 1)
        if now.due:
            yield ended._replace(due=now.due - 1, away=now.away + 1), now.due / self.service_mean
        if now.busy > now.due:
            rate = (now.busy - now.due) / self.service_mean
            yield ended._replace(away=now.away + 1), rate * self.p_break
            yield _freed(ended), rate * (1.0 - self.p_break)


def _freed(now: _State) -> _State:
    """Return the state after a freed agent has taken who waits."""
    return now._replace(busy=now.busy + 1, waiting=now.waiting - 1) if now.waiting else now
