"""Run of a load: set up the endpoint, send the trace by Locust, read back, and write the result."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import ssl
from collections.abc import Mapping
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from loadtests.contract import REFERENCE, Verb, compile_calls, read_contract
from loadtests.faults.endpoint import address_of, started
from loadtests.faults.schedule import FaultSchedule
from loadtests.generators import read_reports
from loadtests.http_client import GRACE
from loadtests.run.conclusion import SentTrace, conclude, count_not_offered
from loadtests.run.early_end import EarlyEnd
from loadtests.run.live import LiveLedger
from loadtests.run.locust_process import Progress, RunClock, Send, run_locust
from loadtests.run.process_time import UsageWatch, cpu_seconds
from loadtests.run.result import LAG_LIMIT, LoadResult, Run
from loadtests.run.setup import set_up
from loadtests.trace.model import first, offered, save_trace, until
from sim.core.errors import CannotWrite, InvalidInput, Problem, Unreachable
from sim.core.interruptible import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from loadtests.faults.endpoint import EndpointProcess
    from loadtests.faults.schedule import FaultRecord
    from loadtests.faults.schema import Faults
    from loadtests.run.live import LiveFigures
    from loadtests.trace.model import Trace

__all__ = ["LOCUSTFILE", "REFERENCE", "Progress", "check_host", "run_load"]

LOCUSTFILE: Final = Path(__file__).parent.parent / "locustfile.py"


def run_load(
    trace: Trace,
    contract: Path = REFERENCE,
    host: str = "http://127.0.0.1:8080",
    *,
    out: Path,
    speed: float = 60.0,
    workers: int = 1,
    connections: int | None = None,
    max_requests: int | None = None,
    duration: float | None = None,
    grace: float = GRACE,
    give_up: float = GRACE,
    lag_limit: float = LAG_LIMIT,
    wanted_p95: float | None = None,
    interval: float | None = None,
    ending: Mapping[str, float | None] | None = None,
    verified: bool = True,
    read_limit: float | None = None,
    run: str | None = None,
    process: int | None = None,
    faults: Faults | None = None,
    progress: Progress | None = None,
    show: Callable[[LiveFigures], None] | None = None,
    send: Send = run_locust,
) -> LoadResult:
    """Set up an endpoint, send it every request of a trace when it is due, and verify what it has stored.

    Locust runs in its own process, because it changes how Python's sockets and threads work. An interrupt (Ctrl-C) ends
    the run in good order: the result has the requests sent until then, and says that it is not valid.

    A run has an end, whatever the endpoint does: ``grace`` seconds after the last request is due, requests without an
    answer are unknown, and those that wait for one are not sent. The set-up is tried for as long, and reading back ends
    when the endpoint has given no usable answer for as long. An endpoint that answers, but slowly, is set up for twice
    that and .05 s for each queue and agent at most, and read back until ``read_limit``.

    Parameters
    ----------
    trace
        The requests, with their instants.
    contract
        The file with the endpoint's requests.
    host
        The endpoint's URL.
    out
        An existing folder; gets ``load.json``, ``ledger.parquet`` and ``locust.log``.
    speed
        Simulated seconds per second.
    workers
        Processes that send.
    connections
        At most this many open ones per process; by default as many as the system allows. What waits for one is late by
        the endpoint's fault, and the result says so.
    max_requests, duration
        Send at most this many requests, or those that are due within this many seconds.
    grace
        Seconds from when the last request is due to the end of the run.
    give_up
        Seconds; when the endpoint has given no answer of any kind for longer, the run ends, and is not valid.
    lag_limit
        Seconds; if the generator sends 1 % of the requests later than that, the run is invalid.
    wanted_p95
        Seconds, the objective for the latency: the result says whether the generator's own lag is small beside it.
    interval
        Simulated seconds of the intervals by which latencies are broken down; by default half an hour.
    ending
        Bounds, by quantile and ``error_rate``; the run ends early when one of them is missed for certain.
    verified
        Read the endpoint back afterwards.
    read_limit
        Seconds for that, at most; then the run is not valid, and what was not read counts as unread. By default twice
        ``grace`` and .05 s for each journey, contact and queue.
    run
        The run's token; a random one by default, so that two runs on one endpoint do not meet.
    process
        The endpoint's process on this machine, for its CPU time and memory; None = not measured.
    faults
        Faults on request. What is sent passes through a proxy; set-up and reading back do not.
    progress
        Called with the share that is done.
    show
        Called with the figures so far, several times a second.
    send
        Sends the trace; by default Locust, in a process of its own.

    Returns
    -------
    LoadResult
        As written to ``load.json``.

    Raises
    ------
    InvalidInput
        The contract, the host or a setting is wrong, or the endpoint refused the set-up.
    Unreachable
        Nothing answers at the host.
    CannotWrite
        The folder cannot be written.
    """
    _check_settings({"speed": speed, "workers": workers, "connections": connections})
    _check_settings({"max-requests": max_requests, "duration": duration})
    _check_settings({"grace": grace, "read-limit": read_limit, "give-up": give_up})
    checked = read_contract(contract)
    compile_calls(checked, "")  # reports missing environment variables before anything is sent
    cpu_seconds(process)  # reports a wrong number before anything is sent
    if duration is not None:
        trace = until(trace, duration * speed)
    not_offered = count_not_offered(trace, checked)
    trace = offered(trace, [verb for verb in Verb if checked.offers(verb) is not None])
    if max_requests is not None:
        trace = first(trace, max_requests)
    settings = Run(
        run or secrets.token_hex(4),
        host,
        checked.info.title,
        speed,
        workers,
        lag_limit,
        grace,
        give_up=give_up,
        wanted_p95=wanted_p95,
        interval=interval,
    )
    live = out / "ledger"
    check_url(host)
    with started(faults.command if faults else (), host, out / "endpoint.log") as endpoint:
        wait_for(partial(check_host, host))
        try:
            live.mkdir(exist_ok=True)
        except OSError as error:
            raise CannotWrite(f"{live}: cannot be made: {error.strerror}") from None
        save_trace(trace, out / "trace.npz")
        wait_for(partial(set_up, checked, trace, host, settings.token, grace=grace, speed=speed))
        watch = UsageWatch(lambda: endpoint.pid if endpoint else process)
        ledger = live / settings.token
        figures = LiveLedger(ledger)
        early = EarlyEnd(ledger, trace, checked, ending) if ending else None
        look = (lambda: show(figures.look())) if show else None
        clock = RunClock(trace, settings, progress, watch, ledger, look, early)
        command = _command(settings, contract, out, connections)
        settings, came_about = _send(send, command, settings, out, clock, trace, faults, endpoint)
        sent = SentTrace(trace, checked, settings, not_offered, ledger, watch.usage(), came_about)
        result = conclude(sent, out, verified=verified, read_limit=read_limit)
    shutil.rmtree(live)
    (out / "trace.npz").unlink()
    return result


def _send(
    send: Send,
    command: list[str],
    run: Run,
    out: Path,
    clock: RunClock,
    trace: Trace,
    faults: Faults | None,
    endpoint: EndpointProcess | None,
) -> tuple[Run, tuple[FaultRecord, ...]]:
    """Send the trace, through a proxy if there are faults; return how it ended, and the faults that came about."""
    if faults is None:
        return send(command, run, out, clock), ()
    first_due = float(trace.due.min()) / run.speed if len(trace) else 0.0
    folder = out / "ledger" / run.token
    with FaultSchedule(faults, address_of(run.host), first_due, endpoint, partial(_worker, folder)) as schedule:
        ended = send([*command, "--through", schedule.address], run, out, clock)
    return ended, schedule.records


def _worker(folder: Path, number: int) -> int | None:
    """Return the process of a worker: 1, 2 ...; None = it has not begun."""
    return next((report.process for report in read_reports(folder) if report.shard == number - 1), None)


def _check_settings(settings: Mapping[str, float | None]) -> None:
    """Check that numbers are positive and finite; NaN is neither."""
    wrong = [
        Problem(f"--{name}", "", f"{value:g} is not above 0, or has no end; give a positive number")
        for name, value in settings.items()
        if value is not None and not 0 < value < inf
    ]
    if wrong:
        raise InvalidInput(wrong)


def check_url(host: str) -> None:
    """Check that a text is the URL of a host.

    Parameters
    ----------
    host
        E.g. ``http://127.0.0.1:8080``.

    Raises
    ------
    InvalidInput
        It is not.
    """
    try:
        url = urlsplit(host)
        address_of(host)
    except ValueError as error:
        raise InvalidInput([Problem("--host", "", f'"{host}" is not a URL: {error}')]) from None
    if url.scheme not in {"http", "https"} or not url.hostname or url.path.strip("/") or url.query:
        raise InvalidInput(
            [Problem("--host", "", f'"{host}" is not the URL of a host; give e.g. http://127.0.0.1:8080')]
        )


def check_host(host: str) -> None:
    """Check that something listens at a URL.

    Parameters
    ----------
    host
        E.g. ``http://127.0.0.1:8080``.

    Raises
    ------
    InvalidInput
        It is not the URL of a host.
    Unreachable
        Nothing listens there.
    """
    check_url(host)
    name, port = address_of(host)
    try:
        with socket.create_connection((name, port), timeout=5.0) as plain:
            if urlsplit(host).scheme == "https":
                ssl.create_default_context().wrap_socket(plain, server_hostname=name).close()
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or (error.reason or str(error)).replace("_", " ").lower()
        raise Unreachable(
            f"{host}: TLS fails there ({reason}); SSL_CERT_FILE can name the certificates to trust"
        ) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise Unreachable(
            f"{host}: nothing answers there ({reason}); start an endpoint, or give another --host"
        ) from None


def _command(run: Run, contract: Path, out: Path, connections: int | None) -> list[str]:
    """Return the options of Locust."""
    options = {
        "--locustfile": LOCUSTFILE,
        "--host": run.host,
        "--trace": (out / "trace.npz").absolute(),
        "--contract": contract.absolute(),
        "--speed": run.speed,
        "--connections": connections or 0,
        "--lag-limit": run.lag_limit,
        "--grace": run.grace,
        "--give-up": run.give_up,
        "--ledger": (out / "ledger").absolute(),
        "--run": run.token,
        "--quit-with": os.getpid(),
        "--no-setup": "",
    }
    if run.workers > 1:
        options["--processes"] = run.workers
    return [str(word) for option in options.items() for word in option if word != ""]
