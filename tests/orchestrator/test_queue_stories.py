"""Stories of items and agents, to the second."""

import json
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.journeys.rows import Entry, Journey
from orchestrator.queues.commands import Abandon, PutAgent, PutQueue, Reserve, UseReservation
from orchestrator.queues.models import AgentSettings, OverflowSettings, QueueSettings
from orchestrator.queues.rows import Item, Lane
from orchestrator.store.memory import MemoryUnit
from tests.support.queue_floor import START, Floor


@pytest.fixture
def floor() -> Floor:
    return Floor(MemoryUnit())


def settle(floor: Floor, verb: str, item: str, agent: str, token: int) -> UseReservation:
    return floor.settling(verb, item, agent, token)


def test_an_item_is_reserved_accepted_and_completed(floor: Floor) -> None:
    floor.queue("calls")
    floor.agent("ada", "calls")
    item = floor.enter("calls")
    floor.now += 7
    offered = floor.reserve("ada")
    assert (offered["id"], offered["state"], offered["token"]) == (item, "reserved", 1)
    assert floor.settle("accept", item, "ada", 1)["state"] == "serving"
    floor.now += 60
    assert floor.settle("complete", item, "ada", 1)["state"] == "completed"
    assert floor.reserve("ada") is None


def test_who_asks_gets_what_comes_next(floor: Floor) -> None:
    floor.queue("calls")
    floor.agent("ada", "calls")
    assert floor.reserve("ada", wait=20) is None
    floor.now += 19.5
    item = floor.enter("calls")
    assert (floor.item(item).state, floor.item(item).agent) == ("reserved", "ada")
    assert floor.reserve("ada")["id"] == item


def test_who_asked_too_long_ago_gets_nothing(floor: Floor) -> None:
    floor.queue("calls")
    floor.agent("ada", "calls")
    floor.reserve("ada", wait=20)
    floor.now += 20
    assert floor.item(floor.enter("calls")).state == "waiting"


def test_asking_again_gives_the_same_reservation_so_that_a_lost_answer_loses_nothing(floor: Floor) -> None:
    floor.queue("calls")
    floor.agent("ada", "calls")
    floor.enter("calls")
    floor.enter("calls")
    assert floor.reserve("ada") == floor.reserve("ada")


def test_an_expired_item_keeps_its_place_and_the_late_agent_is_refused(floor: Floor) -> None:
    floor.queue("calls", lease=30.0)
    floor.agent("ada", "calls")
    floor.agent("ben", "calls")
    first, second = floor.enter("calls"), floor.enter("calls")
    floor.reserve("ada")
    floor.now += 30
    assert floor.refused(settle(floor, "accept", first, "ada", 1)) == "lease"
    again = floor.reserve("ben")
    assert (again["id"], again["token"]) == (first, 2)
    assert floor.item(first).entered == START
    assert floor.refused(settle(floor, "accept", first, "ada", 1)) == "lease"
    assert floor.settle("accept", first, "ben", 2)["agent"] == "ben"
    assert floor.item(second).state == "waiting"


def test_an_expired_item_goes_to_who_is_asking(floor: Floor) -> None:
    floor.queue("calls", lease=30.0)
    floor.agent("ada", "calls")
    item = floor.enter("calls")
    floor.reserve("ada")
    floor.agent("ben", "calls")
    floor.reserve("ben", wait=60)
    floor.now += 30
    floor.tidy()
    assert (floor.item(item).agent, floor.item(item).token) == ("ben", 2)


def test_a_rejected_item_spares_who_rejected_it_for_a_minute(floor: Floor) -> None:
    floor.queue("calls")
    floor.agent("ada", "calls")
    first, second = floor.enter("calls"), floor.enter("calls")
    floor.reserve("ada")
    floor.settle("reject", first, "ada", 1)
    assert floor.item(first).state == "waiting"
    assert floor.reserve("ada")["id"] == second
    floor.settle("reject", second, "ada", 1)
    assert floor.reserve("ada", wait=100) is None
    floor.agent("ben", "calls")
    assert floor.reserve("ben")["id"] == first
    floor.settle("accept", first, "ben", 2)
    floor.now += 60
    floor.tidy()
    assert floor.item(second).agent == "ada"


