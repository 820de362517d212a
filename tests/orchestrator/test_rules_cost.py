"""The cost of rules: its bound holds, what is too dear is refused, and a tenant's budget protects the others."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from orchestrator.core.answer import Answer, Key
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.features import FEATURES
from orchestrator.journeys.commands import Record, Records, Start
from orchestrator.rules.commands import Activate, PutRules
from orchestrator.rules.cost import RULE_COST, SET_COST, cost_of
from orchestrator.rules.decisions import decide_again
from orchestrator.rules.evaluation import evaluate, input_size, read_input
from orchestrator.rules.limits import LARGEST_INPUT, LONGEST_TEXT, RULES
from orchestrator.rules.rows import ActiveRules, Decision, StoredRules
from orchestrator.rules.ruleset import RuleSet, compiled_rules, fingerprint
from orchestrator.rules.tokens import tokens
from orchestrator.service.budget import BURST, RATE, Budget
from orchestrator.service.group_commit import GroupCommit, Waiting, in_turns
from orchestrator.service.service import Service
from orchestrator.store.memory import MemoryDatabase
from tests.support.dear_rules import DEAR, LISTS, documents
from tests.support.stalls import again_after_a_stall

pytestmark = pytest.mark.attack

ENDLESS = [
    f"{LISTS}.map(x, [{', '.join([LISTS] * 13)}]).all(y, y == y)",
    f"event.data.map(x, {'+'.join(['event.data'] * 4)}).map(y, y+y+y+y+y).size()==0",
    f"[{LISTS}].map(x, [{', '.join(['x'] * 32)}]).map(y, [{', '.join(['y'] * 32)}]) == [{LISTS}]",
]


def put(*conditions: str, activate: bool = False, tenant: str = "default") -> PutRules:
    request = Request("POST", "/v1/rules", b"", {}, tenant=tenant)
    return PutRules.parse(request, {"body": {"rules": documents(*conditions), "activate": activate}})


def large() -> dict[str, Any]:
    """The largest values that are read: many small lists, or one large one in a list; and a text."""
    text = "a" * LONGEST_TEXT
    lists = [[text] * 7 for _ in range(31)]
    return {"lists": lists, "pair": [[*row] for row in lists], "text": text}


def taken(rules: RuleSet, context: dict[str, Any]) -> float:
    """The least time of several evaluations, reading included, in microseconds."""
    root = {"event": {"data": context["lists"]}, "journey": {"context": context}, "now": 0.0}
    times = []
    for _ in range(5):
        began = time.process_time()
        evaluate(rules, *read_input(rules, root))
        times.append(time.process_time() - began)
    return min(times) * 1e6


def unit_of_time() -> float:
    """Microseconds for what takes 10 on the machine where costs were measured; noise makes it longer."""
    times = []
    for _ in range(20):
        began = time.process_time()
        sum(range(1000))
        times.append(time.process_time() - began)
    return max(1.0, min(times) * 1e6 / 10)


@pytest.mark.parametrize("condition", DEAR)
@again_after_a_stall
def test_a_rule_takes_no_longer_than_its_cost(condition: str) -> None:
    cost = cost_of(tokens(condition))
    assert cost <= RULE_COST
    rules = compiled_rules(put(condition).body.text())
    first = {**large(), "lists": [[["a" * LONGEST_TEXT] * 31] * 7, *[["a"]] * 5, *[1] * 18]}
    slow = max(taken(rules, large()), taken(rules, first))
    print(f"cost {cost}, took {slow:.0f} us: {condition[:60]}")  # noqa: T201 - a figure, for whoever runs it with -s
    assert slow < 2 * (cost + LARGEST_INPUT) * unit_of_time()


@pytest.mark.parametrize("condition", ENDLESS)
def test_a_rule_that_copies_for_seconds_is_refused_with_its_cost(condition: str) -> None:
    began = time.process_time()
    with pytest.raises(Refused, match=r'"rule 0": it costs \d+; a rule may cost 2000') as refused:
        put(condition)
    assert refused.value.problem == "invalid"
    assert time.process_time() - began < 1


def test_a_set_that_is_too_dear_is_refused_and_names_the_rules_beyond_its_cost() -> None:
    fitting = SET_COST // cost_of(tokens(DEAR[0]))
    assert put(*DEAR[:1] * fitting)
    with pytest.raises(Refused, match=rf'"rule {fitting}": it costs \d+, and those before \d+; a set may cost 4000'):
        put(*DEAR[:1] * RULES)


def test_the_dearest_set_takes_a_few_milliseconds_for_an_event() -> None:
    fitting = SET_COST // cost_of(tokens(DEAR[0]))
    rules = compiled_rules(put(*[f"{condition} && false" for condition in DEAR[:1] * fitting]).body.text())
    slow = taken(rules, large())
    print(f"{fitting} rules of cost {rules.cost} took {slow / 1e3:.1f} ms")  # noqa: T201 - a figure
    assert slow < 2 * 5000 * unit_of_time()


def test_ordinary_rules_are_cheap() -> None:
    conditions = [f'journey.context.amount{i} > 1000 && journey.channel == "chat"' for i in range(RULES)]
    assert sum(cost_of(tokens(condition)) for condition in conditions) < SET_COST / 10


def test_rules_read_a_limited_number_of_values_together() -> None:
    rules = compiled_rules(put(*[f"journey.context.list{i} == []" for i in range(8)]).body.text())
    context = {f"list{i}": large()["lists"] for i in range(8)}
    values, excesses = read_input(rules, {"event": {}, "journey": {"context": context}, "now": 0.0})
    assert input_size(values) <= LARGEST_INPUT < input_size(values) + 249
    assert list(excesses) == [f"journey.context.list{i}" for i in range(4, 8)]
    assert "beyond the 1024 values" in evaluate(rules, values, excesses).failed[0][1]


def apply(service: Service, command: Any) -> Answer:
    """Apply a command in a transaction of its own."""
    unit = service.database.begin(())
    answer = service.apply(command, unit)
    service.database.flush()
    service.database.commit()
    return answer


def event(number: int, journey: str, tenant: str) -> Record:
    body = {"specversion": "1.0", "id": f"e{number}", "source": "test", "type": "step", "data": {"n": number}}
    return Record.event(Request("POST", "/", b"", {}, tenant=tenant, names={"journey": journey}), body)


def start(service: Service, tenant: str, context: dict[str, Any]) -> tuple[Start, str]:
    """Start a journey; return the command and the journey's id."""
    body = {"customer": "c", "intent": "i", "channel": "web", "context": context}
    command = Start.parse(Request("POST", "/", b"", {}, tenant=tenant), {"body": body, "key": Key("start", b"1")})
    return command, json.loads(apply(service, command).body)["id"]


