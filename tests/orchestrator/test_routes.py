"""Every route of the endpoint, and every way in which it refuses."""

import json
from itertools import count
from typing import Any

import pytest

from tests.support.service_client import Client, Reply

pytestmark = pytest.mark.load

CLOUDEVENT = {"specversion": "1.0", "id": "1", "source": "test", "type": "step.entered"}
EVENTS = "application/cloudevents+json"
PATCH = "application/merge-patch+json"
_customers = count(1)


@pytest.fixture
def customer() -> str:
    return f"customer {next(_customers)}"


@pytest.fixture
def journey(client: Client, customer: str) -> str:
    """A journey that has just been started."""
    return client.start(customer, context={"name": "Zoë", "address": {"town": "Ulm", "street": "Hof"}}).json["id"]


def refused(reply: Reply, status: int, slug: str) -> Any:
    """Check that a reply is a problem of a kind, and return it."""
    assert (reply.status, reply.headers["content-type"]) == (status, "application/problem+json"), reply.body
    problem = reply.json
    assert problem["type"] == f"/problems/{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


# Journeys


def test_a_journey_is_started_and_shown(client: Client, customer: str) -> None:
    started = client.start(customer, context={"amount": 5, "name": "Zoë"}, at=3600.5)
    assert started.status == 201
    journey = started.json
    assert set(journey) == {
        "id", "customer", "intent", "state", "channel", "version", "context", "next", "started", "updated",
    }  # fmt: skip
    assert (journey["customer"], journey["intent"], journey["channel"]) == (customer, "loan", "web")
    assert (journey["state"], journey["version"]) == ("active", 1)
    assert journey["context"] == {"amount": 5, "name": "Zoë"}
    shown = client.send("GET", f"/v1/journeys/{journey['id']}")
    assert (shown.status, shown.json, shown.headers["etag"]) == (200, journey, '"1"')
    (entry,) = client.history(journey["id"])
    assert (entry["id"], entry["type"], entry["time"]) == (f"start {customer}", "sojourn.journey.started", 3600.5)
    assert entry["data"] == {"channel": "web", "context": {"amount": 5, "name": "Zoë"}}


def test_an_open_journey_is_resumed_instead_of_started_over(client: Client, customer: str, journey: str) -> None:
    assert client.move(journey, "pause", f"{customer} p").status == 200
    again = client.start(customer, "back " + customer, channel="voice", context={"name": None, "call": 1})
    assert (again.status, again.json["id"], again.json["version"]) == (200, journey, 3)
    assert (again.json["state"], again.json["channel"]) == ("active", "voice")
    assert again.json["context"] == {"address": {"town": "Ulm", "street": "Hof"}, "call": 1}
    assert [entry["type"] for entry in client.history(journey)][-1] == "sojourn.journey.resumed"


def test_a_completed_journey_is_not_resumed_by_a_start(client: Client, customer: str, journey: str) -> None:
    assert client.move(journey, "complete", f"{customer} c", outcome="resolved").json["state"] == "completed"
    again = client.start(customer, "back " + customer)
    assert again.status == 201
    assert again.json["id"] > journey, "identifiers ascend"


def test_another_intent_is_another_journey(client: Client, customer: str, journey: str) -> None:
    other = client.start(customer, "other " + customer, intent="balance")
    assert (other.status, other.json["id"] != journey) == (201, True)


def test_a_journey_pauses_resumes_with_its_whole_context_and_completes(
    client: Client, customer: str, journey: str
) -> None:
    client.event(journey, f"{customer} 1", context={"form": {"page": 3}})
    paused = client.move(journey, "pause", f"{customer} p", channel="app")
    assert (paused.status, paused.json["state"], paused.json["channel"]) == (200, "paused", "app")
    resumed = client.move(journey, "resume", f"{customer} r", channel="voice")
    assert (resumed.status, resumed.json["state"], resumed.json["channel"]) == (200, "active", "voice")
    address = {"town": "Ulm", "street": "Hof"}
    assert resumed.json["context"] == {"name": "Zoë", "address": address, "form": {"page": 3}}
    done = client.move(journey, "complete", f"{customer} c", outcome="resolved")
    assert (done.status, done.json["state"], done.json["version"]) == (200, "completed", 5)
    history = client.history(journey)
    assert [entry["version"] for entry in history] == [1, 2, 3, 4, 5]
    assert [entry["type"].rpartition(".")[2] for entry in history] == [
        "started", "entered", "paused", "resumed", "completed",
    ]  # fmt: skip
    assert history[-1]["data"] == {"outcome": "resolved"}
    assert history[-1]["source"] == f"/v1/journeys/{journey}"


