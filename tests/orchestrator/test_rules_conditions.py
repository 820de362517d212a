"""Rule conditions: they mean what CEL says, and all errors of a rule set come at once."""

from datetime import UTC, datetime
from typing import Any

import cel
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.rules.commands import PutRules
from orchestrator.rules.evaluation import evaluate_each, read_input
from orchestrator.rules.ruleset import compiled_rules

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC).timestamp()


def rule(when: str, name: str = "r", **more: Any) -> dict[str, Any]:
    return {"name": name, "when": when, "action": "steer", "with": {"step": "next"}, **more}


def checked_rules(rules: Any) -> str:
    return PutRules.parse(Request("POST", "/v1/rules", b"", {}), {"body": {"rules": rules}}).body.text()


def result(when: str, event: Any = None, journey: Any = None) -> tuple[bool, str]:
    rules = compiled_rules(checked_rules([rule(when)]))
    read, excesses = read_input(rules, {"event": event or {}, "journey": journey or {}, "now": NOW})
    ((_, held, problem),) = evaluate_each(rules, read, excesses)
    return held, problem


def wrong(*rules: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        checked_rules(list(rules))
    return [f"{error['pointer'].removeprefix('/rules')} {error['detail']}" for error in refused.value.extra["errors"]]


@pytest.mark.parametrize(
    ("when", "held"),
    [
        ('event.type == "paused"', True),
        ('event.type == "paused" && journey.context.amount > 100', True),
        ("journey.context.amount > 100.5", True),
        ('journey.context["two words"] == 2', True),
        ("has(journey.context.amount)", True),
        ("has(journey.context.nothing)", False),
        ('journey.context.tags.exists(t, t == "vip")', True),
        ('journey.context.tags.all(t, t.startsWith("v"))', False),
        ('"amount" in journey.context', True),
        ("size(journey.context.tags) == 2", True),
        ('journey.context.tags[1] == "b"', True),
        ('now - timestamp(journey.started) > duration("1h")', True),
        ("now.getHours() == 9 && now.getDayOfWeek() == 1", True),
        ('event.type.contains("aus") ? journey.version == 3 : false', True),
        ("journey.context.items.filter(i, i.price > 5).size() == 1", True),
        ("journey.context.missing > 1 || event.type == 'paused'", True),
    ],
)
def test_a_condition_means_what_it_says(when: str, held: bool) -> None:
    journey = {
        "version": 3,
        "started": "2026-03-02T08:00:00Z",
        "context": {"amount": 120, "two words": 2, "tags": ["vip", "b"], "items": [{"price": 3}, {"price": 9}]},
    }
    assert result(when, {"type": "paused", "data": {}}, journey) == (held, "")


@pytest.mark.parametrize(
    ("when", "because"),
    [
        ("journey.context.amount > 1", "journey.context.amount is missing"),
        ('journey.context["a b"] > 1', 'journey.context["a b"] is missing'),
        ("has(journey.context.x.y)", "has(journey.context.x.y) cannot be told"),
        ("journey.context > 1", "overload"),
        ("event.type + 1 == 2", "string + int"),
        ("1 / (journey.version - 3) > 0", "zero"),
        ("journey.version", "it gave 3; true or false is needed"),
        ("event.data.list == 1 || event.data.list[0] == 2", "event.data.list is a list of 33; rules read at most 32"),
        ("event.data.text == 'a'", "event.data.text has 257 characters; rules read at most 256"),
        ("event.data.many == 1", "event.data.many holds more than 256 values"),
        ("event.data.big == 1", "event.data.big is a number beyond 64 bits"),
        ("event.data.inner.a == 1", "event.data.inner.a is missing"),
    ],
)
def test_what_cannot_be_told_did_not_hold_and_says_why(when: str, because: str) -> None:
    data = {"list": [0] * 33, "text": "a" * 257, "many": [[0] * 20] * 20, "big": 2**63, "inner": 5}
    held, problem = result(when, {"type": "paused", "data": data}, {"version": 3, "context": {}})
    assert not held
    assert because in problem


def test_everything_wrong_with_a_rule_set_is_told_at_once_with_the_rule_the_position_and_the_text() -> None:
    sentences = wrong(
        rule("event.type == ", "half"),
        rule("evnt.type == 'a'", "typo"),
        rule("event.tpye == 'a'", "member"),
        rule("lower(event.type) == 'a'", "function"),
        rule("true", "action", action="dance"),
        rule("true", "fields", **{"with": {"stop": 1}}),
        rule("true", "half"),
        {"name": "empty", "why": 1},
        "no rule",
    )
    assert sentences[0].startswith('/0/when of rule "half": character 15: mismatched input')
    assert sentences[0].endswith("in event.type == ")
    assert sentences[1].startswith(
        '/1/when of rule "typo": character 1: evnt is not known; known are event, journey, now'
    )
    assert sentences[2].startswith('/2/when of rule "member": character 1: event has no member tpye')
    assert sentences[3].startswith(
        '/3/when of rule "function": character 1: lower is no function that conditions may call'
    )
    assert sentences[4].startswith('/4/action is "dance"; known are steer, prioritise, callback, notify, escalate')
    assert any(sentence.startswith("/5/with/step is missing") for sentence in sentences)
    assert any(sentence.startswith("/5/with/stop is not known") for sentence in sentences)
    assert '/6/name is "half" once more; each may stand there once' in sentences
    assert any(sentence.startswith("/7/when is missing") for sentence in sentences)
    assert any(sentence.startswith("/8 is") for sentence in sentences)


@pytest.mark.parametrize("rules", [None, [], {}, "x", [rule("true", f"r{i}") for i in range(65)]])
def test_a_rule_set_is_a_list_of_1_to_64_rules(rules: Any) -> None:
    with pytest.raises(Refused, match="a list of 1 to 64 rules is needed"):
        checked_rules(rules)


# The obvious twin: the expression as it is, on the whole documents.

NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, -1.0]) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: ".".join(["journey.context", *names]))
ATOMS = (
    PATHS
    | PATHS.map(lambda path: f"has({path})")
    | PATHS.map(lambda path: f"{path}.exists(x, x == 1)")
    | PATHS.map(lambda path: f"size({path})")
    | PATHS.map(lambda path: f"{path}['a']")
    | PATHS.map(lambda path: f"{path}[0]")
    | PATHS.map(lambda path: f"{path}.startsWith('a')")
    | st.sampled_from(["1", "'a'", "true", "null", "0.5", "journey.context", "now", "[1, 'a']", "'journey.context.a'"])
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["==", "!=", "<", "&&", "||", "+", "in"]), inner).map(
            lambda parts: f"({' '.join(parts)})"
        )
        | inner.map(lambda condition: f"!{condition}")
        | st.tuples(inner, inner, inner).map(lambda parts: "({} ? {} : {})".format(*parts))
    ),
    max_leaves=4,
)


def outcome(program: cel.Program, context: Any) -> Any:
    try:
        value = program.execute(context)
    except Exception:  # noqa: BLE001 - whatever it is, the twin must have it too
        return "no value"
    return type(value), value


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(EXPRESSIONS, st.dictionaries(NAMES, VALUES, max_size=3))
def test_conditions_give_what_cel_gives_on_the_whole_documents(source: str, context: dict[str, Any]) -> None:
    try:
        rules = compiled_rules(checked_rules([rule(source)]))
    except Refused as refused:
        assume(not any(limit in refused.detail for limit in ("macros over lists", "is nested deeper", "characters")))
        with pytest.raises(ValueError, match="Failed to parse"):  # else it is refused only where CEL does not take it
            cel.compile(source)
        return
    root = {"event": {}, "journey": {"context": context}, "now": NOW}
    read, excesses = read_input(rules, root)
    assert not excesses
    variables = {
        rules.variables[label]: datetime.fromtimestamp(value, UTC) if label == "now" else value
        for label, value in read.items()
    }
    ours = outcome(rules.rules[0].when.program, cel.Context(variables=variables))
    whole = cel.Context(variables={**root, "now": datetime.fromtimestamp(NOW, UTC)})
    assert ours == outcome(cel.compile(source), whole)
