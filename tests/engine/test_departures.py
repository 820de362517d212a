"""Departures when duty ends: of whoever finishes first, of each on their own, or of all when nobody waits."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan
from typing import Any, ClassVar

import pytest

from sim.engine import Log, Plan, compiled, reference
from sim.population import Population
from tests.support.stories import call, people, plan_of, sentences

Run = Callable[[Plan, Population], Log]
ENGINES = pytest.mark.parametrize("run", [reference.run, compiled.run], ids=["reference", "compiled"])
TALKS = {"long": "300 s", "short": "100 s"}


def day(run: Run, group: dict[str, Any], /, *arrivals: float | tuple[float, str], **more: Any) -> tuple[list[str], Any]:
    """Return the log as sentences; and agent, came and left of each stretch of presence."""
    steps = more.pop("steps", {name: call(talk=talk) for name, talk in TALKS.items()})
    plan = plan_of(steps, {"desk": {"serves": ["calls"], "staff": None} | group}, **more)
    log = run(plan, people(plan, *arrivals))
    columns = (getattr(log.presence, name).tolist() for name in ("agent", "came", "left"))
    return sentences(plan, log), [
        (agent, came, None if isnan(left) else left) for agent, came, left in zip(*columns, strict=True)
    ]


def shift(hours: str, agents: int = 1) -> dict[str, Any]:
    return {"agents": agents, "hours": hours}


class TestWhoLeavesWhenTheHeadcountFalls:
    """At 60 one of two busy agents is to leave."""

    @ENGINES
    def test_whoever_finishes_first(self, run: Run) -> None:
        contacts, presence = day(run, {"staff": [2, 1]}, (0, "long"), (10, "short"), (20, "short"))
        assert contacts[2] == "C short 20: answered 300 by desk 0, left 400, resolved"
        assert presence == [(0, 0, None), (1, 0, 110)]

    @ENGINES
    def test_or_each_on_their_own_and_the_lowest_number_first(self, run: Run) -> None:
        group = {"staff": [2, 1], "leaving": "own"}
        contacts, presence = day(run, group, (0, "long"), (10, "short"), (20, "short"), (400, "short"))
        assert contacts[2:] == [
            "C short 20: answered 110 by desk 1, left 210, resolved",
            "D short 400: answered 400 by desk 1, left 500, resolved",
        ]
        assert presence == [(0, 0, 300), (1, 0, None)]

    @ENGINES
    @pytest.mark.parametrize("leaving", ["own", "first_free"])
    def test_the_idle_leave_first(self, run: Run, leaving: str) -> None:
        _, presence = day(run, {"staff": [2, 1], "leaving": leaving}, (0, "long"))
        assert presence == [(0, 0, None), (1, 0, 60)]

    @ENGINES
    @pytest.mark.parametrize("leaving", ["own", "first_free"])
    def test_then_those_who_hold_least(self, run: Run, leaving: str) -> None:
        # Desk 0 has three chats when desk 1 comes; of its own, desk 1 has two.
        chat = {"chat": call(channel="chat", talk="300 s")}
        group = {"staff": [1, 2, 1], "at_once": 3, "leaving": leaving}
        contacts, presence = day(run, group, 0, 1, 2, 70, 71, 130, steps=chat)
        assert contacts[3] == "D chat 70: answered 70 by desk 1, left 370, resolved"
        assert contacts[5] == "F chat 130: answered 300 by desk 0, left 600, resolved"
        assert presence == [(0, 0, None), (1, 60, 371)]

    @ENGINES
    def test_who_leaves_on_their_own_finishes_all_that_they_hold(self, run: Run) -> None:
        chat = {"chat": call(channel="chat", talk="300 s")}
        group = {"staff": [2, 1], "at_once": 2, "leaving": "own"}
        contacts, presence = day(run, group, 0, 1, 2, 3, 100, steps=chat)
        assert contacts[4] == "E chat 100: answered 301 by desk 1, left 601, resolved"
        assert presence == [(0, 0, 302), (1, 0, None)]

    @ENGINES
    def test_who_leaves_on_their_own_is_called_back_first(self, run: Run) -> None:
        group = {"staff": [2, 1, 2], "leaving": "own"}
        contacts, presence = day(run, group, (0, "long"), (10, "long"), (20, "short"))
        assert contacts[2] == "C short 20: answered 300 by desk 0, left 400, resolved"
        assert presence == [(0, 0, None), (1, 0, None)]


class TestBreaks:
    """Breaks of a minute after each contact."""

    BREAKS: ClassVar[dict[str, Any]] = {"breaks": {"probability": 1, "time": "60 s"}}
    STEPS: ClassVar[dict[str, Any]] = {"call": call(talk="50 s", wrap_up="20 s")}

    @ENGINES
    def test_who_is_on_duty_takes_a_break(self, run: Run) -> None:
        group = {"shifts": [shift("00:00-00:10")]} | self.BREAKS
        contacts, presence = day(run, group, 0, 60, steps=self.STEPS)
        assert contacts[1] == "B call 60: answered 130 by desk 0, left 180, freed 200, resolved"
        assert presence == [(0, 0, 600)]

    @ENGINES
    @pytest.mark.parametrize(
        "group", [{"shifts": [shift("00:00-00:01")]}, {"staff": [1, 0]}, {"staff": [1, 0], "leaving": "own"}]
    )
    def test_nobody_takes_one_who_is_about_to_leave(self, run: Run, group: dict[str, Any]) -> None:
        # Duty ends at 60, after the talk and before the end of the after-call work.
        _, presence = day(run, group | self.BREAKS, 0, steps=self.STEPS)
        assert presence == [(0, 0, 70)]

    @ENGINES
    def test_nobody_takes_one_while_they_stay_until_nobody_waits(self, run: Run) -> None:
        group = {"shifts": [shift("00:00-00:01")], "stay_until_empty": True} | self.BREAKS
        contacts, presence = day(run, group, 0, 10, steps=self.STEPS)
        assert contacts[1] == "B call 10: answered 70 by desk 0, left 120, freed 140, resolved"
        assert presence == [(0, 0, 140)]

    @ENGINES
    def test_a_break_that_has_begun_is_finished(self, run: Run) -> None:
        group = {"shifts": [shift("00:00-00:02")]} | self.BREAKS
        assert day(run, group, 0, steps=self.STEPS)[1] == [(0, 0, 130)]
        assert day(run, group, 15, steps=self.STEPS)[1] == [(0, 0, 145)]


class TestStayUntilEmpty:
    """Two calls of 100 s are under way at 60, when duty ends, and a third waits."""

    CALLS = (0, "short"), (5, "short"), (10, "short")
    THIRD = "C short 10: answered 100 by desk 0, left 200, resolved"

    @ENGINES
    @pytest.mark.parametrize("group", [{"shifts": [shift("00:00-00:01", 2)]}, {"staff": [2, 0]}])
    @pytest.mark.parametrize("leaving", ["own", "first_free"])
    def test_the_last_agents_stay_until_nobody_waits(self, run: Run, group: dict[str, Any], leaving: str) -> None:
        contacts, presence = day(run, {"leaving": leaving} | group, *self.CALLS)
        assert contacts[2] == "C short 10: inside"
        assert presence == [(0, 0, 100), (1, 0, 105)]
        contacts, presence = day(run, {"leaving": leaving, "stay_until_empty": True} | group, *self.CALLS)
        assert contacts[2] == self.THIRD
        assert presence == [(0, 0, 200), (1, 0, 105)]

    @ENGINES
    @pytest.mark.parametrize("group", [{"shifts": [shift("00:00-00:01", 2)]}, {"staff": [2, 0]}])
    def test_they_leave_at_once_where_nobody_waits(self, run: Run, group: dict[str, Any]) -> None:
        contacts, presence = day(run, {"stay_until_empty": True} | group, (0, "short"), (70, "short"))
        assert contacts[1] == "B short 70: inside"
        assert presence == [(0, 0, 100), (1, 0, 60)]

    @ENGINES
    @pytest.mark.parametrize(
        "group", [{"shifts": [shift("00:00-00:01"), shift("00:00-00:03")]}, {"staff": [2, 1, 1, 0], "leaving": "own"}]
    )
    def test_who_leaves_a_colleague_behind_does_not_stay(self, run: Run, group: dict[str, Any]) -> None:
        contacts, presence = day(run, {"stay_until_empty": True} | group, *self.CALLS)
        assert contacts[2] == "C short 10: answered 105 by desk 1, left 205, resolved"
        assert presence == [(0, 0, 100), (1, 0, 205)]

    @ENGINES
    def test_not_even_at_the_instant_at_which_the_colleague_comes(self, run: Run) -> None:
        shifts = [shift("00:00-00:01"), shift("00:01-00:10")]
        contacts, presence = day(run, {"shifts": shifts, "stay_until_empty": True}, (0, "short"), (10, "short"))
        assert contacts[1] == "B short 10: answered 60 by desk 1, left 160, resolved"
        assert presence == [(0, 0, 100), (1, 60, 600)]

    @ENGINES
    def test_they_stay_until_somebody_comes(self, run: Run) -> None:
        shifts = [shift("00:00-00:01"), shift("00:03-00:10")]
        calls = [(time, "short") for time in (0, 10, 20, 30)]
        contacts, presence = day(run, {"shifts": shifts, "stay_until_empty": True}, *calls)
        assert [line.split(",")[0] for line in contacts[1:]] == [
            "B short 10: answered 100 by desk 0",
            "C short 20: answered 180 by desk 1",
            "D short 30: answered 280 by desk 1",
        ]
        assert presence == [(0, 0, 200), (1, 180, 600)]

    @ENGINES
    def test_who_comes_on_duty_again_meanwhile_goes_on(self, run: Run) -> None:
        lunch = shift("00:00-00:10") | {"off": [{"kind": "lunch", "hours": "00:01-00:03"}]}
        calls = [(time, "short") for time in (0, 10, 20)]
        contacts, presence = day(run, {"shifts": [lunch], "stay_until_empty": True}, *calls)
        assert contacts[2] == "C short 20: answered 200 by desk 0, left 300, resolved"
        assert presence == [(0, 0, 600)]

    @ENGINES
    def test_a_new_headcount_ends_the_stay(self, run: Run) -> None:
        calls = [(time, "short") for time in (0, 1, 10, 20, 30)]
        contacts, presence = day(run, {"staff": [2, 0, 1], "stay_until_empty": True, "leaving": "own"}, *calls)
        assert contacts[4] == "E short 30: answered 201 by desk 1, left 301, resolved"
        assert presence == [(0, 0, 200), (1, 0, None)]

    @ENGINES
    @pytest.mark.parametrize("group", [{"shifts": [shift("00:00-00:01")]}, {"staff": [1, 0]}])
    def test_they_leave_when_the_last_one_gives_up(self, run: Run, group: dict[str, Any]) -> None:
        # The mail's agent is kept for calls: it waits, though somebody is idle, until its patience for the mail ends.
        steps = {"call": call(talk="20 s", patience="80 s"), "other": call(queue="others", talk="20 s")}
        queues = {"calls": {"agents": [{"group": "desk", "idle": 1}]}}
        group = group | {"stay_until_empty": True, "serves": ["calls", "others"]}
        contacts, presence = day(run, group, 10, steps=steps, queues=queues)
        assert contacts == ["A call 10: abandoned 90, gave_up"]
        assert presence == [(0, 0, 90)]

    @ENGINES
    def test_on_each_day(self, run: Run) -> None:
        group = {"staff": [1, 0], "stay_until_empty": True}
        calls = [(midnight + time, "short") for midnight in (0, 86400) for time in (0, 10)]
        contacts, presence = day(run, group, *calls, run={"days": 2})
        assert contacts[1] == "B short 10: answered 100 by desk 0, left 200, resolved"
        assert contacts[3] == "D short 86410: answered 86500 by desk 0, left 86600, resolved"
        assert presence == [(0, 0, 200), (0, 86400, 86600)]

    @ENGINES
    def test_interrupted_work_waits_too(self, run: Run) -> None:
        # At 60 the mail that the call interrupted waits for its agent; nobody else does.
        steps = {
            "call": call(talk="60 s"),
            "mail": {"channel": "email", "queue": "mails", "talk": "100 s", "next": "resolved"},
        }
        serves = {"calls": {"rank": 0, "interrupts": True}, "mails": 1}
        group = {"shifts": [shift("00:00-00:01")], "serves": serves}
        calls = (0, "mail"), (20, "call")
        assert day(run, group, *calls, steps=steps)[1] == [(0, 0, 80)]
        contacts, presence = day(run, group | {"stay_until_empty": True}, *calls, steps=steps)
        assert contacts[0].endswith("left 160, resolved")
        assert presence == [(0, 0, 160)]
