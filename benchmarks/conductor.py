"""``python -m benchmarks.conductor > benchmarks/CONDUCTOR.md``: what a request costs the load generator.

The conductor starts journeys at a small endpoint in an open loop at two rates. In turns with it run a bare loop at the
same rates, and in a closed loop, as fast as they can, Locust's FastHttpUser and wrk, where it is installed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil

from loadtests.contract import Verb
from loadtests.run.run import run_load
from loadtests.trace.model import Trace

BARS = {1000: 250.0, 3000: 200.0}
"""Requests per second to microseconds of CPU time per request, at most."""
LAG_BARS = {3000: (2.0, 10.0)}
"""Requests per second to milliseconds of lag, at most: p99, and the longest."""
CONNECTIONS = 16
CLOSED = "FastHttpUser, closed loop"


class Endpoint(asyncio.Protocol):
    """Acknowledges starts of journeys."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin without data."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._data = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer a request that is complete."""
        self._data += data
        head, gap, rest = self._data.partition(b"\r\n\r\n")
        if not gap:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        if len(rest) >= length:
            self._data = rest[length:]
            customer = json.loads(rest[:length])["customer"]
            body = b'{"id":"%b","customer":"%b"}' % (customer.encode(), customer.encode())
            self._transport.write(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


async def serve() -> None:
    """Serve until killed; print the port."""
    server = await asyncio.get_running_loop().create_server(Endpoint, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def endpoint() -> Iterator[str]:
    """Serve in a process of its own; yield the URL."""
    command = [sys.executable, "-m", "benchmarks.conductor", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def starts(number: int, rate: int) -> Trace:
    """Return a trace of customers who start a journey each, evenly in time."""
    nobody, none = np.zeros(0, np.int32), np.full(number, -1, np.int32)
    rows = np.arange(number, dtype=np.int32)
    zeros = np.zeros(number, np.int32)
    return Trace(
        due=rows / rate, journey=rows, seq=zeros + 1, verb=np.full(number, Verb.START, np.int8), step=zeros,
        channel=zeros, type=none.astype(np.int8), contacts=zeros, outcome=none.astype(np.int8), queue=none,
        customer=rows, intent=zeros, agent_group=nobody, agent_number=nobody, agent_place=nobody,
        queue_channel=nobody, serves=np.zeros((0, 0)), intents=("card",), steps=("card.web",), channels=("web",),
        queues=(), groups=(), routing=(), offset=0.0,
    )  # fmt: skip


def conductor(url: str, rate: int, seconds: float) -> tuple[float, ...]:
    """Return the conductor's microseconds per request, and its lag in milliseconds: p99 and the longest."""
    with tempfile.TemporaryDirectory() as folder:
        trace = starts(int(rate * seconds), rate)
        result = run_load(trace, host=url, out=Path(folder), speed=1.0, verified=False, lag_limit=1e9)
    assert result.acknowledged == len(trace), result.why
    (used,) = result.generators
    assert result.lag.p99 is not None
    assert result.lag.max is not None
    return 1e6 * used.cpu_seconds / used.attempts, 1e3 * result.lag.p99, 1e3 * result.lag.max


def fast_http(url: str, seconds: float) -> tuple[float, float]:
    """Return FastHttpUser's microseconds per request, and its requests per second."""
    locustfile = Path(__file__).with_name("fast_http_user.py")
    options = ["--headless", "-u", CONNECTIONS, "-r", CONNECTIONS, "-t", f"{seconds:g}s", "--only-summary"]
    command = [sys.executable, "-m", "locust", "-f", locustfile, "--host", url, *options]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        environment = {**os.environ, "REPORT": str(report)}
        subprocess.run([*map(str, command)], check=True, env=environment, capture_output=True)
        figures = json.loads(report.read_text(encoding="utf-8"))
    return 1e6 * figures["cpu"] / figures["requests"], figures["requests"] / seconds


