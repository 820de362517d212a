"""Load on queues and agents: a simulated day reaches them, and faults of the endpoint are caught."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from loadtests.contract import REFERENCE, AnswerClass, Contract, Verb, read_contract
from loadtests.http_client import HttpClient
from loadtests.run.result import Run, measure
from loadtests.run.run import run_load
from loadtests.run.setup import set_up, tear_down
from loadtests.trace.sources import trace_of_scenario
from loadtests.verification.findings import CHECKS
from loadtests.verification.verification import verify
from sim.core import interrupts
from sim.core.errors import InvalidInput, Unreachable
from sim.scenario import read_scenario
from tests.support.conductor_runs import Driven, Reply, acknowledge, busy_queue, drive, fake_endpoint, trace_from
from tests.support.raw_endpoint import Reply as RawReply
from tests.support.raw_endpoint import raw_endpoint
from tests.support.stalls import again_after_a_stall

DAY = """\
name: Two queues
run: {hours: 08:00-09:00, interval: 60 min}
queues: {calls: {}, chats: {}}
agents:
  desk: {serves: [calls, chats], staff: 3}
  digital: {serves: [chats], staff: 1, at_once: 2}
intents:
  call:
    demand: 60
    start: call
    steps:
      call:
        channel: voice
        queue: calls
        patience: {law: exponential, mean: 60 s}
        talk: {law: exponential, mean: 120 s}
        wrap_up: 20 s
        next: {ask: 30 %, resolved: rest}
        if_abandoned: gave_up
      ask: {channel: chat, queue: chats, talk: 100 s, next: resolved}
"""
LATE = 30.0
"""A lag limit for tests of other things: the machine that runs them may be busy."""


def left_on(url: str) -> list[str]:
    """Return the names of the queues and agents of the reference endpoint."""
    client = HttpClient(url, 10.0)
    try:
        lists = [json.loads(client.request("GET", f"/v1/{name}?limit=1000", {}).text) for name in ("queues", "agents")]
    finally:
        client.close()
    return [item.get("name") or item["id"] for shown in lists for item in shown["items"]]


def verified(driven: Driven, contract: Contract | None = None) -> dict[str, Any]:
    checked = contract or read_contract()
    return verify(driven.trace, checked, driven.url, driven.ledger, driven.run).as_json()


@pytest.mark.load
def test_a_simulated_days_queues_and_agents_are_loaded_and_read_back(start: Any, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(DAY, encoding="utf-8")
    trace = trace_of_scenario(read_scenario(scenario), seed=3)
    out = tmp_path / "out"
    out.mkdir()
    url = f"http://127.0.0.1:{start().port}"
    result = run_load(trace, host=url, out=out, speed=1200.0, lag_limit=LATE)
    assert result.valid, result.why
    assert (result.left_behind, left_on(url)) == ("", [])
    assert result.verification is not None
    assert result.verification.ok, result.verification.as_json()
    assert not result.not_offered
    planned = {verb: int((trace.verb == verb).sum()) for verb in Verb}
    assert planned[Verb.ABANDON] > 0
    assert result.verification.items == planned[Verb.ENQUEUE] == result.by_verb["enqueue"]["ok"] > 60
    assert result.agents == len(trace.agent_group) >= 4
    for verb in (Verb.ABANDON, Verb.READY, Verb.ACCEPT, Verb.DONE):
        kinds = result.by_verb[verb.name.lower()]
        assert set(kinds) <= {"ok", "nothing", "not_sent"}
        assert sum(kinds.values()) == planned[verb]
    assert result.by_verb["accept"]["ok"] > planned[Verb.ACCEPT] / 2
    assert result.wait_for_work.p50 is not None


def test_what_cannot_be_removed_is_a_sentence_without_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDPOINT_TOKEN", "pssst!")
    contract = tmp_path / "mine.yaml"
    text = REFERENCE.read_text(encoding="utf-8").replace(
        "readback:", "headers: {X-Token: '${env:ENDPOINT_TOKEN}'}\nreadback:", 1
    )
    contract.write_text(text, encoding="utf-8")

    def answer(path: str, _body: dict[str, Any]) -> Reply:
        if path.endswith("?abandon=true"):
            return 409, {}, b'{"detail": "in use by pssst!"}'
        return 204, {}, b""

    with fake_endpoint(answer) as fake:
        left = tear_down(read_contract(contract), busy_queue(2, 0.01), fake.url, "r")
    assert left.startswith(
        "1 of 3 requests that remove the run's queues and agents did not succeed: DELETE /v1/queues/r-"
    )
    assert "was answered with 409" in left
    assert "in use by" in left
    assert "pssst!" not in left


SAYS = b"\x1b]0;OWN\x07\xe2\x80\xae\x1b[31mred"
SHOWN = r"\x1b]0;OWN\x07\u202e\x1b[31mred"


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"HTTP/1.1 409 x\r\nContent-Length: %d\r\n\r\n" % len(SAYS) + SAYS, f"was answered with 409 {SHOWN}, which"),
        (b"HTTP/9.9 %b%b x\r\n\r\n" % (SAYS, b"9" * 5000), "got no answer within 0.1 s: HTTP/9.9"),
    ],
    ids=["answer", "status line"],
)
def test_what_an_endpoint_says_of_a_removal_is_short_and_commands_no_terminal(content: bytes, shown: str) -> None:
    with raw_endpoint(RawReply(content, close=True)) as endpoint:
        left = tear_down(read_contract(), busy_queue(2, 0.01), endpoint.url, "r", grace=0.1)
    assert shown in left
    assert left.isprintable()
    assert len(left) < 1000


def test_an_interrupt_leaves_half_a_second_to_remove_queues_and_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer may take 10 s, by the contract."""
    over = Event()
    monkeypatch.setattr(interrupts, "presses", lambda: 1)
    monkeypatch.setattr(interrupts, "seconds_since", lambda: 60.0)
    with fake_endpoint(lambda _path, _body: over.wait() and (204, {}, b"")) as fake:
        left = tear_down(read_contract(), busy_queue(2, 0.01), fake.url, "r")
        over.set()
    assert left.startswith("3 of 3 requests")
    assert left.endswith("did not succeed: an interrupt came before")
    assert len(fake.came) <= 2, "the queue was not asked for"


