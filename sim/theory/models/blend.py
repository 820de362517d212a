"""Chats, several at once per agent, alone or blended with calls.

An agent holds one call, or up to so many chats, each of which ends at a rate that depends on how many there are now
[1]_. A call takes an agent who holds nothing. A chat takes a free slot of the agent who holds the fewest chats
(``spread``) or of the one who holds the most (``fill``). Waiting calls are taken before waiting chats; where calls
would otherwise find all agents with chats, ``chat_agents`` limits how many may hold any at a time, and ``refill`` off
lets agents drain while calls wait. Chats are not moved between agents. Patience and service are exponential, so agents
who hold as much are alike: the state is how many are on calls and how many hold 1, 2 ... chats, and both queues.

Giving chats to the least-loaded agent waits 31 % less often than filling agents up, in this example:

>>> slots = {"arrival_rate": 2.2, "agents": 6, "ends": [1 / 4, 1 / 5, 1 / 6.5], "patience_mean": 2}
>>> spread, fill = chats(**slots), chats(**slots, routing="fill")
>>> round(spread.chats.p_wait, 6), round(1 - spread.chats.p_wait / fill.chats.p_wait, 2)
(0.080872, 0.31)

References
----------
.. [1] T. Tezcan and J. Zhang, "Routing and staffing in customer service chat systems with impatient customers",
   Operations Research, 943-956, 2014: the model, and how good different routing rules are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal, NamedTuple

from sim.theory.chain import Transition, explore
from sim.theory.measures import require_positive, require_servers
from sim.theory.models.contacts import ABANDON, AT_ONCE, BLOCK, WAIT, Contacts, contacts_of, room_for

__all__ = ["Blend", "Routing", "blend", "chats"]

Routing = Literal["spread", "fill"]

_CALLS, _CHATS = "calls", "chats"


class _State(NamedTuple):
    """A state of the chain: how many are where."""

    calls: int  # agents on calls
    holding: tuple[int, ...]  # agents with 1, 2 ... chats
    calls_wait: int
    chats_wait: int


@dataclass(frozen=True, kw_only=True)
class Blend:
    """The steady state of agents with calls and chats."""

    calls: Contacts | None
    chats: Contacts
    calls_in_service: float  # time averages
    chats_in_service: float
    active: float  # fraction of agents who hold anything
    full: float  # fraction of agents who hold as many chats as they may
    slots_taken: float  # fraction of all slots for chats

    @property
    def chat_duration(self) -> float:
        """Return the mean time from an answer to the chat's end."""
        return self.chats_in_service / self.chats.answered_rate


def chats(
    *,
    arrival_rate: float,
    agents: int,
    ends: Sequence[float],
    patience_mean: float = inf,
    room: int | None = None,
    routing: Routing = "spread",
) -> Blend:
    """Return the steady state of agents with chats alone.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals per unit of time.
    agents
        1 or more.
    ends
        The rate at which each chat ends of an agent who holds 1, 2 ... up to as many as they may.
    patience_mean
        Mean of the exponential patience; unlimited unless given.
    room
        How many may wait; unlimited unless given.
    routing
        Which agent a chat goes to.

    Returns
    -------
    Blend
        Its measures.
    """
    require_positive(arrival_rate=arrival_rate)
    rules = _Rules(
        call_rate=0.0,
        call_mean=inf,
        call_patience=inf,
        call_room=0,
        chat_rate=arrival_rate,
        ends=tuple(ends),
        chat_patience=patience_mean,
        chat_room=room_for(room, arrival_rate=arrival_rate, patience_mean=patience_mean),
        agents=agents,
        chat_agents=agents,
        routing=routing,
        refill=True,
    )
    return _solve(rules)


def blend(
    *,
    call_rate: float,
    call_mean: float,
    chat_rate: float,
    chat_ends: Sequence[float],
    agents: int,
    call_patience_mean: float = inf,
    chat_patience_mean: float = inf,
    call_room: int | None = None,
    chat_room: int | None = None,
    chat_agents: int | None = None,
    routing: Routing = "spread",
    refill: bool = True,
) -> Blend:
    """Return the steady state of agents with calls and chats.

    Parameters
    ----------
    call_rate, chat_rate
        Poisson arrivals per unit of time.
    call_mean
        Mean of a call's exponential service time.
    chat_ends
        The rate at which each chat ends of an agent who holds 1, 2 ... up to as many as they may.
    agents
        1 or more.
    call_patience_mean, chat_patience_mean
        Means of the exponential patience; unlimited unless given.
    call_room, chat_room
        How many may wait; unlimited unless given.
    chat_agents
        How many agents may hold chats at a time; all unless given.
    routing
        Which agent a chat goes to.
    refill
        Whether agents with chats take more of them while calls wait.

    Returns
    -------
    Blend
        Its measures.
    """
    require_positive(call_rate=call_rate, call_mean=call_mean, chat_rate=chat_rate)
    rules = _Rules(
        call_rate=call_rate,
        call_mean=call_mean,
        call_patience=call_patience_mean,
        call_room=room_for(call_room, arrival_rate=call_rate, patience_mean=call_patience_mean),
        chat_rate=chat_rate,
        ends=tuple(chat_ends),
        chat_patience=chat_patience_mean,
        chat_room=room_for(chat_room, arrival_rate=chat_rate, patience_mean=chat_patience_mean),
        agents=agents,
        chat_agents=agents if chat_agents is None else chat_agents,
        routing=routing,
        refill=refill,
    )
    return _solve(rules)


