"""Work after the call, and trunk lines: what a caller holds is not what an agent's time is taken by.

Agents who have ended a call write it up before they take the next; the caller is gone. A caller holds a line from
coming to leaving, in self-service too, while waiting and while talking; who finds all lines engaged is blocked [1]_.
Every stage is exponential, and so is patience. The state is the number of callers in self-service, talking and
waiting, and of agents at work after a call.

>>> queue = wrap_up(arrival_rate=4.2, talk_mean=1.5, wrap_mean=0.5, servers=9, patience_mean=1)
>>> round(queue.calls.p_abandon, 6), round(queue.occupancy, 6)
(0.122131, 0.819344)

References
----------
.. [1] P. Khudyakov, P. Feigin and A. Mandelbaum, "Designing a call center with an IVR (interactive voice response)",
   2010: the model without patience and work after the call, and its product form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from sim.theory.chain import Distribution, Transition, explore
from sim.theory.measures import require_positive, require_servers
from sim.theory.models.contacts import ABANDON, AT_ONCE, BLOCK, WAIT, Contacts, contacts_of, require_patience, room_for

__all__ = ["Lines", "trunk_lines", "wrap_up"]

_CALLS, _TRUNKS = "calls", "trunks"


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The steady state of callers on lines, and agents."""

    calls: Contacts  # offered to agents
    p_engaged: float  # fraction of all who call that finds no free line
    lines_used: float  # time averages
    in_self_service: float
    talking: float
    wrapping: float
    servers: int

    @property
    def occupancy(self) -> float:
        """Return the fraction of time that an agent is busy, work after calls included."""
        return (self.talking + self.wrapping) / self.servers


class _State(NamedTuple):
    """A state of the chain: how many are where."""

    browsing: int
    talking: int
    wrapping: int
    waiting: int


def wrap_up(
    *,
    arrival_rate: float,
    talk_mean: float,
    wrap_mean: float,
    servers: int,
    patience_mean: float = inf,
    lines: int | None = None,
) -> Lines:
    """Return the steady state of a queue with work after calls.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals per unit of time.
    talk_mean
        Mean of the exponential talk time.
    wrap_mean
        Mean of the exponential work after a call; 0 for none.
    servers
        1 or more.
    patience_mean
        Mean of the exponential patience; unlimited unless given.
    lines
        Callers talking and waiting; unlimited unless given.

    Returns
    -------
    Lines
        Its measures.
    """
    waiting = room_for(lines, arrival_rate=arrival_rate, patience_mean=patience_mean)
    trunks = servers + waiting if lines is None else lines
    rules = _Rules(
        arrival_rate=arrival_rate,
        self_service_mean=0.0,
        p_agent=1.0,
        talk_mean=talk_mean,
        wrap_mean=wrap_mean,
        servers=servers,
        patience_mean=patience_mean,
        lines=trunks,
    )
    return _solve(rules)


def trunk_lines(
    *,
    arrival_rate: float,
    lines: int,
    self_service_mean: float,
    p_agent: float,
    talk_mean: float,
    servers: int,
    wrap_mean: float = 0.0,
    patience_mean: float = inf,
) -> Lines:
    """Return the steady state of trunk lines with self-service before agents.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals per unit of time.
    lines
        How many callers there may be.
    self_service_mean
        Mean of the exponential time in self-service.
    p_agent
        The probability of wanting an agent after it.
    talk_mean
        Mean of the exponential talk time.
    servers
        Agents, 1 or more.
    wrap_mean
        Mean of the exponential work after a call.
    patience_mean
        Mean of the exponential patience; unlimited unless given.

    Returns
    -------
    Lines
        Its measures.
    """
    require_positive(self_service_mean=self_service_mean)
    if not 0.0 < p_agent <= 1.0:
        raise ValueError(f"p_agent is {p_agent}; it must be more than 0, and 1 or less")
    rules = _Rules(
        arrival_rate=arrival_rate,
        self_service_mean=self_service_mean,
        p_agent=p_agent,
        talk_mean=talk_mean,
        wrap_mean=wrap_mean,
        servers=servers,
        patience_mean=patience_mean,
        lines=lines,
    )
    return _solve(rules)


@dataclass(frozen=True, kw_only=True)
class _Rules:
    """The rules of the model: its transitions."""

    arrival_rate: float
    self_service_mean: float  # 0: callers go straight to agents
    p_agent: float
    talk_mean: float
    wrap_mean: float
    servers: int
    patience_mean: float
    lines: int

    def transitions(self, now: _State) -> Iterator[Transition[_State]]:
        """Yield what may happen next."""
        if now.browsing + now.talking + now.waiting >= self.lines:
            yield now, self.arrival_rate, _TRUNKS if self.self_service_mean else (BLOCK, _CALLS)
        elif self.self_service_mean:
            yield now._replace(browsing=now.browsing + 1), self.arrival_rate
        else:
            yield self._asks(now, self.arrival_rate)
        if now.browsing:
            gone, rate = now._replace(browsing=now.browsing - 1), now.browsing / self.self_service_mean
            yield gone, rate * (1.0 - self.p_agent)
            yield self._asks(gone, rate * self.p_agent)
        if now.waiting:
            yield now._replace(waiting=now.waiting - 1), now.waiting / self.patience_mean, (ABANDON, _CALLS)
        if now.talking:
            ended = now._replace(talking=now.talking - 1)
            wraps = ended._replace(wrapping=now.wrapping + 1) if self.wrap_mean else _freed(ended)
            yield wraps, now.talking / self.talk_mean
        if now.wrapping:
            yield _freed(now._replace(wrapping=now.wrapping - 1)), now.wrapping / self.wrap_mean

    def _asks(self, now: _State, rate: float) -> Transition[_State]:
        """Return what becomes of one who wants an agent."""
        if now.talking + now.wrapping < self.servers:
            return now._replace(talking=now.talking + 1), rate, (AT_ONCE, _CALLS)
        return now._replace(waiting=now.waiting + 1), rate, (WAIT, _CALLS)


def _freed(now: _State) -> _State:
    """Return the state after a freed agent has taken who waits."""
    return now._replace(talking=now.talking + 1, waiting=now.waiting - 1) if now.waiting else now


def _solve(rules: _Rules) -> Lines:
    """Return the steady state."""
    require_positive(arrival_rate=rules.arrival_rate, talk_mean=rules.talk_mean, lines=rules.lines)
    require_servers(rules.servers)
    require_patience(rules.patience_mean)
    if not 0.0 <= rules.wrap_mean < inf:
        raise ValueError(f"wrap_mean is {rules.wrap_mean}; it must be 0 or more, and finite")
    steady: Distribution[_State] = explore(_State(0, 0, 0, 0), rules.transitions).stationary()
    calls = contacts_of(steady, _CALLS, steady.mean(lambda s: s.waiting))
    engaged = steady.rates().get(_TRUNKS, 0.0) / rules.arrival_rate if rules.self_service_mean else calls.p_block
    return Lines(
        calls=calls,
        p_engaged=engaged,
        lines_used=steady.mean(lambda s: s.browsing + s.talking + s.waiting),
        in_self_service=steady.mean(lambda s: s.browsing),
        talking=steady.mean(lambda s: s.talking),
        wrapping=steady.mean(lambda s: s.wrapping),
        servers=rules.servers,
    )
