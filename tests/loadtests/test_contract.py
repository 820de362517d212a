"""Contracts: all errors at once, rendered requests, classified answers."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from loadtests.contract import (
    INPUTS,
    REFERENCE,
    SETUP_INPUTS,
    AnswerClass,
    Call,
    MissingValueError,
    Verb,
    compile_calls,
    read_contract,
)
from loadtests.contract.expressions import MISSING, Scope, compile_condition, compile_expression, compile_template
from sim.core.errors import InvalidInput

INPUT = {
    **dict.fromkeys(INPUTS),
    "run": "r",
    "id": "r-7-2",
    "customer": "r-7",
    "intent": "lost_card",
    "channel": "web",
    "type": "step.entered",
    "time": "1970-01-01T08:00:00.000+00:00",
    "context": {"contacts": 0},
    "canary": "canary-1",
}
SCOPE = Scope(
    inputs={"customer": "Ada", "none": None, "list": [1, 2]},
    outputs={"start.journey": "j/1"},
    status=201,
    headers={"etag": '"3"'},
    body={"id": "J-1", "a": [{"b/c": 0}], "flag": False, "nothing": None},
    request_headers={"x": "y"},
    request_body={"customer": "Ada"},
    item={"id": 5},
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$inputs.customer", "Ada"),
        ("$inputs.absent", MISSING),
        ("$steps.start.outputs.journey", "j/1"),
        ("$statusCode", 201),
        ("$response.header.ETag", '"3"'),
        ("$response.body#/id", "J-1"),
        ("$response.body#/a/0/b~1c", 0),
        ("$response.body#/a/1", MISSING),
        ("$response.body#/a/" + "9" * 5000, MISSING),
        ("$response.body#/id/deeper", MISSING),
        ("$response.body", SCOPE.body),
        ("$request.header.X", "y"),
        ("$request.body#/customer", "Ada"),
        ("$item#/id", 5),
    ],
)
def test_expressions_look_values_up(expression: str, value: Any) -> None:
    result = compile_expression(expression)(SCOPE)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize("text", ["$input.customer", "$response.status", "$inputs", "inputs.x", "$steps.a.b", "$url"])
def test_what_is_not_an_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a runtime expression"):
        compile_expression(text)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("plain", "plain"),
        ("$inputs.list", [1, 2]),
        ("for {$inputs.customer}, {$response.body#/a/0/b~1c}", "for Ada, 0"),
        ("{$inputs.absent}", MISSING),
        (
            {"keep": 1, "gone": "$inputs.absent", "null": "$inputs.none", "deep": {"x": ["$statusCode"]}},
            {"keep": 1, "deep": {"x": [201]}},
        ),
        (None, None),
    ],
)
def test_templates_are_filled_in(template: Any, value: Any) -> None:
    assert compile_template(template)(SCOPE) == value


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("$statusCode == 201", True),
        ("$statusCode==200", False),
        ("$statusCode >= 200 && $statusCode < 300", True),
        ("$statusCode == 200 || $response.body#/id == 'j-1'", True),  # text compares without regard to case
        ("$statusCode == 200 || $statusCode == 201 && $response.body#/flag == true", False),
        ("$response.body#/flag == false", True),
        ("$response.body#/nothing == null", True),
        ("$response.body#/absent == null", True),
        ("$response.body#/absent == $inputs.customer", False),
        ("$response.body#/id != 'a && b || ''c'''", True),
        ("$response.body#/id < 3", False),  # not comparable
        ("$request.body#/customer == $inputs.customer", True),
    ],
)
def test_conditions(condition: str, holds: bool) -> None:
    assert compile_condition(condition)(SCOPE) is holds


@pytest.mark.parametrize(
    "text", ["", "$statusCode", "$statusCode = 3", "$statusCode == two", "1 == 1 &&", "__import__('os')"]
)
def test_what_is_not_a_condition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        compile_condition(text)


@pytest.fixture(scope="module")
def calls() -> dict[Verb, Call]:
    return compile_calls(read_contract(), "127.0.0.1:80")


@pytest.mark.parametrize("path", sorted(REFERENCE.parent.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_contract_that_is_shipped_is_right(path: Path) -> None:
    assert Verb.START in compile_calls(read_contract(path), "localhost")


def test_the_reference_contract_renders_an_event(calls: dict[Verb, Call]) -> None:
    wire = calls[Verb.EVENT].request(INPUT, {"start.journey": "j/1"}).content
    head, _, body = wire.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[:2] == ["POST /v1/journeys/j%2F1/events HTTP/1.1", "Host: 127.0.0.1:80"]
    assert f"Content-Length: {len(body)}" in lines
    assert json.loads(body) == {
        "specversion": "1.0",
        "id": "r-7-2",
        "source": "/sojourn/r",
        "type": "step.entered",
        "time": "1970-01-01T08:00:00.000+00:00",
        "data": {"channel": "web", "context": {"contacts": 0}},
    }


def test_a_request_that_needs_what_no_answer_gave_is_not_made(calls: dict[Verb, Call]) -> None:
    with pytest.raises(MissingValueError):
        calls[Verb.EVENT].request(INPUT, {})


def test_an_answer_cannot_add_headers(tmp_path: Path) -> None:
    contract = read_contract()
    odd = contract.verbs["event"].model_copy(update={"headers": {"X": "$steps.start.outputs.journey"}})
    call = compile_calls(contract.model_copy(update={"verbs": {**contract.verbs, "event": odd}}), "h")[Verb.EVENT]
    with pytest.raises(MissingValueError):
        call.request(INPUT, {"start.journey": "j\r\nAuthorization: x"})


@pytest.mark.parametrize(
    ("status", "body", "answer_class"),
    [
        (201, '{"applied": true, "journey": "j"}', AnswerClass.OK),
        (200, '{"applied": false, "journey": "j"}', AnswerClass.DUPLICATE),
        (201, '{"applied": true, "journey": "somebody else\'s"}', AnswerClass.WRONG_ANSWER),
        (201, "not JSON", AnswerClass.WRONG_ANSWER),
        (201, "[" * 100_000, AnswerClass.WRONG_ANSWER),
        (302, "", AnswerClass.WRONG_ANSWER),
        (429, "", AnswerClass.OVERLOAD),
        (503, "", AnswerClass.OVERLOAD),
        (404, "", AnswerClass.CLIENT_ERROR),
        (500, "", AnswerClass.SERVER_ERROR),
    ],
)
def test_answers_are_classified(calls: dict[Verb, Call], status: int, body: str, answer_class: AnswerClass) -> None:
    call = calls[Verb.EVENT]
    request = call.request(INPUT, {"start.journey": "j"})
    assert call.classify(request.scope, status, {}, body.encode()).answer_class is answer_class


def test_no_work_is_an_answer(calls: dict[Verb, Call]) -> None:
    call = calls[Verb.READY]
    request = call.request({**INPUT, "agent": "r-desk-0", "wait": 0.5}, {})
    assert request.content.startswith(b"POST /v1/agents/r-desk-0/reserve?wait=0.5 HTTP")
    assert call.classify(request.scope, 204, {}, b"").answer_class is AnswerClass.NOTHING
    assert call.classify(request.scope, 404, {}, b"").answer_class is AnswerClass.CLIENT_ERROR
    abandon = calls[Verb.ABANDON]
    scope = abandon.request(INPUT, {"enqueue.item": "i"}).scope
    assert abandon.classify(scope, 409, {}, b'{"type": "/problems/work-state"}').answer_class is AnswerClass.NOTHING
    assert abandon.classify(scope, 409, {}, b'{"type": "/problems/other"}').answer_class is AnswerClass.CLIENT_ERROR


def test_outputs_are_kept(calls: dict[Verb, Call]) -> None:
    call = calls[Verb.START]
    scope = call.request(INPUT, {}).scope
    assert call.classify(scope, 201, {}, b'{"id": "j", "customer": "r-7"}').outputs == {"start.journey": "j"}


def test_an_acknowledgement_without_its_outputs_is_wrong(calls: dict[Verb, Call]) -> None:
    call = calls[Verb.START]
    scope = call.request(INPUT, {}).scope
    assert call.classify(scope, 201, {}, b'{"customer": "r-7"}').answer_class is AnswerClass.WRONG_ANSWER


BAD = """\
contract: 1
info: {title: x}
verbs:
  start:
    method: PUSH
    path: v1/journeys
    headers:
      X: ${env:}
    requestBody:
      payload: {customer: $inputs.custmer, secret: "${env:TOKEN}"}
    successCriteria: []
    sucessCriteria: []
  evnt:
    method: GET
    path: /x/{$steps.start.outputs.jurney}
    successCriteria:
      - condition: $statusCode = 200
    timeout: -1
