"""Simulated waiting against exact and published results: full, cleared, lost, balked, called back, redialled.

The stories have no randomness. Of the others, a right simulator fails one once in a million seeds at most; where the
truth is a Markov chain that no module of `sim.theory` has, its transitions stand beside the test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.special import gammainc
from scipy.stats import norm

from sim.engine.plan import Result
from sim.engine.reference import run
from sim.theory import Chain, Distribution, erlang_a, erlang_b, explore, mg1, mmsg
from sim.theory.markovian import mmsk
from sim.theory.models.lines import trunk_lines
from sim.theory.models.redial import redial
from tests.support.confidence import ALPHA, assert_mean, ratio_interval
from tests.support.simulated_days import SEED, scenario
from tests.support.stories import call, people, plan_of, tell
from tests.support.time_window import (
    HOUR,
    MINUTE,
    Window,
    agree,
    answered,
    came,
    contact,
    ended_as,
    exponential,
    queued,
    steady,
    waited,
    watch,
    within,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.engine import Log
    from sim.theory.chain import Transition

ABANDONED, BALKED, BLOCKED = ended_as(Result.ABANDONED), ended_as(Result.BALKED), ended_as(Result.BLOCKED)
TIMED_OUT = ended_as(Result.TIMED_OUT)
CLOSED, FAILED, HANDLED = ended_as(Result.CLOSED), ended_as(Result.FAILED), ended_as(Result.HANDLED)


def _desk(staff: int) -> dict[str, Any]:
    return {"desk": {"serves": ["calls"], "staff": staff}}


@pytest.mark.statistical
class TestPublishedDays:
    """Twelve agents, 4.2 calls a minute of two minutes, eight hours from empty; 1,000 days of another program."""

    RATE, AGENTS, LENGTH, MINUTES, WITHIN = 4.2, 12, 2.0, 480.0, 1 / 3

    def _simulate(self, **queue: Any) -> Window:
        what = scenario(
            run={"hours": "08:00-16:00", "interval": "8 h"},
            queues={"calls": queue},
            agents={"desk": {"serves": ["calls"], "staff": self.AGENTS, "stay_until_empty": True}},
            intents={
                "it": {
                    "demand": self.RATE * self.MINUTES,
                    "start": "call",
                    "steps": {"call": contact(self.LENGTH * MINUTE)},
                }
            },
        )
        return watch(what, 60, 8 * HOUR, 16 * HOUR)

    def _chain(self, most: int) -> Chain[int]:
        def transitions(present: int) -> Iterator[Transition[int]]:
            yield (present + 1, self.RATE) if present < most else (present, self.RATE, "blocked")
            yield present - 1, min(present, self.AGENTS) / self.LENGTH

        return explore(0, transitions)

    def _in_target(self, present: int) -> float:
        """Return the chance of an answer in time, of one who finds so many: enough of them must leave before."""
        ahead = present - self.AGENTS + 1
        return float(gammainc(ahead, self.AGENTS / self.LENGTH * self.WITHIN)) if ahead > 0 else 1.0

    def _agree(self, shared: Path, name: str, ours: dict[str, Any]) -> None:
        cases = json.loads((shared / "truth" / "published_cases.json").read_text())["cases"]
        case = next(case for case in cases if case["id"] == name)
        assert set(ours) <= set(case["results"])
        for measure, sums in ours.items():
            published = case["results"][measure]
            mine = ratio_interval(*sums, alpha=2 * norm.sf(1))
            theirs = (published["ci95"][1] - published["ci95"][0]) / 2 / norm.isf(0.025) + 0.0005  # three decimals
            bound = norm.isf(ALPHA / len(ours) / 2) * np.hypot(mine.half_width, theirs)
            assert abs(mine.value - published["mean"]) < bound, f"{name} {measure}: {mine.value}, {published}, {SEED}"

    def test_a_queue_for_five(self, shared: Path) -> None:
        ours = self._simulate(capacity=5)
        chain = self._chain(self.AGENTS + 5)
        law = chain.average(self.MINUTES)
        blocked, in_time = ours.sums("call", BLOCKED), ours.sums("call", within(20.0))
        days, offered, served = np.ones_like(blocked), ours.sums("call", came), ours.sums("call", answered)
        agents = np.full(len(blocked), self.AGENTS)
        busy = ours.busy("call")[0] / (8 * HOUR)
        assert_mean(law.rate("blocked") * self.MINUTES, blocked, measures=3, seed=SEED, resolution=0.75)
        assert_mean(law.mean(lambda n: min(n, self.AGENTS)), busy, measures=3, seed=SEED, resolution=0.05)
        in_target = law.mean(lambda n: self._in_target(n) if n < self.AGENTS + 5 else 0.0)
        assert_mean(in_target * self.RATE * self.MINUTES, in_time, measures=3, seed=SEED, resolution=0.05)
        self._agree(
            shared,
            "P03",
            {
                "blocked": (blocked, days),
                "num_in_target": (in_time, days),
                "service_level": (in_time, served),
                "SL_with_blocked": (in_time, offered),
                "speed_of_answer_min": (ours.sums("call", waited) / MINUTE, served),
                "occupancy": (busy, agents),
            },
        )

    def test_a_queue_cleared_at_closing(self, shared: Path) -> None:
        ours = self._simulate(hours="08:00-16:00", closing="clear")
        chain = self._chain(200)
        closed, in_time = ours.sums("call", CLOSED), ours.sums("call", within(20.0))
        days, served = np.ones_like(closed), ours.sums("call", answered)
        agents = np.full(len(closed), self.AGENTS)
        busy = ours.busy("call")[0] / (8 * HOUR)
        at_closing, law = chain.transient(self.MINUTES), chain.average(self.MINUTES)
        assert_mean(at_closing.mean(lambda n: max(n - self.AGENTS, 0)), closed, measures=2, seed=SEED)
        assert_mean(law.mean(lambda n: min(n, self.AGENTS)), busy, measures=2, seed=SEED, resolution=0.05)
        for log in ours.logs:
            assert (log.ended[log.result == Result.CLOSED] == 16 * HOUR).all()
            assert not (log.started > 16 * HOUR).any()
        self._agree(
            shared,
            "P04",
            {
                "disconnected": (closed, days),
                "num_in_target": (in_time, days),
                "service_level": (in_time, ours.sums("call", came)),
                "speed_of_answer_min": (ours.sums("call", waited) / MINUTE, served),
                "occupancy": (busy, agents),
            },
        )


@pytest.mark.statistical
class TestFull:
    """Places and lines that run out."""

    @pytest.mark.parametrize(("room", "patience"), [(3, 100.0), (6, None)])
    def test_a_finite_queue(self, room: int, patience: float | None) -> None:
        rate, service, agents = 160 / HOUR, 120.0, 5
        waits = {"patience": exponential(patience)} if patience else {}
        ours = steady(
            {"call": contact(service, **waits)},
            _desk(agents),
            per_hour=rate * HOUR,
            queues={"calls": {"capacity": room}},
        )
        impatient = {"patience_mean": patience} if patience else {}
        truth = mmsk(arrival_rate=rate, service_mean=service, servers=agents, capacity=agents + room, **impatient)
        truths = {
            "waits": (truth.p_wait, ours.share("call", queued)),
            "blocked": (truth.p_block, ours.share("call", BLOCKED)),
            "wait": (truth.mean_wait, ours.share("call", waited, lambda log: ~BLOCKED(log))),
            "queue": (truth.queue_length, ours.queue("call")),
            "busy": (truth.occupancy * agents, ours.busy("call")),
            "in time": (truth.service_level(20.0).of_offered, ours.share("call", within(20.0))),
        }
        if patience:
            truths["abandoned"] = (truth.p_abandon, ours.share("call", ABANDONED))
        agree(truths, resolution=0.4)

    def test_a_loss_system_knows_only_the_mean_of_the_holding_time(self) -> None:
        """Erlang B, with ring, hold, a talk of large variance that may break off, and after-call work."""
        rate, agents = 150 / HOUR, 6
        step = {
            "talk": {"law": "lognormal", "mean": 90.0, "cv": 1.5},
            "hold": {"law": "gamma", "mean": 30.0, "cv": 0.7},
            "wrap_up": exponential(20.0),
            "disconnect": "30 %",
            "if_failed": "unresolved",
        }
        ours = steady(
            {"call": {"channel": "voice", "queue": "calls", "next": "resolved", **step}},
            _desk(agents),
            per_hour=rate * HOUR,
            queues={"calls": {"capacity": 0, "ring": "10 s"}},
        )
        broken = 0.3
        service = (90.0 + 30.0) * (1 - broken / 2) + 20.0
        lost = erlang_b(rate * (10.0 + service), agents)
        agree(
            {
                "blocked": (lost, ours.share("call", BLOCKED)),
                "busy": (rate * (1 - lost) * service, ours.busy("call")),
                "broken off": (broken, ours.share("call", FAILED, answered)),
            }
        )
        assert all((waited(log)[answered(log)] == pytest.approx(10.0)) for log in ours.logs)

    def test_ports_of_self_service(self) -> None:
        """Lines alone make a loss system, and who is blocked may go elsewhere."""
        rate, lines = 300 / HOUR, 12
        ivr = {
            "channel": "ivr",
            "time": {"law": "uniform", "low": 30.0, "high": 210.0},
            "next": "resolved",
            "if_blocked": {"web": 0.5, "gave_up": "rest"},
        }
        web = {"channel": "web", "time": exponential(240.0), "next": "resolved"}
        ours = steady(
            {"ivr": ivr, "web": web},
            {},
            per_hour=rate * HOUR,
            lines={"trunks": {"channels": ["ivr"], "capacity": lines}},
        )
        lost = erlang_b(rate * 120.0, lines)
        agree(
            {
                "blocked": (lost, ours.share("ivr", BLOCKED)),
                "used": (rate * 120.0 * (1 - lost), ours.level("ivr", lambda log: log.started, lambda log: log.ended)),
                "elsewhere": (rate * lost * 0.5, ours.rate("web")),
            }
        )

    def test_trunk_lines_are_held_from_the_menu_to_the_last_word(self) -> None:
        arguments = {
            "arrival_rate": 4.0 / MINUTE,
            "self_service_mean": 60.0,
            "p_agent": 0.6,
            "talk_mean": 120.0,
            "wrap_mean": 30.0,
            "servers": 5,
            "patience_mean": 90.0,
        }
        steps = {
            "ivr": {"channel": "ivr", "time": exponential(60.0), "next": {"call": 0.6, "resolved": 0.4}},
            "call": contact(120.0, wrap_up=exponential(30.0), patience=exponential(90.0)),
        }
        lines = {"trunks": {"channels": ["ivr", "voice"], "capacity": 11}}
        ours = steady(steps, _desk(5), per_hour=240.0, lines=lines)
        truth = trunk_lines(lines=11, **arguments)
        agree(
            {
                "engaged": (truth.p_engaged, ours.share("ivr", BLOCKED)),
                "waits": (truth.calls.p_wait, ours.share("call", queued)),
                "abandoned": (truth.calls.p_abandon, ours.share("call", ABANDONED)),
                "queue": (truth.calls.queue_length, ours.queue("call")),
                "busy": (truth.occupancy * 5, ours.busy("call")),
                "in the menu": (
                    truth.in_self_service,
                    ours.level("ivr", lambda log: log.started, lambda log: log.ended),
                ),
            }
        )


@pytest.mark.statistical
class TestLeavingAtOnce:
    """Balking, and what an announcement does."""

    RATE, SERVICE, AGENTS, ROOM = 170 / HOUR, 120.0, 5, 12

    @pytest.mark.parametrize(
        ("balk", "shares"),
        [
            (0.4, [0.4] * 12),
            (
                [
                    {"probability": 0.1},
                    {"waiting": 2, "probability": 0.5},
                    {"waiting": 4, "probability": 0.0},
                    {"waiting": 5, "probability": 1.0},
                ],
                [0.1, 0.1, 0.5, 0.5, 0.0, 1.0],
            ),
        ],
        ids=["a share", "by how many wait"],
    )
    def test_balking(self, balk: Any, shares: list[float]) -> None:
        def transitions(present: int) -> Iterator[Transition[int]]:
            ahead = present - self.AGENTS
            share = (shares[ahead] if ahead < len(shares) else 0.0) if ahead >= 0 else 0.0
            if ahead < self.ROOM:
                yield present + 1, self.RATE * (1 - share), "waits" if ahead >= 0 else "at once"
                yield present, self.RATE * share, "balks"
            else:
                yield present, self.RATE, "blocked"
            yield present - 1, min(present, self.AGENTS) / self.SERVICE
            yield present - 1, max(ahead, 0) / 200.0, "abandons"

        truth = explore(0, transitions).stationary()
        ours = steady(
            {"call": contact(self.SERVICE, patience=exponential(200.0), if_balked="unresolved")},
            _desk(self.AGENTS),
            per_hour=self.RATE * HOUR,
            queues={"calls": {"balk": balk, "capacity": self.ROOM}},
        )
        agree(
            {
                "balks": (truth.rate("balks") / self.RATE, ours.share("call", BALKED)),
                "waits": (truth.rate("waits") / self.RATE, ours.share("call", queued)),
                "abandons": (truth.rate("abandons") / self.RATE, ours.share("call", ABANDONED)),
                "queue": (truth.mean(lambda n: max(n - self.AGENTS, 0)), ours.queue("call")),
            },
            resolution=0.4,
        )

    def test_balking_before_the_queue_is_full(self) -> None:
        share, room = 0.3, 4

        def transitions(present: int) -> Iterator[Transition[int]]:
            stays = self.RATE * (1.0 if present < self.AGENTS else 1 - share)
            if present >= self.AGENTS:
                yield present, self.RATE * share, "balks"
            yield (present + 1, stays) if present < self.AGENTS + room else (present, stays, "blocked")
            yield present - 1, min(present, self.AGENTS) / self.SERVICE

        truth = explore(0, transitions).stationary()
        ours = steady(
            {"call": contact(self.SERVICE, if_balked="unresolved")},
            _desk(self.AGENTS),
            per_hour=self.RATE * HOUR,
            queues={"calls": {"balk": share, "capacity": room, "balk_first": True}},
        )
        agree(
            {
                "balks": (truth.rate("balks") / self.RATE, ours.share("call", BALKED)),
                "blocked": (truth.rate("blocked") / self.RATE, ours.share("call", BLOCKED)),
                "queue": (truth.mean(lambda n: max(n - self.AGENTS, 0)), ours.queue("call")),
            },
            resolution=0.4,
        )

    def test_a_waiting_room_that_two_queues_share(self) -> None:
        """Each queue has its agents; whoever comes when four wait, in whichever queue, is blocked."""
        agents, rates, room = (3, 2), (100 / HOUR, 70 / HOUR), 4

        def waiting(state: tuple[int, int]) -> int:
            return sum(max(present - staff, 0) for present, staff in zip(state, agents, strict=True))

        def transitions(state: tuple[int, int]) -> Iterator[Transition[tuple[int, int]]]:
            for queue, (present, staff) in enumerate(zip(state, agents, strict=True)):
                more, fewer = [*state], [*state]
                more[queue], fewer[queue] = present + 1, present - 1
                if present < staff or waiting(state) < room:
                    yield (more[0], more[1]), rates[queue]
                else:
                    yield state, rates[queue], f"blocked {queue}"
                yield (fewer[0], fewer[1]), min(present, staff) / self.SERVICE

        truth = explore((0, 0), transitions).stationary()
        ours = steady(
            {"call": contact(self.SERVICE), "other": contact(self.SERVICE, queue="others")},
            {"desk": {"serves": ["calls"], "staff": agents[0]}, "back": {"serves": ["others"], "staff": agents[1]}},
            per_hour=sum(rates) * HOUR,
            start={"call": rates[0] / sum(rates), "other": rates[1] / sum(rates)},
            waiting_rooms={"lobby": {"queues": ["calls", "others"], "capacity": room}},
        )
        agree(
            {
                "calls blocked": (truth.rate("blocked 0") / rates[0], ours.share("call", BLOCKED)),
                "others blocked": (truth.rate("blocked 1") / rates[1], ours.share("other", BLOCKED)),
                "calls waiting": (truth.mean(lambda s: max(s[0] - agents[0], 0)), ours.queue("call")),
                "others waiting": (truth.mean(lambda s: max(s[1] - agents[1], 0)), ours.queue("other")),
            },
            resolution=0.4,
        )

    def test_a_longest_wait(self) -> None:
        """The queue sends away whoever has waited 100 s: patience as in M/M/s+G, but the one who ends it is known."""
        longest, patience = 100.0, 200.0

        def survival(time: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.where(time < longest, np.exp(-time / patience), 0.0)

        truth = mmsg(
            arrival_rate=self.RATE, service_mean=self.SERVICE, servers=self.AGENTS, survival=survival, breaks=[longest]
        )
        sent_away = truth.offered_wait_exceeds(longest - 1e-9) * np.exp(-longest / patience)
        ours = steady(
            {"call": contact(self.SERVICE, patience=exponential(patience), if_timed_out="unresolved")},
            _desk(self.AGENTS),
            per_hour=self.RATE * HOUR,
            queues={"calls": {"longest_wait": longest}},
        )
        agree(
            {
                "timed out": (sent_away, ours.share("call", TIMED_OUT)),
                "abandons": (truth.p_abandon - sent_away, ours.share("call", ABANDONED)),
                "waits": (truth.p_wait, ours.share("call", queued)),
                "wait": (truth.mean_wait, ours.share("call", waited)),
                "in time": (truth.service_level(20.0).of_offered, ours.share("call", within(20.0))),
            },
            resolution=0.4,
        )

    def _by_last_wait(self, state: tuple[int, int, int, int], patience: Any, balk: Any) -> Iterator[Transition[Any]]:
        """Go on from how many are served, whether the last answered had waited, and who waits, knowing which."""
        busy, late, first, then = state
        if busy < self.AGENTS:
            yield (busy + 1, 0, 0, 0), self.RATE, "at once"
        elif first + then == self.ROOM:
            yield state, self.RATE, "blocked"
        else:
            yield state, self.RATE * balk[late], "balks"
            yield (busy, late, first + 1 - late, then + late), self.RATE * (1 - balk[late]), "waits"
        yield (busy, late, first - 1, then), first / patience[0], "abandons"
        yield (busy, late, first, then - 1), then / patience[1], "abandons"
        served = busy / self.SERVICE
        if first:
            yield (busy, 1, first - 1, then), served
        elif then:
            yield (busy, 1, 0, then - 1), served
        else:
            yield (busy - 1, late, 0, 0), served

    @pytest.mark.parametrize(
        ("queue", "patience", "balk"),
        [
            ({"announce": [{"times": 0.5}]}, (100.0, 100.0), (0.0, 0.0)),
            ({"announce": [{"wait": 0.001, "times": 0.25}]}, (200.0, 50.0), (0.0, 0.0)),
            (
                {
                    "announce": [{"times": 0.5}, {"wait": 0.001, "times": 3.0}],
                    "balk": [{"wait": 0.001, "probability": 0.6}],
                },
                (100.0, 600.0),
                (0.0, 0.6),
            ),
        ],
        ids=["always", "when the last had waited", "balking too"],
    )
    def test_an_announced_wait(self, queue: dict[str, Any], patience: Any, balk: Any) -> None:
        """What is announced is the wait of the last who was answered: nothing, or something."""
        truth: Distribution[Any] = explore(
            (0, 0, 0, 0), partial(self._by_last_wait, patience=patience, balk=balk)
        ).stationary()
        ours = steady(
            {"call": contact(self.SERVICE, patience=exponential(200.0))},
            _desk(self.AGENTS),
            per_hour=self.RATE * HOUR,
            queues={"calls": {"capacity": self.ROOM, **queue}},
        )
        rates = truth.rates()
        truths = {
            "waits": (rates["waits"] / self.RATE, ours.share("call", queued)),
            "abandons": (rates["abandons"] / self.RATE, ours.share("call", ABANDONED)),
            "queue": (truth.mean(lambda state: state[2] + state[3]), ours.queue("call")),
        }
        if any(balk):
            truths["balks"] = (rates["balks"] / self.RATE, ours.share("call", BALKED))
        agree(truths)
        announced = [log.announced[queued(log) | BALKED(log)] for log in ours.logs]
        assert not any(np.isnan(waits).any() for waits in announced)


@pytest.mark.statistical
class TestImpatience:
    """Whose patience is multiplied by what."""

    def test_by_segment(self) -> None:
        """Two exponential patiences mixed: M/M/s+G."""
        rate, service, agents = 240 / HOUR, 120.0, 7
        shares, means = (0.3, 0.7), (200.0 * 0.5 * 0.4, 200.0 * 1.5)

        def survival(time: NDArray[np.float64]) -> NDArray[np.float64]:
            mixed = sum(share * np.exp(-time / mean) for share, mean in zip(shares, means, strict=True))
            return np.asarray(mixed)

        truth = mmsg(arrival_rate=rate, service_mean=service, servers=agents, survival=survival)
        impatience = [{"when": {"segment": "hasty"}, "times": 0.4}, {"when": {"segment": ["calm"]}, "times": 1.5}]
        ours = steady(
            {"call": contact(service, patience=exponential(200.0), impatience=impatience)},
            _desk(agents),
            per_hour=rate * HOUR,
            segments={"hasty": {"share": "30 %", "patience": 0.5}, "calm": {"share": "70 %"}},
        )
        agree(
            {
                "waits": (truth.p_wait, ours.share("call", queued)),
                "abandons": (truth.p_abandon, ours.share("call", ABANDONED)),
                "wait": (truth.mean_wait, ours.share("call", waited)),
                "wait of the answered": (
                    truth.mean_wait_answered,
                    ours.share("call", lambda log: waited(log) * answered(log), answered),
                ),
                "in time": (truth.service_level(20.0).of_offered, ours.share("call", within(20.0))),
            }
        )

    def test_by_attempt(self) -> None:
        """Who has given up once calls again, and the second time does not wait at all."""
        rate, service, agents, room, patience, away = 200 / HOUR, 120.0, 6, 15, 60.0, 300.0

        def transitions(state: tuple[int, int]) -> Iterator[Transition[tuple[int, int]]]:
            present, orbit = state
            busy = min(present, agents)
            if present < agents + room:
                yield (present + 1, orbit), rate, "waits" if present >= agents else "at once"
            else:
                yield state, rate, "blocked"
            yield (present - 1, orbit), busy / service
            yield (present - 1, min(orbit + 1, 40)), (present - busy) / patience, "abandons"
            if present < agents:
                yield (present + 1, orbit - 1), orbit / away, "again"
            else:
                again = "in vain" if present < agents + room else "again blocked"
                yield (present, orbit - 1), orbit / away, again

        truth = explore((0, 0), transitions).stationary()
        steps = {
            "call": contact(
                service,
                patience=exponential(patience),
                impatience=[{"when": {"attempt": ">= 2"}, "times": 0}],
                if_abandoned=[{"when": {"attempt": 1}, "to": "away"}, {"to": "gave_up"}],
            ),
            "away": {"channel": "pause", "time": exponential(away), "next": "call"},
        }
        ours = steady(steps, _desk(agents), per_hour=rate * HOUR, queues={"calls": {"capacity": room}})
        rates = truth.rates()
        calls = rate + truth.mean(lambda s: s[1]) / away
        given_up = rates["abandons"] + rates["in vain"]
        agree(
            {
                "calls": (calls, ours.rate("call")),
                "first give up": (rates["abandons"], ours.rate("away")),
                "give up": (given_up / calls, ours.share("call", ABANDONED)),
                "queue": (truth.mean(lambda s: max(s[0] - agents, 0)), ours.queue("call")),
            }
        )


@pytest.mark.statistical
class TestVirtualHold:
    """Callbacks that keep their place in the queue: the state is the order of those who stay and those who hung up."""

    RATE, SERVICE, AGENTS, ROOM, PATIENCE = 90 / HOUR, 120.0, 2, 4, 100.0

    def _transitions(self, state: Any, accept: float, reach: float) -> Iterator[Transition[Any]]:
        busy, line = state
        if busy < self.AGENTS:
            yield (busy + 1, ()), self.RATE, "at once"
        elif len(line) == self.ROOM:
            yield state, self.RATE, "blocked"
        else:
            yield (busy, (*line, "hangs up")), self.RATE * accept, "hangs up"
            yield (busy, (*line, "stays")), self.RATE * (1 - accept), "stays"
        for position, who in enumerate(line):
            if who == "stays":
                yield (busy, line[:position] + line[position + 1 :]), 1 / self.PATIENCE, "abandons"
        rate = busy / self.SERVICE
        while line:
            served = 1.0 if line[0] == "stays" else reach
            line = line[1:]
            yield (busy, line), rate * served
            rate *= 1 - served
        yield (busy - 1, ()), rate

    @pytest.mark.parametrize(("accept", "reach"), [(0.6, 1.0), (0.5, 0.7)])
    def test_callbacks(self, accept: float, reach: float) -> None:
        truth = explore((0, ()), partial(self._transitions, accept=accept, reach=reach)).stationary()
        callback = {"wait": 0, "accept": accept, "reach": reach}
        ours = steady(
            {"call": contact(self.SERVICE, patience=exponential(self.PATIENCE), if_failed="unresolved")},
            _desk(self.AGENTS),
            per_hour=self.RATE * HOUR,
            replications=60,
            queues={"calls": {"capacity": self.ROOM, "callback": callback}},
        )

        def called_back(log: Log) -> NDArray[Any]:
            return log.callback == 1

        def hung_up(state: Any) -> int:
            return sum(who == "hangs up" for who in state[1])

        def called(log: Log) -> NDArray[Any]:
            return called_back(log) & (log.group >= 0)

        rates = truth.rates()
        truths = {
            "called back": (rates["hangs up"] / self.RATE, ours.share("call", called_back)),
            "blocked": (rates["blocked"] / self.RATE, ours.share("call", BLOCKED)),
            "abandons": (rates["abandons"] / self.RATE, ours.share("call", ABANDONED)),
            "waiting": (truth.mean(lambda s: len(s[1])), ours.queue("call")),
            "waiting at home": (
                truth.mean(hung_up),
                ours.level(
                    "call",
                    lambda log: np.where(called_back(log), log.began, np.nan),
                    lambda log: log.began + waited(log),
                ),
            ),
            "busy": (truth.mean(lambda s: s[0]), ours.busy("call")),
        }
        if reach < 1:
            truths["not reached"] = (1 - reach, ours.share("call", FAILED, called))
        agree(truths, resolution=0.3)

    def test_callbacks_by_length_that_are_last_and_take_their_own_time(self) -> None:
        """State: agents in calls, agents in callbacks, who waits in person, who waits at home."""
        accept, least, back = 0.7, 2, 60.0

        def transitions(state: tuple[int, int, int, int]) -> Iterator[Transition[tuple[int, int, int, int]]]:
            calls, called, waiting, home = state
            if calls + called < self.AGENTS:
                yield (calls + 1, called, 0, 0), self.RATE
            elif waiting + home == self.ROOM:
                yield state, self.RATE, "blocked"
            else:
                hangs_up = self.RATE * (accept if waiting + home >= least else 0.0)
                yield (calls, called, waiting, home + 1), hangs_up, "hangs up"
                yield (calls, called, waiting + 1, home), self.RATE - hangs_up
            if waiting:
                yield (calls, called, waiting - 1, home), waiting / self.PATIENCE, "abandons"
            for fewer, rate in (((calls - 1, called), calls / self.SERVICE), ((calls, called - 1), called / back)):
                if waiting:
                    yield (fewer[0] + 1, fewer[1], waiting - 1, home), rate
                elif home:
                    yield (fewer[0], fewer[1] + 1, 0, home - 1), rate
                else:
                    yield (*fewer, 0, 0), rate

        truth = explore((0, 0, 0, 0), transitions).stationary()
        callback = {"waiting": least, "accept": accept, "order": "last", "talk": exponential(back)}
        ours = steady(
            {"call": contact(self.SERVICE, patience=exponential(self.PATIENCE))},
            _desk(self.AGENTS),
            per_hour=self.RATE * HOUR,
            replications=60,
            queues={"calls": {"capacity": self.ROOM, "callback": callback}},
        )

        def hung_up(log: Log) -> NDArray[Any]:
            return log.callback == 1

        def left_queue(log: Log) -> NDArray[Any]:
            return log.began + waited(log)

        agree(
            {
                "called back": (truth.rate("hangs up") / self.RATE, ours.share("call", hung_up)),
                "blocked": (truth.rate("blocked") / self.RATE, ours.share("call", BLOCKED)),
                "abandons": (truth.rate("abandons") / self.RATE, ours.share("call", ABANDONED)),
                "waiting": (truth.mean(lambda s: s[2] + s[3]), ours.queue("call")),
                "waiting at home": (
                    truth.mean(lambda s: s[3]),
                    ours.level("call", lambda log: np.where(hung_up(log), log.began, np.nan), left_queue),
                ),
                "busy with callbacks": (
                    truth.mean(lambda s: s[1]),
                    ours.level("call", lambda log: np.where(hung_up(log), log.started, np.nan), lambda log: log.ended),
                ),
            },
            resolution=0.4,
        )


@pytest.mark.statistical
class TestCallingAgain:
    """Redial after giving up, and retrial after being blocked: customers in orbit."""

    @pytest.mark.parametrize(
        ("room", "p_abandoned", "p_blocked"),
        [(20, 0.6, 0.0), (0, 0.0, 0.8), (3, 0.4, 0.7)],
        ids=["gave up", "blocked", "either"],
    )
    def test_calling_again(self, room: int, p_abandoned: float, p_blocked: float) -> None:
        arguments = {"arrival_rate": 150 / HOUR, "service_mean": 120.0, "servers": 5, "patience_mean": 80.0}
        truth = redial(**arguments, delay_mean=240.0, capacity=5 + room, p_abandoned=p_abandoned, p_blocked=p_blocked)
        steps = {
            "call": contact(
                120.0,
                patience=exponential(80.0),
                if_abandoned={"orbit": p_abandoned, "gave_up": "rest"},
                if_blocked={"orbit": p_blocked, "gave_up": "rest"},
            ),
            "orbit": {"channel": "pause", "time": exponential(240.0), "next": "call"},
        }
        ours = steady(steps, _desk(5), per_hour=150, queues={"calls": {"capacity": room}})
        calls = truth.attempts
        truths = {
            "calls": (calls.arrival_rate, ours.rate("call")),
            "orbit": (truth.orbit, ours.level("orbit", lambda log: log.began, lambda log: log.ended)),
            "busy": (truth.occupancy * 5, ours.busy("call")),
        }
        if calls.p_block > 1e-4:
            truths["blocked"] = (calls.p_block, ours.share("call", BLOCKED))
        if calls.p_abandon:
            truths["abandoned"] = (calls.p_abandon, ours.share("call", ABANDONED))
            truths["queue"] = (calls.queue_length, ours.queue("call"))
        agree(truths, resolution=0.35)
        customers = [np.bincount(log.customer[HANDLED(log)], minlength=1) for log in ours.logs]
        assert all(served.max() == 1 for served in customers)


@pytest.mark.statistical
def test_ring_time_takes_the_agent_and_the_customer() -> None:
    """M/G/1: an agent is taken from the first ring to the end of the after-call work."""
    rate, ring, talk, wrap = 24 / HOUR, 10.0, 60.0, 20.0
    mean = ring + talk + wrap
    truth = mg1(arrival_rate=rate, service_mean=mean, service_cv=wrap / mean)
    ours = steady(
        {"call": contact(1.0, wrap_up=exponential(wrap)) | {"talk": talk}},
        _desk(1),
        per_hour=rate * HOUR,
        replications=300,
        queues={"calls": {"ring": ring}},
    )

    def at_once(log: Log) -> NDArray[Any]:
        return np.isclose(waited(log), ring, rtol=0, atol=1e-6)

    agree(
        {
            "waits": (truth.p_wait, ours.share("call", lambda log: ~at_once(log))),
            "wait": (truth.mean_wait + ring, ours.share("call", waited)),
        }
    )


@pytest.mark.statistical
def test_announced_waits_do_not_touch_those_who_are_answered_at_once() -> None:
    """The plainest queue, beside one whose announcement nobody minds: the same day, bit for bit."""
    calm = {"announce": [{"times": 1.0}], "balk": 0.0, "callback": {"wait": 0, "accept": 0.0}}
    steps = {"call": contact(120.0, patience=exponential(60.0))}
    plain, announced = (
        steady(steps, _desk(4), per_hour=150, replications=20, queues={"calls": queue}) for queue in ({}, calm)
    )
    truth = erlang_a(arrival_rate=150 / HOUR, service_mean=120.0, patience_mean=60.0, servers=4)
    agree({"abandoned": (truth.p_abandon, plain.share("call", ABANDONED))})
    for ours, other in zip(plain.logs, announced.logs, strict=True):
        np.testing.assert_array_equal(ours.ended, other.ended)
        assert (np.isnan(other.announced) == (answered(other) & (waited(other) == 0.0))).all()


@dataclass(frozen=True)
class _Day:
    """What a day of e-mail is to be like."""

    left: float  # waiting at the end
    waiting: float  # time average
    done: float  # begun to be answered


def _days(rate: float, work: float, agents: int, length: float, count: int) -> list[_Day]:
    """Return days in a row from empty: at the end of each, who is at work finishes, and what waits stays."""
    most = 250

    def transitions(there: int) -> Iterator[Transition[int]]:
        yield min(there + 1, most), rate
        yield there - 1, min(there, agents) / work, "done"

    chain = explore(0, transitions)
    morning: dict[int, float] = {0: 1.0}
    days, before = [], 0.0
    for _ in range(count):
        law, evening = chain.average(length, morning), chain.transient(length, morning)
        left = evening.mean(lambda there: max(there - agents, 0))
        days.append(_Day(left, law.mean(lambda there: max(there - agents, 0)), before + rate * length - left))
        before = left
        morning = {}
        for there, probability in evening.as_mapping().items():
            waits = max(there - agents, 0)
            morning[waits] = morning.get(waits, 0.0) + probability
    return days


@pytest.mark.statistical
def test_mail_that_is_left_over_waits_for_the_next_day() -> None:
    """Four days in a row, each with a little more than can be answered."""
    rate, work, agents, days = 21 / HOUR, 360.0, 2, 4
    what = scenario(
        run={"hours": "08:00-16:00", "days": days, "interval": HOUR, "drain": "3 days"},
        agents={"back": {"serves": ["mails"], "staff": agents}},
        intents={
            "it": {
                "demand": rate * HOUR,
                "start": "mail",
                "steps": {
                    "mail": {"channel": "email", "queue": "mails", "talk": exponential(work), "next": "resolved"}
                },
            }
        },
    )
    ours = watch(what, 100, 0.0, days * 24 * HOUR)
    for day, truth in enumerate(_days(rate, work, agents, 8 * HOUR, days)):
        opens = (24 * day + 8) * HOUR
        closes = opens + 8 * HOUR
        here = Window(ours.plan, ours.logs, opens, closes)
        left = [((log.began < closes) & ~(log.started < closes)).sum() for log in ours.logs]
        done = [((log.started >= opens) & (log.started < closes)).sum() for log in ours.logs]
        options = {"seed": SEED, "measures": 3 * days}
        assert_mean(truth.left, left, name=f"left on day {day}", resolution=0.9, **options)
        assert_mean(truth.done, done, name=f"done on day {day}", resolution=0.1, **options)
        agree({f"waiting on day {day}": (truth.waiting, here.queue("mail"))}, resolution=0.8)
    for log in ours.logs:
        begun = log.started[~np.isnan(log.started)] % (24 * HOUR)
        assert ((begun >= 8 * HOUR) & (begun < 16 * HOUR)).all()
        assert (np.diff(log.started[~np.isnan(log.started)]) >= 0).all()  # in order of coming


class TestStories:
    """What queues do, without randomness: one agent, calls of a minute."""

    def _log(self, *arrivals: float, step: dict[str, Any] | None = None, **queue: Any) -> Log:
        plan = plan_of({"call": call(**(step or {}))}, queues={"calls": queue})
        return run(plan, people(plan, *arrivals))

    def test_who_gave_up_leaves_a_place_for_another(self) -> None:
        log = self._log(0, 10, 20, 40, step={"patience": "20 s"}, capacity=1)
        assert log.result.tolist() == [Result.HANDLED, Result.ABANDONED, Result.BLOCKED, Result.HANDLED]
        assert log.ended.tolist() == [60, 30, 20, 120]

    def test_no_place_to_wait_and_an_agent_who_is_free_at_that_instant(self) -> None:
        assert self._log(0, 60, 61, capacity=0).result.tolist() == [Result.HANDLED, Result.HANDLED, Result.BLOCKED]

    def test_what_is_announced_is_the_wait_of_the_last_who_was_answered(self) -> None:
        log = self._log(0, 10, 20, 70, 130, 400)
        assert np.isnan(log.announced).all()  # nobody asked for it
        log = self._log(0, 10, 20, 70, 130, 400, 410, announce=[{"times": 1}])
        np.testing.assert_array_equal(log.announced, [np.nan, 0, 0, 50, 100, np.nan, 0])

    def test_the_last_band_that_holds_applies(self) -> None:
        bands = [{"times": 1}, {"wait": "50 s", "times": 0.1}, {"wait": "51 s", "times": 0}]
        log = self._log(0, 10, 20, 70, step={"patience": "110 s"}, announce=bands)
        assert log.ended.tolist() == [60, 120, 180, 81]
        assert log.result[3] == Result.ABANDONED

    def test_balking_asks_for_both_the_queue_and_the_wait(self) -> None:
        bands = [{"waiting": 1, "wait": "50 s", "probability": 1}]
        log = self._log(0, 10, 20, 70, 121, 130, balk=bands)
        # At 20 nothing is announced, at 121 fifty seconds would be but nobody waits: C was answered at 120.
        assert log.result.tolist() == [Result.HANDLED] * 3 + [Result.BALKED, Result.HANDLED, Result.BALKED]

    def test_a_callback_is_offered_from_an_announced_wait_on_and_keeps_its_place(self) -> None:
        offer = {"wait": "50 s", "accept": 1}
        log = self._log(0, 10, 20, 70, 80, step={"patience": "101 s"}, callback=offer)
        assert log.callback.tolist() == [0, 0, 0, 1, 1]
        assert log.started.tolist() == [0, 60, 120, 180, 240]

    def test_whom_a_callback_does_not_reach_the_phone_has_rung_for(self) -> None:
        plan = plan_of(
            {"call": call(if_failed="unresolved")},
            queues={"calls": {"ring": "5 s", "callback": {"wait": 0, "accept": 1, "reach": 0}}},
        )
        assert tell(plan, 0, 10, 20, 75) == [
            "A call 0: answered 5 by desk 0, left 65, resolved",
            "B call 10: left 70, unresolved",
            "C call 20: left 75, unresolved",
            "D call 75: answered 80 by desk 0, left 140, resolved",
        ]

    def test_who_gives_up_while_it_rings_frees_the_agent(self) -> None:
        log = self._log(0, 1, step={"patience": "3 s"}, ring="10 s")
        assert log.result.tolist() == [Result.ABANDONED, Result.ABANDONED]
        assert log.ended.tolist() == [3, 4]
        assert log.rang.tolist() == [3, 1]

    def test_closing_clears_who_waits_for_an_agent_or_a_callback_and_not_whom_an_agent_has(self) -> None:
        queue = {"hours": "00:00-00:02", "closing": "clear", "ring": "10 s", "callback": {"wait": 0, "accept": 1}}
        log = self._log(0, 1, 2, 119, 120, **queue)
        assert log.result.tolist() == [Result.HANDLED] * 2 + [Result.CLOSED] * 3
        assert log.ended.tolist() == [70, 140, 120, 120, 120]
        assert log.callback.tolist() == [0, 1, 1, 1, 0]

    def test_the_queue_is_empty_the_next_morning(self) -> None:
        queue = {"hours": "00:00-00:02", "closing": "clear", "capacity": 1}
        plan = plan_of({"call": call(talk="5 min")}, queues={"calls": queue}, run={"days": 2})
        log = run(plan, people(plan, 0, 1, 86_400, 86_401, 86_402))
        assert log.result.tolist() == [Result.HANDLED, Result.CLOSED, Result.HANDLED, Result.CLOSED, Result.BLOCKED]
        assert log.ended.tolist() == [300, 120, 86_700, 86_520, 86_402]
