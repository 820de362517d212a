"""Statistics of queues and agents, to the second."""

from __future__ import annotations

import pytest

from orchestrator.store.memory import MemoryUnit
from tests.support.queue_floor import START, Floor


@pytest.fixture
def floor() -> Floor:
    floor = Floor(MemoryUnit())
    floor.queue("calls", within=20.0, short_abandon=5.0)
    floor.agent("ada", "calls")
    return floor


def answer(floor: Floor, wait: float, journey: str = "") -> str:
    """Let a contact come, be answered after a wait, and be done a minute later."""
    item = floor.enter("calls", **({"journey": journey} if journey else {}))
    floor.now += wait
    token = floor.reserve("ada")["token"]
    floor.settle("accept", item, "ada", token)
    floor.now += 60
    floor.settle("complete", item, "ada", token)
    return item


def leave(floor: Floor, wait: float, journey: str = "") -> None:
    """Let a contact come, and give up after a wait."""
    item = floor.enter("calls", **({"journey": journey} if journey else {}))
    floor.now += wait
    floor.abandon(item)


def test_the_four_service_levels_differ_as_they_are_defined(floor: Floor) -> None:
    for wait in (0.0, 20.0, 21.0, 40.0):
        answer(floor, wait)
    for wait in (4.0, 5.0, 20.0, 30.0):
        leave(floor, wait)
    shown = floor.statistics("calls")["all"]
    counted = {name: shown[name] for name in ("offered", "answered", "abandoned", "short_abandoned", "completed")}
    assert counted == {"offered": 8, "answered": 4, "abandoned": 3, "short_abandoned": 1, "completed": 4}
    assert shown["service_level"] == 2 / (7 - 2)
    assert shown["service_level_with_abandoned"] == (2 + 2) / 7
    assert shown["service_level_of_offered"] == 2 / 7
    assert shown["service_level_of_answered"] == 2 / 4
    assert shown["asa"] == (0 + 20 + 21 + 40) / 4
    assert shown["mean_wait_abandoned"] == (5 + 20 + 30) / 3
    assert shown["abandonment_rate"] == 3 / 7
    assert shown["handling_time"] == 60


def test_of_a_customer_the_first_contact_of_the_journey_counts(floor: Floor) -> None:
    for name in ("j1", "j2"):
        floor.journey(name, customer=name)
    leave(floor, 3.0, "j1")  # short: the next is the first that counts
    leave(floor, 30.0, "j1")
    answer(floor, 1.0, "j1")
    answer(floor, 2.0, "j2")
    answer(floor, 50.0, "j2")
    shown = floor.statistics("calls")["all"]
    assert shown["service_level_of_offered"] == 2 / 4
    assert shown["service_level_of_offered_per_customer"] == 1 / 2
    assert shown["service_level_of_answered_per_customer"] == 1 / 1


def test_a_contact_counts_in_the_interval_in_which_it_came(floor: Floor) -> None:
    floor.now = START + 1790
    answer(floor, 30.0)
    answer(floor, 0.0)
    first, second = floor.statistics("calls")["intervals"]
    assert (first["began"], second["began"]) == ("2026-01-01T00:00:00.000+00:00", "2026-01-01T00:30:00.000+00:00")
    assert (first["answered"], first["asa"]) == (1, 30.0)
    assert (second["answered"], second["asa"]) == (1, 0.0)


def test_a_change_of_the_interval_moves_nobody(floor: Floor) -> None:
    floor.now = START + 1000
    item = floor.enter("calls")
    floor.queue("calls", interval=900)
    floor.reserve("ada")
    floor.settle("accept", item, "ada", 1)
    busy = [interval for interval in floor.statistics("calls")["intervals"] if interval["offered"]]
    assert [(interval["began"][11:16], interval["offered"], interval["answered"]) for interval in busy] == [
        ("00:00", 1, 1)
    ]


def test_occupancy_is_busy_by_present_from_the_reservation_to_the_end(floor: Floor) -> None:
    floor.now += 100
    answer(floor, 0.0)
    floor.now += 40
    assert floor.times("ada") == {
        "agent": "ada", "from": "2026-01-01T00:00:00.000+00:00", "to": "2026-01-02T00:00:00.000+00:00",
        "present": 200.0, "busy": 60.0, "occupancy": 0.3,
    }  # fmt: skip
    floor.presence("ada", "away")
    floor.now += 1000
    assert floor.times("ada")["present"] == 200.0
    assert floor.statistics("calls")["all"]["occupancy"] == 0.3


def test_times_are_spread_over_the_intervals_in_which_they_lie(floor: Floor) -> None:
    floor.now = START + 1700
    item = floor.enter("calls")
    floor.reserve("ada")
    floor.settle("accept", item, "ada", 1)
    floor.now = START + 2000
    floor.settle("complete", item, "ada", 1)
    floor.now = START + 3600
    first, second = floor.statistics("calls")["intervals"]
    assert (first["occupancy"], second["occupancy"]) == (100 / 1800, 200 / 1800)


def test_two_chats_at_once_make_nobody_more_than_busy(floor: Floor) -> None:
    floor.queue("chats", channel="chat")
    floor.agent("ben", "chats", capacity={"chat": 2})
    items = [floor.enter("chats"), floor.enter("chats")]
    for item in items:
        floor.reserve("ben")
        floor.settle("accept", item, "ben", 1)
    floor.now += 50
    floor.settle("complete", items[0], "ben", 1)
    floor.now += 50
    floor.settle("complete", items[1], "ben", 1)
    assert floor.times("ben")["occupancy"] == 1.0


def test_what_is_so_now_is_shown(floor: Floor) -> None:
    floor.enter("calls")
    floor.now += 10
    floor.enter("calls")
    floor.now += 5
    floor.reserve("ada")
    floor.now += 1
    now = floor.statistics("calls")["now"]
    assert now == {
        "entered": 2, "waiting": 1, "reserved": 1, "serving": 0, "completed": 0, "abandoned": 0, "oldest": 6.0,
        "last_wait": 0.0, "agents_available": 1, "agents_busy": 1,
    }  # fmt: skip


def test_where_nothing_was_counted_nothing_is_claimed(floor: Floor) -> None:
    floor.presence("ada", "offline")
    shown = floor.statistics("calls")["all"]
    assert shown["asa"] is None
    assert shown["occupancy"] is None
    assert shown["service_level"] is None