"""


def test_everything_that_is_wrong_comes_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(BAD, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_contract(path)
    problems = {problem.path: problem for problem in caught.value.problems}
    assert set(problems) == {
        "info.version",
        "verbs.start.method",
        "verbs.start.path",
        "verbs.start.headers.X",
        "verbs.start.requestBody.payload",
        "verbs.start.requestBody.payload.customer",
        "verbs.evnt.path",
        "verbs.start.successCriteria",
        "verbs.start.sucessCriteria",
        "verbs.evnt",
        "verbs.evnt.successCriteria.0.condition",
        "verbs.evnt.timeout",
    }
    assert problems["verbs.start.method"].line == 5
    assert "PUSH" in problems["verbs.start.method"].message
    assert 'did you mean "successCriteria"' in problems["verbs.start.sucessCriteria"].message
    assert "-1" in problems["verbs.evnt.timeout"].message


def test_names_that_do_not_exist_come_with_near_ones(tmp_path: Path) -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    for right, wrong in [
        ("customer: $inputs.customer", "customer: $inputs.custmer"),
        ("outputs.journey}/pause", "outputs.jurney}/pause"),
        ("  complete:", "  compleet:"),
        ("shows: [start, event", "shows: [start, evnt"),
        ("after={$inputs.cursor}", "after={$inputs.cursr}"),
    ]:
        assert right in text
        text = text.replace(right, wrong)
    path = tmp_path / "near.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_contract(path)
    messages = [str(problem) for problem in caught.value.problems]
    for name in ("customer", "start.journey", "complete", "event", "cursor"):
        assert any(f'did you mean "{name}"' in message for message in messages), (name, messages)
    assert all(problem.line for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("right", "wrong", "path", "says"),
    [
        (
            "items/{$steps.ready.outputs.item}/accept",
            "items/{$steps.enqueue.outputs.item}/accept",
            "verbs.accept.path",
            "no verb of an agent keeps that",
        ),
        (
            "items/{$steps.enqueue.outputs.item}/abandon",
            "items/{$steps.ready.outputs.item}/abandon",
            "verbs.abandon.path",
            "no verb of a journey keeps that",
        ),
        (
            "queues/{$inputs.queue}\n      requestBody",
            "queues/{$inputs.agent}\n      requestBody",
            "setup.queue.0.path",
            "there is no such input",
        ),
        (
            "agents/{$inputs.agent}\n      successCriteria: &gone",
            "agents/{$inputs.queue}\n      successCriteria: &gone",
            "teardown.agent.0.path",
            "there is no such input",
        ),
        (
            "    outputs:\n      item: $response.body#/id\n      token",
            "    outputs:\n      it: $response.body#/id\n      token",
            "verbs.accept.path",
            'did you mean "ready.it"',
        ),
    ],
)
def test_agents_see_what_agents_got_and_setup_sees_its_own(
    tmp_path: Path, right: str, wrong: str, path: str, says: str
) -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    assert right in text
    file = tmp_path / "c.yaml"
    file.write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_contract(file)
    problems = {problem.path: problem for problem in caught.value.problems}
    assert says in problems[path].message
    assert problems[path].line


def test_contacts_that_are_read_back_need_a_name(tmp_path: Path) -> None:
    text = REFERENCE.read_text(encoding="utf-8").replace(
        "    outputs:\n      item: $response.body#/id\n    retry: *patient\n\n  done:", "    retry: *patient\n\n  done:"
    )
    text = text.replace("steps.accept.", "steps.ready.")
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=r'an output "item" in verbs\.accept\.outputs; add e\.g\. item:'):
        read_contract(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("contract: [", "is not valid YAML"),
        ("- 1", 'keys such as "contract:" at its top; found a list'),
        ("", 'keys such as "contract:" at its top; found nothing'),
        (None, "there is no such file"),
    ],
)
def test_a_file_that_is_no_contract_is_refused(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "c.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=says):
        read_contract(path)


def test_secrets_come_from_the_environment() -> None:
    contract = read_contract().model_copy(update={"headers": {"Authorization": "Bearer ${env:TOKEN}"}})
    with pytest.raises(InvalidInput, match="TOKEN is not set"):
        compile_calls(contract, "h", environment={})
    call = compile_calls(contract, "h", environment={"TOKEN": "$inputs.customer"})[Verb.START]
    assert b"Authorization: Bearer $inputs.customer\r\n" in call.request(INPUT, {}).content  # never a template


def test_the_reference_contract_offers_what_the_trace_asks_for(calls: dict[Verb, Call]) -> None:
    assert set(Verb) - set(calls) == {Verb.DECIDE, Verb.CONTEXT, Verb.NOTIFY}


GUIDE = Path(__file__).parents[2] / "docs" / "guide-contract.md"


def test_the_guides_examples_are_right(tmp_path: Path) -> None:
    smallest, queues, readback = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    path = tmp_path / "mine.yaml"
    path.write_text(smallest, encoding="utf-8")
    assert read_contract(path).readback is None
    path.write_text(smallest + queues + readback, encoding="utf-8")
    contract = read_contract(path)
    assert contract.readback is not None
    assert contract.readback.history is not None
    assert contract.readback.item is not None
    for section in (contract.setup, contract.teardown):
        assert (len(section.queue), len(section.agent)) == (1, 1)
    calls = compile_calls(contract, "h", environment={"MY_TOKEN": "secret"})
    wire = calls[Verb.EVENT].request(INPUT, {"start.case": 3}).content
    assert wire.startswith(b"PUT /cases/3/log/r-7-2 HTTP/1.1\r\n")
    assert b"Authorization: Bearer secret\r\n" in wire


def test_the_guide_names_every_input_and_verb() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    names = [*INPUTS, *SETUP_INPUTS["queue"], *SETUP_INPUTS["agent"]]
    assert [name for name in names if f"`{name}`" not in text] == []
    assert [verb.name for verb in Verb if f"`{verb.name.lower()}`" not in text] == []


def test_a_comparison_that_would_take_long_to_understand_is_refused_at_once() -> None:
    began = time.process_time()
    with pytest.raises(ValueError, match="a comparison of 100,004 characters is too long; it may have 2,000"):
        compile_condition("=" * 100_000 + " x y")
    assert time.process_time() - began < 1.0