def test_exactly_one_accept_counts_and_it_may_be_sent_again(floor: Floor) -> None:
    floor.queue("calls")
    floor.agent("ada", "calls")
    floor.agent("ben", "calls")
    item = floor.enter("calls")
    floor.reserve("ada")
    floor.settle("accept", item, "ada", 1)
    floor.now += 5
    assert floor.settle("accept", item, "ada", 1)["state"] == "serving"
    assert floor.refused(settle(floor, "accept", item, "ben", 1)) == "lease"
    assert floor.refused(settle(floor, "accept", item, "ada", 0)) == "lease"
    assert floor.statistics("calls")["all"]["answered"] == 1


def test_extending_moves_the_end_of_the_lease(floor: Floor) -> None:
    floor.queue("calls", lease=30.0)
    floor.agent("ada", "calls")
    item = floor.enter("calls")
    floor.reserve("ada")
    floor.now += 29
    floor.settle("extend", item, "ada", 1)
    floor.now += 29
    floor.settle("extend", item, "ada", 1, seconds=100.0)
    floor.now += 99
    assert floor.settle("accept", item, "ada", 1)["state"] == "serving"


def test_what_an_agent_never_completes_comes_back_with_its_place_and_is_answered_once(floor: Floor) -> None:
    floor.queue("calls", hold=600.0)
    floor.agent("ada", "calls")
    item = floor.enter("calls")
    floor.reserve("ada")
    floor.settle("accept", item, "ada", 1)
    floor.now += 600
    floor.tidy()
    assert (floor.item(item).state, floor.item(item).entered) == ("waiting", START)
    floor.agent("ben", "calls")
    floor.reserve("ben")
    floor.settle("accept", item, "ben", 2)
    shown = floor.statistics("calls")
    assert (shown["all"]["offered"], shown["all"]["answered"], shown["now"]["serving"]) == (1, 1, 1)


def test_a_customer_who_leaves_takes_the_reservation_along(floor: Floor) -> None:
    floor.queue("calls")
    floor.agent("ada", "calls")
    item, following = floor.enter("calls"), floor.enter("calls")
    floor.reserve("ada")
    assert floor.abandon(item)["state"] == "abandoned"
    assert floor.abandon(item)["state"] == "abandoned"
    assert floor.refused(settle(floor, "accept", item, "ada", 1)) == "lease"
    assert floor.reserve("ada")["id"] == following
    floor.settle("accept", following, "ada", 1)
    assert floor.refused(Abandon(tenant=floor.tenant, item=following)) == "work-state"


def test_priority_comes_first_then_age(floor: Floor) -> None:
    floor.queue("calls", priority=5)
    floor.agent("ada", "calls")
    names = {}
    for name, priority in (("old", None), ("new", None), ("urgent", 1), ("later", 9)):
        names[floor.enter("calls", priority=priority)] = name
        floor.now += 1
    order = []
    while (offered := floor.reserve("ada")) is not None:
        order.append(names[offered["id"]])
        floor.settle("accept", offered["id"], "ada", offered["token"])
        floor.settle("complete", offered["id"], "ada", offered["token"])
    assert order == ["urgent", "old", "new", "later"]


def test_skills_of_queue_and_item_are_needed_and_the_head_of_one_line_blocks_no_other(floor: Floor) -> None:
    floor.queue("calls", skills=["german"])
    floor.agent("ada", "calls", skills={"german": 1.0})
    floor.agent("ben", "calls", skills={"german": 1.0, "law": 1.2})
    floor.agent("eve", "calls", skills={"law": 1.0})
    hard, easy = floor.enter("calls", skills=["law"]), floor.enter("calls")
    assert floor.reserve("eve") is None
    assert floor.reserve("ada")["id"] == easy
    assert floor.reserve("ben")["id"] == hard
    assert not floor.unit.find(Lane, "key", floor.tenant)


