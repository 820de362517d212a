"""Small days without randomness, asserted as sentences: each contact, its agent and its times."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from sim.core.errors import SojournError
from sim.engine.compiled import run as run_compiled
from sim.engine.plan import Outcome, Result
from sim.engine.reference import run
from tests.support.stories import call, people, plan_of, tell


def desk(**group: object) -> dict[str, object]:
    return {"desk": {"serves": ["calls"], "staff": 1} | group}


class TestOneQueue:
    """One kind of call, one group of agents."""

    def test_one_agent_and_two_customers(self) -> None:
        assert tell(plan_of({"call": call()}), 0, 10) == [
            "A call 0: answered 0 by desk 0, left 60, resolved",
            "B call 10: answered 60 by desk 0, left 120, resolved",
        ]

    def test_who_waits_too_long_gives_up_and_the_next_is_served(self) -> None:
        assert tell(plan_of({"call": call(patience="45 s")}), 0, 10, 20) == [
            "A call 0: answered 0 by desk 0, left 60, resolved",
            "B call 10: abandoned 55, gave_up",
            "C call 20: answered 60 by desk 0, left 120, resolved",
        ]

    def test_who_has_no_patience_still_gets_an_idle_agent(self) -> None:
        assert tell(plan_of({"call": call(patience="0 s")}), 0, 10, 60) == [
            "A call 0: answered 0 by desk 0, left 60, resolved",
            "B call 10: abandoned 10, gave_up",
            "C call 60: answered 60 by desk 0, left 120, resolved",
        ]

    def test_without_patience_in_the_scenario_nobody_gives_up(self) -> None:
        plan = plan_of({"call": call(talk="6 h")})
        assert tell(plan, 0, 1)[1] == "B call 1: answered 21600 by desk 0, left 43200, resolved"

    def test_whose_patience_is_infinite_waits_on(self) -> None:
        patience = {"law": "fixed", "value": 1, "never": "100 %"}
        assert tell(plan_of({"call": call(patience=patience)}), 0, 1)[1].startswith("B call 1: answered 60")

    def test_hold_is_part_of_the_service_and_wrap_up_is_not(self) -> None:
        assert tell(plan_of({"call": call(hold="15 s", wrap_up="30 s", next="mail"), "mail": {
            "channel": "web", "time": "5 s", "next": "resolved"}}), 0, 10) == [
            "A call 0: answered 0 by desk 0, 15 on hold, left 75, freed 105, mail",
            "B call 10: answered 105 by desk 0, 15 on hold, left 180, freed 210, mail",
            "A'1 mail 75: left 80, resolved",
            "B'1 mail 180: left 185, resolved",
        ]  # fmt: skip

    def test_the_agent_who_was_idle_longest_takes_the_call(self) -> None:
        steps = {"call": call(), "quick": call(talk="30 s")}
        assert tell(plan_of(steps, desk(staff=3)), 0, (10, "quick"), 70, 71, 72)[2:] == [
            "C call 70: answered 70 by desk 2, left 130, resolved",
            "D call 71: answered 71 by desk 1, left 131, resolved",
            "E call 72: answered 72 by desk 0, left 132, resolved",
        ]

    def test_who_abandons_may_come_back_with_new_patience(self) -> None:
        steps = {
            "call": call(patience="20 s", if_abandoned="break"),
            "break": {"channel": "pause", "time": "30 s", "next": "call"},
        }
        assert tell(plan_of(steps), 0, 5) == [
            "A call 0: answered 0 by desk 0, left 60, resolved",
            "B call 5: abandoned 25, break",
            "B'1 break 25: left 55, call",
            "B'2 call 55: answered 60 by desk 0, left 120, resolved",
        ]

    def test_patience_that_is_kept_is_the_same_at_each_try(self) -> None:
        steps = {
            "call": call(talk="3 h", patience={"law": "exponential", "mean": "60 s"}, if_abandoned="break"),
            "break": {"channel": "pause", "time": "30 s", "next": "call"},
        }
        for kept in (False, True):
            plan = plan_of(steps | {"call": steps["call"] | {"patience_kept": kept}})
            logs = [engine(plan, people(plan, 0, 1, 2)) for engine in (run, run_compiled)]
            waits = [(log.ended - log.began)[log.result == Result.ABANDONED] for log in logs]
            np.testing.assert_array_equal(*waits)
            different = {round(float(wait), 6) for wait in waits[0]}
            assert len(different) == (2 if kept else len(waits[0]))  # of two customers who never get through

    def test_each_visit_has_a_patience_of_its_own(self) -> None:
        patience = {"law": "exponential", "mean": "5 min"}
        plan = plan_of({"call": call(patience=patience, if_abandoned="call")}, desk(staff=0))
        log = run(plan, people(plan, 0))
        waits = (log.ended - log.began)[:-1]
        assert len(set(waits.tolist())) == len(waits) > 100

    def test_who_is_still_inside_at_the_end(self) -> None:
        steps = {"call": call(talk="90 s"), "web": {"channel": "web", "time": "9 h", "next": "resolved"}}
        plan = plan_of(steps, run={"hours": "00:00-00:01", "drain": "1 min"})
        assert tell(plan, 0, 20, 59, (59, "web")) == [
            "A call 0: answered 0 by desk 0, left 90, resolved",
            "B call 20: inside",
            "C call 59: inside",
            "D web 59: inside",
        ]

    def test_nothing_happens_at_the_very_end_or_later(self) -> None:
        plan = plan_of({"call": call(talk="2 min")}, run={"hours": "00:00-00:02"})
        assert tell(plan, 0, 1) == ["A call 0: answered 0 by desk 0, inside", "B call 1: inside"]

    def test_nobody_comes(self) -> None:
        log = run(plan := plan_of({"call": call()}), people(plan))
        assert len(log) == 0
        assert (log.customer.dtype, log.began.dtype) == (np.int32, np.float64)


class TestTheSameInstant:
    """ADR 2: staff, freed, left, arrived, gave up; then the customer who came first; consequences at once."""

    def test_an_agent_who_finishes_takes_who_would_give_up_now(self) -> None:
        assert tell(plan_of({"call": call(patience="30 s")}), 0, 30)[1] == (
            "B call 30: answered 60 by desk 0, left 120, resolved"
        )

    def test_so_does_one_whose_wrap_up_ends_and_one_who_comes_on_duty(self) -> None:
        wrapping = plan_of({"call": call(talk="40 s", wrap_up="20 s", patience="30 s")})
        assert tell(wrapping, 0, 30)[1] == "B call 30: answered 60 by desk 0, left 100, freed 120, resolved"
        coming = plan_of({"call": call(patience="30 s")}, desk(staff=[0, 1]))
        assert tell(coming, 30) == ["A call 30: answered 60 by desk 0, left 120, resolved"]

    def test_who_waits_goes_before_who_comes_now(self) -> None:
        assert tell(plan_of({"call": call()}), 0, 59, 60)[1:] == [
            "B call 59: answered 60 by desk 0, left 120, resolved",
            "C call 60: answered 120 by desk 0, left 180, resolved",
        ]

    def test_who_comes_now_gets_the_agent_who_finishes_now(self) -> None:
        assert tell(plan_of({"call": call(patience="0 s")}), 0, 60)[1] == (
            "B call 60: answered 60 by desk 0, left 120, resolved"
        )

    def test_agents_leave_before_a_customer_comes(self) -> None:
        assert tell(plan_of({"call": call(patience="5 s")}, desk(staff=[1, 0])), 60) == [
            "A call 60: abandoned 65, gave_up"
        ]

    def test_agents_leave_before_another_finishes(self) -> None:
        # The one who is free is sent home, so the one who finishes now stays and serves.
        plan = plan_of({"call": call(patience="5 s")}, desk(staff=[2, 1]))
        assert tell(plan, 0, 60)[1] == "B call 60: answered 60 by desk 0, left 120, resolved"

    def test_who_came_first_is_first(self) -> None:
        assert tell(plan_of({"call": call()}, desk(staff=2)), 0, 0, 0, 0) == [
            "A call 0: answered 0 by desk 0, left 60, resolved",
            "B call 0: answered 0 by desk 1, left 60, resolved",
            "C call 0: answered 60 by desk 0, left 120, resolved",
            "D call 0: answered 60 by desk 1, left 120, resolved",
        ]

    def test_the_order_is_that_of_customers_and_not_of_planning(self) -> None:
        # B's event at 20 is planned at 0, and A's at 10; A still comes to the desk first.
        steps = {
            "half": {"channel": "ivr", "time": "10 s", "next": "other"},
            "other": {"channel": "ivr", "time": "10 s", "next": "call"},
            "whole": {"channel": "ivr", "time": "20 s", "next": "call"},
            "call": call(),
        }
        assert tell(plan_of(steps), (0, "half"), (0, "whole"))[3:] == [
            "A'2 call 20: answered 20 by desk 0, left 80, resolved",
            "B'1 call 20: answered 80 by desk 0, left 140, resolved",
        ]

    def test_wrap_up_ends_before_a_service_ends(self) -> None:
        # At 60 desk 1 ends its wrap-up (B) and desk 0 its service (A): C, who waits, gets desk 1.
        steps = {"call": call(), "quick": call(talk="10 s", wrap_up="50 s")}
        assert tell(plan_of(steps, desk(staff=2)), 0, (0, "quick"), 30)[2] == (
            "C call 30: answered 60 by desk 1, left 120, resolved"
        )

    def test_consequences_come_before_the_next_event(self) -> None:
        # A's call ends and leads to the same queue again: B is taken first, and A waits before C comes.
        steps = {"call": call(next="again"), "again": call()}
        assert tell(plan_of(steps), 0, 10, 60) == [
            "A call 0: answered 0 by desk 0, left 60, again",
            "B call 10: answered 60 by desk 0, left 120, again",
            "A'1 again 60: answered 120 by desk 0, left 180, resolved",
            "C call 60: answered 180 by desk 0, left 240, again",
            "B'1 again 120: answered 240 by desk 0, left 300, resolved",
            "C'1 again 240: answered 300 by desk 0, left 360, resolved",
        ]

    def test_services_without_length_all_happen(self) -> None:
        assert tell(plan_of({"call": call(talk="0 s", patience="0 s")}), 0, 0, 0) == [
            f"{who} call 0: answered 0 by desk 0, left 0, resolved" for who in "ABC"
        ]


class TestStaffing:
    """Headcounts that change."""

    def test_a_service_is_finished_after_the_shift(self) -> None:
        assert tell(plan_of({"call": call(talk="90 s", wrap_up="30 s")}, desk(staff=[1, 0, 0, 0, 1])), 10, 20) == [
            "A call 10: answered 10 by desk 0, left 100, freed 130, resolved",
            "B call 20: answered 240 by desk 0, left 330, freed 360, resolved",
        ]

    def test_more_agents_serve_who_waits(self) -> None:
        assert tell(plan_of({"call": call(talk="5 min")}, desk(staff=[1, 3])), 0, 10, 20, 30) == [
            "A call 0: answered 0 by desk 0, left 300, resolved",
            "B call 10: answered 60 by desk 1, left 360, resolved",
            "C call 20: answered 60 by desk 2, left 360, resolved",
            "D call 30: answered 300 by desk 0, left 600, resolved",
        ]

    def test_a_departure_that_nobody_could_make_is_taken_back(self) -> None:
        # At 60 both are busy, so the next to finish is to leave; at 120 the second is wanted again, so nobody does.
        assert tell(plan_of({"call": call(talk="150 s")}, desk(staff=[2, 1, 2])), 0, 10, 20) == [
            "A call 0: answered 0 by desk 0, left 150, resolved",
            "B call 10: answered 10 by desk 1, left 160, resolved",
            "C call 20: answered 150 by desk 0, left 300, resolved",
        ]

    def test_who_comes_back_is_the_lowest_number(self) -> None:
        assert "by desk 0" in tell(plan_of({"call": call()}, desk(staff=[3, 0, 1])), 120)[0]

    def test_nobody_is_on_duty_outside_the_hours(self) -> None:
        run = {"hours": "01:00-02:00", "days": 2}
        plan = plan_of({"call": call(talk="1 h")}, desk(), run=run)
        assert tell(plan, 3600, 3601) == [
            "A call 3600: answered 3600 by desk 0, left 7200, resolved",
            "B call 3601: answered 90000 by desk 0, inside",
        ]

    def test_or_the_last_staff_stays_until_all_is_done(self) -> None:
        run = {"hours": "01:00-02:00", "drain": "1 day"}
        plan = plan_of({"call": call(talk="1 h")}, desk(stay_until_empty=True), run=run)
        assert tell(plan, 3600, 3601)[1] == "B call 3601: answered 7200 by desk 0, left 10800, resolved"


class TestSeveralAtOnce:
    """An agent who holds several contacts."""

    CHAT = call(channel="chat", queue="chats")

    def test_three_chats_at_once_the_least_loaded_agent_first(self) -> None:
        plan = plan_of({"chat": self.CHAT}, {"desk": {"serves": ["chats"], "staff": 2}})
        assert tell(plan, 0, 1, 2, 3, 4, 5, 6) == [
            "A chat 0: answered 0 by desk 0, left 60, resolved",
            "B chat 1: answered 1 by desk 1, left 61, resolved",
            "C chat 2: answered 2 by desk 0, left 62, resolved",
            "D chat 3: answered 3 by desk 1, left 63, resolved",
            "E chat 4: answered 4 by desk 0, left 64, resolved",
            "F chat 5: answered 5 by desk 1, left 65, resolved",
            "G chat 6: answered 60 by desk 0, left 120, resolved",
        ]

    def test_who_leaves_finishes_all_that_they_hold_and_takes_no_more(self) -> None:
        plan = plan_of({"chat": self.CHAT}, {"desk": {"serves": ["chats"], "staff": [1, 0, 1]}})
        assert tell(plan, 20, 30, 70) == [
            "A chat 20: answered 20 by desk 0, left 80, resolved",
            "B chat 30: answered 30 by desk 0, left 90, resolved",
            "C chat 70: answered 120 by desk 0, left 180, resolved",
        ]

    def test_who_held_several_and_left_is_gone(self) -> None:
        plan = plan_of({"chat": self.CHAT | {"talk": "10 s"}}, {"desk": {"serves": ["chats"], "staff": [1, 0, 1]}})
        assert tell(plan, 0, 1, 2, 70)[3] == "D chat 70: answered 120 by desk 0, left 130, resolved"

    def test_who_was_to_leave_and_is_wanted_again_goes_on_with_what_they_hold(self) -> None:
        long = {"chat": self.CHAT | {"talk": "5 min"}}
        plan = plan_of(long, {"desk": {"serves": ["chats"], "staff": [1, 0, 1], "at_once": 2}})
        assert tell(plan, 0, 70, 80) == [
            "A chat 0: answered 0 by desk 0, left 300, resolved",
            "B chat 70: answered 120 by desk 0, left 420, resolved",
            "C chat 80: answered 300 by desk 0, left 600, resolved",
        ]


class TestRouting:
    """Several queues, several groups."""

    STEPS = {"gold": call(queue="gold"), "silver": call(queue="silver")}  # noqa: RUF012 - never changed

    def test_the_better_rank_goes_first(self) -> None:
        plan = plan_of(self.STEPS, {"desk": {"serves": ["gold", "silver"], "staff": 1}})
        assert tell(plan, 0, (10, "silver"), (20, "gold"), (70, "gold")) == [
            "A gold 0: answered 0 by desk 0, left 60, resolved",
            "B silver 10: answered 180 by desk 0, left 240, resolved",
            "C gold 20: answered 60 by desk 0, left 120, resolved",
            "D gold 70: answered 120 by desk 0, left 180, resolved",
        ]

    def test_equal_ranks_share_and_the_longest_wait_goes_first(self) -> None:
        plan = plan_of(self.STEPS, {"desk": {"serves": {"gold": 1, "silver": 1}, "staff": 1}})
        assert tell(plan, 0, (10, "silver"), (20, "gold"))[1:] == [
            "B silver 10: answered 60 by desk 0, left 120, resolved",
            "C gold 20: answered 120 by desk 0, left 180, resolved",
        ]

    def test_of_equal_ranks_and_waits_the_first_queue_in_the_list_goes_first(self) -> None:
        plan = plan_of(self.STEPS, {"desk": {"serves": {"gold": 1, "silver": 1}, "staff": 1}})
        assert tell(plan, 0, (10, "silver"), (10, "gold"))[1:] == [
            "B silver 10: answered 120 by desk 0, left 180, resolved",
            "C gold 10: answered 60 by desk 0, left 120, resolved",
        ]

    def test_the_policy_of_the_longest_wait_ignores_ranks(self) -> None:
        plan = plan_of(self.STEPS, {"desk": {"serves": ["gold", "silver"], "staff": 1}}, routing="longest_wait")
        assert tell(plan, 0, (10, "silver"), (20, "gold"))[1].startswith("B silver 10: answered 60")

    def test_each_agent_takes_what_they_know(self) -> None:
        agents = {"both": {"serves": ["gold", "silver"], "staff": 1}, "silver": {"serves": ["silver"], "staff": 1}}
        assert tell(plan_of(self.STEPS, agents), (0, "silver"), (1, "silver"), (2, "silver"), (3, "gold")) == [
            "A silver 0: answered 0 by both 0, left 60, resolved",
            "B silver 1: answered 1 by silver 0, left 61, resolved",
            "C silver 2: answered 61 by silver 0, left 121, resolved",
            "D gold 3: answered 60 by both 0, left 120, resolved",
        ]

    def test_a_queue_may_name_its_groups_in_order(self) -> None:
        agents = {"both": {"serves": ["gold", "silver"], "staff": 1}, "silver": {"serves": ["silver"], "staff": 1}}
        plan = plan_of(self.STEPS, agents, queues={"silver": {"agents": ["silver", "both"]}})
        assert [line.split(" by ")[1] for line in tell(plan, (0, "silver"), (1, "silver"))] == [
            "silver 0, left 60, resolved",
            "both 0, left 61, resolved",
        ]

    @pytest.mark.parametrize(("policy", "group"), [("priority", "first"), ("longest_wait", "second")])
    def test_which_group_takes_a_call_that_several_could(self, policy: str, group: str) -> None:
        # At 100 the first group has been idle since 60, and the second since 0.
        agents = {name: {"serves": ["calls"], "staff": 1} for name in ("first", "second")}
        assert f"by {group} 0" in tell(plan_of({"call": call()}, agents, routing=policy), 0, 100)[1]


class TestOtherSteps:
    """Opening hours, pauses, work behind the scenes, and journeys without end."""

    def test_a_closed_queue_turns_away_at_its_very_end_and_serves_who_waits(self) -> None:
        steps = {"call": call(if_closed="mail"), "mail": {"channel": "web", "time": "10 s", "next": "unresolved"}}
        plan = plan_of(steps, queues={"calls": {"hours": "00:01-00:03"}})
        assert tell(plan, 59, 60, 179, 180) == [
            "A call 59: closed 59, mail",
            "A'1 mail 59: left 69, unresolved",
            "B call 60: answered 60 by desk 0, left 120, resolved",
            "C call 179: answered 179 by desk 0, left 239, resolved",
            "D call 180: closed 180, mail",
            "D'1 mail 180: left 190, unresolved",
        ]

    def test_who_waits_when_the_queue_closes_is_still_served(self) -> None:
        plan = plan_of({"call": call(talk="5 min")}, queues={"calls": {"hours": "00:00-00:01"}})
        assert tell(plan, 0, 59)[1] == "B call 59: answered 300 by desk 0, left 600, resolved"

    def test_a_queue_opens_again_the_next_day(self) -> None:
        plan = plan_of({"call": call()}, queues={"calls": {"hours": "00:01-00:03"}}, run={"days": 2})
        assert tell(plan, 86_400 + 59, 86_400 + 60) == [
            "A call 86459: closed 86459, gave_up",
            "B call 86460: answered 86460 by desk 0, left 86520, resolved",
        ]

    def test_a_pause_over_night(self) -> None:
        steps = {
            "web": {"channel": "web", "time": "60 s", "next": "sleep"},
            "sleep": {"channel": "pause", "resume_at": "08:00", "time": "30 min", "next": "call"},
            "call": call(),
        }
        evening, morning = 20 * 3600, 8 * 3600
        assert tell(plan_of(steps, run={"days": 2}), morning - 60, morning, evening) == [
            "A web 28740: left 28800, sleep",
            "A'1 sleep 28800: left 30600, call",
            "B web 28800: left 28860, sleep",
            "B'1 sleep 28860: left 117000, call",
            "A'2 call 30600: answered 30600 by desk 0, left 30660, resolved",
            "C web 72000: left 72060, sleep",
            "C'1 sleep 72060: left 117000, call",
            "B'2 call 117000: answered 117000 by desk 0, left 117060, resolved",
            "C'2 call 117000: answered 117060 by desk 0, left 117120, resolved",
        ]

    def test_a_pause_until_midnight(self) -> None:
        steps = {"sleep": {"channel": "pause", "resume_at": "24:00", "time": "5 s", "next": "resolved"}}
        assert tell(plan_of(steps, run={"days": 2}), 0, 10) == [
            "A sleep 0: left 86405, resolved",
            "B sleep 10: left 86405, resolved",
        ]

    def test_work_behind_the_scenes_waits_for_ever_and_is_done_in_order(self) -> None:
        steps = {
            "mail": {"channel": "email", "queue": "mails", "talk": "30 min", "wrap_up": "60 s", "next": "resolved"}
        }
        assert tell(plan_of(steps, {"back": {"serves": ["mails"], "staff": 1}}), 0, 10, 20) == [
            "A mail 0: answered 0 by back 0, left 1800, freed 1860, resolved",
            "B mail 10: answered 1860 by back 0, left 3660, freed 3720, resolved",
            "C mail 20: answered 3720 by back 0, left 5520, freed 5580, resolved",
        ]

    def test_a_journey_in_circles_is_an_error_that_names_the_step(self) -> None:
        steps = {"web": {"channel": "web", "time": 0, "next": {"web": 1, "resolved": 0}}}
        plan = plan_of(steps)
        with pytest.raises(SojournError, match=r"^it\.web: a journey goes round in circles here$"):
            run(plan, people(plan, 0))

    def test_a_touchpoint_that_did_not_happen_has_no_instants(self) -> None:
        plan = plan_of({"call": call(patience="5 s")}, desk(staff=0), queues={"calls": {"hours": "00:01-00:02"}})
        log = run(plan, people(plan, 0, 60, 119))
        assert log.result.tolist() == [Result.CLOSED, Result.ABANDONED, Result.ABANDONED]
        assert log.next.tolist() == [-1 - Outcome.GAVE_UP] * 3
        np.testing.assert_array_equal(log.started, [nan, nan, nan])
        np.testing.assert_array_equal(log.freed, [nan, nan, nan])
        assert (log.hold.tolist(), log.group.tolist(), log.agent.tolist()) == ([0.0] * 3, [-1] * 3, [-1] * 3)


def test_a_pause_until_the_next_day_is_over_tomorrow_even_if_that_time_of_today_is_still_to_come() -> None:
    away = {"channel": "pause", "time": "1 min", "resume_at": "next day 00:10", "next": "resolved"}
    plan = plan_of({"away": away}, run={"drain": "2 days"})
    assert tell(plan, 300.0) == ["A away 300: left 87060, resolved"]