@dataclass(frozen=True, kw_only=True)
class _Rules:
    """The rules of the model: its transitions."""

    call_rate: float
    call_mean: float
    call_patience: float
    call_room: int
    chat_rate: float
    ends: tuple[float, ...]
    chat_patience: float
    chat_room: int
    agents: int
    chat_agents: int
    routing: Routing
    refill: bool

    def transitions(self, now: _State) -> Iterator[Transition[_State]]:
        """Yield what may happen next."""
        if now.calls_wait < self.call_room or self._idle(now):
            then = self._settled(now._replace(calls_wait=now.calls_wait + 1))
            yield then, self.call_rate, (WAIT if then.calls_wait > now.calls_wait else AT_ONCE, _CALLS)
        else:
            yield now, self.call_rate, (BLOCK, _CALLS)
        then = self._settled(now._replace(chats_wait=now.chats_wait + 1))
        if then.chats_wait > self.chat_room:
            yield now, self.chat_rate, (BLOCK, _CHATS)
        else:
            yield then, self.chat_rate, (WAIT if then.chats_wait > now.chats_wait else AT_ONCE, _CHATS)
        if now.calls_wait:
            fewer = now._replace(calls_wait=now.calls_wait - 1)
            yield self._settled(fewer), now.calls_wait / self.call_patience, (ABANDON, _CALLS)
        if now.chats_wait:
            fewer = now._replace(chats_wait=now.chats_wait - 1)
            yield fewer, now.chats_wait / self.chat_patience, (ABANDON, _CHATS)
        if now.calls:
            yield self._settled(now._replace(calls=now.calls - 1)), now.calls / self.call_mean
        for k, agents in enumerate(now.holding, start=1):
            if agents:
                yield self._settled(now._replace(holding=_moved(now.holding, k, k - 1))), k * agents * self.ends[k - 1]

    def _settled(self, now: _State) -> _State:
        """Return the state after whoever can be taken is."""
        taken = min(now.calls_wait, self._idle(now))
        now = now._replace(calls=now.calls + taken, calls_wait=now.calls_wait - taken)
        while now.chats_wait and (self.refill or not now.calls_wait):
            slot = self._slot(now)
            if slot is None:
                break
            now = now._replace(holding=_moved(now.holding, slot, slot + 1), chats_wait=now.chats_wait - 1)
        return now

    def _slot(self, now: _State) -> int | None:
        """Return how many chats the agent holds who takes the next one."""
        opens = self._idle(now) > 0 and sum(now.holding) < self.chat_agents
        held = [k for k in range(1, len(self.ends)) if now.holding[k - 1]]
        held = [0, *held] if opens else held
        if not held:
            return None
        return held[0] if self.routing == "spread" else held[-1]

    def _idle(self, now: _State) -> int:
        """Return how many agents hold nothing."""
        return self.agents - now.calls - sum(now.holding)


def _moved(holding: tuple[int, ...], before: int, after: int) -> tuple[int, ...]:
    """Return the numbers of agents when one holds more or fewer chats."""
    changed = list(holding)
    if before:
        changed[before - 1] -= 1
    if after:
        changed[after - 1] += 1
    return tuple(changed)


def _solve(rules: _Rules) -> Blend:
    """Return the steady state."""
    require_servers(rules.agents)
    require_positive(**{f"rate of {k} chats": rate for k, rate in enumerate(rules.ends, start=1)})
    if not rules.ends or not 1 <= rules.chat_agents <= rules.agents:
        raise ValueError("there must be a rate at which chats end, and 1 to all agents who may hold them")
    empty = _State(calls=0, holding=(0,) * len(rules.ends), calls_wait=0, chats_wait=0)
    steady = explore(empty, rules.transitions).stationary()
    in_service = steady.mean(lambda s: sum(k * n for k, n in enumerate(s.holding, start=1)))
    calls = steady.mean(lambda s: s.calls)
    return Blend(
        calls=contacts_of(steady, _CALLS, steady.mean(lambda s: s.calls_wait)) if rules.call_rate else None,
        chats=contacts_of(steady, _CHATS, steady.mean(lambda s: s.chats_wait)),
        calls_in_service=calls,
        chats_in_service=in_service,
        active=(calls + steady.mean(lambda s: sum(s.holding))) / rules.agents,
        full=steady.mean(lambda s: s.holding[-1]) / rules.agents,
        slots_taken=in_service / (len(rules.ends) * rules.agents),
    )