def test_a_pause_needs_no_body(client: Client, customer: str, journey: str) -> None:
    paused = client.send("POST", f"/v1/journeys/{journey}/pause", idempotency_key=f"{customer} p")
    assert (paused.status, paused.json["state"], paused.json["channel"]) == (200, "paused", "web")


BODIES = {"pause": {}, "resume": {"channel": "voice"}, "complete": {"outcome": "resolved"}}


@pytest.mark.parametrize(
    ("before", "verb", "state"),
    [
        ((), "resume", "active"),
        (("pause",), "pause", "paused"),
        (("pause",), "complete", "paused"),
        (("complete",), "pause", "completed"),
        (("complete",), "resume", "completed"),
        (("complete",), "complete", "completed"),
    ],
)
def test_an_illegal_move_is_refused_with_the_state(
    *, client: Client, customer: str, journey: str, before: tuple[str, ...], verb: str, state: str
) -> None:
    for step in before:
        assert client.move(journey, step, f"{customer} {step}", **BODIES[step]).status == 200
    problem = refused(client.move(journey, verb, f"{customer} again", **BODIES[verb]), 409, "state")
    assert problem["state"] == state
    assert problem["detail"] == f"a journey that is {state} cannot be {verb}d"
    assert len(client.history(journey)) == 1 + len(before)


def test_a_completed_journey_takes_no_event_and_no_patch(client: Client, customer: str, journey: str) -> None:
    client.move(journey, "complete", f"{customer} c", outcome="resolved")
    assert refused(client.event(journey, f"{customer} late"), 409, "state")["state"] == "completed"
    patched = client.send("PATCH", f"/v1/journeys/{journey}/context", {"a": 1}, PATCH, if_match='"2"')
    assert refused(patched, 409, "state")["state"] == "completed"


# Events


def test_an_event_changes_channel_and_context_with_its_version(client: Client, customer: str, journey: str) -> None:
    data = {"channel": "chat", "step": "desk", "context": {"address": {"street": None}, "n": 1.5}, "mood": "good"}
    recorded = client.event(journey, f"{customer} 1", **data)
    assert (recorded.status, recorded.json) == (201, {"journey": journey, "version": 2, "applied": True})
    shown = client.send("GET", f"/v1/journeys/{journey}").json
    assert (shown["channel"], shown["version"]) == ("chat", 2)
    assert shown["context"] == {"name": "Zoë", "address": {"town": "Ulm"}, "n": 1.5}
    entry = client.history(journey)[1]
    assert (entry["id"], entry["source"], entry["data"]) == (f"{customer} 1", "test", data)


def test_an_event_is_applied_once(client: Client, customer: str, journey: str) -> None:
    client.event(journey, f"{customer} 1", context={"n": 1})
    client.event(journey, f"{customer} 2", context={"n": 2})
    again = client.event(journey, f"{customer} 1", context={"n": 1})
    assert (again.status, again.json) == (200, {"journey": journey, "version": 2, "applied": False})
    assert client.send("GET", f"/v1/journeys/{journey}").json["context"]["n"] == 2
    other_source = client.event(journey, f"{customer} 1", source="other")
    assert (other_source.status, other_source.json["version"]) == (201, 4)


def test_an_event_of_another_journey_is_refused(client: Client, customer: str, journey: str) -> None:
    client.event(journey, f"{customer} 1")
    other = client.start(customer, f"{customer} o", intent="balance").json["id"]
    refused(client.event(other, f"{customer} 1"), 409, "elsewhere")
    assert len(client.history(other)) == 1


def test_a_paused_journey_takes_events_and_stays_paused(client: Client, customer: str, journey: str) -> None:
    client.move(journey, "pause", f"{customer} p")
    assert client.event(journey, f"{customer} 1", step="reminder").status == 201
    assert client.send("GET", f"/v1/journeys/{journey}").json["state"] == "paused"


