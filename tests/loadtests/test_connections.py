"""Connections to the endpoint: every request has an end, and what was closed or misused is not used again."""

from __future__ import annotations

import gzip
import os
import random
import socket
import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest

from loadtests.conductor.answer import Answer
from loadtests.conductor.connection import (
    BrokenConnectionError,
    Connection,
    LateAnswerError,
    Pool,
    UnusableAnswerError,
)
from loadtests.contract import AnswerClass, Verb, compile_calls, read_contract
from loadtests.contract.expressions import Scope
from loadtests.http_client import FAILURES, LARGEST_ANSWER, HttpClient, retry_after
from tests.support.certificates import self_signed
from tests.support.raw_endpoint import RawEndpoint, Reply, raw_endpoint
from tests.support.stalls import again_after_a_stall

TRIES = int(os.environ.get("SOJOURN_FUZZ", "1000"))
REQUEST = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
LOST = (BrokenConnectionError, LateAnswerError, UnusableAnswerError)


def _exchange(connection: Connection, *, timeout: float = 5.0, repeatable: bool = False) -> Answer:
    return connection.exchange("POST", REQUEST, timeout, repeatable=repeatable)


def _sizes(endpoint: RawEndpoint) -> list[int]:
    """Return the number of requests over each connection."""
    return [len(requests) for requests in endpoint.connections]


