"""Escalations by rules enter a queue once; an impossible one does not fail the event."""

from typing import Any

import pytest

from orchestrator import customers, journeys, notifications, queues, rules
from orchestrator.hooks import rule_decided
from orchestrator.notifications.commands import Claim
from orchestrator.notifications.deliveries import Claimed
from orchestrator.queues.rows import Item
from tests.support.direct_routes import DirectRoutes, run

FEATURES = (
    customers.FEATURE,
    journeys.FEATURE,
    queues.FEATURE,
    rules.FEATURE,
    notifications.FEATURE,
    rule_decided.FEATURE,
)

RULES = [
    {"name": "complains", "when": "has(journey.context.angry)", "action": "escalate",
     "with": {"queue": "care", "reason": "angry"}},
    {"name": "urgent", "when": "has(journey.context.angry)", "action": "prioritise", "with": {"priority": 7}},
]  # fmt: skip


def items(routes: DirectRoutes) -> list[Any]:
    return routes.database.unit.find(Item, "key", "default")  # type: ignore[attr-defined, no-any-return]


def test_an_escalated_journey_enters_the_queue_once_with_its_priority_and_reason() -> None:
    async def story() -> None:
        routes = DirectRoutes(features=FEATURES)
        assert (await routes.ask("PUT", "/v1/queues/care", {"channel": "chat"})).status in (200, 201)
        await routes.ask("POST", "/v1/rules", {"rules": RULES, "activate": True})
        journey = await routes.start()
        assert items(routes) == []
        for _ in range(3):
            assert (await routes.event(journey, context={"angry": True})).status == 201
        (item,) = items(routes)
        assert (item.journey, item.queue, item.priority) == (journey, "care", 7)
        assert item.data == '{"rule":"complains","reason":"angry"}'

    run(story())


def test_a_queue_that_is_not_there_fails_no_event_and_the_decision_stands() -> None:
    async def story() -> None:
        routes = DirectRoutes(features=FEATURES)
        await routes.ask("POST", "/v1/rules", {"rules": RULES, "activate": True})
        journey = await routes.start(angry=True)
        assert items(routes) == []
        (decision,) = (await routes.ask("GET", f"/v1/journeys/{journey}/decisions")).body["items"]
        assert [decided["rule"] for decided in decision["decided"]] == ["complains", "urgent"]

    run(story())


def test_what_waits_has_the_priority_on_which_a_rule_decides() -> None:
    rule = {"name": "vip", "when": "has(journey.context.vip)", "action": "prioritise", "with": {"priority": 2}}

    async def story() -> None:
        routes = DirectRoutes(features=FEATURES)
        for queue in ("care", "desk"):
            await routes.ask("PUT", f"/v1/queues/{queue}", {"channel": "chat", "priority": 9})
        await routes.ask("POST", "/v1/rules", {"rules": [rule], "activate": True})
        await routes.ask("PUT", "/v1/agents/ada", {"serves": ["care", "desk"], "capacity": {"chat": 1}})
        await routes.ask("PUT", "/v1/agents/ada/presence", {"presence": "available"})
        other, journey = await routes.start(), await routes.start(customer="bea")
        for name in (other, journey):
            entered = await routes.ask("POST", "/v1/queues/care/items", {"journey": name}, key=name)
            assert (entered.status, entered.body["priority"]) == (201, 9)
        assert (await routes.event(journey, context={"vip": True})).status == 201
        assert {item.journey: item.priority for item in items(routes)} == {other: 9, journey: 2}
        taken = await routes.ask("POST", "/v1/agents/ada/reserve")
        assert (taken.status, taken.body["journey"]) == (200, journey)
        # One that an agent has keeps its priority, and one that comes later has it as it comes.
        later = await routes.ask("POST", "/v1/queues/desk/items", {"journey": journey}, key="again")
        assert later.body["priority"] == 2
        assert [item.priority for item in items(routes) if item.queue == "desk"] == [2]

    run(story())


@pytest.mark.attack
def test_a_new_priority_costs_the_tenant_for_each_item_and_refuses_no_event() -> None:
    rules = [
        {"name": f"to {priority}", "when": f"event.data.to == {priority}", "action": "prioritise",
         "with": {"priority": priority}} for priority in (1, 2)
    ]  # fmt: skip

    async def story() -> None:
        routes, owed = DirectRoutes(features=FEATURES), []
        routes.service.budget.owe = lambda tenant, cost: owed.append((tenant, cost))  # type: ignore[method-assign]
        await routes.ask("PUT", "/v1/queues/care", {"channel": "chat"})
        await routes.ask("POST", "/v1/rules", {"rules": rules, "activate": True})
        journey = await routes.start()
        for _ in range(3):
            await routes.ask("POST", "/v1/queues/care/items", {"journey": journey})
        assert [(await routes.event(journey, to=priority)).status for priority in (1, 1, 2)] == [201] * 3
        assert {item.priority for item in items(routes)} == {2}
        assert owed == [("default", rule_decided._PRIORITISED)] * 6, "three items twice; what stays costs nothing"

    run(story())


def test_that_a_journey_waits_in_a_queue_is_not_the_customer_coming_back() -> None:
    tell = {"name": "tell", "when": "has(journey.context.angry)", "action": "notify", "with": {"template": "sorry"}}

    async def story() -> None:
        routes = DirectRoutes(features=FEATURES)
        await routes.ask("PUT", "/v1/queues/care", {"channel": "chat"})
        await routes.ask("PUT", "/v1/webhooks/main", {"url": "https://receiver.example/"})
        await routes.ask("POST", "/v1/rules", {"rules": [*RULES, tell], "activate": True})
        await routes.start(angry=True)
        assert len(items(routes)) == 1
        claimed = await routes.service.submit(Claim("", 10, 60.0))
        assert isinstance(claimed, Claimed)
        # One for the start, and one for the entry into the queue, on which the rule held too.
        assert len(claimed.jobs) == 2

    run(story())