def test_an_event_keeps_its_time(client: Client, customer: str, journey: str) -> None:
    event = {**CLOUDEVENT, "id": f"{customer} 1", "time": "2026-03-02T09:30:00Z"}
    assert client.send("POST", f"/v1/journeys/{journey}/events", event, EVENTS).status == 201
    assert client.history(journey)[1]["time"] == "2026-03-02T09:30:00Z"


# Context


def test_a_patch_needs_the_version_that_it_changes(client: Client, journey: str) -> None:
    path = f"/v1/journeys/{journey}/context"
    refused(client.send("PATCH", path, {"a": 1}, PATCH), 428, "precondition")
    patched = client.send("PATCH", path, {"a": 1, "address": None}, PATCH, if_match='"1"')
    assert (patched.status, patched.headers["etag"]) == (200, '"2"')
    assert patched.json["context"] == {"name": "Zoë", "a": 1}
    for stale in ('"1"', 'W/"2"', "2", '"x"', ""):
        problem = refused(client.send("PATCH", path, {"a": 2}, PATCH, if_match=stale), 412, "mismatch")
        assert problem["version"] == 2
    assert client.send("PATCH", path, {"a": 3}, PATCH, if_match='"7", "2"').json["version"] == 3
    assert client.send("PATCH", path, {"a": 4}, PATCH, if_match="*").json["context"]["a"] == 4


def test_a_context_over_32_kib_is_refused_and_changes_nothing(client: Client, customer: str, journey: str) -> None:
    half = "é" * 8_000  # 16,000 bytes
    assert client.event(journey, f"{customer} 1", context={"one": half}).status == 201
    for reply in (
        client.event(journey, f"{customer} 2", context={"two": half + "é" * 500}),
        client.send("PATCH", f"/v1/journeys/{journey}/context", {"two": half + "é" * 500}, PATCH, if_match='"2"'),
        client.start(f"{customer} large", context={"one": half * 2, "two": "é" * 500}),
    ):
        assert refused(reply, 413, "too-large")["limit"] == 32 * 1024
    assert client.send("GET", f"/v1/journeys/{journey}").json["version"] == 2
    assert client.event(journey, f"{customer} 3", context={"two": half}).status == 201


# Idempotency-Key


def test_the_same_key_gets_the_same_answer_and_is_applied_once(client: Client, customer: str) -> None:
    first = client.start(customer, f"{customer} k", context={"n": 1})
    client.event(first.json["id"], f"{customer} 1", context={"n": 2})
    second = client.start(customer, f"{customer} k", context={"n": 1})
    assert (second.status, second.body, second.headers["etag"]) == (201, first.body, '"1"')
    assert len(client.history(first.json["id"])) == 2


def test_a_refusal_is_repeated_too(client: Client, customer: str, journey: str) -> None:
    first = client.move(journey, "resume", f"{customer} r", channel="voice")
    refused(first, 409, "state")
    client.move(journey, "pause", f"{customer} p")
    second = client.move(journey, "resume", f"{customer} r", channel="voice")
    assert (second.status, second.body, second.headers["content-type"]) == (
        409, first.body, "application/problem+json",
    )  # fmt: skip
    assert client.move(journey, "resume", f"{customer} r2", channel="voice").status == 200


def test_a_key_belongs_to_one_request(client: Client, customer: str, journey: str) -> None:
    client.move(journey, "pause", f"{customer} k")
    refused(client.move(journey, "resume", f"{customer} k", channel="voice"), 422, "key-reused")
    refused(client.start(customer, f"{customer} k"), 422, "key-reused")


@pytest.mark.parametrize("key", ["", "x" * 201, "\xe9t\xe9", "a\tb"])
def test_a_key_must_be_there_and_printable(client: Client, journey: str, key: str) -> None:
    problem = refused(client.send("POST", f"/v1/journeys/{journey}/pause", {}, idempotency_key=key), 422, "invalid")
    assert problem["errors"][0]["pointer"] == "Idempotency-Key"


# Pages


def test_a_history_is_read_page_by_page(client: Client, customer: str, journey: str) -> None:
    for number in range(6):
        client.event(journey, f"{customer} {number}")
    path = f"/v1/journeys/{journey}/history"
    first = client.send("GET", f"{path}?limit=3").json
    assert ([entry["version"] for entry in first["items"]], first["next"]) == ([1, 2, 3], 3)
    last = client.send("GET", f"{path}?after=4&limit=3").json
    assert ([entry["version"] for entry in last["items"]], last["next"]) == ([5, 6, 7], None)
    assert client.send("GET", f"{path}?after=7").json == {"items": [], "next": None}


