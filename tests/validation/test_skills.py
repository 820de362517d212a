"""Simulated skill routing against Markov chains: skills, reserves, overflow, choice of contact and agent.

Each test also says what the likely mistakes would give, and that the simulation is not that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sim.theory import mmsg
from sim.theory.chain import Transition, explore
from sim.theory.models import Contacts, Group, Line, Skills, multi_skill, unequal_agents
from sim.theory.models.contacts import ABANDON, AT_ONCE, BLOCK, WAIT, contacts_of, room_for
from tests.support.confidence import ALPHA, ratio_interval
from tests.support.steady_state import MINUTE, Steady, Truths, agrees, comes, contact, exponential, steady
from tests.support.tiny_simulator import simulate_tiny

pytestmark = pytest.mark.statistical


@dataclass(frozen=True)
class Design:
    """Lines and groups."""

    lines: Mapping[str, Line]
    groups: Mapping[str, Group]

    def sections(self) -> dict[str, Any]:
        """Return the scenario: talk as with the first group asked, and factors for the others."""
        talk = {name: self.groups[line.asks[0]].serves[name] for name, line in self.lines.items()}
        return {
            "queues": {
                name: {
                    "agents": [{"group": g, "idle": self.groups[g].reserved.get(name, 0)} for g in line.asks],
                    "capacity": line.room,
                }
                for name, line in self.lines.items()
            },
            "agents": {
                g: {
                    "staff": group.agents,
                    "serves": {
                        name: {"rank": rank, "aht": mean / talk[name]}
                        for rank, (name, mean) in enumerate(group.serves.items())
                    },
                }
                for g, group in self.groups.items()
            },
            "intents": {
                f"about_{name}": comes(line.arrival_rate, contact(name, talk[name], line.patience_mean))
                for name, line in self.lines.items()
            },
        }

    def mistakes(self) -> Iterator[Design]:
        """Yield the same with agents who take the least urgent first, contacts who ask in reverse, and no reserve."""
        groups = self.groups.items()
        reserved = any(group.reserved for _, group in groups)
        if not reserved and any(len(group.serves) > 1 for _, group in groups):
            reverse = {g: replace(group, serves=dict(reversed(group.serves.items()))) for g, group in groups}
            yield replace(self, groups=reverse)
        if any(len(line.asks) > 1 for line in self.lines.values()):
            yield replace(self, lines={n: replace(line, asks=line.asks[::-1]) for n, line in self.lines.items()})
        if reserved:
            yield replace(self, groups={g: replace(group, reserved={}) for g, group in groups})

    def exact(self) -> Skills:
        """Return the steady state."""
        return multi_skill(lines=self.lines, groups=self.groups)


DESIGNS = {
    "V": Design(
        {
            "gold": Line(arrival_rate=1.0, patience_mean=3, room=3, asks=["all"]),
            "basic": Line(arrival_rate=1.5, patience_mean=2, room=3, asks=["all"]),
        },
        {"all": Group(agents=7, serves={"gold": 4, "basic": 3})},
    ),
    "N": Design(
        {
            "sales": Line(arrival_rate=1.2, patience_mean=2, room=3, asks=["a", "b"]),
            "help": Line(arrival_rate=0.8, patience_mean=2, room=3, asks=["b"]),
        },
        {"a": Group(agents=4, serves={"sales": 4}), "b": Group(agents=5, serves={"help": 3, "sales": 6})},
    ),
    "W": Design(
        {
            "red": Line(arrival_rate=0.8, patience_mean=2, room=4, asks=["a"]),
            "any": Line(arrival_rate=0.8, patience_mean=2, room=4, asks=["b", "a"]),
            "blue": Line(arrival_rate=0.6, patience_mean=4, room=4, asks=["b"]),
        },
        {"a": Group(agents=3, serves={"red": 3, "any": 3}), "b": Group(agents=4, serves={"blue": 4, "any": 4})},
    ),
    "X": Design(
        {
            "red": Line(arrival_rate=1.0, patience_mean=2, room=3, asks=["a", "b"]),
            "blue": Line(arrival_rate=0.6, patience_mean=3, room=3, asks=["b", "a"]),
        },
        {"a": Group(agents=3, serves={"red": 3, "blue": 5}), "b": Group(agents=3, serves={"blue": 4, "red": 6})},
    ),
    "X with reserves": Design(
        {
            "red": Line(arrival_rate=1.0, patience_mean=2, room=3, asks=["a", "b"]),
            "blue": Line(arrival_rate=0.6, patience_mean=3, room=3, asks=["b", "a"]),
        },
        {
            "a": Group(agents=3, serves={"red": 3, "blue": 3}, reserved={"blue": 1}),
            "b": Group(agents=4, serves={"blue": 4, "red": 4}, reserved={"red": 2}),
        },
    ),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_skills_ranks_and_reserves(name: str) -> None:
    design = DESIGNS[name]
    ours = steady(**design.sections())
    truths = _skills(ours, design.exact())
    mistakes = [_skills(ours, mistake.exact()) for mistake in design.mistakes()]
    assert mistakes
    agrees(truths, resolution=1.0, unlike=[_values(mistake, truths) for mistake in mistakes])


def _skills(ours: Steady, exact: Skills) -> Truths:
    truths: dict[str, Any] = {}
    for name, line in exact.lines.items():
        truths |= ours.same(name, line)
    for (name, group), share in exact.shares.items():
        if 0 < share < 1:
            truths[f"share of {name} by {group}"] = share, _share(ours, name, group)
    for group, share in exact.occupancy.items():
        num, den = ours.per_minute(group)
        truths[f"occupancy of {group}"] = share, (num, den * _agents(ours, group))
    return truths


def _values(mistake: Truths, truths: Truths) -> dict[str, float]:
    return {name: mistake[name][0] for name in truths if name in mistake}


def _agents(ours: Steady, group: str) -> np.ndarray:
    row = int(ours.plan.staff_ptr[ours.plan.groups.index(group)])
    return np.full(len(ours.logs), float(ours.plan.staff_count[row]))


def _share(ours: Steady, queue: str, group: str) -> Any:
    g = ours.plan.groups.index(group)
    return ours.sums(queue, lambda rows: rows.answered & (rows.group == g), lambda rows: rows.answered)


# Overflow -----------------------------------------------------------------------------------------


def test_overflow_after_a_time_to_agents_without_number() -> None:
    """Whoever overflows is as good as gone for the first group: M/M/s with a patience that is the delay."""
    rate, talk, agents, delay = 3.0, 2.0, 6, 0.5
    exact = mmsg(
        arrival_rate=rate,
        service_mean=talk,
        servers=agents,
        survival=lambda time: np.where(time < delay, 1.0, 0.0),
        breaks=[delay],
    )
    ours = steady(
        queues={"calls": {"agents": ["own", {"group": "others", "after": f"{delay} min"}]}},
        agents={"own": {"serves": ["calls"], "staff": agents}, "others": {"serves": ["calls"], "staff": 60}},
        intents={"call": comes(rate, contact("calls", talk))},
    )
    truths = {
        "overflow": (exact.p_abandon, _share(ours, "calls", "others")),
        "p_wait": (exact.p_wait, ours.sums("calls", lambda rows: rows.delayed)),
        "mean_wait": (exact.mean_wait, ours.sums("calls", lambda rows: rows.waited)),
        "busy": (exact.occupancy * agents, ours.per_minute("own")),
    }
    agrees(truths, resolution=0.2, unlike=[{"overflow": 0.0}, {"overflow": exact.p_wait}])
    others = ours.plan.groups.index("others")
    waits = np.concatenate([(log.started - log.began)[log.group == others] for log in ours.logs])
    assert np.allclose(waits, delay * MINUTE, rtol=0, atol=1e-6), "all who overflow do so at that time"


def test_overflow_while_several_wait() -> None:
    """A second group helps with a line only while three of it wait, and takes its own first."""
    red, blue, talk, patience, agents, least = 1.2, 0.5, 4.0, 2.0, 4, 3

    def exact(least: int) -> tuple[Contacts, Contacts]:
        """State: busy agents of both groups, and both queues."""
        rooms = [room_for(None, arrival_rate=rate, patience_mean=patience) for rate in (red, blue)]

        def transitions(now: tuple[int, ...]) -> Iterator[Transition[tuple[int, ...]]]:
            a, b, reds, blues = now
            yield _come(now, 0, red, least=least, agents=agents, rooms=rooms)
            yield _come(now, 1, blue, least=least, agents=agents, rooms=rooms)
            yield (a, b, reds - 1, blues), reds / patience, (ABANDON, "red")
            yield (a, b, reds, blues - 1), blues / patience, (ABANDON, "blue")
            yield (a, b, reds - 1, blues) if reds else (a - 1, b, reds, blues), a / talk
            if blues:
                yield (a, b, reds, blues - 1), b / talk
            elif reds >= least:
                yield (a, b, reds - 1, blues), b / talk
            else:
                yield (a, b - 1, reds, blues), b / talk

        law = explore((0, 0, 0, 0), transitions).stationary()
        return (
            contacts_of(law, "red", law.mean(lambda state: state[2])),
            contacts_of(law, "blue", law.mean(lambda state: state[3])),
        )

    ours = steady(
        queues={"red": {"agents": ["a", {"group": "b", "waiting": least}]}, "blue": {"agents": ["b"]}},
        agents={
            "a": {"serves": ["red"], "staff": agents},
            "b": {"serves": ["blue", "red"], "staff": agents},
        },
        intents={
            "about_red": comes(red, contact("red", talk, patience)),
            "about_blue": comes(blue, contact("blue", talk, patience)),
        },
    )
    truths = [
        ours.same("red", results[0]) | ours.same("blue", results[1])
        for results in map(exact, (least, least - 1, least + 1))
    ]
    agrees(truths[0], resolution=0.4, unlike=[_values(mistake, truths[0]) for mistake in truths[1:]])


def _come(
    now: tuple[int, ...], line_index: int, rate: float, *, least: int, agents: int, rooms: Sequence[int]
) -> Transition[tuple[int, ...]]:
    """Return what becomes of a contact that comes: it is taken, or waits, or the first who waits goes to the others."""
    line = ("red", "blue")[line_index]
    state = list(now)
    if now[line_index] < agents:
        state[line_index] += 1
        return tuple(state), rate, (AT_ONCE, line)
    if now[2 + line_index] >= rooms[line_index]:
        return now, rate, (BLOCK, line)
    state[2 + line_index] += 1
    if line_index == 0 and state[2] >= least and now[1] < agents:
        state[1], state[2] = state[1] + 1, state[2] - 1  # the first in the queue, so whoever comes waits
    return tuple(state), rate, (WAIT, line)


# Which contact ------------------------------------------------------------------------------------

TWO = {"quick": (1.2, 2.0, 3.0), "slow": (0.5, 4.0, 4.0)}  # rate, talk, patience
ROOM = 5


def _two_lines(*, agents: int, serves: Any, routing: str, weights: Sequence[float] = (1.0, 1.0)) -> Steady:
    return steady(
        routing=routing,
        queues={name: {"capacity": ROOM, "weight": weight} for name, weight in zip(TWO, weights, strict=True)},
        agents={"all": {"serves": serves, "staff": agents}},
        intents={f"about_{n}": comes(rate, contact(n, talk, patience)) for n, (rate, talk, patience) in TWO.items()},
    )


def _in_order_of_arrival(agents: int) -> dict[str, Contacts]:
    """Solve two lines that are served in order of arrival; the state is who is served, and who waits in which order."""
    State = tuple[tuple[int, ...], tuple[int, ...]]
    names = list(TWO)

    def freed(busy: list[int], queue: tuple[int, ...]) -> State:
        if queue:
            busy[queue[0]] += 1
        return tuple(busy), queue[1:]

    def transitions(now: State) -> Iterator[Transition[State]]:
        busy, queue = now
        for i, (name, (rate, talk, _)) in enumerate(TWO.items()):
            if sum(busy) < agents:
                yield (tuple(n + (i == j) for j, n in enumerate(busy)), ()), rate, (AT_ONCE, name)
            elif queue.count(i) < ROOM:
                yield (busy, (*queue, i)), rate, (WAIT, name)
            else:
                yield now, rate, (BLOCK, name)
            if busy[i]:
                yield freed([n - (i == j) for j, n in enumerate(busy)], queue), busy[i] / talk
        for position, i in enumerate(queue):
            yield (busy, queue[:position] + queue[position + 1 :]), 1 / TWO[names[i]][2], (ABANDON, names[i])

    law = explore(((0, 0), ()), transitions).stationary()
    return {
        name: contacts_of(law, name, law.mean(lambda state, i=i: state[1].count(i))) for i, name in enumerate(names)
    }


def _by_rank(agents: int, *order: str) -> dict[str, Contacts]:
    lines = {n: Line(arrival_rate=r, patience_mean=p, room=ROOM, asks=["all"]) for n, (r, _, p) in TWO.items()}
    groups = {"all": Group(agents=agents, serves={name: TWO[name][1] for name in order})}
    return dict(multi_skill(lines=lines, groups=groups).lines)


@pytest.mark.parametrize("routing", ["longest_wait", "priority"])
def test_the_longest_wait_of_several_lines(routing: str) -> None:
    """By policy whatever the ranks, or because the ranks are equal."""
    agents = 4
    serves = {"quick": 0, "slow": 1 if routing == "longest_wait" else 0}
    ours = _two_lines(agents=agents, serves=serves, routing=routing)
    truths = [
        ours.same("quick", results["quick"]) | ours.same("slow", results["slow"])
        for results in (_in_order_of_arrival(agents), _by_rank(agents, *TWO), _by_rank(agents, *reversed(TWO)))
    ]
    agrees(truths[0], resolution=0.5, unlike=[_values(mistake, truths[0]) for mistake in truths[1:]])


def test_weighted_waits_against_another_simulation() -> None:
    agents, weights = 4, (4.0, 1.0)
    ours = _two_lines(agents=agents, serves=["quick", "slow"], routing="weighted_wait", weights=weights)
    other = simulate_tiny(
        lines={name: (*TWO[name], weight) for name, weight in zip(TWO, weights, strict=True)},
        groups={"all": agents},
        asks={name: {"all": 0.0} for name in TWO},
        room=ROOM,
        replications=len(ours.logs),
    )
    fair = _in_order_of_arrival(agents)
    _agree_with(ours, other, unlike={name: contacts.mean_wait for name, contacts in fair.items()})


def test_overflow_after_a_time_to_agents_with_work_of_their_own() -> None:
    delay = 1.0
    ours = steady(
        queues={"quick": {"agents": ["a", {"group": "b", "after": f"{delay} min"}], "capacity": ROOM},
                "slow": {"agents": ["b"], "capacity": ROOM}},
        agents={"a": {"serves": ["quick"], "staff": 2}, "b": {"serves": {"slow": 0, "quick": 0}, "staff": 3}},
        intents={f"about_{n}": comes(rate, contact(n, talk, patience)) for n, (rate, talk, patience) in TWO.items()},
    )  # fmt: skip
    others = [
        simulate_tiny(
            lines={name: (*figures, 1.0) for name, figures in TWO.items()},
            groups={"a": 2, "b": 3},
            asks={"quick": {"a": 0.0, "b": after}, "slow": {"b": 0.0}},
            room=ROOM,
            replications=len(ours.logs),
        )
        for after in (delay, 0.0)
    ]
    at_once = {name: float(w.sum() / n.sum()) for name, (w, n, _) in others[1].items()}
    _agree_with(ours, others[0], unlike=at_once)


def _agree_with(ours: Steady, other: Mapping[str, Any], *, unlike: Mapping[str, float]) -> None:
    """Compare mean waits and abandonment with another simulation, by the errors of both."""
    differs = []
    for name, (waited, accepted, abandoned) in other.items():
        for measure, num in (("mean_wait", waited), ("p_abandon", abandoned)):
            top = (lambda rows: rows.waited) if measure == "mean_wait" else (lambda rows: rows.abandoned)
            mine = ratio_interval(*ours.sums(name, top, lambda rows: ~rows.blocked), ALPHA / 2 / len(other))
            theirs = ratio_interval(num, accepted, ALPHA / 2 / len(other))
            width = float(np.hypot(mine.half_width, theirs.half_width))
            message = f"{name} {measure}: {mine.value:.4g}, the other simulation {theirs.value:.4g} ± {width:.2g}"
            assert abs(mine.value - theirs.value) < width, message
            assert width < 0.3 * theirs.value, f"{message}: shows little"
            if measure == "mean_wait":
                differs.append(abs(mine.value - unlike[name]) > width)
    assert any(differs), f"{unlike} could be it as well"


# Which agent --------------------------------------------------------------------------------------

CREWS = {"mid": (1, 4.0), "fast": (4, 2.0), "slow": (1, 6.0)}  # agents, talk; in the order of the queue's list
RATE, PATIENCE = 1.7, 3.0
BEST = ["slow", "fast", "mid"]  # by the groups' ranks
Shares = Callable[[dict[str, int]], Mapping[str, float]]  # idle agents of each group that has any -> where to


def _first_of(order: Sequence[str]) -> Shares:
    return lambda idle: {next(name for name in order if name in idle): 1.0}


def _least_busy(idle: dict[str, int]) -> Mapping[str, float]:
    return {max(idle, key=lambda name: idle[name] / CREWS[name][0]): 1.0}  # max() keeps the first among equals


POLICIES: dict[str, Shares] = {
    "priority": _first_of(list(CREWS)),
    "fastest": _first_of(["fast", "mid", "slow"]),
    "best_skill": _first_of(BEST),
    "least_busy": _least_busy,
    "random": lambda idle: dict.fromkeys(idle, 1 / len(idle)),
}


def _choice(shares: Shares) -> tuple[Contacts, dict[str, float]]:
    """Solve one line and several groups, of which one is chosen; return the occupancies too."""
    room = room_for(None, arrival_rate=RATE, patience_mean=PATIENCE)

    def transitions(now: tuple[int, ...]) -> Iterator[Transition[tuple[int, ...]]]:
        *busy, waiting = now
        idle = {name: size - n for n, (name, (size, _)) in zip(busy, CREWS.items(), strict=True) if size > n}
        for name, share in shares(idle).items() if idle else ():
            yield (
                (*(n + (name == crew) for n, crew in zip(busy, CREWS, strict=True)), 0),
                RATE * share,
                (AT_ONCE, "calls"),
            )
        if not idle and waiting < room:
            yield (*busy, waiting + 1), RATE, (WAIT, "calls")
        yield (*busy, waiting - 1), waiting / PATIENCE, (ABANDON, "calls")
        for i, (_, talk) in enumerate(CREWS.values()):
            then = (*busy, waiting - 1) if waiting else (*(n - (i == j) for j, n in enumerate(busy)), 0)
            yield then, busy[i] / talk

    law = explore((0,) * len(CREWS) + (0,), transitions).stationary()
    occupancy = {
        name: law.mean(lambda state, i=i: state[i]) / size for i, (name, (size, _)) in enumerate(CREWS.items())
    }
    return contacts_of(law, "calls", law.mean(lambda state: state[-1])), occupancy


def _longest_idle() -> tuple[Contacts, dict[str, float]]:
    means = [talk for agents, talk in CREWS.values() for _ in range(agents)]
    exact = unequal_agents(arrival_rate=RATE, service_means=means, patience_mean=PATIENCE, routing="longest_idle")
    edges = np.cumsum([0, *(agents for agents, _ in CREWS.values())]).tolist()
    parts = zip(CREWS, pairwise(edges), strict=True)
    return exact.contacts, {name: float(np.mean(exact.occupancies[a:b])) for name, (a, b) in parts}


@pytest.fixture(scope="module")
def choices() -> dict[str, tuple[Contacts, dict[str, float]]]:
    """Return the steady state under each policy."""
    return {name: _choice(shares) for name, shares in POLICIES.items()} | {"longest_idle": _longest_idle()}


@pytest.mark.parametrize("routing", [*POLICIES, "longest_idle"])
def test_the_choice_among_groups(choices: dict[str, tuple[Contacts, dict[str, float]]], routing: str) -> None:
    ours = steady(
        replications=30,
        routing=routing,
        queues={"calls": {"agents": list(CREWS)}},
        agents={
            name: {"serves": {"calls": {"rank": BEST.index(name), "aht": talk / 4.0}}, "staff": agents}
            for name, (agents, talk) in reversed(CREWS.items())
        },
        intents={"call": comes(RATE, {**contact("calls", 4.0), "patience": exponential(PATIENCE)})},
    )

    def truths_of(policy: str) -> Truths:
        contacts, occupancy = choices[policy]
        each = {n: (o, (ours.per_minute(n)[0], ours.per_minute(n)[1] * CREWS[n][0])) for n, o in occupancy.items()}
        return {**ours.same("calls", contacts), **each}

    unlike = [_values(truths_of(policy), truths_of(routing)) for policy in choices if policy != routing]
    agrees(truths_of(routing), resolution=0.5, unlike=unlike)
