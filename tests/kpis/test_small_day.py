"""The KPIs of a day of twelve customers, worked out on paper."""

from __future__ import annotations

import pytest

from sim.kpis import Measures, kpis, measure
from tests.support.kpi_days import make_log, make_plan, make_population

DAY = {
    # kpi, by, key, interval: value, as a fraction where it is one
    ("offered", "all", "", None): 12,  # C7 came outside opening hours
    ("offered", "queue", "cards", None): 8,
    ("offered", "queue", "mail", None): 2,
    ("offered", "interval", "", 0): 5,  # C0 C1 C2 C3 C4
    ("offered", "interval", "", 1): 3,  # C1 again, C2 on chat, C5
    (
        "offered",
        "interval",
        "",
        2,
    ): 4,  # C6 twice, C9, C11; C7 found it closed; C10 comes after the last, and counts for its journey alone
    ("offered", "queue_interval", "cards", 1): 1,
    ("offered", "intent", "loan", None): 2,
    ("offered", "segment", "new", None): 5,
    ("answered", "all", "", None): 8,
    ("handled", "all", "", None): 7,
    ("handled", "group", "desk", None): 5,
    ("handled", "group_interval", "chatters", 1): 1,
    ("abandoned", "all", "", None): 3,
    ("short_abandoned", "all", "", None): 1,
    ("closed", "channel", "voice", None): 1,
    ("outside_hours", "queue_interval", "cards", 2): 1,
    ("inside", "all", "", None): 2,
    ("abandonment", "all", "", None): 2 / 11,
    ("service_level", "queue", "cards", None): 4 / 6,
    ("service_level_with_abandoned", "queue", "cards", None): 5 / 7,
    ("service_level_of_offered", "queue", "cards", None): 4 / 7,
    ("service_level_of_answered", "queue", "cards", None): 4 / 5,
    ("service_level_per_customer", "queue", "cards", None): 3 / 5,
    ("service_level_with_abandoned_per_customer", "queue", "cards", None): 4 / 6,
    ("service_level_of_offered_per_customer", "queue", "cards", None): 3 / 6,
    ("service_level_of_answered_per_customer", "queue", "cards", None): 3 / 4,
    ("service_level", "queue_interval", "cards", 2): 2 / 3,
    ("service_level", "queue", "mail", None): 0,
    ("intervals_on_target", "queue", "cards", None): 2 / 3,
    ("intervals_on_target", "queue", "chat", None): 1,
    ("intervals_on_target", "all", "", None): 4 / 7,
    ("asa", "all", "", None): 320 / 8,
    ("asa", "queue", "cards", None): 75 / 5,
    ("mean_wait", "all", "", None): 638 / 12,
    ("mean_wait_abandoned", "all", "", None): 38 / 3,
    ("wait_p50", "queue", "cards", None): 10,  # of 0 5 10 10 50
    ("wait_p90", "queue", "cards", None): 50,
    ("wait_p50", "all", "", None): 5,  # of 0 0 5 5 10 10 50 240
    ("max_wait", "all", "", None): 240,
    ("aht", "all", "", None): 315 / 7,
    ("aht", "group", "chatters", None): 135 / 2,
    ("talk_time", "queue", "cards", None): (50 + 40 + 30 + 5) / 4,
    ("hold_time", "queue", "cards", None): 10 / 4,
    ("wrap_time", "queue", "cards", None): 15 / 4,
    ("stay_time", "all", "", None): 0,
    ("interrupted_time", "all", "", None): 0,
    ("staffed_hours", "group", "desk", None): 400 / 3600,
    ("scheduled_hours", "group", "desk", None): 400 / 3600,
    ("paid_hours", "group", "desk", None): 400 / 3600,
    ("paid_hours", "interval", "", 2): 250 / 3600,
    ("work_after_reporting", "group", "desk", None): (30 + 100) / 3600,  # C4 330 to 360, C9 from 300 on; C10 came later
    ("fte_net", "all", "", None): 650 / 3600 / 8,
    ("fte_gross", "group", "chatters", None): 250 / 3600 / 8,
    ("staff", "group", "desk", None): 4 / 3,
    ("staff", "group_interval", "desk", 2): 2,
    ("staff", "group_interval", "chatters", 2): 0.5,
    ("staff", "interval", "", 2): 2.5,
    ("staff", "all", "", None): 650 / 300,
    ("occupancy", "group", "desk", None): 160 / 400,
    ("occupancy", "group_interval", "desk", 1): 85 / 100,
    ("occupancy", "group", "chatters", None): 110 / 250,
    ("occupancy", "all", "", None): 270 / 650,
    ("slot_occupancy", "group", "chatters", None): 135 / 500,
    ("slot_occupancy", "group_interval", "chatters", 1): 105 / 200,
    ("queue_length", "queue", "cards", None): 113 / 300,
    ("queue_length", "queue_interval", "cards", 1): 10 / 100,
    ("max_queue_length", "queue", "cards", None): 1,  # who comes when another leaves waits alone
    ("max_queue_length", "queue_interval", "mail", 2): 2,
    ("max_queue_length", "queue_interval", "mail", 0): 1,
    ("backlog", "queue", "mail", None): 2,
    ("backlog", "queue_interval", "mail", 0): 1,
    ("oldest", "queue_interval", "mail", 1): 110,
    ("oldest", "queue", "mail", None): 210,
    ("containment", "all", "", None): 1 / 3,
    ("containment", "channel", "web", None): 1 / 3,
    ("deflection", "all", "", None): 1 / 10,
    ("fcr", "all", "", None): 5 / 6,
    ("repeat_rate", "all", "", None): 1 / 7,
    ("repeat_rate", "queue", "cards", None): 1 / 4,
    ("journeys", "all", "", None): 12,
    ("journeys", "interval", "", 2): 6,
    ("resolved", "all", "", None): 7 / 12,
    ("unresolved", "all", "", None): 1 / 12,
    ("gave_up", "all", "", None): 2 / 12,
    ("unfinished", "all", "", None): 2 / 12,
    ("contacts_per_journey", "all", "", None): 14 / 12,
    ("contacts_per_journey", "intent", "loan", None): 1,
    ("contacts_after_reporting", "all", "", None): 1 / 14,  # the one of C10
    ("switches_per_journey", "all", "", None): 3 / 12,
    ("time_to_resolution", "all", "", None): 670 / 7,
    ("time_to_resolution_p50", "all", "", None): 100,
    ("time_to_resolution_p90", "all", "", None): 260,
    ("effort", "all", "", None): 30.3 / 12,
    ("effort", "intent", "loan", None): 0,  # mail is not waited for in person
    ("cost", "all", "", None): 5.25,
    ("cost", "group", "desk", None): 4,
    ("cost_per_contact", "group", "chatters", None): 1.25 / 2,
    ("cost_per_journey", "all", "", None): 5.25 / 12,
    ("cost_per_resolved", "all", "", None): 5.25 / 7,
    ("attendance", "group", "desk", None): 1,
    ("overtime_hours", "all", "", None): 0,
    ("cleared", "all", "", None): 0,
    ("blocked", "all", "", None): 0,
    ("balked", "all", "", None): 0,
    ("timed_out", "all", "", None): 0,
    ("timeout_rate", "all", "", None): 0,
    ("failed", "all", "", None): 0,
    ("blocking", "all", "", None): 0,
    ("balking", "all", "", None): 0,
    ("disconnected", "all", "", None): 0,
    ("delayed", "all", "", None): 10 / 12,  # all but C1 the second time, and C3; C7 found it closed
    ("service_level_of_all", "queue", "cards", None): 4 / 9,
    ("service_level_of_all_per_customer", "queue", "cards", None): 2 / 7,
    ("callbacks_offered", "all", "", None): 0,
    ("callbacks_accepted", "all", "", None): 0,
    ("callbacks_reached", "all", "", None): 0,
    ("transfers", "all", "", None): 1,  # C2
    ("transfer_rate", "queue", "cards", None): 1 / 4,
    ("repetitions", "all", "", None): 0,
    ("repetition_rate", "all", "", None): 0,
    ("repetition_time", "all", "", None): 0,
    ("notified", "all", "", None): 0,
    ("customers", "all", "", None): 12,
    ("journeys_per_customer", "intent", "loan", None): 1,
    ("lifetime", "all", "", None): 820 / 10,
    ("led_on", "all", "", None): 0,
    ("churn", "all", "", None): 0,
    ("churn_after_resolved", "all", "", None): 0,
    ("churn_after_unresolved", "all", "", None): 0,
    ("churn_after_gave_up", "all", "", None): 0,
    ("visits", "step", "card.voice", None): 9,  # the one of C10 came after the last interval
    ("visits_abandoned", "step", "card.voice", None): 3 / 9,
    ("visits_closed", "step", "card.voice", None): 1 / 9,
    ("visits_blocked", "step", "card.voice", None): 0,
    ("visits_balked", "step", "card.voice", None): 0,
    ("visits_timed_out", "step", "card.voice", None): 0,
    ("visits_failed", "step", "card.voice", None): 0,
    ("visits_notified", "step", "card.away", None): 0,
    # Mood: C0 0.2, C1 -0.93, C2 (-0.7 -0.45)/2, C3 0.4, C4 0.4, C6 (-0.75 -0.4)/2, C7 -0.9, C8 0.4, C10 0.25, C11 -1.
    ("mood", "all", "", None): -2.33 / 10,
    ("mood_end", "all", "", None): -2.03 / 10,
    ("mood_peak", "all", "", None): -2.63 / 10,
    ("mood", "intent", "loan", None): 0.4,  # mail is not waited for in person
    ("unhappy", "all", "", None): 5 / 10,
    ("mood_after", "step", "card.web", None): 0.4 / 3,
    ("mood_after", "step", "card.away", None): -0.53,
    ("morale", "group_interval", "desk", 0): 1,  # occupancy 0.6
    ("morale", "group_interval", "desk", 1): 0.75,  # 0.85: strained
    ("morale", "group_interval", "desk", 2): 0.575,  # 0.075: bored
    ("morale", "group", "desk", None): 0.725,
}


