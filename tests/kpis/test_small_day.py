"""The KPIs of a day of twelve customers, worked out on paper."""

from __future__ import annotations

import pytest
from builders import make_log, make_plan, make_population

from sim.kpis import Measures, measure

DAY = {
    # kpi, by, key, interval: value, as a fraction where it is one
    ("offered", "all", "", None): 13,
    ("offered", "queue", "cards", None): 9,
    ("offered", "queue", "mail", None): 2,
    ("offered", "interval", "", 0): 5,  # C0 C1 C2 C3 C4
    ("offered", "interval", "", 1): 3,  # C1 again, C2 on chat, C5
    (
        "offered",
        "interval",
        "",
        2,
    ): 5,  # C6 twice, C7, C9, C11; C10 comes after the last, and counts for its journey alone
    ("offered", "queue_interval", "cards", 1): 1,
    ("offered", "intent", "loan", None): 2,
    ("offered", "segment", "new", None): 6,
    ("answered", "all", "", None): 8,
    ("handled", "all", "", None): 7,
    ("handled", "group", "desk", None): 5,
    ("handled", "group_interval", "chatters", 1): 1,
    ("abandoned", "all", "", None): 3,
    ("short_abandoned", "all", "", None): 1,
    ("closed", "channel", "voice", None): 1,
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
    ("staffed_hours", "group", "desk", None): 400 / 3600,
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
}


@pytest.fixture(scope="module")
def day() -> Measures:
    return measure(make_plan(), make_population(), make_log())


@pytest.mark.parametrize("row", DAY, ids=lambda row: "-".join(map(str, row)))
def test_value_on_paper(day: Measures, row: tuple[str, str, str, int | None]) -> None:
    assert day.of(*row) == pytest.approx(DAY[row], rel=1e-12)


def test_every_kpi_is_worked_out(day: Measures) -> None:
    assert {row.kpi for row in day.index} - {row[0] for row in DAY} == {"wait_p95"}


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
            day.of(*row)
    else:
        assert day.of(*row) != day.of(*row)