def test_one_call_or_some_chats_but_not_both_unless_blended(floor: Floor) -> None:
    floor.queue("calls")
    floor.queue("chats", channel="chat")
    floor.agent("ada", "chats", "calls", capacity={"voice": 1, "chat": 2})
    floor.agent("mix", "calls", "chats", capacity={"voice": 1, "chat": 2}, blend=True, available=False)
    for _ in range(3):
        floor.enter("chats")
    call = floor.enter("calls")
    for _ in range(2):
        offered = floor.reserve("ada")
        assert offered["queue"] == "chats"
        floor.settle("accept", offered["id"], "ada", 1)
    assert floor.reserve("ada") is None
    floor.presence("mix", "available")
    assert floor.reserve("mix")["id"] == call
    floor.settle("accept", call, "mix", 1)
    assert floor.reserve("mix")["queue"] == "chats"


def test_who_is_asking_gets_the_next_as_soon_as_there_is_room(floor: Floor) -> None:
    floor.queue("chats", channel="chat")
    floor.agent("ada", "chats", capacity={"chat": 1})
    first, second = floor.enter("chats"), floor.enter("chats")
    floor.reserve("ada")
    floor.settle("accept", first, "ada", 1)
    assert floor.reserve("ada", wait=30) is None
    floor.settle("complete", first, "ada", 1)
    assert floor.item(second).agent == "ada"


def test_items_overflow_to_another_queues_agents_when_they_have_waited(floor: Floor) -> None:
    floor.queue("helpers")
    floor.queue("calls", overflow=[OverflowSettings(queue="helpers", after=60.0)])
    floor.agent("sam", "helpers")
    item = floor.enter("calls")
    floor.now += 59
    assert floor.reserve("sam", wait=30) is None
    floor.now += 1
    floor.tidy()
    assert floor.item(item).agent == "sam"
    other = floor.enter("calls")
    floor.settle("accept", item, "sam", 1)
    floor.settle("complete", item, "sam", 1)
    floor.now += 60
    assert floor.reserve("sam")["id"] == other


def test_the_queues_own_agents_come_before_those_it_overflows_to(floor: Floor) -> None:
    floor.queue("helpers")
    floor.queue("calls", overflow=[OverflowSettings(queue="helpers", after=0.0)])
    floor.agent("ada", "helpers")
    floor.agent("own", "calls")
    floor.reserve("ada", wait=30)
    floor.reserve("own", wait=30)
    assert floor.item(floor.enter("calls")).agent == "own"
    assert floor.item(floor.enter("calls")).agent == "ada"


def test_a_full_queue_takes_only_whom_an_agent_takes_at_once(floor: Floor) -> None:
    floor.queue("calls", capacity=1)
    floor.agent("ada", "calls")
    floor.enter("calls")
    blocked = floor.do(floor.entering("calls"))
    assert (blocked.status, json.loads(blocked.body)["type"]) == (409, "/problems/full")
    assert len(floor.unit.find(Item, "key", floor.tenant)) == 1
    assert floor.reserve("ada") is not None
    floor.enter("calls")
    shown = floor.statistics("calls")
    assert (shown["all"]["offered"], shown["all"]["blocked"]) == (2, 1)


def test_who_goes_away_gives_back_what_they_have_not_accepted(floor: Floor) -> None:
    floor.queue("calls")
    floor.queue("chats", channel="chat")
    floor.agent("ada", "calls", "chats", capacity={"voice": 1, "chat": 2}, blend=True)
    chat, call = floor.enter("chats"), floor.enter("calls")
    offered = floor.reserve("ada")
    assert offered["id"] == call
    floor.settle("accept", call, "ada", 1)
    assert floor.reserve("ada")["id"] == chat
    floor.presence("ada", "away")
    assert (floor.item(chat).state, floor.item(call).state) == ("waiting", "serving")
    assert floor.refused(Reserve(tenant=floor.tenant, agent="ada")) == "work-state"
    assert floor.settle("complete", call, "ada", 1)["state"] == "completed"


def test_who_is_changed_while_asking_gets_what_waits_for_them_now(floor: Floor) -> None:
    floor.queue("calls")
    floor.queue("mails", channel="mail")
    mail = floor.enter("mails")
    floor.agent("ada", "calls")
    floor.reserve("ada", wait=30)
    floor.apply(
        PutAgent(
            tenant=floor.tenant,
            agent="ada",
            body=AgentSettings(serves=["calls", "mails"], capacity={"voice": 1, "mail": 1}),
        )
    )
    assert floor.item(mail).agent == "ada"


