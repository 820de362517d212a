"""The clients' ledger finds each fault of a service, and none in a correct one."""

from typing import Any

import pytest

from tests.support.client_ledger import Change, Ledger

Entry = dict[str, Any]
HISTORY: list[Entry] = [
    {"version": 1, "id": "start", "type": "sojourn.journey.started", "data": {"context": {"canary": "a"}}},
    {"version": 2, "id": "one", "type": "step.entered", "data": {"context": {"n": 1}}},
    {"version": 3, "id": "fresh", "type": "sojourn.context.merged", "data": {"context": {"by": "two", "n": 2}}},
    {"version": 4, "id": "three", "type": "sojourn.journey.paused", "data": {}},
]
SHOWN = {"id": "j", "version": 4, "state": "paused", "context": {"canary": "a", "n": 2, "by": "two"}}


def ledger() -> Ledger:
    """Return the ledger of a client that sent the history and one more request, and lacks some answers."""
    made = Ledger("a")
    patches: dict[str, Any] = {
        "start": {"canary": "a"}, "one": {"n": 1}, "two": {"by": "two", "n": 2}, "three": {}, "four": {},
    }  # fmt: skip
    for name, patch in patches.items():
        made.send(Change("j", name, patch))
    for version, name in enumerate(["start", "one", "two"], 1):
        made.acknowledge(Change("j", name, {}), version)
    return made


def changed(version: int, **fields: Any) -> list[Entry]:
    return [entry | (fields if entry["version"] == version else {}) for entry in HISTORY]


def test_what_is_right_is_right_also_in_parts() -> None:
    assert ledger().read(SHOWN, HISTORY) == []
    made = ledger()
    assert made.read(SHOWN, HISTORY[:2]) != []
    assert made.read(SHOWN, HISTORY[2:]) == []
    made.settle()
    assert made.read(SHOWN, []) == []
    assert set(made.sent) == {("j", name) for name in ("start", "one", "two", "three")}, "the fourth was never done"


@pytest.mark.parametrize(
    ("fault", "shown", "history"),
    [
        ("lost", SHOWN, [HISTORY[0], *HISTORY[2:]]),
        ("lost", {**SHOWN, "version": 2}, HISTORY[:2]),
        ("lost", SHOWN, changed(2, id="two", type="step") + changed(3, id="one", type="step")[2:]),
        ("gap", SHOWN, [*HISTORY[:3], HISTORY[3] | {"version": 5}]),
        ("gap", SHOWN, HISTORY[:3]),
        ("gap", {**SHOWN, "version": 5}, HISTORY),
        ("duplicate", {**SHOWN, "version": 5}, [*HISTORY, HISTORY[1] | {"version": 5}]),
        ("phantom", SHOWN, changed(4, id="nobody's")),
        ("leak", SHOWN, changed(1, data={"context": {"canary": "b"}})),
        ("context", {**SHOWN, "context": {"canary": "b"}}, HISTORY),
        ("state", {**SHOWN, "state": "active"}, HISTORY),
    ],
)
def test_each_fault_is_found(fault: str, shown: dict[str, Any], history: list[Entry]) -> None:
    assert fault in {sentence.partition(":")[0] for sentence in ledger().read(shown, history)}


def test_what_nobody_was_told_of_may_be_missing() -> None:
    made = ledger()
    assert made.read({**SHOWN, "version": 3, "state": "active"}, HISTORY[:3]) == []


def test_what_was_refused_may_not_be_there() -> None:
    made = ledger()
    made.refuse(Change("j", "three", {}))
    assert made.read(SHOWN, HISTORY) == ["phantom: nobody of a sent three, version 4 of j"]


def test_a_start_without_an_answer_may_have_made_a_journey_but_one_only() -> None:
    made = Ledger("a")
    made.start("start", {"canary": "a"})
    shown = {"version": 1, "state": "active", "context": {"canary": "a"}}
    assert made.read({"id": "j", **shown}, HISTORY[:1]) == []
    made.acknowledge(Change("j", "start", {"canary": "a"}), 1)
    assert made.read({"id": "j", **shown}, []) == []
    assert made.read({"id": "k", **shown}, HISTORY[:1]) == ["phantom: nobody of a sent start, version 1 of k"]
