"""Connections that are refused: slow clients, endless headers, addresses open to everyone."""

import json
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from orchestrator import CannotServe, Service, open_database, serve
from orchestrator.features import FEATURES
from orchestrator.http.server import bound, server_of
from orchestrator.service.tenants import add_token
from tests.support.stalls import again_after_a_stall

pytestmark = [pytest.mark.load, pytest.mark.attack]

PATIENCE = 0.4


@pytest.fixture(scope="module")
def port(module_store: Callable[[], str]) -> Iterator[int]:
    """A service of this process that has little patience."""
    with bound("127.0.0.1", 0) as sock, Service(open_database(module_store()), FEATURES) as service:
        server = server_of(service, PATIENCE)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
        thread.start()
        while not server.started:
            time.sleep(0.005)
        yield sock.getsockname()[1]
        server.should_exit = True
        thread.join()


def answer_to(port: int, *parts: bytes, pause: float = 0.0) -> tuple[int, Any]:
    """Send parts with pauses in between; return the status and problem, 0 where the connection is just closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        try:
            for part in parts:
                sock.sendall(part)
                if select.select([sock], [], [], pause)[0]:
                    break
        except OSError:
            pass
        got = b""
        try:
            while chunk := sock.recv(65536):
                got += chunk
        except ConnectionResetError:
            pass
    head, _, body = got.partition(b"\r\n\r\n")
    return (int(head.split()[1]), json.loads(body)) if head else (0, None)


HEAD = b"POST /v1/journeys HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nidempotency-key: k\r\n"


@again_after_a_stall
def test_a_body_that_drips_is_cut_off(port: int) -> None:
    status, problem = answer_to(port, HEAD + b"content-length: 100\r\n\r\n", *[b" "] * 100, pause=0.05)
    assert (status, problem["type"]) == (408, "/problems/slow")


@again_after_a_stall
def test_a_head_that_drips_is_cut_off(port: int) -> None:
    status, problem = answer_to(port, *(bytes([byte]) for byte in HEAD), pause=0.05)
    assert (status, problem["type"]) == (408, "/problems/slow")


def test_a_connection_that_says_nothing_is_closed(port: int) -> None:
    began = time.monotonic()
    assert answer_to(port)[0] in {0, 408}
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("more", [b"\r\n", b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nupgrade: x\r\n\r\n."])
def test_a_connection_that_says_what_begins_no_request_is_closed(port: int, more: bytes) -> None:
    """Such bytes end the time that a connection may be idle between two requests."""
    request = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        sock.sendall(request)
        assert sock.recv(65536).startswith(b"HTTP/1.1 200")
        sock.sendall(more)
        with suppress(ConnectionResetError):
            while sock.recv(65536):
                pass  # until it is closed, or the time is up


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"x-large: " + b"x" * 20_000 + b"\r\n\r\n",
        HEAD + b"".join(b"x-%d: y\r\n" % number for number in range(4000)) + b"\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n",
        HEAD + b"x-endless: " + b"x" * 200_000,
    ],
)
def test_a_head_that_is_too_large_is_refused(port: int, head: bytes) -> None:
    status, problem = answer_to(port, head)
    assert status in {0, 431}  # a client that still sends may see the connection reset before it sees the answer
    assert problem is None or problem["type"] == "/problems/head"


def test_what_is_no_http_is_a_problem_too(port: int) -> None:
    status, problem = answer_to(port, b"hello\r\n\r\n")
    assert (status, problem["type"]) == (400, "/problems/malformed")


@again_after_a_stall
def test_a_client_that_does_not_read_is_cut_off(port: int) -> None:
    asked = 200
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(20)
        sock.connect(("127.0.0.1", port))
        sock.sendall(b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n" * asked)
        time.sleep(8 * PATIENCE)
        got = b""
        with suppress(ConnectionResetError):
            while chunk := sock.recv(65536):
                got += chunk
    assert 0 < got.count(b"HTTP/1.1 200 OK") < asked


@again_after_a_stall
def test_a_client_that_reads_slowly_gets_it_all(port: int) -> None:
    asked, got = 20, b""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(20)
        sock.connect(("127.0.0.1", port))
        sock.sendall(b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n" * asked)
        while got.count(b"HTTP/1.1 200 OK") < asked:
            time.sleep(0.001)
            chunk = sock.recv(16384)
            assert chunk
            got += chunk


@pytest.mark.parametrize("length", [b"65537", b"9" * 18])
def test_a_body_that_announces_too_much_is_refused_unread(port: int, length: bytes) -> None:
    status, problem = answer_to(port, HEAD + b"content-length: " + length + b"\r\n\r\n")
    assert (status, problem["limit"]) == (413, 65536)


def test_without_tokens_it_listens_on_loopback_only_and_with_one_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "journeys.db"
    with pytest.raises(CannotServe, match="no tenant has a token"):
        serve("0.0.0.0", 0, path)
    with closing(open_database(path)):
        pass
    with pytest.raises(CannotServe, match="no tenant has a token"):
        serve("0.0.0.0", 0, path)
    with closing(open_database(path)) as database:
        add_token(database, "acme", 0.0)
    with bound("0.0.0.0", 0) as taken:
        taken.listen()
        with pytest.raises(CannotServe, match="cannot listen on"):
            serve("0.0.0.0", taken.getsockname()[1], path)  # which is as far as it comes


def test_requests_in_one_piece_are_answered_in_order_each_with_its_length_and_the_date(port: int) -> None:
    asked = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\nGET /v1/journeys HTTP/1.1\r\nhost: localhost\r\n\r\n"
    last = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    answers = split(spoken(port, asked + last))
    assert [status for status, _, _ in answers] == [200, 200, 200]
    assert [b"items" in body for _, _, body in answers] == [False, True, False]
    assert all({b"date", b"content-type", b"content-length"} <= headers.keys() for _, headers, _ in answers)
    assert [headers.get(b"connection") for _, headers, _ in answers] == [None, None, b"close"]


def test_a_client_of_http_1_0_is_answered_and_left(port: int) -> None:
    ((status, headers, _),) = split(spoken(port, b"GET /health/live HTTP/1.0\r\n\r\n"))
    assert (status, headers[b"connection"]) == (200, b"close")


def test_head_of_a_write_is_told_so_without_a_body(port: int) -> None:
    got = spoken(port, b"HEAD /v1/journeys/x/pause HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 405 ")
    assert got.endswith(b"\r\n\r\n")


def spoken(port: int, asked: bytes) -> bytes:
    """Send bytes; return what is answered until the service closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        sock.sendall(asked)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def split(got: bytes) -> list[tuple[int, dict[bytes, bytes], bytes]]:
    """Return the answers in some bytes: status, headers and body of each."""
    answers = []
    while got:
        head, _, rest = got.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        headers = {name: value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        length = int(headers[b"content-length"])
        answers.append((int(first.split()[1]), headers, rest[:length]))
        got = rest[length:]
    return answers
