"""Each broken variant of the endpoint has its own fault and no other."""

import signal
from typing import Any

import pytest

from tests.support.service_client import Client
from tests.support.service_process import Start

pytestmark = pytest.mark.load

EVENTS = 10


def sent_to(client: Client) -> tuple[list[dict[str, Any]], list[str]]:
    """Send events to two journeys in turn; return the journeys as they are then, and the events of the first."""
    journeys = [client.start(name, context={"canary": name}).json["id"] for name in ("anna", "bert")]
    names = [f"{number:02}" for number in range(EVENTS)]
    for name in names:
        for owner, journey in zip(("anna", "bert"), journeys, strict=True):
            assert client.event(journey, f"{owner} {name}", context={owner: name}).status == 201
    return [client.send("GET", f"/v1/journeys/{journey}").json for journey in journeys], names


def read_back(client: Client, journeys: list[dict[str, Any]]) -> tuple[list[str], list[str], list[int]]:
    """Return the identifiers of the events of both journeys, and the versions of the first."""
    histories = [client.history(journey["id"])[1:] for journey in journeys]
    names = [[entry["id"] for entry in history] for history in histories]
    return names[0], names[1], [entry["version"] for entry in histories[0]]


def contexts(journeys: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [journey["context"] for journey in journeys]


RIGHT = [{"canary": "anna", "anna": "09"}, {"canary": "bert", "bert": "09"}]


def test_applies_twice(start: Start) -> None:
    client = start("--every", "5", broken="applies_twice").client()
    journeys, names = sent_to(client)
    anna, bert, versions = read_back(client, journeys)
    assert len(anna) + len(bert) == 2 * EVENTS + 4
    assert set(anna) == {f"anna {name}" for name in names}
    assert versions == list(range(2, len(anna) + 2))
    assert contexts(journeys) == RIGHT


def test_drops_silently(start: Start) -> None:
    client = start("--every", "7", broken="drops_silently").client()
    journeys, names = sent_to(client)
    anna, bert, versions = read_back(client, journeys)
    # The 7th and the 14th of all events: anna's fourth and bert's seventh.
    assert anna == [f"anna {name}" for name in names if name != "03"]
    assert bert == [f"bert {name}" for name in names if name != "06"]
    assert versions == list(range(2, EVENTS + 1))


def test_drops_silently_one_in_a_hundred(start: Start) -> None:
    client = start(broken="drops_silently").client()
    journey = client.start("anna").json["id"]
    for number in range(200):
        client.event(journey, str(number))
    assert [entry["id"] for entry in client.history(journey)[1:]] == [str(n) for n in range(200) if n not in {99, 199}]


def test_mixes_contexts(start: Start) -> None:
    client = start("--every", "20", broken="mixes_contexts").client()
    journeys, names = sent_to(client)
    assert contexts(journeys) == [{"canary": "anna", "anna": "09", "bert": "09"}, {"canary": "bert", "bert": "08"}]
    anna, _, _ = read_back(client, journeys)
    assert anna == [f"anna {name}" for name in names]


def test_reorders(start: Start) -> None:
    client = start("--every", "9", broken="reorders").client()
    journeys, names = sent_to(client)
    anna, bert, versions = read_back(client, journeys)
    expected = [f"anna {name}" for name in names]
    expected[3], expected[4] = expected[4], expected[3]
    assert anna == expected
    assert sorted(bert) == [f"bert {name}" for name in names] != bert
    assert versions == list(range(2, EVENTS + 2))
    assert contexts(journeys) == RIGHT


def test_phantom(start: Start) -> None:
    client = start("--every", "10", broken="phantom").client()
    journeys, names = sent_to(client)
    anna, bert, _ = read_back(client, journeys)
    assert anna == [f"anna {name}" for name in names]
    assert set(bert) - {f"bert {name}" for name in names} == {"bert 04-phantom-1", "bert 09-phantom-2"}
    assert contexts(journeys) == RIGHT


def test_answers_before_commit(start: Start) -> None:
    broken = start(broken="answers_before_commit")
    client = broken.client()
    journeys, names = sent_to(client)
    assert read_back(client, journeys)[0] == [f"anna {name}" for name in names], "while it runs nothing shows"
    broken.stop(signal.SIGKILL)
    kept = start().client().pages("/v1/journeys")
    assert sum(journey["version"] for journey in kept) < 2 * (EVENTS + 1), "something acknowledged is lost"


def test_answers_before_commit_loses_nothing_without_a_crash(start: Start) -> None:
    broken = start(broken="answers_before_commit")
    journeys, _ = sent_to(broken.client())
    assert broken.stop() == 0
    assert start().client().pages("/v1/journeys") == journeys