def answered(answer: Answer) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(answer.body)["items"]
    return items


def test_a_batch_is_applied_as_far_as_the_tenant_may_use_rules_and_the_rest_comes_again() -> None:
    service = Service(MemoryDatabase(), FEATURES)
    now = [0.0]
    service.budget = Budget(RATE, lambda: now[0])
    apply(service, put(*[f"{condition} && false" for condition in DEAR[:1] * 3], activate=True, tenant="dear"))
    _, journey = start(service, "dear", {"lists": [["a"] * 7] * 31})
    _, other = start(service, "quiet", {})
    batch = Records("dear", tuple(event(number, journey, "dear") for number in range(100)))
    first = answered(apply(service, batch))
    fitting = [item["status"] for item in first].count(201)
    assert 5 < fitting < 100
    refused = first[fitting:]
    assert {item["status"] for item in refused} == {429}
    assert {item["body"]["type"] for item in refused} == {"/problems/budget"}
    assert refused[0]["body"]["retry_after"] >= 1
    assert refused[0]["body"]["left"] < refused[0]["body"]["cost"]
    quiet = Records("quiet", tuple(event(number, other, "quiet") for number in range(100)))
    assert {item["status"] for item in answered(apply(service, quiet))} == {201}
    for _ in range(20):
        now[0] += 1.0
        last = answered(apply(service, batch))
    assert {item["status"] for item in last} == {200}, "those that were refused have been applied later, each once"


def test_a_refusal_for_want_of_budget_is_not_kept_as_the_answer_to_its_key() -> None:
    service = Service(MemoryDatabase(), FEATURES)
    now = [0.0]
    service.budget = Budget(1.0, lambda: now[0])
    apply(service, put("event.type == 'a'", activate=True))
    service.budget.owe("default", BURST)
    body = {"customer": "c", "intent": "i", "channel": "web"}
    command = Start.parse(Request("POST", "/", b"", {}), {"body": body, "key": Key("start", b"1")})
    refusal = apply(service, command)
    assert (refusal.status, dict(refusal.headers)[b"retry-after"]) == (429, b"%d" % json.loads(refusal.body)["cost"])
    now[0] += 1000.0
    assert apply(service, command).status == 201


