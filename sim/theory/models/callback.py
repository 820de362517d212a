"""Callbacks: callers who would have to wait may leave a number instead, and are called when agents have time.

A caller who finds no agent idle, and so many waiting or more, accepts the offer with a stated probability; others
wait, with exponential patience. Who waits on the line comes first, unless callbacks do; callbacks are made only where
more than so many agents are idle, which keeps some for those who call [1]_. The state is the number of calls and
callbacks in service, waiting and promised. That each keeps their place among those who wait is another rule: it takes
the whole queue's order to describe, and is left out.

>>> queue = callback(arrival_rate=4.2, service_mean=2, servers=9, patience_mean=1, p_accept=0.5, idle_needed=1)
>>> round(queue.calls.p_abandon, 6), round(queue.callbacks_rate, 6), round(queue.mean_delay, 6)
(0.071604, 0.967912, 5.511878)

References
----------
.. [1] M. Armony and C. Maglaras, "On customer contact centers with a call-back option: customer decisions, routing
   rules, and system design", Operations Research 52(2), 271-292, 2004.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import NamedTuple

from sim.theory.chain import Chain, Transition, explore
from sim.theory.measures import require_positive, require_servers
from sim.theory.models.contacts import ABANDON, AT_ONCE, BLOCK, WAIT, Contacts, contacts_of, grown, room_for

__all__ = ["CalledBack", "callback"]

_CALLS, _PROMISED = "calls", "promised"


@dataclass(frozen=True, kw_only=True)
class CalledBack:
    """The steady state of a queue with callbacks."""

    calls: Contacts  # who does not accept the offer
    offered: float  # fraction of all callers to whom a callback is offered
    callbacks_rate: float  # promised, and made, per unit of time
    callbacks: float  # time average of those that are due
    occupancy: float

    @property
    def mean_delay(self) -> float:
        """Return the mean time from the promise to the callback."""
        return self.callbacks / self.callbacks_rate if self.callbacks_rate else 0.0


class _State(NamedTuple):
    """A state of the chain: how many are where."""

    talking: int  # callers
    called: int  # who are called back, where that takes another time
    waiting: int
    due: int


def callback(
    *,
    arrival_rate: float,
    service_mean: float,
    servers: int,
    p_accept: float,
    patience_mean: float = inf,
    offer_from: int = 0,
    callback_mean: float | None = None,
    idle_needed: int = 0,
    callbacks_first: bool = False,
    room: int | None = None,
) -> CalledBack:
    """Return the steady state of a queue with callbacks.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals per unit of time.
    service_mean
        Mean of the exponential service time.
    servers
        1 or more.
    p_accept
        The probability of accepting a callback that is offered.
    patience_mean
        Mean of the exponential patience of those who wait; unlimited unless given.
    offer_from
        How many have to wait already for a callback to be offered.
    callback_mean
        Mean of the exponential time that a callback takes; that of a call unless given.
    idle_needed
        How many agents are to be idle after a callback has begun.
    callbacks_first
        Whether callbacks come before callers who wait, where that many agents are idle.
    room
        How many callers may wait; unlimited unless given.

    Returns
    -------
    CalledBack
        Its measures.
    """
    mean = service_mean if callback_mean is None else callback_mean
    require_positive(arrival_rate=arrival_rate, service_mean=service_mean, callback_mean=mean)
    require_servers(servers)
    if not 0.0 <= p_accept <= 1.0:
        raise ValueError(f"p_accept is {p_accept}; it must be 0 to 1")
    if not 0 <= idle_needed < servers or offer_from < 0:
        raise ValueError("idle_needed must be 0 or more, less than all servers, and offer_from 0 or more")
    places = room_for(room, arrival_rate=arrival_rate, patience_mean=patience_mean)
    rules = _Rules(
        arrival_rate=arrival_rate,
        service_mean=service_mean,
        servers=servers,
        p_accept=p_accept,
        patience_mean=patience_mean,
        offer_from=offer_from,
        callback_mean=mean,
        idle_needed=idle_needed,
        callbacks_first=callbacks_first,
        room=places,
    )
    steady, _ = grown(rules.chain, lambda s: s.due)
    return CalledBack(
        calls=contacts_of(steady, _CALLS, steady.mean(lambda s: s.waiting)),
        offered=steady.mean(rules.offers),  # Poisson arrivals see time averages
        callbacks_rate=steady.rates().get(_PROMISED, 0.0),
        callbacks=steady.mean(lambda s: s.due),
        occupancy=steady.mean(lambda s: s.talking + s.called) / servers,
    )


@dataclass(frozen=True, kw_only=True)
class _Rules:
    """The rules of the model: its transitions."""

    arrival_rate: float
    service_mean: float
    servers: int
    p_accept: float
    patience_mean: float
    offer_from: int
    callback_mean: float
    idle_needed: int
    callbacks_first: bool
    room: int

    def chain(self, most_due: int) -> Chain[_State]:
        """Return the chain with so many callbacks due at most."""
        return explore(_State(0, 0, 0, 0), partial(self.transitions, most_due=most_due))

    def offers(self, now: _State) -> bool:
        """Tell whether one who comes is offered a callback."""
        return self._idle(now) == 0 and now.waiting >= self.offer_from

    def transitions(self, now: _State, most_due: int) -> Iterator[Transition[_State]]:
        """Yield what may happen next."""
        stays = self.arrival_rate
        if self.offers(now):
            stays *= 1.0 - self.p_accept
            yield now._replace(due=min(most_due, now.due + 1)), self.arrival_rate * self.p_accept, _PROMISED
        if self._idle(now):
            yield now._replace(talking=now.talking + 1), stays, (AT_ONCE, _CALLS)
        elif now.waiting < self.room:
            yield now._replace(waiting=now.waiting + 1), stays, (WAIT, _CALLS)
        else:
            yield now, stays, (BLOCK, _CALLS)
        if now.waiting:
            yield now._replace(waiting=now.waiting - 1), now.waiting / self.patience_mean, (ABANDON, _CALLS)
        if now.talking:
            yield self._freed(now._replace(talking=now.talking - 1)), now.talking / self.service_mean
        if now.called:
            yield self._freed(now._replace(called=now.called - 1)), now.called / self.callback_mean

    def _freed(self, now: _State) -> _State:
        """Return the state after a freed agent has looked for work."""
        calls_back = now.due > 0 and self._idle(now) > self.idle_needed
        if now.waiting and not (calls_back and self.callbacks_first):
            return now._replace(talking=now.talking + 1, waiting=now.waiting - 1)
        if not calls_back:
            return now
        if self.callback_mean == self.service_mean:  # one need not tell them apart
            return now._replace(talking=now.talking + 1, due=now.due - 1)
        return now._replace(called=now.called + 1, due=now.due - 1)

    def _idle(self, now: _State) -> int:
        """Return how many agents are idle."""
        return self.servers - now.talking - now.called