def test_a_connection_is_kept_while_both_sides_keep_to_the_protocol() -> None:
    with raw_endpoint(Reply(OK)) as endpoint:
        connection = Connection(Pool.to(endpoint.url, 1))
        assert [_exchange(connection).get_code() for _ in range(5)] == [200] * 5
        assert _sizes(endpoint) == [5]
        client = HttpClient(endpoint.url, 5.0)
        assert [client.request("GET", "/", {}).text for _ in range(5)] == ["{}"] * 5
        client.close()
        connection.close()
    assert _sizes(endpoint) == [5, 5]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(OK, close=True),
        Reply(OK, later=b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"),
        Reply(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"),
        Reply(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    ],
    ids=["closed without a word", "an answer to nothing", "Connection: close", "HTTP/1.0"],
)
def test_a_connection_that_the_endpoint_closed_or_misused_is_not_used_again(reply: Reply) -> None:
    """And at once: within a second, such a request was lost, or got the answer to nothing."""
    with raw_endpoint(reply) as endpoint:
        connection, client = Connection(Pool.to(endpoint.url, 1)), HttpClient(endpoint.url, 5.0)
        for _ in range(3):
            assert _exchange(connection).get_code() == 200
            assert client.request("GET", "/", {}).status == 200
            time.sleep(0.2)  # until what follows the answer has come
        client.close()
        connection.close()
    assert _sizes(endpoint) == [1] * 6


def test_a_request_that_may_come_twice_is_sent_again_when_the_kept_connection_closes_under_it() -> None:
    """The endpoint closes it while the request is on its way, as after its keep-alive time."""
    for repeatable in (True, False):
        with raw_endpoint(Reply(OK), Reply(b"", close=True), Reply(OK)) as endpoint:
            connection = Connection(Pool.to(endpoint.url, 1))
            assert _exchange(connection).get_code() == 200
            if repeatable:
                assert _exchange(connection, repeatable=True).get_code() == 200
            else:
                with pytest.raises(BrokenConnectionError):
                    _exchange(connection)
            connection.close()
        assert _sizes(endpoint) == ([2, 1] if repeatable else [2])


def test_a_request_over_a_new_connection_is_never_sent_again_by_itself() -> None:
    with raw_endpoint(Reply(b"", close=True)) as endpoint:
        connection = Connection(Pool.to(endpoint.url, 1))
        with pytest.raises(BrokenConnectionError):
            _exchange(connection, repeatable=True)
    assert _sizes(endpoint) == [1]


def test_a_connection_with_tls_is_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server sends of its own after the handshake, such as tickets, is no answer to nothing."""
    certificate, tls = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with raw_endpoint(Reply(OK), tls=tls) as endpoint:
        pool, client = Pool.to(endpoint.url, 1), HttpClient(endpoint.url, 5.0)
        pool.sockets.ssl_context.load_verify_locations(certificate)
        connection = Connection(pool)
        for _ in range(3):
            assert _exchange(connection).get_code() == 200
            assert client.request("GET", "/", {}).status == 200
            time.sleep(0.1)
        client.close()
        connection.close()
    assert _sizes(endpoint) == [3, 3]


LONG = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n" + bytes(4_000_000)


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
def test_what_does_not_fit_into_one_send_or_one_record_is_sent_and_read_whole(
    secure: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record of TLS has 16 kB at most, and the system's buffers some hundred."""
    certificate, tls = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    answer = b"x" * (LARGEST_ANSWER // 8)
    reply = Reply(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer))
    with raw_endpoint(reply, tls=tls if secure else None) as endpoint:
        pool = Pool.to(endpoint.url, 1)
        if secure:
            pool.sockets.ssl_context.load_verify_locations(certificate)
        connection = Connection(pool)
        assert [connection.exchange("POST", LONG, 20.0).body == answer for _ in range(2)] == [True] * 2
        connection.close()
    assert [request == LONG for request in endpoint.requests] == [True] * 2
    assert _sizes(endpoint) == [2]


@again_after_a_stall
def test_a_request_that_nobody_takes_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = Connection(Pool.to(f"http://127.0.0.1:{server.getsockname()[1]}", 1))
        began = time.monotonic()
        with pytest.raises(LateAnswerError):
            connection.exchange("POST", LONG, 0.5)
        assert 0.4 < time.monotonic() - began < 2.0


ENDLESS = [
    Reply(b""),
    Reply(OK[:20]),
    Reply(OK[:-1]),
    Reply(OK, pause=0.1),
    Reply(b"HTTP/1.1 100 Continue\r\n\r\n" * 200, pause=0.01),
    Reply(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 200, pause=0.01),
]


@pytest.mark.parametrize("reply", ENDLESS)
@again_after_a_stall
def test_an_answer_that_does_not_end_is_given_up_in_time(reply: Reply) -> None:
    """A timeout of a socket alone starts anew with every byte."""
    with raw_endpoint(reply) as endpoint:
        connection, client = Connection(Pool.to(endpoint.url, 1)), HttpClient(endpoint.url, 0.5)
        began = time.monotonic()
        with pytest.raises(LateAnswerError):
            _exchange(connection, timeout=0.5)
        middle = time.monotonic()
        with pytest.raises(TimeoutError):
            client.request("GET", "/", {})
        assert 0.4 < middle - began < 2.0
        assert 0.4 < time.monotonic() - middle < 2.0


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "],
    ids=["with a length", "without a length", "a header"],
)
def test_an_answer_that_is_too_long_is_not_kept(head: bytes) -> None:
    with raw_endpoint(Reply(head + b"x" * (LARGEST_ANSWER + 2**20), close=True)) as endpoint:
        with pytest.raises(UnusableAnswerError, match="too long"):
            _exchange(Connection(Pool.to(endpoint.url, 1)), timeout=20.0)
        with pytest.raises(FAILURES):
            HttpClient(endpoint.url, 20.0).request("GET", "/", {})