def test_each_queue_is_set_up_with_its_own_routing_policy_and_service_level(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    own = "{calls: {service_level: {within: 1 min, target: 70 %}}, chats: {routing: least_busy}}"
    day = DAY.replace("queues: {calls: {}, chats: {}}", f"queues: {own}")
    scenario.write_text(day + "routing: longest_idle\n", encoding="utf-8")
    trace = trace_of_scenario(read_scenario(scenario), seed=3)
    policies: dict[str, str] = {}
    levels: dict[str, tuple[float, float]] = {}

    def answer(path: str, body: dict[str, Any]) -> Reply:
        if "/queues/" in path:
            policies[path.rpartition("-")[2]] = body["policy"]
            levels[path.rpartition("-")[2]] = body["within"], body["target"]
        return 200, {}, b"{}"

    with fake_endpoint(answer) as fake:
        set_up(read_contract(), trace, fake.url, "r", speed=60.0)
    assert levels == {"calls": (1.0, 0.7), "chats": (pytest.approx(20.0 / 60.0), 0.8)}  # in seconds of the run
    assert policies == {"calls": "longest_idle", "chats": "least_busy"}


@pytest.mark.load
@pytest.mark.parametrize(
    ("fault", "every", "caught"),
    [
        ("loses_items", 6, "lost"),
        ("gives_twice", 6, "duplicate"),
        ("forgets_items", 12, "lost"),
        ("miscounts", 6, "unbalanced"),
    ],
)
def test_a_broken_endpoint_is_caught(start: Any, tmp_path: Path, fault: str, every: int, caught: str) -> None:
    url = f"http://127.0.0.1:{start('--every', str(every), broken=fault).port}"
    verdict = verified(drive(busy_queue(20, 0.03), url, tmp_path))
    assert not verdict["ok"]
    assert {check for check in CHECKS if verdict[check]} == {caught}, verdict


def test_what_is_not_said_how_to_read_back_is_never_ok(tmp_path: Path) -> None:
    contract = read_contract()
    assert contract.readback is not None
    blind = contract.model_copy(update={"readback": contract.readback.model_copy(update={"item": None, "queue": None})})
    ready = contract.model_copy(update={"setup": type(contract.setup)()})
    with fake_endpoint(at_work) as fake:
        driven = drive(busy_queue(2, 0.01), fake.url, tmp_path, contract=ready)
        assert verified(driven, blind)["not_verifiable"] == ["item", "queue"]


def at_work(path: str, body: dict[str, Any]) -> Reply:
    """Answer as the reference endpoint does: one contact at once, then nobody waits."""
    if path.startswith("/v1/agents/"):
        agent = path.split("/")[3]
        return 200, {}, b'{"id": "i", "token": 1, "state": "reserved", "agent": "%s"}' % agent.encode()
    if path.startswith("/v1/queues/"):
        queue = path.split("/")[3]
        return 201, {}, b'{"id": "i", "queue": "%s", "journey": "%s"}' % (queue.encode(), body["journey"].encode())
    if path.startswith("/v1/items/"):
        state = {"accept": "serving", "complete": "completed", "abandon": "abandoned"}[path.rsplit("/", 1)[-1]]
        return 200, {}, b'{"id": "i", "token": 1, "state": "%s"}' % state.encode()
    return acknowledge(path, body)


def nobody_waits_twice() -> Any:
    """Answer the first agent who asks, and none after that."""
    asked = 0

    def answer(path: str, body: dict[str, Any]) -> Reply:
        nonlocal asked
        asked += "reserve" in path
        return (204, {}, b"") if "reserve" in path and asked > 1 else at_work(path, body)

    return answer


def test_an_agent_who_gets_nothing_does_nothing(tmp_path: Path) -> None:
    """What the agent had before is forgotten, so it is neither accepted nor finished once more."""
    ready = read_contract().model_copy(update={"setup": type(read_contract().setup)()})
    work = [(0.0, Verb.READY), (0.0, Verb.ACCEPT), (0.02, Verb.DONE)]
    again = [(due + 0.05, verb) for due, verb in work]
    with fake_endpoint(nobody_waits_twice()) as fake:
        driven = drive(trace_from([[*work, *again]], agents=1), fake.url, tmp_path, contract=ready)
    kinds = [AnswerClass(code) for code in driven.ledger["kind"].tolist()]
    assert kinds == [AnswerClass.OK] * 3 + [AnswerClass.NOTHING] + [AnswerClass.NOT_SENT] * 2
    result = measure(driven.trace, driven.ledger, Run("r", fake.url, "c", 1.0, 1, lag_limit=LATE), {})
    assert (result.journeys, result.agents, result.requests, result.error_rate) == (0, 1, 4, 0.0)


@again_after_a_stall
def test_an_agents_latency_counts_from_when_they_could_act(tmp_path: Path) -> None:
    """Waiting for work is nobody's latency; what follows is due when it came."""
    ready = read_contract().model_copy(update={"setup": type(read_contract().setup)()})
    work = [(0.0, Verb.READY), (0.0, Verb.ACCEPT), (0.0, Verb.DONE)]

    def late(path: str, body: dict[str, Any]) -> Reply:
        if "reserve" in path:
            time.sleep(0.4)
        return at_work(path, body)

    with fake_endpoint(late) as fake:
        driven = drive(trace_from([[*work, (0.0, Verb.READY)]], agents=1), fake.url, tmp_path, contract=ready)
        waits = [path.rsplit("=", 1)[-1] for _, path in fake.came if "reserve" in path]
    assert 0.8 < float(waits[0]) <= 1.0
    assert float(waits[1]) < 0.65  # whoever is late waits for less
    ledger = driven.ledger
    assert ledger["due"][1] >= ledger["ended"][0]
    assert ledger["due"][2] >= ledger["ended"][1]
    result = measure(driven.trace, ledger, Run("r", fake.url, "c", 1.0, 1, lag_limit=LATE), {})
    assert result.latency.max is not None
    assert result.wait_for_work.max is not None
    assert result.latency.max < 0.4 <= result.wait_for_work.max


@pytest.mark.load
def test_a_set_up_that_is_refused_is_a_sentence_and_leaves_nothing_nor_do_customers_who_still_wait(
    start: Any, tmp_path: Path
) -> None:
    contract = read_contract()
    odd = contract.setup.agent[0].model_copy(update={"path": "/v1/agents/{$inputs.group}!"})
    wrong = contract.model_copy(update={"setup": contract.setup.model_copy(update={"agent": (odd,)})})
    url = f"http://127.0.0.1:{start().port}"
    says = r"setup\.agent\.0: PUT /v1/agents/desk! was answered with 422 .* does not meet \$statusCode == 200"
    with pytest.raises(InvalidInput, match=says):
        set_up(wrong, busy_queue(2, 0.1), url, "r")
    assert left_on(url) == []
    enters = [(0.0, Verb.START), (0.01, Verb.ENQUEUE)]
    driven = drive(trace_from([enters] * 5 + [[(0.1, Verb.READY), (0.1, Verb.ACCEPT)]], agents=1), url, tmp_path)
    assert driven.ledger.answers[5, 2] is AnswerClass.OK
    assert sorted(left_on(url)) == sorted(f"{driven.run}-{name}" for name in ("calls", "desk-0"))
    assert tear_down(contract, driven.trace, url, driven.run) == ""
    assert left_on(url) == []


def test_an_endpoint_that_is_gone_when_it_is_set_up_is_a_sentence() -> None:
    with pytest.raises(Unreachable, match="PUT /v1/queues/r-calls, which sets the run up, got no answer"):
        set_up(read_contract(), busy_queue(2, 0.1), "http://127.0.0.1:9", "r", grace=0.5)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_set_up_that_fails_for_a_while_is_tried_again(status: int) -> None:
    """As long as an endpoint starts, or another one takes over."""
    refusals = iter([(status, {"Retry-After": "0"}, b"{}")] * 3)
    with fake_endpoint(lambda _path, _body: next(refusals, (200, {}, b"{}"))) as fake:
        set_up(read_contract(), busy_queue(2, 0.1), fake.url, "r")
    assert len(fake.came) == 3 + 1 + 2 * 2  # a queue, and two agents with two requests each


def test_a_set_up_that_is_cut_off_is_tried_again() -> None:
    replies: Iterator[Reply | None] = iter([None, None])
    with fake_endpoint(lambda _path, _body: next(replies, (200, {}, b"{}"))) as fake:
        set_up(read_contract(), busy_queue(2, 0.1), fake.url, "r")
    assert len(fake.came) == 2 + 1 + 2 * 2


@pytest.mark.parametrize("wait", ["0", "86400"])
@again_after_a_stall
def test_a_set_up_that_never_succeeds_ends(wait: str) -> None:
    """And no other request is begun then: a run may have thousands of agents."""
    trace = trace_from([[(0.0, Verb.READY)]] * 40, agents=40)
    with fake_endpoint(lambda _path, _body: (503, {"Retry-After": wait}, b"busy")) as fake:
        began = time.monotonic()
        with pytest.raises(InvalidInput, match=r"was answered with 503 busy, which does not meet \$statusCode == 200"):
            set_up(read_contract(), trace, fake.url, "r", grace=0.5)
    assert time.monotonic() - began < 3.0
    assert len({path for _, path in fake.came}) <= 4


def test_what_nobody_uses_is_not_set_up() -> None:
    set_up(read_contract(), trace_from([[(0.0, Verb.START)]]), "http://127.0.0.1:9", "r")