def wrk(url: str, seconds: float) -> tuple[float, float]:
    """Return wrk's microseconds per request, and its requests per second."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "start.lua"
        script.write_text('wrk.method = "POST"\nwrk.body = \'{"customer": "c"}\'\n', encoding="utf-8")
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "-s", str(script), f"{url}/v1/journeys"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            times = psutil.Process(process.pid)
            used = 0.0
            while process.poll() is None:
                try:
                    used = sum(times.cpu_times()[:2])
                    process.wait(0.05)
                except (psutil.Error, subprocess.TimeoutExpired):
                    continue
            assert process.stdout is not None
            text = process.stdout.read()
    requests = int(text.partition(" requests in")[0].split()[-1])
    return 1e6 * used / requests, requests / seconds


def bare(url: str, rate: int, seconds: float) -> tuple[float, ...]:
    """Return what `conductor` does, of a loop that only sends bytes and reads some."""
    command = [sys.executable, "-m", "benchmarks.bare_loop", url, str(rate), str(seconds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60 + 10 * seconds)
    return tuple(map(float, done.stdout.split()))


def measure(rounds: int, seconds: float) -> dict[str, list[tuple[float, ...]]]:
    """Measure in turns; return the figures of each program, round by round."""
    figures: dict[str, list[tuple[float, ...]]] = {}
    with endpoint() as url:
        for _ in range(rounds):
            for rate in BARS:
                figures.setdefault(f"conductor at {rate:,}/s", []).append(conductor(url, rate, seconds))
                figures.setdefault(f"bare loop at {rate:,}/s", []).append(bare(url, rate, seconds))
            figures.setdefault(CLOSED, []).append(fast_http(url, seconds))
            if shutil.which("wrk"):
                figures.setdefault("wrk, closed loop", []).append(wrk(url, seconds))
    return figures


def rows(figures: dict[str, list[tuple[float, ...]]]) -> Iterator[str]:
    """Yield the rows of the table."""
    bars = {f"conductor at {rate:,}/s": most for rate, most in BARS.items()}
    lags = {f"conductor at {rate:,}/s": most for rate, most in LAG_BARS.items()}
    for name, values in figures.items():
        cpu = [each[0] for each in values]
        ratios = [mine / other[0] for mine, other in zip(cpu, figures[CLOSED], strict=True)]
        also, *longest = (statistics.median(column) for column in list(zip(*values, strict=True))[1:])
        shown = f"p99 {also:,.1f} ms, max {longest[0]:,.1f} ms" if longest else "-"
        judged = [_judged(f"{bars[name]:g} us", statistics.median(cpu) <= bars[name])] if name in bars else []
        if name in lags:
            p99, most = lags[name]
            judged += [_judged(f"p99 {p99:g} ms, max {most:g} ms", also <= p99 and longest[0] <= most)]
        rate = "" if longest else f" ({also:,.0f}/s)"
        yield f"| {name}{rate} | {_spread(cpu, '.0f')} | {_spread(ratios, '.2f')} | {shown} | {'; '.join(judged)} |"


def _judged(bar: str, is_met: bool) -> str:
    """Return a bar with its verdict."""
    return f"<= {bar}: {'met' if is_met else '**not met**'}"


def _spread(values: list[float], digits: str) -> str:
    """Return the median, with the least and the most."""
    return f"{statistics.median(values):{digits}} ({min(values):{digits}} - {max(values):{digits}})"


def page(rounds: int, seconds: float) -> None:
    """Print the page."""
    figures = measure(rounds, seconds)
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(
        f"""\
# What a request costs the load generator

`python -m benchmarks.conductor > benchmarks/CONDUCTOR.md` writes this page. The conductor starts journeys at a small
endpoint, each when it is due, writes each attempt to its ledger before it is sent, and reports it to Locust. The bare
loop sends bytes and reads some, over the same sockets at the same instants: what loop and kernel cost. FastHttpUser and
wrk run in a closed loop of {CONNECTIONS} connections, as fast as they can.

**{rounds} rounds of {seconds:g} s, in turns; load average {load:.1f} on {cores} cores in the end.**
On cores that other programs use, too, all cost more, and a lag says little; so ratios count: median (least - most) of
the rounds. CPU time is that of the process that sends.

| program | us of CPU time per request | over FastHttpUser's in its round | lag | bar |
| --- | ---: | ---: | ---: | --- |"""
    )
    print("\n".join(rows(figures)))
    if not shutil.which("wrk"):
        print("\nwrk was not measured; it is not installed.")
    print(
        """
The bars are those of a quiet machine with 2 cores, on which FastHttpUser took 160 to 230 us, and the first version of
the conductor 370 to 450 at 1,000/s. So where FastHttpUser takes more, processor times are those of a slower machine.

## A million customers
"""
    )
    for name in ("start", "paused"):
        print(subprocess.run(
            [sys.executable, "-m", "benchmarks.million_customers", name], check=True, capture_output=True, text=True
        ).stdout.strip())  # fmt: skip
    print(
        """
The bars are 5 s, 500 MB, and 500 MB. The trace of these customers has one request each; one of eight requests each, as
simulated from a scenario with a pause, has 8 million rows of 42 bytes.

## What brought nothing

Measured by hand on 30 November 2026, and no part of the command. Five runs at 1,000/s each, in turns: the inputs of
16 coming requests prepared together, so that their code is in the processor's cache, 250 us in place of 250. An epoll
of our own in place of gevent's `hub.wait`: 3.5 us in place of 3.0. Young garbage is not worth tuning: what is there at
the start is frozen, and 4,000 requests cause six collections."""
    )


def main() -> None:
    """Serve, or measure."""
    parser = argparse.ArgumentParser(description="CPU time per request of the load generator, beside FastHttpUser.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each run")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
    else:
        page(options.rounds, options.seconds)


if __name__ == "__main__":
    main()