def old_rules(service: Service, *conditions: str) -> None:
    """Write rules as an earlier version of the service would have stored them."""
    text = json.dumps(documents(*conditions))
    unit = service.database.begin(())
    unit.put(StoredRules("default", 1, text, fingerprint(text), 0.0))
    unit.put(ActiveRules("default", 1, fingerprint(text), 0.0))
    service.database.flush()
    service.database.commit()


def test_a_rule_stored_before_that_is_too_dear_has_no_result_and_stops_nothing() -> None:
    service = Service(MemoryDatabase(), FEATURES)
    old_rules(service, ENDLESS[0], "event.type == 'sojourn.journey.started'")
    began = time.process_time()
    _, journey = start(service, "default", {"lists": [["a"] * 7] * 31})
    assert time.process_time() - began < 1
    decision = service.database.look(lambda unit: unit.get(Decision, "default", journey, 1))
    assert decision is not None
    assert json.loads(decision.decided) == ["rule 1"]
    [[name, why]] = json.loads(decision.failed)
    assert name == "rule 0"
    assert "a rule may cost 2000" in why
    assert service.database.look(lambda unit: decide_again(decision, unit))[1]


def test_rules_stored_before_that_are_too_dear_are_not_activated_again() -> None:
    service = Service(MemoryDatabase(), FEATURES)
    old_rules(service, ENDLESS[0])
    again = apply(service, Activate.parse(Request("PUT", "/", b"", {}), {"body": {"version": 1}}))
    assert again.status == 422
    assert b"rule 0" in again.body


def order_of(tenants: Sequence[str]) -> list[tuple[str, int]]:
    """The tenants and numbers of commands in the order in which they are applied."""

    class Command:
        def __init__(self, tenant: str, number: int) -> None:
            self.tenant, self.number = tenant, number

    async def turns() -> list[Waiting]:
        loop = asyncio.get_running_loop()
        return in_turns(
            Waiting(Command(tenant, number), loop.create_future(), 0.0) for number, tenant in enumerate(tenants)
        )

    return [(waiting.command.tenant, waiting.command.number) for waiting in asyncio.run(turns())]


def test_commands_are_applied_in_turns_of_their_tenants_and_in_the_order_of_each() -> None:
    order = order_of(["a"] * 1000 + ["b", "b", "c"])
    assert [tenant for tenant, _ in order[:6]] == ["a", "b", "c", "a", "b", "a"]
    assert [number for tenant, number in order if tenant == "a"] == list(range(1000))


@dataclass(frozen=True)
class Work:
    """A command of a tenant, and the seconds that it takes."""

    tenant: str
    seconds: float


@pytest.mark.parametrize(("seconds", "most"), [(0.021, 2 * 3), (0.5, 3), (1e-6, 2 * 64)])
def test_a_write_waits_for_few_dear_commands_of_another_tenant_however_many_clients_send_them(
    seconds: float, most: int
) -> None:
    """It waits for the rest of the batch in which it comes, and for the one that it shares."""
    applied: list[str] = []
    now = 0.0

    async def tell() -> int:
        async def quiet() -> int:
            await commits.submit(Work("quiet", 1e-6))
            return len(applied)

        def apply(command: Work, _: Any) -> Answer:
            nonlocal now
            now += command.seconds
            applied.append(command.tenant)
            if len(applied) == 1:
                waits.append(asyncio.get_running_loop().create_task(quiet()))
            return Answer(200, b"")

        async def loud() -> None:
            while "quiet" not in applied:
                await commits.submit(Work("loud", seconds))

        waits: list[asyncio.Task[int]] = []
        commits = GroupCommit(MemoryDatabase(), apply, lambda _: (), lambda _: None, 1000, clock=lambda: now)
        await asyncio.gather(*(loud() for _ in range(64)))
        commits.close()
        return await waits[0] - 1

    assert asyncio.run(tell()) <= most


def test_a_full_queue_of_one_tenant_leaves_others_their_share() -> None:
    async def fill() -> list[Answer]:
        service = Service(MemoryDatabase(), FEATURES, queue_limit=10)
        loud = [asyncio.ensure_future(service.submit(put("true", tenant="loud"))) for _ in range(10)]
        await asyncio.sleep(0)
        with pytest.raises(Refused, match="10 requests are waiting"):
            await service.submit(put("true", tenant="loud"))
        quiet = await service.submit(put("true", tenant="quiet"))
        return [quiet, *await asyncio.gather(*loud)]

    assert {answer.status for answer in asyncio.run(fill())} <= {200, 201}