def test_all_journeys_are_read_in_a_stable_order(client: Client, customer: str) -> None:
    mine = [client.start(customer, f"{customer} {n}", intent=f"intent {n}").json["id"] for n in range(5)]
    everything = client.pages("/v1/journeys", limit=2)
    ids = [journey["id"] for journey in everything]
    assert ids == sorted(set(ids))
    assert ids[-5:] == mine
    quoted = customer.replace(" ", "%20")
    page = client.send("GET", f"/v1/journeys?customer={quoted}&limit=3").json
    assert [journey["id"] for journey in page["items"]] == mine[:3]
    rest = client.send("GET", f"/v1/journeys?customer={quoted}&after={page['next']}").json
    assert ([journey["id"] for journey in rest["items"]], rest["next"]) == (mine[3:], None)
    assert client.send("GET", "/v1/journeys?customer=nobody").json == {"items": [], "next": None}


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "limit=-1", "after=x", f"after={10**30}"])
def test_a_page_that_cannot_be_is_refused(client: Client, journey: str, query: str) -> None:
    problem = refused(client.send("GET", f"/v1/journeys/{journey}/history?{query}"), 422, "invalid")
    assert problem["errors"][0]["pointer"] == query.partition("=")[0]


# What is refused everywhere


def test_health(client: Client) -> None:
    assert client.send("GET", "/health/live").json == {"status": "live"}
    assert client.send("GET", "/health/ready").json == {"status": "ready"}


@pytest.mark.parametrize("path", ["/v", "/v1", "/v1/journeys/", "/v1/journeys//events", "/v1/journeys/x/y", "/v1/x/y"])
def test_there_is_nothing_at_other_paths(client: Client, path: str) -> None:
    refused(client.send("GET", path), 404, "unknown")


def test_an_unknown_journey_is_not_found(client: Client, customer: str) -> None:
    nobody = "00000000-0000-7000-8000-000000000000"
    replies = (
        client.send("GET", f"/v1/journeys/{nobody}"),
        client.send("GET", f"/v1/journeys/{nobody}/history"),
        client.event(nobody, f"{customer} 1"),
        client.move(nobody, "pause", f"{customer} p"),
        client.send("PATCH", f"/v1/journeys/{nobody}/context", {}, PATCH, if_match="*"),
    )
    for reply in replies:
        assert nobody in refused(reply, 404, "unknown")["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/journeys", "GET, HEAD, POST"),
        ("PUT", "/v1/journeys/x", "GET, HEAD"),
        ("GET", "/v1/journeys/x/events", "POST"),
        ("GET", "/v1/journeys/x/pause", "POST"),
        ("POST", "/v1/journeys/x/context", "PATCH"),
        ("POST", "/health/live", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_refused_with_those_that_are_right(
    client: Client, method: str, path: str, allowed: str
) -> None:
    reply = client.send(method, path)
    refused(reply, 405, "method")
    assert reply.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("method", "path", "media"),
    [
        ("POST", "/v1/journeys", EVENTS),
        ("POST", "/v1/journeys/x/events", "application/json"),
        ("POST", "/v1/journeys/x/resume", "text/plain"),
        ("PATCH", "/v1/journeys/x/context", "application/json"),
        ("POST", "/v1/journeys", ""),
    ],
)
def test_another_media_type_is_refused(client: Client, method: str, path: str, media: str) -> None:
    refused(client.send(method, path, {}, media, idempotency_key="k", if_match="*"), 415, "media-type")


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, gzip", "GZIP"])
def test_a_compressed_body_is_refused_as_it_came(client: Client, customer: str, coding: str) -> None:
    """Whoever decompresses it lets a few bytes become gigabytes."""
    body = {"customer": customer, "intent": "loan", "channel": "web"}
    reply = client.send("POST", "/v1/journeys", body, idempotency_key=customer, content_encoding=coding)
    refused(reply, 415, "media-type")
    assert reply.headers["accept-encoding"] == "identity"
    plain = client.send("POST", "/v1/journeys", body, idempotency_key=customer, content_encoding="identity")
    assert plain.status == 201