UNUSABLE = {
    "no HTTP": b"hello\r\n\r\n",
    "zeros": b"\0" * 100,
    "two answers": OK + OK,
    "more than the length says": OK + b"more",
    "a length that is no number": b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    "an endless length": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "a wrong chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a protocol of its own": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxx",
    "a status of five digits": b"HTTP/1.1 99999 x\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_is_not_http_is_a_wrong_answer_over_a_connection_that_is_closed(name: str) -> None:
    with raw_endpoint(Reply(UNUSABLE[name]), Reply(OK)) as endpoint:
        connection = Connection(Pool.to(endpoint.url, 1))
        with pytest.raises(UnusableAnswerError):
            _exchange(connection)
        assert _exchange(connection).get_code() == 200
        connection.close()
    assert _sizes(endpoint) == [1, 1]


@pytest.mark.parametrize("cut", [1, 20, len(OK) - 1])
def test_an_answer_that_breaks_off_is_a_broken_connection(cut: int) -> None:
    """As when the endpoint is killed; so it is sent again where the contract says so."""
    with raw_endpoint(Reply(OK[:cut], close=True)) as endpoint:
        with pytest.raises(BrokenConnectionError):
            _exchange(Connection(Pool.to(endpoint.url, 1)))
        with pytest.raises(FAILURES):
            HttpClient(endpoint.url, 5.0).request("GET", "/", {})


@pytest.mark.parametrize(
    "encoding", ["Content-Encoding: gzip", "Content-Encoding: gzip, gzip", "Transfer-Encoding: gzip"]
)
def test_a_compressed_answer_is_never_unpacked(encoding: str) -> None:
    """Nobody asks for one, and some kilobytes could become gigabytes."""
    bomb = gzip.compress(gzip.compress(bytes(1 << 25), 1) if "," in encoding else bytes(1 << 25), 1)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(bomb)}\r\n{encoding}\r\n\r\n"
    with raw_endpoint(Reply(head.encode() + bomb, close=True)) as endpoint:
        connection = Connection(Pool.to(endpoint.url, 1))
        client = HttpClient(endpoint.url, 5.0)
        tracemalloc.start()
        with suppress(*LOST):
            answer = _exchange(connection)
            assert answer.body == bomb
            call = compile_calls(read_contract(), "h")[Verb.START]
            outcome = call.classify(Scope({}, {}), 200, {"content-type": "application/json"}, answer.body)
            assert outcome.answer_class is AnswerClass.WRONG_ANSWER
        with suppress(*FAILURES):
            assert len(client.request("GET", "/", {}).text) <= len(bomb)
        assert tracemalloc.get_traced_memory()[1] < 16 * len(bomb) + (1 << 22)
        tracemalloc.stop()
        connection.close()
        client.close()
    assert b"accept-encoding: gzip" not in b"".join(endpoint.requests).lower()


def test_an_interim_answer_is_none() -> None:
    with raw_endpoint(Reply(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK)) as endpoint:
        connection = Connection(Pool.to(endpoint.url, 1))
        answers = [_exchange(connection) for _ in range(2)]
        connection.close()
    assert [(answer.get_code(), answer.body, answer.get("link")) for answer in answers] == [(200, b"{}", None)] * 2
    assert _sizes(endpoint) == [2]


def _damaged(draw: random.Random) -> bytes:
    content = bytearray(draw.choice([OK, OK + OK, *UNUSABLE.values()]))
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(content) + 1)
        content[at : at + draw.randint(0, 3)] = draw.randbytes(draw.randint(0, 3))
    return bytes(content)


@pytest.mark.slow
def test_a_damaged_answer_ends_in_a_class_of_its_own_and_never_otherwise() -> None:
    """``SOJOURN_FUZZ`` sets the number of answers."""
    draw = random.Random(1)
    for _ in range(TRIES // 4):
        content = _damaged(draw)
        with raw_endpoint(Reply(content, close=True)) as endpoint:
            connection, client = Connection(Pool.to(endpoint.url, 1)), HttpClient(endpoint.url, 2.0)
            try:
                with suppress(*LOST):
                    _exchange(connection, timeout=2.0)
                with suppress(*FAILURES):
                    client.request("GET", "/", {})
            except Exception as error:
                raise AssertionError(repr(content)) from error
            finally:
                connection.close()
                client.close()


@pytest.mark.slow
def test_no_header_ends_otherwise_than_in_seconds() -> None:
    draw = random.Random(3)
    pieces = ["Wed, 21 Oct 2015 07:28:00 GMT", "9" * 400, "-1", "+9999", " ", "0001", "9999", "Jan", "25:61:61", "\xb2"]
    for _ in range(TRIES * 10):
        text = "".join(draw.choice(pieces)[draw.randrange(3) :] for _ in range(draw.randint(0, 4)))
        assert 0.0 <= retry_after(text) <= 3600.0, repr(text)
