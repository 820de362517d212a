"""The verification catches each broken endpoint, and accepts a correct one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadtests.contract import AnswerClass, Contract, Verb, read_contract
from loadtests.contract.expressions import MISSING
from loadtests.ledger import read_ledger
from loadtests.verification.findings import CHECKS
from loadtests.verification.journeys import SentJourney, SentRequest, StoredJourney, check_journey
from loadtests.verification.read_back import Reader, UnreadableError
from loadtests.verification.verification import verify
from tests.support.conductor_runs import Driven, drive, even_trace, trace_from
from tests.support.raw_endpoint import Reply, raw_endpoint

CANARY = "canary-" + "a" * 16
OTHER = "canary-" + "b" * 16
SHOWS = frozenset({"start", "event", "pause"})
STATES = {"start": "active", "event": "active", "pause": "paused"}


def request(seq: int, verb: Verb = Verb.EVENT, *, acknowledged: bool = True, **patch: Any) -> SentRequest:
    return SentRequest(f"r-1-{seq}", verb, acknowledged, patch)


STORY = (
    request(1, Verb.START, step="a"),
    request(2, step="b", contacts=1),
    request(3, acknowledged=False, step="c"),
    request(4, contacts=2),
    request(5, Verb.PAUSE),
)
RIGHT = {
    "history": ["r-1-1", "r-1-2", "r-1-4", "r-1-5"],
    "context": {"step": "b", "contacts": 2},
    "state": "paused",
    "text": CANARY,
}


@pytest.mark.parametrize(
    ("change", "checks"),
    [
        ({}, []),
        ({"history": ["r-1-1", "r-1-2", "r-1-3", "r-1-4", "r-1-5"]}, []),  # the unknown one was applied
        ({"history": ["r-1-1", "r-1-2", "r-1-4", "r-1-5", "r-1-3"]}, []),  # and late
        ({"context": {"step": "c", "contacts": 2}}, []),
        ({"history": ["r-1-1", "r-1-4", "r-1-5"]}, ["lost"]),
        ({"history": ["r-1-1", "r-1-2", "r-1-4"], "state": "active"}, ["lost"]),  # counted once
        ({"state": "active"}, ["lost"]),
        ({"history": None, "state": "active"}, ["lost"]),
        ({"history": [*RIGHT["history"], "r-1-9"]}, ["phantom"]),
        ({"history": [*RIGHT["history"], "r-1-2"]}, ["duplicate"]),
        ({"history": ["r-1-1", "r-1-4", "r-1-2", "r-1-5"]}, ["out_of_order"]),
        ({"context": {"step": "a", "contacts": 2}}, ["context_wrong"]),
        ({"context": {"step": "b"}}, ["context_wrong"]),
        ({"context": {"step": "b", "contacts": 2, "more": 1}}, ["context_wrong"]),
        ({"context": None}, ["context_wrong"]),
        ({"context": MISSING, "state": MISSING, "history": None}, []),
        ({"text": f"{CANARY} {OTHER} {OTHER}"}, ["leak"]),
    ],
)
def test_one_journey(change: dict[str, Any], checks: list[str]) -> None:
    stored = StoredJourney(**{**RIGHT, **change})
    assert [f.check for f in check_journey(SentJourney("r-1", CANARY, STORY), stored, SHOWS, STATES)] == checks


def verified(driven: Driven, contract: Contract | None = None) -> dict[str, Any]:
    checked = contract or read_contract()
    return verify(driven.trace, checked, driven.url, driven.ledger, driven.run).as_json()


@pytest.mark.load
@pytest.mark.parametrize(
    ("fault", "caught", "also"),
    [
        ("applies_twice", {"duplicate"}, set()),
        ("drops_silently", {"lost"}, {"context_wrong"}),  # a dropped event's context is not merged either
        ("mixes_contexts", {"context_wrong", "leak"}, set()),
        ("reorders", {"out_of_order"}, set()),
        ("phantom", {"phantom"}, set()),
    ],
)
def test_a_broken_endpoint_is_caught(start: Any, tmp_path: Path, fault: str, caught: set[str], also: set[str]) -> None:
    endpoint = start("--every", "20", broken=fault)
    driven = drive(even_trace(40, 8, 600.0), f"http://127.0.0.1:{endpoint.port}", tmp_path)
    # A resume that shows somebody else's canary is a wrong answer already.
    assert set(driven.ledger["kind"].tolist()) <= {AnswerClass.OK, AnswerClass.WRONG_ANSWER}
    verdict = verified(driven)
    assert not verdict["ok"]
    wrong = {check for check in CHECKS if verdict[check]}
    assert caught <= wrong <= caught | also
    assert all(verdict["examples"][check] for check in caught)


@pytest.mark.load
def test_the_right_endpoint_is_right(start: Any, tmp_path: Path) -> None:
    trace = even_trace(40, 8, 600.0)
    driven = drive(trace, f"http://127.0.0.1:{start().port}", tmp_path)
    verdict = verified(driven)
    assert verdict["ok"]
    assert verdict["checked"] == 40
    assert verdict["acknowledged"] == len(trace) == len(driven.ledger)


@pytest.mark.load
def test_two_runs_on_one_endpoint_do_not_meet(start: Any, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{start().port}"
    trace = even_trace(5, 3, 600.0)
    drives = [drive(trace, url, tmp_path) for _ in range(2)]
    assert [verified(driven)["ok"] for driven in drives] == [True, True]


@pytest.mark.load
def test_a_journey_that_nobody_started_is_a_phantom(start: Any, tmp_path: Path) -> None:
    endpoint = start()
    driven = drive(trace_from([[(0.0, Verb.START)]]), f"http://127.0.0.1:{endpoint.port}", tmp_path)
    endpoint.client().start(f"{driven.run}-99")
    endpoint.client().start("somebody-else")
    verdict = verified(driven)
    assert verdict["phantom"] == 1
    assert "nobody started" in verdict["examples"]["phantom"][0]


@pytest.mark.load
def test_what_cannot_be_read_back_is_never_ok(start: Any, tmp_path: Path) -> None:
    driven = drive(even_trace(3, 2, 600.0), f"http://127.0.0.1:{start().port}", tmp_path)
    blind = read_contract().model_copy(update={"readback": None})
    verdict = verified(driven, blind)
    assert not verdict["ok"]
    assert verdict["not_verifiable"] == ["history", "context", "listing"]
    assert {verdict[check] for check in CHECKS} == {None}
    assert verdict["acknowledged"] == 14


@pytest.mark.load
@pytest.mark.parametrize(
    ("part", "change", "findings"),
    [
        ("view", {"context": "$response.body#/contxt"}, {"context_wrong"}),
        ("view", {"state": "$response.body#/stat"}, {"lost"}),
        ("history", {"id": "$item#/idd"}, {"lost", "phantom"}),
        ("listing", {"customer": "$item#/custommer"}, {"unread"}),
    ],
)
def test_a_contract_that_looks_in_the_wrong_place_proves_nothing(
    start: Any, tmp_path: Path, part: str, change: dict[str, str], findings: set[str]
) -> None:
    """What is not where the contract says it is, is not there."""
    driven = drive(even_trace(3, 2, 600.0), f"http://127.0.0.1:{start().port}", tmp_path)
    contract = read_contract()
    assert contract.readback is not None
    wrong = {part: getattr(contract.readback, part).model_copy(update=change)}
    verdict = verified(driven, contract.model_copy(update={"readback": contract.readback.model_copy(update=wrong)}))
    assert not verdict["ok"]
    assert {name for name in (*CHECKS, "unread") if verdict[name]} == findings


@pytest.mark.load
def test_an_endpoint_that_is_gone_is_unread_not_right(start: Any, tmp_path: Path, monkeypatch: Any) -> None:
    endpoint = start()
    driven = drive(even_trace(3, 2, 600.0), f"http://127.0.0.1:{endpoint.port}", tmp_path)
    endpoint.stop()
    monkeypatch.setattr("loadtests.verification.read_back.time.sleep", lambda _: None)
    verdict = verified(driven)
    assert not verdict["ok"]
    assert verdict["unread"] == 4
    assert verdict["not_read"] == {"journeys": 3, "contacts": 0, "queues": 0, "lists": 1}
    assert verdict["in_time"]
    assert {verdict[check] for check in CHECKS} == {None, 0}  # nothing was measured, but that there are no queues
    assert verdict["unbalanced"] == 0


@pytest.mark.load
def test_a_list_that_goes_round_in_circles_is_unread(start: Any, tmp_path: Path) -> None:
    driven = drive(even_trace(3, 2, 600.0), f"http://127.0.0.1:{start().port}", tmp_path)
    contract = read_contract()
    assert contract.readback is not None
    assert contract.readback.listing is not None
    circle = contract.readback.listing.model_copy(
        update={"next": "$response.body#/items/0/customer", "next_path": contract.readback.listing.path}
    )
    looped = contract.model_copy(update={"readback": contract.readback.model_copy(update={"listing": circle})})
    assert verified(driven, looped)["unread"] == 1


@pytest.mark.load
@pytest.mark.parametrize(
    ("items", "following", "sentence"),
    [
        ('[{"id": "a"}]', '{"page": 2}', r'next is {"page": 2}, neither text nor a number'),
        ('[{"id": "a"}]', "[2]", "neither text nor a number"),
        ('[{"id": "a"}]', r'"\ud800"', "not JSON"),
        (r'[{"id": "\udfff"}]', "null", "not JSON"),
        ('[{"id": "a"}]', "0", "circles"),
    ],
)
def test_pages_that_nobody_can_ask_for_are_unread(items: str, following: str, sentence: str) -> None:
    body = f'{{"items": {items}, "next": {following}}}'.encode()
    with raw_endpoint(Reply(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))) as endpoint:
        reader = Reader(read_contract(), endpoint.url, "r", {}, grace=3.0)
        for read in (lambda: reader.history({"start.journey": "j"}, "r-1"), lambda: list(reader.listing())):
            with pytest.raises(UnreadableError, match=sentence):
                read()
        reader.close()


def test_two_halves_are_a_character() -> None:
    body = rb'{"context": {"name": "\ud83d\ude00"}, "state": "active"}'
    with raw_endpoint(Reply(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))) as endpoint:
        reader = Reader(read_contract(), endpoint.url, "r", {}, grace=3.0)
        assert reader.view({"start.journey": "j"}, "r-1").context == {"name": "\U0001f600"}
        reader.close()


@pytest.mark.load
def test_journeys_that_are_named_by_the_client_are_read_back_too(start: Any, tmp_path: Path) -> None:
    """A contract whose start keeps nothing: here the list of all cannot be had, and what is read is not found."""
    driven = drive(even_trace(3, 2, 600.0), f"http://127.0.0.1:{start().port}", tmp_path)
    blind = replace(driven, ledger=replace(driven.ledger, answer_outputs={}))
    assert verified(blind)["unread"] == 3  # the paths need an id that nobody kept
    contract = read_contract()
    assert contract.readback is not None
    by_name = {
        name: getattr(contract.readback, name).model_copy(update={"path": "/v1/journeys/{$inputs.customer}"})
        for name in ("view", "history")
    }
    named = contract.model_copy(update={"readback": contract.readback.model_copy(update=by_name)})
    verdict = verified(blind, named)
    assert verdict["lost"] == verdict["acknowledged"] == 14


def test_nothing_acknowledged_is_not_a_pass(tmp_path: Path) -> None:
    driven = Driven(read_ledger(tmp_path), "r", "http://127.0.0.1:9", trace_from([[(0.0, Verb.START)]]), [])
    contract = read_contract()
    assert contract.readback is not None
    unlisted = contract.model_copy(update={"readback": contract.readback.model_copy(update={"listing": None})})
    assert not verified(driven, unlisted)["ok"]