@pytest.fixture(scope="module")
def day() -> Measures:
    return measure(make_plan(), make_population(), make_log())


@pytest.mark.parametrize("row", DAY, ids=lambda row: "-".join(map(str, row)))
def test_value_on_paper(day: Measures, row: tuple[str, str, str, int | None]) -> None:
    assert day.value_of(*row) == pytest.approx(DAY[row], rel=1e-12)


def test_every_kpi_is_worked_out() -> None:
    lines = {"lines_used", "max_lines_used", "line_occupancy", "line_blocking"}  # no rows: there are none
    assert {kpi.name for kpi in kpis()} - {row[0] for row in DAY} - lines == {
        "wait_p95",
        "callback_acceptance",  # undefined: nobody was offered one
        "callback_reach",
        "callback_wait",
        "notification_rate",
    }


@pytest.mark.parametrize(
    "row",
    [
        ("service_level", "queue_interval", "chat", 2),  # nobody came
        ("backlog", "queue", "cards", None),  # not a queue of deferred work
        ("containment", "channel", "voice", None),  # not self-service
        ("cost_per_contact", "group", "nobody", None),
    ],
)
def test_undefined_is_not_a_number_and_unknown_is_an_error(
    day: Measures, row: tuple[str, str, str, int | None]
) -> None:
    if row[2] == "nobody":
        with pytest.raises(KeyError, match="nobody"):
            day.value_of(*row)
    else:
        assert day.value_of(*row) != day.value_of(*row)


def test_the_former_name_of_value_of_still_works(day: Measures) -> None:
    with pytest.warns(DeprecationWarning, match="use Measures.value_of"):
        assert day.of("offered") == day.value_of("offered")
    assert not hasattr(day, "off")
