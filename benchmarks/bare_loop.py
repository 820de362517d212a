"""``python -m benchmarks.bare_loop URL RATE SECONDS``: an open loop over gevent's sockets that does nothing else.

It sends the same bytes again and again when they are due, and reads each answer without looking at it: what loop,
sockets and kernel cost. It prints CPU time per request in microseconds, and its lag in milliseconds, p99 and longest.
"""

from __future__ import annotations

import sys
import time
from typing import Final
from urllib.parse import urlsplit

import gevent
import numpy as np
from gevent import socket
from gevent.hub import Waiter, get_hub

_REQUEST: Final = (
    b"POST /v1/journeys HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
    b'{"customer":"c"}'
)
_READABLE: Final = 1
"""The event for which a watcher of libev waits."""


class Lane:
    """A connection with a greenlet of its own."""

    def __init__(self, address: tuple[str, int], idle: list[Lane]) -> None:
        self._socket = socket.create_connection(address)
        self._socket.settimeout(0.0)
        self._watcher = get_hub().loop.io(self._socket.fileno(), _READABLE)
        self._idle = idle
        self.answers = 0
        self.waiter: Waiter[None] = Waiter()
        gevent.spawn(self._exchange)

    def _exchange(self) -> None:
        while True:
            self._socket.send(_REQUEST)
            get_hub().wait(self._watcher)
            self._socket.recv(65536)
            self.answers += 1
            self._idle.append(self)
            self.waiter.clear()
            self.waiter.get()


def main() -> None:
    """Send at the rate for some seconds."""
    url, rate, seconds = urlsplit(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    loop, idle, lanes, lags = get_hub().loop, list[Lane](), list[Lane](), []
    number = int(rate * seconds)
    start, used = time.perf_counter() + 0.1, time.process_time()
    for request in range(number):
        due = start + request / rate
        gevent.sleep(max(due - time.perf_counter(), 0.0))
        lags.append(1e3 * (time.perf_counter() - due))
        if idle:
            loop.run_callback(idle.pop().waiter.switch, None)
        else:
            lanes.append(Lane((str(url.hostname), url.port or 80), idle))
    while sum(lane.answers for lane in lanes) < number:
        gevent.sleep(0.01)
    print(1e6 * (time.process_time() - used) / number, np.quantile(lags, 0.99), max(lags))


if __name__ == "__main__":
    main()