def test_a_media_type_may_have_parameters(client: Client, customer: str) -> None:
    body = {"customer": customer, "intent": "loan", "channel": "web"}
    media = "Application/JSON; charset=utf-8"
    assert client.send("POST", "/v1/journeys", body, media, idempotency_key=customer).status == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 30_000 + b"]" * 30_000,
        b'{"a":' * 65 + b"1" + b"}" * 65,
    ],
    ids=["empty", "half", "not UTF-8", "NaN", "infinite", "surrogate", "digits", "deep", "deeper than allowed"],
)
def test_what_is_not_json_is_refused(client: Client, body: bytes) -> None:
    refused(client.send("POST", "/v1/journeys", body, idempotency_key="k"), 400, "malformed")


def test_brackets_in_texts_are_not_nesting(client: Client, customer: str) -> None:
    context = {"art": '"[{' * 100, "list": [[1], [2]] * 40}
    started = client.start(customer, context=context)
    assert (started.status, started.json["context"]) == (201, context)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_64_kib_is_refused(client: Client, chunked: bool) -> None:
    body = json.dumps({"customer": "c", "intent": "i", "channel": "web", "context": {"x": "x" * 65_536}}).encode()
    headers = {"content-type": "application/json", "idempotency-key": "k"}
    sent = iter([body[:30_000], body[30_000:]]) if chunked else body
    client.connection.request("POST", "/v1/journeys", sent, headers)
    reply = client.connection.getresponse()
    assert (reply.status, json.loads(reply.read())["limit"]) == (413, 64 * 1024)


def test_every_wrong_field_is_told_at_once(client: Client) -> None:
    body = {"customer": "", "intent": 7, "context": [1], "at": "yesterday", "chanel": "web"}
    problem = refused(client.send("POST", "/v1/journeys", body, idempotency_key="k"), 422, "invalid")
    errors = {error["pointer"]: error["detail"] for error in problem["errors"]}
    assert set(errors) == {"/customer", "/intent", "/channel", "/context", "/at", "/chanel"}
    assert errors["/intent"] == "is the number 7; a text of 1 to 200 characters is needed"
    assert "is missing" in errors["/channel"]
    assert "2026-03-02T09:30:00Z" in errors["/at"]


def test_every_wrong_attribute_of_an_event_is_told_at_once(client: Client, journey: str) -> None:
    body = {
        "specversion": "0.3", "source": f"/v1/journeys/{journey}", "type": None, "time": "2026-03-02",
        "data": {"channel": 1, "step": "", "context": "x"}, "data_base64": "eA==",
    }  # fmt: skip
    problem = refused(client.send("POST", f"/v1/journeys/{journey}/events", body, EVENTS), 422, "invalid")
    assert {error["pointer"] for error in problem["errors"]} == {
        "/specversion", "/id", "/source", "/type", "/time", "/data/channel", "/data/step", "/data/context",
        "/data_base64",
    }  # fmt: skip


@pytest.mark.parametrize("body", [[], "x", 3, None, True])
def test_a_body_that_is_no_object_is_told_so(client: Client, journey: str, body: Any) -> None:
    raw = json.dumps(body).encode()
    paths = (("/v1/journeys", "application/json"), (f"/v1/journeys/{journey}/events", EVENTS))
    for path, media in paths:
        problem = refused(client.send("POST", path, raw, media, idempotency_key="k"), 422, "invalid")
        assert "an object is needed" in problem["errors"][0]["detail"]
    patched = client.send("PATCH", f"/v1/journeys/{journey}/context", raw, PATCH, if_match="*")
    refused(patched, 422, "invalid")


@pytest.mark.parametrize(
    ("verb", "body", "pointers"),
    [
        ("resume", {}, ["/channel"]),
        ("resume", {"channel": "x" * 201}, ["/channel"]),
        ("complete", {"outcome": 1, "channel": "web"}, ["/channel", "/outcome"]),
        ("pause", {"channel": None}, ["/channel"]),
    ],
)
def test_a_move_with_wrong_fields_is_refused(
    *, client: Client, customer: str, journey: str, verb: str, body: dict[str, Any], pointers: list[str]
) -> None:
    problem = refused(client.move(journey, verb, f"{customer} k", **body), 422, "invalid")
    assert sorted(error["pointer"] for error in problem["errors"]) == pointers
