"""Lines and groups of agents: who may serve whom, whom agents take first, what is kept back (N, V, W, X, M designs).

A contact that comes asks the groups of its line in a stated order and goes to the first with an agent to spare; an
agent who is freed takes from the lines in the group's order, within a line first come, first served. A group may keep
agents back from a line: it gives it one only where more than so many are idle. Nobody is interrupted; services and
patience are exponential. So the state is how many wait in each line and are served at each speed in each group. Lines
that a group serves at one speed need not be told apart in it.

What takes no order of arrival over several lines is exact. Taking the longest wait over several lines does, and is left
out: with equal patience and speeds it is one line for what the lines have in common, and otherwise an approximation.

The N design of a common example, A helping nobody but line 1, B both and line 2 first:

>>> skills = multi_skill(
...     lines={
...         "1": Line(arrival_rate=1.2, patience_mean=2, asks=["A", "B"]),
...         "2": Line(arrival_rate=0.8, patience_mean=2, asks=["B"]),
...     },
...     groups={"A": Group(agents=4, serves={"1": 4}), "B": Group(agents=5, serves={"2": 4, "1": 4})},
... )
>>> round(skills.lines["1"].p_abandon, 6), round(skills.lines["2"].p_abandon, 6), round(skills.occupancy["B"], 6)
(0.094321, 0.17114, 0.778039)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf
from operator import itemgetter

from sim.theory.chain import Transition, explore
from sim.theory.measures import require_positive, require_servers
from sim.theory.models.contacts import ABANDON, AT_ONCE, BALK, BLOCK, WAIT, Contacts, contacts_of, room_for

__all__ = ["Group", "Line", "Skills", "multi_skill"]

State = tuple[int, ...]  # waiting in each line, then served at each speed in each group

_ANSWER = "answer"


@dataclass(frozen=True, kw_only=True)
class Line:
    """Contacts of one kind, who wait together.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals per unit of time.
    asks
        The groups that a contact asks for an agent when it comes, in this order.
    patience_mean
        Mean of the exponential patience; unlimited unless given.
    room
        How many may wait; unlimited unless given.
    balking
        The probability of leaving at once, of those who would have to wait and have room to.
    """

    arrival_rate: float
    asks: Sequence[str]
    patience_mean: float = inf
    room: int | None = None
    balking: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Group:
    """Agents who are alike.

    Parameters
    ----------
    agents
        1 or more.
    serves
        Mean of the exponential service time for each line that they serve, in the order in which a freed agent looks.
    reserved
        For a line, how many agents of the group are to be idle after it has been given one; 0 unless given.
    """

    agents: int
    serves: Mapping[str, float]
    reserved: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Skills:
    """The steady state of lines and groups."""

    lines: Mapping[str, Contacts]
    shares: Mapping[tuple[str, str], float]  # (line, group): of the line's answered contacts, by that group
    occupancy: Mapping[str, float]  # of each group's agents
    states: int  # of the chain


def multi_skill(*, lines: Mapping[str, Line], groups: Mapping[str, Group]) -> Skills:
    """Return the steady state of lines and groups of agents.

    Parameters
    ----------
    lines
        By their names.
    groups
        By their names.

    Returns
    -------
    Skills
        Its measures.
    """
    rules = _Rules.from_lines(lines, groups)
    chain = explore(rules.empty, rules.transitions)
    steady = chain.stationary()
    contacts = {name: contacts_of(steady, name, steady.mean(itemgetter(i))) for i, name in enumerate(lines)}
    rates = steady.rates()
    shares = {}
    for name, line in lines.items():
        for group in [*line.asks, *(g for g in groups if name in groups[g].serves and g not in line.asks)]:
            taken = rates.get((AT_ONCE, name, group), 0.0) + rates.get((_ANSWER, name, group), 0.0)
            shares[name, group] = taken / contacts[name].answered_rate
    occupancy = {g: steady.mean(partial(rules.busy, group=g)) / group.agents for g, group in groups.items()}
    return Skills(lines=contacts, shares=shares, occupancy=occupancy, states=len(chain.states))


@dataclass(frozen=True, kw_only=True)
class _Rules:
    """The rules of who serves whom, and the meaning of the state's numbers."""

    lines: Mapping[str, Line]
    groups: Mapping[str, Group]
    queue_index: Mapping[str, int]  # of a line's queue in the state
    rooms: Mapping[str, int]
    counters: Mapping[str, tuple[int, ...]]  # of a group in the state
    counter: Mapping[tuple[str, str], int]  # (line, group): where its services are counted
    speeds: Mapping[int, float]  # rate of each service counted there

    @classmethod
    def from_lines(cls, lines: Mapping[str, Line], groups: Mapping[str, Group]) -> _Rules:
        """Return the rules of checked lines and groups."""
        _check(lines, groups)
        counter: dict[tuple[str, str], int] = {}
        speeds: dict[int, float] = {}
        for name, group in groups.items():
            at = {mean: len(lines) + len(speeds) + i for i, mean in enumerate(dict.fromkeys(group.serves.values()))}
            speeds |= {i: 1.0 / mean for mean, i in at.items()}
            counter |= {(line, name): at[mean] for line, mean in group.serves.items()}
        counters = {name: tuple(sorted({counter[line, name] for line in groups[name].serves})) for name in groups}
        rooms = {
            name: room_for(line.room, arrival_rate=line.arrival_rate, patience_mean=line.patience_mean)
            for name, line in lines.items()
        }
        queue_index = {name: i for i, name in enumerate(lines)}
        return cls(
            lines=lines,
            groups=groups,
            queue_index=queue_index,
            rooms=rooms,
            counters=counters,
            counter=counter,
            speeds=speeds,
        )

    @property
    def empty(self) -> State:
        """Return the state with nobody there."""
        return (0,) * (len(self.lines) + len(self.speeds))

    def busy(self, state: State, group: str) -> int:
        """Return how many agents of a group are busy."""
        return sum(state[i] for i in self.counters[group])

    def transitions(self, state: State) -> Iterator[Transition[State]]:
        """Yield what may happen next."""
        for name, line in self.lines.items():
            yield from self._comes(state, name, line)
            waiting = state[self.queue_index[name]]
            if waiting:
                yield _step(state, self.queue_index[name], -1), waiting / line.patience_mean, (ABANDON, name)
        for name in self.groups:
            for i in self.counters[name]:
                if state[i]:
                    yield self._freed(_step(state, i, -1), state[i] * self.speeds[i], name)

    def _comes(self, state: State, name: str, line: Line) -> Iterator[Transition[State]]:
        """Yield what becomes of a contact that comes."""
        for group in line.asks:
            if self._spares(state, group, name):
                yield _step(state, self.counter[name, group], 1), line.arrival_rate, (AT_ONCE, name, group)
                return
        if state[self.queue_index[name]] >= self.rooms[name]:
            yield state, line.arrival_rate, (BLOCK, name)
            return
        yield state, line.arrival_rate * line.balking, (BALK, name)
        yield _step(state, self.queue_index[name], 1), line.arrival_rate * (1.0 - line.balking), (WAIT, name)

    def _freed(self, state: State, rate: float, group: str) -> Transition[State]:
        """Return what an agent does who is freed."""
        for name in self.groups[group].serves:
            if state[self.queue_index[name]] and self._spares(state, group, name):
                taken = _step(state, self.queue_index[name], -1)
                return _step(taken, self.counter[name, group], 1), rate, (_ANSWER, name, group)
        return state, rate

    def _spares(self, state: State, group: str, line: str) -> bool:
        """Tell whether a group has an agent for a line."""
        staff = self.groups[group]
        return staff.agents - self.busy(state, group) > staff.reserved.get(line, 0)


def _step(state: State, i: int, by: int) -> State:
    """Return the state with one number changed."""
    return (*state[:i], state[i] + by, *state[i + 1 :])


def _check(lines: Mapping[str, Line], groups: Mapping[str, Group]) -> None:
    """Refuse lines and groups that do not fit each other."""
    for name, line in lines.items():
        require_positive(**{f"arrival_rate of {name}": line.arrival_rate})
        if not 0.0 <= line.balking <= 1.0:
            raise ValueError(f"balking of {name} is {line.balking}; it must be 0 to 1")
        for group in line.asks:
            if group not in groups or name not in groups[group].serves:
                raise ValueError(f"{name} asks {group}, who does not serve it")
    for name, who in groups.items():
        require_servers(who.agents)
        for served, mean in who.serves.items():
            if served not in lines:
                raise ValueError(f"{name} serves {served}, which is no line; there are {', '.join(lines)}")
            require_positive(**{f"service mean of {served} by {name}": mean})
