"""Decisions: made after each event by the active rules, stored with reasons, and repeatable."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator import customers, journeys, rules
from orchestrator.journeys.rows import Journey
from orchestrator.notifications.rows import Due, Notification
from orchestrator.rules import decisions as rule_decisions
from orchestrator.rules import standing
from orchestrator.rules.rows import ActiveRules, Decision, StoredRules
from orchestrator.store.database import Database
from orchestrator.store.memory import MemoryUnit
from tests.support.direct_routes import DirectRoutes, run


def rule(name: str, when: str, action: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "when": when, "action": action, "with": fields}


VIP = rule("vip", "has(journey.context.vip) && journey.context.vip", "steer", step="adviser", channel="voice")
CHAT = rule("chat", 'journey.channel == "chat"', "steer", step="form")
URGENT = rule("urgent", "journey.context.amount > 1000", "prioritise", priority=9)


async def active(routes: DirectRoutes, *rules: Any, tenant: str = "default") -> int:
    reply = await routes.ask("POST", "/v1/rules", {"rules": list(rules), "activate": True}, tenant=tenant)
    assert reply.status in (200, 201), reply
    return int(reply.body["version"])


async def decisions(routes: DirectRoutes, journey: str, tenant: str = "default") -> list[Any]:
    reply = await routes.ask("GET", f"/v1/journeys/{journey}/decisions", tenant=tenant)
    assert reply.status == 200, reply
    return list(reply.body["items"])


def test_the_first_rule_that_holds_decides_its_kind_of_action_and_says_because_of_what() -> None:
    async def story() -> None:
        routes = DirectRoutes()
        version = await active(routes, VIP, CHAT, URGENT)
        journey = await routes.start(vip=True, amount=5000)
        (decision,) = await decisions(routes, journey)
        assert (decision["version"], decision["rules"]) == (1, version)
        assert decision["decided"] == [
            {
                "action": "steer", "rule": "vip", "with": {"step": "adviser", "channel": "voice"},
                "because": {
                    "condition": VIP["when"],
                    "values": {"has(journey.context.vip)": True, "journey.context.vip": True},
                },
            },
            {
                "action": "prioritise", "rule": "urgent", "with": {"priority": 9},
                "because": {"condition": URGENT["when"], "values": {"journey.context.amount": 5000}},
            },
        ]  # fmt: skip
        assert decision["failed"] == []
        shown = await routes.ask("GET", f"/v1/journeys/{journey}")
        assert shown.body["next"] == {"step": "adviser", "channel": "voice", "rule": "vip", "rules": version}
        stands = await routes.service.look(lambda unit: standing(unit, "default", journey))
        assert {action: decided["rule"] for action, decided in stands.items()} == {
            "steer": "vip",
            "prioritise": "urgent",
        }

    run(story())


def test_the_offer_of_a_callback_is_the_next_step_unless_a_rule_steers() -> None:
    offer = rule("rather later", "journey.context.wait > 300", "callback", queue="calls", within=7200)

    async def story() -> None:
        routes = DirectRoutes()
        version = await active(routes, VIP, offer)
        journey = await routes.start(wait=600)
        next_step = {"step": "callback", "queue": "calls", "within": 7200, "rule": "rather later", "rules": version}
        assert (await routes.ask("GET", f"/v1/journeys/{journey}")).body["next"] == next_step
        await routes.event(journey, context={"vip": True})
        steered = (await routes.ask("GET", f"/v1/journeys/{journey}")).body["next"]
        assert (steered["step"], steered["rule"]) == ("adviser", "vip")

    run(story())


def test_a_rule_that_cannot_be_told_did_not_hold_and_fails_nothing() -> None:
    async def story() -> None:
        routes = DirectRoutes()
        await active(routes, URGENT, CHAT)
        journey = await routes.start()
        reply = await routes.event(journey, amount=1)
        assert reply.status == 201
        for decision in await decisions(routes, journey):
            assert [decided["rule"] for decided in decision["decided"]] == ["chat"]
            assert decision["failed"] == [{"rule": "urgent", "did_not_hold": "journey.context.amount is missing"}]

    run(story())


def test_without_active_rules_nothing_is_decided_and_one_row_is_asked_for() -> None:
    asked: list[type] = []

    class Counting(MemoryUnit):
        def get(self, row_type: type, *key: Any) -> Any:
            asked.append(row_type)
            return super().get(row_type, *key)

        def find(self, row_type: type, *values: Any, **more: Any) -> Any:
            asked.append(row_type)
            return super().find(row_type, *values, **more)

    async def story() -> None:
        routes = DirectRoutes(features=(customers.FEATURE, journeys.FEATURE, rules.FEATURE))
        routes.database.unit = Counting()  # type: ignore[attr-defined]
        journey = await routes.start()
        asked.clear()
        await routes.event(journey)
        assert [row_type for row_type in asked if row_type in (ActiveRules, StoredRules, Decision)] == [ActiveRules]
        assert await decisions(routes, journey) == []

    run(story())


def test_a_decision_is_made_again_the_same_from_what_was_stored_also_when_other_rules_are_active() -> None:
    async def story() -> None:
        routes = DirectRoutes()
        first = await active(routes, URGENT, CHAT)
        journey = await routes.start(amount=2000)
        second = await active(routes, VIP)
        assert (first, second) == (1, 2)
        await routes.event(journey, context={"amount": 1})
        again = await routes.ask("POST", f"/v1/journeys/{journey}/decisions/1/replay")
        assert again.status == 200
        assert again.body["same"] is True
        assert again.body["decided"] == again.body["stored"]["decided"]
        assert again.body["stored"]["input"] == {"journey.context.amount": 2000, "journey.channel": "chat"}
        assert (await routes.ask("POST", f"/v1/journeys/{journey}/decisions/9/replay")).status == 404

    run(story())


@pytest.mark.parametrize("column", ["input", "decided", "failed", "fingerprint"])
def test_a_decision_that_was_tampered_with_comes_out_different(column: str) -> None:
    async def story() -> None:
        routes = DirectRoutes()
        await active(routes, URGENT, CHAT)
        journey = await routes.start(amount=2000)
        unit = routes.database.unit  # type: ignore[attr-defined]
        stored = unit.get(Decision, "default", journey, 1)
        changed = {
            "input": stored.input.replace("2000", "3"), "decided": '["chat"]',
            "failed": '[["urgent","it was late"]]', "fingerprint": "0" * 32,
        }  # fmt: skip
        unit.put(replace(stored, **{column: changed[column]}))
        assert (await routes.ask("POST", f"/v1/journeys/{journey}/decisions/1/replay")).body["same"] is False

    run(story())


def test_versions_never_change_and_the_same_rules_are_the_same_version() -> None:
    async def story() -> None:
        routes = DirectRoutes()
        for _ in range(2):
            reply = await routes.ask("POST", "/v1/rules", {"rules": [CHAT]})
            assert reply.body["version"] == 1
        assert (await routes.ask("POST", "/v1/rules", {"rules": [VIP]})).body["version"] == 2
        listed = (await routes.ask("GET", "/v1/rules?limit=1")).body
        assert ([rules["version"] for rules in listed["items"]], listed["next"]) == ([1], 1)
        assert (await routes.ask("GET", "/v1/rules?after=1")).body["items"][0]["rules"][0]["name"] == "vip"
        assert (await routes.ask("GET", "/v1/rules/1")).body["rules"] == [CHAT]
        assert (await routes.ask("GET", "/v1/rules/3")).status == 404
        assert (await routes.ask("GET", "/v1/rules/x")).status == 404
        assert (await routes.ask("GET", "/v1/active-rules")).status == 404
        assert (await routes.ask("PUT", "/v1/active-rules", {"version": 3})).status == 404
        assert (await routes.ask("PUT", "/v1/active-rules", {"version": 1})).body["version"] == 1
        assert (await routes.ask("GET", "/v1/active-rules")).body["version"] == 1
        assert (await routes.ask("DELETE", "/v1/active-rules")).status == 204
        assert (await routes.ask("DELETE", "/v1/active-rules")).status == 404

    run(story())


def test_a_dry_run_says_what_each_rule_gives_and_stores_nothing() -> None:
    async def story() -> None:
        routes = DirectRoutes()
        await routes.ask("POST", "/v1/rules", {"rules": [VIP, CHAT, URGENT]})
        root = {"event": {"type": "x"}, "journey": {"channel": "chat", "context": {}}, "now": "2026-03-02T09:00:00Z"}
        reply = await routes.ask("POST", "/v1/rules/1/dry-run", root)
        assert reply.body == {
            "results": [
                {"rule": "vip", "held": False, "values": {"has(journey.context.vip)": False}},
                {"rule": "chat", "held": True, "values": {"journey.channel": "chat"}},
                {"rule": "urgent", "held": False, "values": {}, "did_not_hold": "journey.context.amount is missing"},
            ],
            "decided": [
                {
                    "action": "steer", "rule": "chat", "with": {"step": "form"},
                    "because": {"condition": CHAT["when"], "values": {"journey.channel": "chat"}},
                }
            ],
        }  # fmt: skip
        rows = routes.database.unit._rows  # type: ignore[attr-defined]
        assert not rows.get(Decision)
        assert (await routes.ask("POST", "/v1/rules/2/dry-run", root)).status == 404
        wrong = await routes.ask("POST", "/v1/rules/1/dry-run", {"event": 1, "now": "today", "more": 1})
        assert {error["pointer"] for error in wrong.body["errors"]} == {"/event", "/now", "/more"}

    run(story())


def test_everything_wrong_with_a_body_is_a_problem_and_nothing_is_stored() -> None:
    async def story() -> None:
        routes = DirectRoutes()
        reply = await routes.ask("POST", "/v1/rules", {"rules": [rule("a", "x", "steer")], "activate": 1, "why": 2})
        assert reply.status == 422
        assert reply.body["type"] == "/problems/invalid"
        pointers = {error["pointer"] for error in reply.body["errors"]}
        assert pointers == {"/rules/0/when", "/rules/0/with/step", "/activate", "/why"}
        assert (await routes.ask("GET", "/v1/rules")).body["items"] == []

    run(story())


def test_tenants_have_rules_of_their_own() -> None:
    async def story() -> None:
        routes = DirectRoutes()
        await active(routes, CHAT, tenant="a")
        ours, theirs = await routes.start(tenant="a"), await routes.start(tenant="b")
        assert len(await decisions(routes, ours, "a")) == 1
        assert await decisions(routes, theirs, "b") == []
        assert (await routes.ask("GET", f"/v1/journeys/{ours}/decisions", tenant="b")).status == 404
        assert (await routes.ask("POST", f"/v1/journeys/{ours}/decisions/1/replay", tenant="b")).status == 404
        assert (await routes.ask("GET", "/v1/rules/1", tenant="b")).status == 404

    run(story())


def test_a_notification_that_a_rule_asks_for_is_written_with_its_event_or_not_at_all() -> None:
    tell = rule("tell", 'event.type == "sojourn.journey.paused"', "notify", template="come_back", after=3600)

    async def story() -> None:
        routes = DirectRoutes()
        await active(routes, tell)
        journey = await routes.start()
        unit = routes.database.unit  # type: ignore[attr-defined]
        refused = await routes.ask("POST", f"/v1/journeys/{journey}/resume", {"channel": "app"})
        assert refused.status == 409
        assert unit.find(Notification, "key", "default") == []
        assert (await routes.ask("POST", f"/v1/journeys/{journey}/pause")).status == 200
        (made,) = unit.find(Notification, "key", "default")
        assert (made.journey, made.template, made.due) == (journey, "come_back", routes.clock.now + 3600)
        assert (made.since, made.unless_back) == (2, True)
        assert json.loads(made.data) == {"rule": "tell", "rules": 1}
        assert [due.id for due in unit.find(Due, "key", "")] == [made.id]

    run(story())


def test_processes_on_one_database_see_newly_activated_rules_at_the_next_event(
    open_again: Callable[[], Database],
) -> None:
    async def story() -> None:
        first, other = DirectRoutes(open_again()), DirectRoutes(open_again())
        await active(first, CHAT)
        journey = await other.start()
        assert [d["decided"][0]["rule"] for d in await decisions(other, journey)] == ["chat"]
        await active(first, URGENT)
        await other.event(journey, context={"amount": 2000})
        assert (await decisions(first, journey))[-1]["decided"][0]["rule"] == "urgent"
        rule_decisions._COMPILED.clear()  # as after a restart: compiled anew from the rows
        again = DirectRoutes(open_again())
        await again.event(journey)
        assert [d["rules"] for d in await decisions(again, journey)] == [1, 2, 2]
        assert (await again.ask("POST", f"/v1/journeys/{journey}/decisions/3/replay")).body["same"] is True
        row = await again.service.look(lambda unit: unit.get(Journey, "default", journey))
        assert row is not None
        assert row.version == 3

    run(story())


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    lambda inner: st.lists(inner, max_size=40) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=50,
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(JSON, JSON)
def test_whatever_an_event_holds_its_rules_fail_nothing_and_come_out_the_same_again(value: Any, other: Any) -> None:
    conditions = [
        "event.data.a == journey.context.a", "event.data.a.exists(x, x == 1)", "size(event.data.b) > 1",
        "journey.context.a.b.c + 1 > 2", "event.data.a < event.data.b", "now > timestamp(event.data.a)",
        "has(event.data.a.b)", 'event.data["c"] in event.data.b', "string(event.data.a) == '1'", "event.data.b",
        "int(event.data.a) / int(event.data.b) > 1", "event.data.a[event.data.b] == 1",
    ]  # fmt: skip
    rules = [rule(f"{i}", when, "prioritise", priority=i) for i, when in enumerate(conditions)]

    async def story() -> None:
        routes = DirectRoutes()
        await active(routes, *rules)
        journey = await routes.start()
        reply = await routes.event(journey, a=value, b=other, c=value, context={"a": other})
        assert reply.status in (201, 413)  # what is too large for a context is the journey's to refuse
        for decision in await decisions(routes, journey):
            path = f"/v1/journeys/{journey}/decisions/{decision['version']}/replay"
            again = (await routes.ask("POST", path)).body
            assert (again["failed"], again["decided"]) == (again["stored"]["failed"], again["stored"]["decided"])
            assert again["same"] is True, again

    run(story())
