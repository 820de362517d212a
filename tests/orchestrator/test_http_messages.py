"""Messages of HTTP at their edges: trailers, Host, repeated headers, HEAD, repeated members, and times."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from orchestrator import Service, open_database
from orchestrator.core.json_codec import Malformed, read
from orchestrator.core.timestamps import instant
from orchestrator.features import FEATURES
from orchestrator.http.guard import names_loopback
from orchestrator.http.server import bound, server_of
from orchestrator.service.tenants import add_token
from tests.support.attacks import exchange, status

pytestmark = pytest.mark.attack

BODY = b'{"customer": "anna", "intent": "loan", "channel": "web"}'
START = b"POST /v1/journeys HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
CHUNKED = b"transfer-encoding: chunked\r\nconnection: close\r\n"
CHUNKS = b"%x\r\n%s\r\n0\r\n" % (len(BODY), BODY)


@pytest.fixture(scope="module")
def service_ports(module_store: Callable[[], str]) -> Iterator[tuple[int, int, str]]:
    """Two services of this process: one without tokens, one with; and the token."""
    with (
        bound("127.0.0.1", 0) as free, bound("127.0.0.1", 0) as guarded,
        Service(open_database(module_store()), FEATURES) as first,
        Service(open_database(module_store()), FEATURES) as second,
    ):  # fmt: skip
        token = add_token(second.database, "acme", 0.0)
        servers = {sock: server_of(service) for sock, service in ((free, first), (guarded, second))}
        threads = [threading.Thread(target=server.run, kwargs={"sockets": [sock]}) for sock, server in servers.items()]
        for thread in threads:
            thread.start()
        while not all(server.started for server in servers.values()):
            time.sleep(0.005)
        yield free.getsockname()[1], guarded.getsockname()[1], token
        for server in servers.values():
            server.should_exit = True
        for thread in threads:
            thread.join()


@pytest.mark.load
def test_trailers_are_ignored(service_ports: tuple[int, int, str]) -> None:
    free, guarded, token = service_ports
    authorization = b"authorization: Bearer %s\r\n" % token.encode()
    key = b"idempotency-key: k\r\n"
    assert status(exchange(guarded, START + key + CHUNKED + b"\r\n" + CHUNKS + authorization + b"\r\n")) == 401
    assert status(exchange(guarded, START + key + authorization + CHUNKED + b"\r\n" + CHUNKS + b"\r\n")) == 201
    lacking = exchange(free, START + CHUNKED + b"\r\n" + CHUNKS + key + b"\r\n")
    assert (status(lacking), b"Idempotency-Key is missing" in lacking) == (422, True)


@pytest.mark.load
@pytest.mark.parametrize(
    ("headers", "expected", "sentence"),
    [
        (b"", 400, b"no Host header"),
        (b"host: localhost\r\nhost: localhost\r\n", 400, b"host more than once"),
        (b"host: localhost\r\nidempotency-key: a\r\nIdempotency-Key: b\r\n", 400, b"idempotency-key more than once"),
        (b"host: localhost\r\nx-trace: 1\r\nx-trace: 2\r\n", 200, b'"items"'),
        (b"host: evil.example\r\n", 421, b"evil.example"),
        (b"host: evil.example:80\r\norigin: http://evil.example\r\n", 421, b"evil.example"),
        (b"host: localhost\r\norigin: https://evil.example\r\n", 421, b"evil.example"),
        (b"host: localhost\r\norigin: null\r\n", 421, b"null"),
        (b"host: 127.0.0.1\r\norigin: http://localhost:3000\r\n", 200, b'"items"'),
        (b"host: [::1]:8080\r\n", 200, b'"items"'),
    ],
)
def test_hosts_and_repeated_headers(
    service_ports: tuple[int, int, str], headers: bytes, expected: int, sentence: bytes
) -> None:
    answer = exchange(service_ports[0], b"GET /v1/journeys HTTP/1.1\r\nconnection: close\r\n" + headers + b"\r\n")
    assert (status(answer), sentence in answer) == (expected, True)


@pytest.mark.load
@pytest.mark.parametrize(
    ("target", "host", "expected", "sentence"),
    [
        (b"http://evil.example/v1/journeys", b"localhost", 421, b"evil.example"),
        (b"http://evil.example:80/v1/journeys?limit=1", b"127.0.0.1:80", 421, b"evil.example"),
        (b"HTTP://evil.example/v1/journeys", b"localhost", 421, b"evil.example"),
        (b"http://localhost.evil.example/v1/journeys", b"localhost", 421, b"localhost.evil.example"),
        (b"http://localhost:8080/v1/journeys", b"evil.example", 200, b'"items"'),
        (b"https://[::1]/v1/journeys?limit=1", b"localhost", 200, b'"items"'),
        (b"http://localhost@evil.example/v1/journeys", b"localhost", 400, b"http://HOST/PATH"),
        (b"http://evil.example@localhost/v1/journeys", b"localhost", 400, b"http://HOST/PATH"),
        (b"http://localhost", b"localhost", 400, b"http://HOST/PATH"),
        (b"http://localhost?/v1/journeys", b"localhost", 400, b"http://HOST/PATH"),
        (b"http://evil.example?@localhost/v1/journeys", b"localhost", 400, b"http://HOST/PATH"),
        (b"http:///v1/journeys", b"localhost", 400, b""),
        (b"localhost:80", b"localhost", 400, b""),
        (b"//evil.example/v1/journeys", b"localhost", 404, b""),
        (b"*", b"localhost", 404, b""),
    ],
)
def test_the_host_of_an_absolute_target_counts(
    service_ports: tuple[int, int, str], target: bytes, host: bytes, expected: int, sentence: bytes
) -> None:
    """It replaces the Host header (RFC 9112, 3.2.2)."""
    request = b"GET %s HTTP/1.1\r\nconnection: close\r\nhost: %s\r\n\r\n" % (target, host)
    answer = exchange(service_ports[0], request)
    assert (status(answer), sentence in answer) == (expected, True)


@pytest.mark.load
def test_a_host_of_ones_own_needs_a_token(service_ports: tuple[int, int, str]) -> None:
    _, guarded, token = service_ports
    request = b"GET /v1/journeys HTTP/1.1\r\nhost: journeys.example\r\nconnection: close\r\n"
    assert status(exchange(guarded, request + b"\r\n")) == 401
    assert status(exchange(guarded, request + b"authorization: Bearer %s\r\n\r\n" % token.encode())) == 200


@pytest.mark.load
@pytest.mark.parametrize(
    ("path", "streams"),
    [
        (b"/v1/journeys", False), (b"/health/live", False), (b"/openapi.json", False), (b"/metrics", False),
        (b"/v1/live", True), (b"/v1/export/csv", True), (b"/v1/export/ocel", True),
    ],
)  # fmt: skip
def test_head_is_get_without_a_body(service_ports: tuple[int, int, str], path: bytes, streams: bool) -> None:
    answer = exchange(service_ports[0], b"HEAD %s HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n" % path)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert (status(answer), body) == (200, b"")
    assert b"content-type: " in head
    assert (b"content-length: " in head) is not streams, "the length of a stream is not known (RFC 9110, 8.6)"
    missing = exchange(service_ports[0], b"HEAD /nothing HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    assert (status(missing), missing.partition(b"\r\n\r\n")[2]) == (404, b"")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        (b"localhost", True), (b"localhost:8080", True), (b"app.localhost", True), (b"127.0.0.1:80", True),
        (b"127.8.9.1", True), (b"[::1]", True), (b"evil.example", False), (b"10.0.0.1", False), (b"", False),
        (b"localhost.evil.example", False), (b"\xff", False), (b"[", False),
        (b"user@localhost", False), (b"evil.example@localhost", False),
    ],
)  # fmt: skip
def test_names_of_this_machine(host: bytes, loopback: bool) -> None:
    assert names_loopback(host) is loopback


@pytest.mark.parametrize("body", [b'{"a": 1, "a": 2}', b'{"a": {"b": 1, "\\u0062": 2}}', b'[{"": 0, "": 0}]'])
def test_a_member_twice_is_no_json_of_ours(body: bytes) -> None:
    with pytest.raises(Malformed, match="duplicate key"):
        read(body)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-02T09:30:00Z", "2026-03-02T09:30:00+00:00"),
        ("2026-03-02t09:30:00.25z", "2026-03-02T09:30:00.250000+00:00"),
        ("2026-03-02 09:30:00-00:00", "2026-03-02T09:30:00+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
        ("2017-01-01T00:59:60.5+01:00", "2017-01-01T00:00:00.500000+00:00"),
        ("1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00+00:00"),
    ],
)
def test_times_of_rfc_3339(text: str, utc: str) -> None:
    from datetime import UTC

    assert instant(text).astimezone(UTC).isoformat() == utc


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02",
        "2026-03-02T09:30:00",
        "2026-03-02T09:30:60Z",
        "2026-03-31T12:59:60Z",
        "9999-12-31T23:59:60Z",
        "yesterday",
        "",
        "T:60Z",
    ],
)
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        instant(text)
