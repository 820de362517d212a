"""Queues that announce, balk, call back and overflow, on days without randomness."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from sim.engine import Log
from sim.engine.plan import Outcome, Result
from sim.engine.reference import run
from tests.support.stories import call, people, plan_of, tell

DESK = {"desk": {"serves": ["calls"], "staff": 1}}


def day(*arrivals: float | tuple[float, str], agents: Any = None, step: Any = None, **more: Any) -> Log:
    """Simulate calls of a minute."""
    plan = plan_of({"call": call(**(step or {}))}, agents or DESK, **more)
    return run(plan, people(plan, *arrivals))


def results(log: Log) -> list[str]:
    """Return how each touchpoint ended."""
    return [Result(result).name.lower() for result in log.result]


class TestCallbacks:
    """The customer hangs up, keeps the place, and is called at their turn."""

    QUEUE: Any = {"calls": {"callback": {"wait": "30 s", "accept": "100 %"}}}  # noqa: RUF012 - a constant

    def test_it_is_offered_once_the_wait_of_the_last_answered_is_long_enough(self) -> None:
        log = day(0, 20, 70, 80, queues=self.QUEUE)
        np.testing.assert_array_equal(log.announced, [np.nan, 0, 40, 40])
        assert log.callback.tolist() == [0, 0, 1, 1]
        assert log.started.tolist() == [0, 60, 120, 180]

    def test_who_is_to_be_called_back_loses_no_patience(self) -> None:
        log = day(0, 20, 70, 80, step={"patience": "45 s"}, queues=self.QUEUE)
        assert results(log) == ["handled"] * 4

    def test_who_is_not_reached_took_the_ring_time(self) -> None:
        queue = {"calls": {"ring": "5 s", "callback": {"wait": 0, "accept": "100 %", "reach": 0}}}
        log = day(0, 10, 20, queues=queue)
        assert results(log) == ["handled", "failed", "failed"]
        assert log.ended.tolist() == [65, 70, 75]
        np.testing.assert_array_equal(log.started, [5, np.nan, np.nan])

    def test_it_is_offered_by_the_length_of_the_queue(self) -> None:
        log = day(0, 1, 2, 3, queues={"calls": {"callback": {"waiting": 2, "accept": "100 %"}}})
        assert log.callback.tolist() == [0, 0, 0, 1]
        log = day(0, 1, 2, 3, queues={"calls": {"callback": {"waiting": 2, "accept": 0}}})
        assert log.callback.tolist() == [0, 0, 0, 2]  # offered and declined: no other column could tell

    def test_they_are_last_and_have_a_talk_time_of_their_own(self) -> None:
        queue = {"callback": {"waiting": 2, "accept": "100 %", "order": "last", "talk": "20 s"}}
        log = day(0, 1, 2, 3, 125, queues={"calls": queue})
        assert log.callback.tolist() == [0, 0, 0, 1, 0]
        # E, who came later than D, is answered at 180; then nobody else waits, and D is called back.
        assert log.started.tolist() == [0, 60, 120, 240, 180]
        assert log.ended.tolist() == [60, 120, 180, 260, 240]

    def test_without_the_switch_none_is_offered(self) -> None:
        log = day(0, 20, 70, queues=self.QUEUE, orchestration={"callbacks": False})
        assert log.callback.tolist() == [0, 0, 0]


class TestWhoWaits:
    """Announced waits, balking, closing, and ringing."""

    def test_an_announced_wait_changes_the_patience(self) -> None:
        queue = {"calls": {"announce": [{"times": 2}, {"wait": "30 s", "times": 0.5}]}}
        log = day(0, 20, 70, 75, step={"patience": "50 s"}, queues=queue)
        # B is told 0 s and would wait 100 s; C and D are told 40 s and wait 25 s.
        assert results(log) == ["handled", "handled", "abandoned", "abandoned"]
        assert log.ended.tolist() == [60, 120, 95, 100]

    def test_who_would_have_to_wait_behind_too_many_leaves_at_once(self) -> None:
        queue = {"calls": {"balk": [{"waiting": 1, "probability": "100 %"}, {"waiting": 2, "probability": 0}]}}
        log = day(0, 1, 2, queues=queue)
        assert results(log) == ["handled", "handled", "balked"]
        assert (log.ended[2], log.next[2]) == (2, -1 - Outcome.GAVE_UP)

    def test_nobody_balks_who_need_not_wait(self) -> None:
        assert results(day(0, 60, 70, queues={"calls": {"balk": "100 %"}})) == ["handled", "handled", "balked"]

    @pytest.mark.parametrize(("capacity", "last"), [(1, "blocked"), (2, "handled")])
    def test_a_queue_has_so_many_places(self, capacity: int, last: str) -> None:
        assert results(day(0, 1, 2, queues={"calls": {"capacity": capacity}}))[2] == last

    def test_queues_share_a_waiting_room(self) -> None:
        steps = {"call": call(), "other": call(queue="others")}
        agents = {"desk": {"serves": ["calls"], "staff": 1}, "back": {"serves": ["others"], "staff": 1}}
        room = {"lobby": {"queues": ["calls", "others"], "capacity": 2}}
        plan = plan_of(steps, agents, waiting_rooms=room)
        arrivals = [0, (0, "other"), 1, (2, "other"), 3, (4, "other"), 61, (62, "other")]
        log = run(plan, people(plan, *arrivals))
        assert results(log) == [*["handled"] * 4, "blocked", "blocked", "handled", "handled"]

    @pytest.mark.parametrize(("balk_first", "result"), [(False, "blocked"), (True, "balked")])
    def test_who_comes_to_a_full_queue_may_balk_first(self, *, balk_first: bool, result: str) -> None:
        queue = {"capacity": 0, "balk": "100 %", "balk_first": balk_first}
        assert results(day(0, 1, queues={"calls": queue})) == ["handled", result]

    def test_who_waits_at_closing_time_is_turned_away(self) -> None:
        queue = {"calls": {"hours": "00:00-00:01", "closing": "clear"}}
        steps = {"call": call(talk="90 s", if_closed="mail"), "mail": {"channel": "web", "time": 9, "next": "resolved"}}
        assert tell(plan_of(steps, queues=queue), 0, 30) == [
            "A call 0: answered 0 by desk 0, left 90, resolved",
            "B call 30: closed 60, mail",
            "B'1 mail 60: left 69, resolved",
        ]

    def test_the_telephone_rings_before_it_is_answered(self) -> None:
        log = day(0, 10, step={"patience": "61 s"}, queues={"calls": {"ring": "5 s"}})
        assert (log.started.tolist(), log.ended.tolist()) == ([5, 70], [65, 130])


class TestLongestWait:
    """A queue sends away whoever has waited too long."""

    STEPS: Any = {  # noqa: RUF012 - a constant
        "call": call(talk="90 s", if_timed_out="voicemail"),
        "voicemail": {"channel": "web", "time": "9 s", "next": "resolved"},
    }

    def test_a_contact_leaves_for_another_step_and_is_not_abandoned(self) -> None:
        plan = plan_of(self.STEPS, queues={"calls": {"longest_wait": "30 s"}})
        assert tell(plan, 0, 10) == [
            "A call 0: answered 0 by desk 0, left 90, resolved",
            "B call 10: timed out 40, voicemail",
            "B'1 voicemail 40: left 49, resolved",
        ]
        assert tell(plan, 0, 60) == [  # an agent who gets free in that very instant answers
            "A call 0: answered 0 by desk 0, left 90, resolved",
            "B call 60: answered 90 by desk 0, left 180, resolved",
        ]

    @pytest.mark.parametrize(("patience", "result"), [(29, "abandoned"), (30, "timed_out"), (31, "timed_out")])
    def test_what_ends_first_counts_and_the_queue_at_one_instant(self, patience: int, result: str) -> None:
        log = day(0, 10, step={"patience": patience}, queues={"calls": {"longest_wait": "30 s"}})
        assert results(log) == ["handled", result]
        assert log.ended[1] == 10 + min(patience, 30)

    def test_whoever_rings_at_an_agent_has_left_the_queue(self) -> None:
        log = day(0, 40, queues={"calls": {"longest_wait": "26 s", "ring": "5 s"}})
        assert results(log) == ["handled", "handled"]
        assert log.started.tolist() == [5, 70]

    def test_whoever_waits_for_a_call_back_has_no_limit(self) -> None:
        queue = {"longest_wait": "30 s", "callback": {"wait": 0, "accept": "100 %"}}
        assert results(day(0, 1, 2, queues={"calls": queue})) == ["handled"] * 3


class TestChoices:
    """Which agent for a contact, and which contact for an agent."""

    TWO: Any = {  # noqa: RUF012 - a constant
        "desk": {"serves": {"calls": 0, "others": 0}, "staff": 1},
        "back": {"serves": {"calls": 0, "others": 0}, "staff": 1},
    }

    @pytest.mark.parametrize(("routing", "groups"), [("priority", [0, 0, 0]), ("longest_idle", [0, 1, 0])])
    def test_a_queue_chooses_by_a_policy_of_its_own(self, routing: str, groups: list[int]) -> None:
        steps = {"call": call(), "other": call(queue="others")}
        for own, others in ({"calls": {"routing": routing}}, "priority"), ({}, routing):
            plan = plan_of(steps, self.TWO, queues=own, routing=others)
            assert run(plan, people(plan, 0, 100, 200)).group.tolist() == groups
        plan = plan_of(steps, self.TWO, queues={"others": {"routing": routing}})
        assert run(plan, people(plan, 0, 100, 200)).group.tolist() == [0, 0, 0]  # the policy of another queue

    @pytest.mark.parametrize(("head_start", "order"), [(0, [1, 2]), (19, [1, 2]), (21, [2, 1])])
    def test_a_head_start_counts_as_waited(self, head_start: int, order: list[int]) -> None:
        steps = {"call": call(), "other": call(queue="others")}
        desk = {"desk": {"serves": {"calls": 0, "others": 0}, "staff": 1}}
        plan = plan_of(steps, desk, queues={"others": {"head_start": head_start}})
        log = run(plan, people(plan, 0, 10, (30, "other")))
        assert sorted([1, 2], key=lambda row: log.started[row]) == order
        assert log.announced[2] != log.announced[2]  # nothing else changes: no wait is announced

    def test_a_random_agent_is_of_a_group_as_often_as_it_has_free_agents(self) -> None:
        """Of 1 + 3 agents who are all free, 3 in 4 contacts go to the larger group; wrong once in a million seeds."""
        agents = {"one": {"serves": ["calls"], "staff": 1}, "three": {"serves": ["calls"], "staff": 3}}
        plan = plan_of({"call": call(talk="1 s")}, agents, routing="random_agent")
        customers = people(plan, *range(0, 8000, 2))
        assert binomtest(int((run(plan, customers).group == 1).sum()), 4000, 0.75).pvalue > 1e-6
        plan = plan_of({"call": call(talk="1 s")}, agents, routing="random")
        assert binomtest(int((run(plan, customers).group == 1).sum()), 4000, 0.5).pvalue > 1e-6


class TestLines:
    """Trunk lines."""

    STEPS: Any = {  # noqa: RUF012 - a constant
        "menu": {"channel": "ivr", "time": "10 s", "next": "call", "if_blocked": "unresolved"},
        "call": call(),
    }

    def test_who_finds_all_lines_busy_is_blocked(self) -> None:
        plan = plan_of(self.STEPS, lines={"trunk": {"channels": ["ivr", "voice"], "capacity": 2}})
        log = run(plan, people(plan, 0, 1, 2, 70, 71))
        menus = log.step == 0
        # A has a line to 70, B to 130; C comes too early, D when A leaves, E too early.
        assert [Result(result).name for result in log.result[menus]] == [
            "PASSED",
            "PASSED",
            "BLOCKED",
            "PASSED",
            "BLOCKED",
        ]

    def test_one_keeps_the_line_from_step_to_step(self) -> None:
        plan = plan_of(self.STEPS, lines={"trunk": {"channels": ["ivr", "voice"], "capacity": 1}})
        log = run(plan, people(plan, 0, 10))
        assert log.result.tolist() == [Result.PASSED, Result.HANDLED, Result.BLOCKED]


class TestStages:
    """Groups that a queue turns to under conditions."""

    TWO: Any = {  # noqa: RUF012 - a constant
        "desk": {"serves": ["calls"], "staff": 1},
        "back": {"serves": ["calls"], "staff": 2},
    }

    def groups(self, *arrivals: float, **stage: Any) -> list[tuple[float, int]]:
        """Return when each call was answered, and by which group."""
        stages = [{"group": "desk"}, {"group": "back"} | stage]
        log = day(*arrivals, agents=self.TWO, queues={"calls": {"agents": stages}})
        return list(zip(log.started.tolist(), log.group.tolist(), strict=True))

    def test_a_call_overflows_after_a_while(self) -> None:
        assert self.groups(0, 10, 50, after="20 s") == [(0, 0), (30, 1), (60, 0)]

    def test_the_last_agents_are_kept(self) -> None:
        assert self.groups(0, 10, 20, idle=1) == [(0, 0), (10, 1), (60, 0)]

    def test_a_group_helps_when_many_wait(self) -> None:
        assert self.groups(0, 10, 20, 25, waiting=2) == [(0, 0), (20, 1), (25, 1), (60, 0)]
