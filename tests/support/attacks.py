"""Attacks on a running endpoint: how much each tries, and the connections that attackers open."""

from __future__ import annotations

import os
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["ATTACKS", "connections", "exchange", "many_files", "quantile", "status"]

ATTACKS = max(1, int(os.environ.get("SOJOURN_ATTACKS", "1")))
"""How many times as long, or as much, each attack tries; 1 in the usual tests."""


def exchange(port: int, *parts: bytes, timeout: float = 20.0) -> bytes:
    """Send parts over one connection, and return all that is answered until it is closed."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
        with suppress(OSError):  # it was refused before all was sent
            for part in parts:
                sock.sendall(part)
        with suppress(ConnectionResetError):
            while chunk := sock.recv(65536):
                received += chunk
    return received


def status(answer: bytes) -> int:
    """Return the status of the first answer; 0 where the connection was just closed."""
    return int(answer.split()[1]) if answer else 0


def quantile(times: list[float], share: float) -> float:
    """Return a quantile of times."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


@contextmanager
def many_files(number: int) -> Iterator[int]:
    """Let this process and those that it starts open so many files, or as many as they may; yield how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = number if hard == resource.RLIM_INFINITY else min(number, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
    try:
        yield allowed
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def connections(port: int, number: int) -> Iterator[list[socket.socket]]:
    """Open connections that say nothing yet, and close them in the end."""
    opened: list[socket.socket] = []
    try:
        for _ in range(number):
            opened.append(socket.create_connection(("127.0.0.1", port), timeout=20))
            if len(opened) % 100 == 0:
                time.sleep(0.01)  # the service takes them from its backlog
        yield opened
    finally:
        for sock in opened:
            sock.close()
