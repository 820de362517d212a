"""Agents with several contacts, breaks and transfers, on days without randomness."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.engine import Log
from sim.engine.plan import Result
from sim.engine.reference import run
from tests.support.stories import call, people, plan_of, tell

CHAT = {"channel": "chat", "queue": "chats", "talk": "60 s", "next": "resolved"}
MAIL = {"channel": "email", "queue": "mails", "talk": "60 s", "next": "resolved"}


def day(steps: dict[str, Any], agents: dict[str, Any], *arrivals: float | tuple[float, str], **more: Any) -> Log:
    """Simulate one group."""
    plan = plan_of(steps, {"desk": {"staff": None if "shifts" in agents else 1} | agents}, **more)
    return run(plan, people(plan, *arrivals))


class TestSpeed:
    """How fast agents are."""

    def test_a_chat_slows_down_while_another_one_goes_on(self) -> None:
        # A alone does 30 s of work by 30; at half the speed both need until 90 for A's other 30 s; B is alone then.
        log = day({"chat": CHAT}, {"serves": ["chats"], "at_once": 2, "slower": [1, 2]}, 0, 30)
        assert log.ended.tolist() == [90, 120]

    def test_the_last_factor_goes_on(self) -> None:
        log = day({"chat": CHAT}, {"serves": ["chats"], "at_once": 3, "slower": [1, 2]}, 0, 0, 0)
        assert log.ended.tolist() == [120, 120, 120]

    def test_a_share_slows_by_each_further_chat(self) -> None:
        log = day({"chat": CHAT}, {"serves": ["chats"], "at_once": 3, "slower": "50 %"}, 0, 0, 0)
        assert log.ended.tolist() == [120, 120, 120]

    def test_a_queue_may_take_longer_with_some(self) -> None:
        assert day({"chat": CHAT}, {"serves": {"chats": {"aht": 1.5}}}, 0).ended.tolist() == [90]

    def test_who_was_busy_is_tired(self) -> None:
        tired = {"above": "30 %", "times": 2, "over": "60 s"}
        log = day({"chat": CHAT}, {"serves": ["chats"], "at_once": 1, "fatigue": tired}, 0, 60, 600)
        assert (log.ended - log.started).tolist() == [60, 120, 60]  # 63 % busy of late, and 0 % after a while

    def test_a_break_comes_right_after_a_contact(self) -> None:
        rest = {"probability": "100 %", "time": "30 s"}
        log = day({"chat": CHAT | {"wrap_up": "10 s"}}, {"serves": ["chats"], "at_once": 1, "breaks": rest}, 0, 1)
        assert (log.started.tolist(), log.freed.tolist()) == ([0, 100], [70, 170])


class TestPlaces:
    """Who holds how many."""

    @pytest.mark.parametrize(("assign", "agents"), [("fill_up", [0, 0, 1, 1]), ("least_loaded", [0, 1, 0, 1])])
    def test_chats_fill_one_agent_up_or_go_to_the_least_loaded(self, assign: str, agents: list[int]) -> None:
        log = day({"chat": CHAT}, {"serves": ["chats"], "staff": 2, "at_once": 2, "assign": assign}, 0, 1, 2, 3)
        assert log.agent.tolist() == agents

    def test_a_call_takes_all_places_and_a_chat_takes_one(self) -> None:
        serves = {"calls": {"takes": 2}, "chats": {}}
        log = day({"chat": CHAT, "call": call()}, {"serves": serves, "at_once": 2}, 0, (1, "call"), (70, "chat"))
        assert log.started.tolist() == [0, 60, 120]

    def test_a_call_interrupts_an_e_mail_which_goes_on_later(self) -> None:
        serves = {"calls": {"rank": 0, "interrupts": True}, "mails": {"rank": 1}}
        log = day({"mail": MAIL, "call": call()}, {"serves": serves}, 0, (20, "call"))
        assert (log.started.tolist(), log.ended.tolist()) == ([0, 20], [120, 80])

    def test_a_call_interrupts_nothing_of_its_own_rank(self) -> None:
        serves = {"calls": {"rank": 0, "interrupts": True}, "mails": {"rank": 0}}
        log = day({"mail": MAIL, "call": call()}, {"serves": serves}, 0, (20, "call"))
        assert log.started.tolist() == [0, 60]


class TestShifts:
    """Agents one by one."""

    SHIFT: Any = {  # noqa: RUF012 - a constant
        "agents": 1,
        "hours": "00:00-00:10",
        "off": [{"kind": "lunch", "hours": "00:02-00:05"}],
    }

    def test_nobody_takes_calls_in_a_break_but_all_are_finished(self) -> None:
        desk = {"serves": ["calls"], "shifts": [self.SHIFT]}
        log = day({"call": call()}, desk, 90, 100, 570, 580)
        assert log.started.tolist()[:3] == [90, 300, 570]
        assert log.ended.tolist()[:3] == [150, 360, 630]
        assert np.isnan(log.started[3])

    def test_who_is_late_is_late_for_each_part(self) -> None:
        desk = {"serves": ["calls"], "shifts": [self.SHIFT], "lateness": "20 s"}
        assert day({"call": call()}, desk, 0, 130).started.tolist() == [20, 320]

    def test_who_does_not_come_serves_nobody(self) -> None:
        desk = {"serves": ["calls"], "shifts": [self.SHIFT], "absence": "100 %"}
        assert np.isnan(day({"call": call()}, desk, 0).started).all()

    def test_parts_off_beyond_the_shift_are_nothing(self) -> None:
        off = [{"hours": "00:09-00:12"}, {"hours": "00:13-00:14"}]
        plan = plan_of(
            {"call": call()}, {"desk": {"serves": ["calls"], "staff": None, "shifts": [self.SHIFT | {"off": off}]}}
        )
        assert (plan.shifts.begin.tolist(), plan.shifts.until.tolist()) == ([0], [540])

    def test_a_shift_has_its_days(self) -> None:
        desk = {"serves": ["calls"], "shifts": [self.SHIFT | {"days": [2]}]}
        assert day({"call": call()}, desk, 0, run={"days": 2}).started.tolist() == [86_400]

    def test_days_count_from_1_so_a_week_has_no_day_without_staff(self) -> None:
        desk = {"serves": ["calls"], "shifts": [self.SHIFT | {"days": [1, 2, 3, 4, 5]}]}
        arrivals = [day_of_run * 86_400 for day_of_run in range(5)]
        log = day({"call": call()}, desk, *arrivals, run={"days": 5})
        assert log.started.tolist() == arrivals


class TestTransfers:
    """Agents who stay with the customer until the next one has time."""

    AGENTS: Any = {  # noqa: RUF012 - a constant
        "desk": {"serves": ["calls"], "staff": 1},
        "experts": {"serves": ["hard"], "staff": 1},
    }

    def log(self, stays: dict[str, str]) -> Log:
        """Let A be transferred at 60 to an expert who is busy with B until 100."""
        first = call(next="expert", transfer=stays, handover="15 s", wrap_up="5 s")
        steps = {"call": first, "expert": call(queue="hard", talk="90 s")}
        plan = plan_of(steps, self.AGENTS)
        return run(plan, people(plan, 0, (10, "expert")))

    @pytest.mark.parametrize(
        ("stays", "freed", "ended"),
        [
            ({}, 65, 190),
            ({"expert": "warm"}, 100 + 15 + 5, 100 + 15 + 90),
            ({"expert": "conference"}, 190 + 5, 190),
        ],
    )
    def test_the_first_agent_stays(self, stays: dict[str, str], freed: float, ended: float) -> None:
        log = self.log(stays)
        assert log.started.tolist() == [0, 10, 100]
        assert (log.freed[0], log.ended[2]) == (freed, ended)

    def test_a_service_may_break_off(self) -> None:
        log = day({"call": call(disconnect="100 %", if_failed="unresolved")}, {"serves": ["calls"]}, 0)
        assert log.result.tolist() == [Result.FAILED]
        assert 0 < log.ended[0] < 60


class TestNotifications:
    """A message to a customer who is away."""

    def days(self, **notify: Any) -> list[str]:
        """Tell of a pause of a minute with a notification."""
        pause = {"channel": "pause", "time": "60 s", "notify": {"after": "20 s", "to": "web"} | notify, "next": "web"}
        web = {"channel": "web", "time": "5 s", "next": "resolved"}
        return tell(plan_of({"away": pause, "web": web}, None, orchestration={"notifications": notify != {}}), 0)

    def test_it_brings_the_customer_back(self) -> None:
        assert self.days(reach="100 %") == ["A away 0: left 20, web", "A'1 web 20: left 25, resolved"]

    def test_or_makes_coming_back_needless(self) -> None:
        assert self.days(to="resolved") == ["A away 0: left 20, resolved"]

    def test_who_does_not_react_or_gets_it_too_late_or_gets_none_stays_away(self) -> None:
        for notify in ({"reach": 0}, {"after": "60 s"}, {}):
            assert self.days(**notify) == ["A away 0: left 60, web", "A'1 web 60: left 65, resolved"]


class TestConditions:
    """Where a customer goes may depend on the past."""

    WEB: Any = {"channel": "web", "time": "9 s", "next": "resolved"}  # noqa: RUF012 - a constant

    def leads(self, *arrivals: float | tuple[float, str], when: Any, **more: Any) -> list[str]:
        """Return where each call led: to "yes" where the condition holds."""
        first = {"when": when, "to": "yes"}
        step = call(next=[first, {"to": "resolved"}]) | more.pop("step", {})
        steps = {"call": step, "yes": self.WEB, "app": {"channel": "app", "time": 0, "next": "call"}}
        plan = plan_of(steps | more.pop("steps", {}), None, **more)
        log = run(plan, people(plan, *arrivals))
        calls = log.step == 0
        return [plan.steps[step].removeprefix("it.") if step >= 0 else "" for step in log.next[calls]]

    def test_by_how_long_one_waited(self) -> None:
        assert self.leads(0, 10, 30, when={"waited": "> 50 s"}) == ["", "", "yes"]
        assert self.leads(0, 10, 30, when={"waited": ">= 50 s"}) == ["", "yes", "yes"]

    def test_by_where_one_comes_from(self) -> None:
        assert self.leads(0, (100, "app"), when={"came_from": "app"}) == ["", "yes"]

    def test_by_attempt(self) -> None:
        again = {"if_abandoned": [{"when": {"attempt": "< 3"}, "to": "call"}, {"to": "yes"}], "patience": "10 s"}
        assert self.leads(0, 5, when={"attempt": 9}, step=again) == ["", "call", "call", "yes"]

    def test_by_effort(self) -> None:
        # 0.1 points a minute: A waits none, B 40 s, C 90 s.
        assert self.leads(0, 20, 30, when={"effort": ">= 0.1"}) == ["", "", "yes"]

    def test_by_context_which_is_lost_between_channels(self) -> None:
        lost = {"context": "lost", "repeat": "7 s"}
        assert self.leads(0, (100, "app"), when={"context": "lost"}, orchestration=lost) == ["", "yes"]
        plan = plan_of({"app": {"channel": "app", "time": 0, "next": "call"}, "call": call()}, orchestration=lost)
        log = run(plan, people(plan, 0))
        assert (log.ended.tolist(), log.repeat.tolist()) == ([0, 67], [0, 7])

    @pytest.mark.parametrize(("segment", "leads"), [("old", "yes"), (["new", "old"], "yes"), ("new", "")])
    def test_by_segment(self, segment: Any, leads: str) -> None:
        segments = {"old": {"share": "50 %"}, "new": {"share": "50 %"}}
        assert self.leads(0, when={"segment": segment}, segments=segments) == [leads]

    def test_patience_by_segment_and_case(self) -> None:
        impatience = [{"when": {"came_from": "app"}, "times": 0.5}, {"times": 2}]
        steps = {
            "call": call(patience="10 s", impatience=impatience),
            "app": {"channel": "app", "time": 0, "next": "call"},
        }
        segments = {"old": {"share": "100 %", "patience": 1.5}}
        plan = plan_of(steps, segments=segments)
        log = run(plan, people(plan, 0, 1, (2, "app")))
        assert log.ended[log.result == Result.ABANDONED].tolist() == [31, 2 + 7.5]