def test_unknown_names_are_refused(floor: Floor) -> None:
    floor.queue("calls")
    assert floor.refused(floor.entering("mails")) == "unknown"
    assert floor.refused(floor.entering("calls", journey="none")) == "unknown"
    assert floor.refused(Reserve(tenant=floor.tenant, agent="nobody")) == "unknown"
    assert floor.refused(Abandon(tenant=floor.tenant, item="nothing")) == "unknown"
    assert (
        floor.refused(PutAgent(tenant=floor.tenant, agent="ada", body=AgentSettings(serves=["mails", "chats"])))
        == "invalid"
    )
    assert (
        floor.refused(
            PutQueue(tenant=floor.tenant, queue="calls", body=QueueSettings(overflow=[OverflowSettings(queue="mails")]))
        )
        == "invalid"
    )


def test_tenants_never_meet(floor: Floor) -> None:
    other = Floor(floor.unit, "other")
    for tenant_floor in (floor, other):
        tenant_floor.queue("calls")
        tenant_floor.agent("ada", "calls")
    item = floor.enter("calls")
    assert other.reserve("ada", wait=30) is None
    assert other.refused(Abandon(tenant="other", item=item)) == "unknown"
    assert other.refused(settle(other, "accept", item, "ada", 1)) == "unknown"
    floor.enter("calls")
    assert not other.unit.find(Item, "key", "other")


def test_the_agent_gets_the_context_as_it_is_now_and_the_journey_tells_of_the_item(floor: Floor) -> None:
    floor.queue("calls")
    floor.agent("ada", "calls")
    journey = floor.journey("j1")
    item = floor.enter("calls", journey="j1")
    journey = floor.unit.get(Journey, floor.tenant, "j1")
    floor.unit.put(replace(journey, context='{"seen":2,"card":"lost"}', version=journey.version + 1))
    offered = floor.reserve("ada")
    assert (offered["customer"], offered["context"]) == ("anna", {"seen": 2, "card": "lost"})
    floor.settle("accept", item, "ada", 1)
    floor.settle("complete", item, "ada", 1)
    entries = [(entry.type, json.loads(entry.data)) for entry in floor.unit.find(Entry, "key", floor.tenant, "j1")]
    assert entries == [
        ("sojourn.item.entered", {"item": item, "queue": "calls"}),
        ("sojourn.item.accepted", {"item": item, "agent": "ada"}),
        ("sojourn.item.completed", {"item": item, "agent": "ada"}),
    ]
    assert json.loads(floor.unit.get(Journey, floor.tenant, "j1").context) == {"seen": 2, "card": "lost"}


def test_a_completed_journey_enters_no_queue(floor: Floor) -> None:
    floor.queue("calls")
    floor.unit.put(replace(floor.journey("j1"), state="completed"))
    assert floor.refused(floor.entering("calls", journey="j1")) == "state"


class Counting(MemoryUnit):
    """Counts the rows that are handed out."""

    handed = 0

    def get(self, row_type: Any, *key: Any) -> Any:
        self.handed += 1
        return super().get(row_type, *key)

    def find(self, row_type: Any, index: str, *values: Any, **more: Any) -> Any:
        rows = super().find(row_type, index, *values, **more)
        self.handed += len(rows)
        return rows


def rows_for_a_day_in_the_life_of_an_item(waiting: int) -> int:
    """Return how many rows are read to serve one contact while others wait."""
    unit = Counting()
    floor = Floor(unit)
    floor.queue("calls")
    floor.queue("mails", channel="mail")
    floor.agent("ada", "calls", "mails", capacity={"voice": 1, "mail": 1})
    for _ in range(waiting):
        floor.now += 1
        floor.enter("calls")
        floor.enter("mails")
    unit.handed = 0
    floor.enter("calls")
    offered = floor.reserve("ada")
    floor.settle("accept", offered["id"], "ada", 1)
    floor.settle("complete", offered["id"], "ada", 1)
    return unit.handed


def test_a_long_queue_costs_no_more_than_a_short_one() -> None:
    assert rows_for_a_day_in_the_life_of_an_item(150) == rows_for_a_day_in_the_life_of_an_item(20)
