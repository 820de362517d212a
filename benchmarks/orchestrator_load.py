"""``python -m benchmarks.orchestrator_load``: the load generator of the orchestrator's benchmark, a process of its own.

A closed loop: each connection sends an event, waits for its answer, and sends the next. One thread, one epoll, bytes
prepared in advance, so that it uses little of the processors that it shares with the service.
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import sys
import time
from array import array
from dataclasses import dataclass, field
from itertools import count
from typing import Any

EVENT = (
    '{"specversion":"1.0","id":"%s","source":"benchmark","type":"step.entered","time":"2026-03-02T09:30:00Z",'
    '"data":{"channel":"web","step":"form %d","context":{"page":%d,"amount":%d,"basket":["a","b"],"language":"de"}}}'
)
HEAD = "POST /v1/journeys/%s/events HTTP/1.1\r\nhost: localhost\r\n%scontent-type: application/cloudevents+json\r\n"


def request(journey: str, name: str, number: int, headers: str = "") -> bytes:
    """Return the bytes of a request that records an event."""
    body = EVENT % (name, number % 7, number, number * 7 % 1000)
    return f"{HEAD % (journey, headers)}content-length: {len(body)}\r\n\r\n{body}".encode()


@dataclass(slots=True)
class Connection:
    """A connection, its journeys, and the instant of its last request."""

    socket: socket.socket
    name: str
    journeys: list[str]
    headers: str
    sent: float = 0.0
    numbers: count[int] = field(default_factory=count)

    def send(self) -> None:
        """Send the next event."""
        number = next(self.numbers)
        journey = self.journeys[number % len(self.journeys)]
        data = request(journey, f"{self.name}-{number}", number, self.headers)
        self.sent = time.perf_counter()
        self.socket.send(data)

    def receive(self) -> bytes:
        """Return an answer, which is small enough to come in one piece or two."""
        answer = self.socket.recv(65536)
        while b"\r\n\r\n" not in answer or len(answer) < _length(answer):
            more = self.socket.recv(65536)
            if not more:
                raise SystemExit(f"the service closed a connection after {answer!r}")
            answer += more
        return answer


def _length(answer: bytes) -> int:
    head, _, _ = answer.partition(b"\r\n\r\n")
    _, _, length = head.lower().partition(b"content-length:")
    return len(head) + 4 + int(length.split(b"\r\n", 1)[0])


@dataclass(slots=True)
class Measured:
    """Answers of the measured period, and totals."""

    latencies: array[float]
    seconds: float
    acknowledged: int
    refused: int
    processor: float

    def json(self) -> dict[str, Any]:
        """Return the figures; latencies in milliseconds."""
        ordered = sorted(self.latencies)
        quantile = lambda share: ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000  # noqa: E731
        return {
            "rate": len(ordered) / self.seconds, "p50": quantile(0.5), "p99": quantile(0.99),
            "acknowledged": self.acknowledged, "refused": self.refused, "processor": self.processor,
        }  # fmt: skip


def measure(connections: list[Connection], seconds: float, warm_up: float) -> Measured:
    """Send for some seconds; measure the answers after the warm-up."""
    poll = select.epoll()
    by_number = {connection.socket.fileno(): connection for connection in connections}
    for number, connection in by_number.items():
        poll.register(number, select.EPOLLIN)
        connection.send()
    begun, latencies = time.perf_counter(), array("d")
    counted, end = begun + warm_up, begun + warm_up + seconds
    acknowledged = refused = 0
    outstanding = len(connections)
    processor = time.process_time()
    while outstanding:
        for number, _ in poll.poll(30):
            connection = by_number[number]
            answer = connection.receive()
            now = time.perf_counter()
            if answer.startswith(b"HTTP/1.1 201"):
                acknowledged += 1
                if counted <= now < end:
                    latencies.append(now - connection.sent)
            elif answer.startswith(b"HTTP/1.1 503"):
                refused += 1
            else:
                raise SystemExit(f"unexpected answer: {answer!r}")
            if now < end:
                connection.send()
            else:
                outstanding -= 1
    return Measured(latencies, seconds, acknowledged, refused, time.process_time() - processor)


def main() -> None:
    """Read the parameters from standard input, and print the measurements, both as JSON."""
    argparse.ArgumentParser(prog="python -m benchmarks.orchestrator_load", description=__doc__).parse_args()
    asked = json.load(sys.stdin)
    connections = []
    for number, journeys in enumerate(asked["journeys"]):
        opened = socket.create_connection(("127.0.0.1", asked["port"]))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connections.append(Connection(opened, f"c{number}", journeys, asked.get("headers", "")))
    json.dump(measure(connections, asked["seconds"], asked["warm_up"]).json(), sys.stdout)


if __name__ == "__main__":
    main()
