"""Run of a load: set up the endpoint, send the trace by Locust, read back, and write the result."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from loadtests.contract import REFERENCE, Verb, compile_calls, read_contract
from loadtests.http_client import GRACE
from loadtests.run.conclusion import SentTrace, conclude, count_not_offered
from loadtests.run.result import LAG_LIMIT, LoadResult, Run
from loadtests.run.setup import set_up
from loadtests.trace.model import first, offered, save_trace, until
from sim.core import interrupts
from sim.core.children import python
from sim.core.errors import CannotWrite, InvalidInput, Problem, Unreachable

if TYPE_CHECKING:
    from loadtests.trace.model import Trace

__all__ = ["REFERENCE", "Progress", "check_host", "run_load"]

Progress = Callable[[float], None]
"""Called with the share of the trace's time that has passed: 0 to 1."""

_LOCUSTFILE: Final = Path(__file__).parent.parent / "locustfile.py"
_POLL: Final = 0.2
_PATIENCE: Final = 5.0
"""Seconds for the generator to end after an interrupt."""
_LEFT_BEHIND: Final = 1.0
"""Seconds for the generator's workers to end after it."""
_START: Final = 300.0
"""Seconds for the generator to start and to end; an even later one is stopped."""
_ENDING: Final = 30.0
"""Seconds after an interrupt for all that is then done, at most; it takes some."""
_EXPECTED: Final = frozenset({0, 1, 4})
"""Locust's exit codes of a complete run: all requests succeeded, some failed, the generator was late."""


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
    verified: bool = True,
    read_limit: float | None = None,
    run: str | None = None,
    progress: Progress | None = None,
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
    verified
        Read the endpoint back afterwards.
    read_limit
        Seconds for that, at most; then the run is not valid, and what was not read counts as unread. By default twice
        ``grace`` and .05 s for each journey, contact and queue.
    run
        The run's token; a random one by default, so that two runs on one endpoint do not meet.
    progress
        Called with the share that is done.

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
    check_host(host)
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
    )
    live = out / "ledger"
    try:
        live.mkdir(exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"{live}: cannot be made: {error.strerror}") from None
    save_trace(trace, out / "trace.npz")
    set_up(checked, trace, host, settings.token, grace=grace)
    clock = _RunClock(trace, settings, progress)
    settings = _run_locust(_command(settings, contract, out, connections), settings, out, clock)
    sent = SentTrace(trace, checked, settings, not_offered, live / settings.token)
    result = conclude(sent, out, verified=verified, read_limit=read_limit)
    shutil.rmtree(live)
    (out / "trace.npz").unlink()
    return result


def _check_settings(settings: Mapping[str, float | None]) -> None:
    """Check that numbers are positive and finite; NaN is neither."""
    wrong = [
        Problem(f"--{name}", "", f"{value:g} is not above 0, or has no end; give a positive number")
        for name, value in settings.items()
        if value is not None and not 0 < value < inf
    ]
    if wrong:
        raise InvalidInput(wrong)


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
    try:
        url = urlsplit(host)
        port = url.port or (443 if url.scheme == "https" else 80)
    except ValueError as error:
        raise InvalidInput([Problem("--host", "", f'"{host}" is not a URL: {error}')]) from None
    if url.scheme not in {"http", "https"} or not url.hostname or url.path.strip("/") or url.query:
        raise InvalidInput(
            [Problem("--host", "", f'"{host}" is not the URL of a host; give e.g. http://127.0.0.1:8080')]
        )
    try:
        with socket.create_connection((url.hostname, port), timeout=5.0) as plain:
            if url.scheme == "https":
                ssl.create_default_context().wrap_socket(plain, server_hostname=url.hostname).close()
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
        "--locustfile": _LOCUSTFILE,
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


class _RunClock:
    """Reports progress by the time that has passed, since Locust runs in another process, and knows its latest end."""

    def __init__(self, trace: Trace, run: Run, progress: Progress | None) -> None:
        self._lasts = float(trace.due.max()) / run.speed if len(trace) else 0.0
        self._longest = self._lasts + run.grace + _START
        self._report = progress or (lambda _: None)
        self._start = time.perf_counter()

    def tick(self) -> None:
        """Report the share that is done; raise `TimeoutError` when Locust should have ended long ago."""
        passed = time.perf_counter() - self._start
        if passed > self._longest:
            raise TimeoutError
        self._report(min(passed / self._lasts, 1.0) if self._lasts > 0 else 1.0)


def _run_locust(options: list[str], run: Run, out: Path, clock: _RunClock) -> Run:
    """Run Locust to its end; an interrupt stops it in good order."""
    log = out / "locust.log"
    command, environment = python("-m", "locust", "--headless", "--only-summary", *options)
    with log.open("wb") as file, ExitStack() as stack:
        # In a session of its own: an interrupt at the terminal reaches this process only, which passes it on once.
        start = partial(
            subprocess.Popen,
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=out,  # Locust reads locust.conf and pyproject.toml of its folder, and so not those of a scenario's
            start_new_session=True,
        )
        process = stack.enter_context(interrupts.undone(start, _kill))
        interrupts.allow(_ENDING)  # the ledger is to be kept
        interrupted, failed = False, ""
        try:
            while process.poll() is None:
                interrupts.check()
                clock.tick()
                time.sleep(_POLL)
        except KeyboardInterrupt:
            interrupted = True
            _stop(process)
        except TimeoutError:
            failed = f"the generator did not end within {run.grace:g} s after the last request was due; see locust.log"
            _stop(process)
        except BaseException:
            _stop(process)
            raise
        finally:
            _end_workers(process)
    if not interrupted and not failed and process.returncode not in _EXPECTED:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        failed = f"the generator failed (exit code {process.returncode}): {lines[-1] if lines else 'no output'}"
    return replace(run, interrupted=interrupted, failed=failed)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a process, and kill it if it does not end."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        _kill(process)
        process.wait()


def _end_workers(process: subprocess.Popen[bytes]) -> None:
    """Wait for the workers of a process that has ended, and kill those that it has left behind."""
    until = time.perf_counter() + _LEFT_BEHIND
    with suppress(ProcessLookupError):  # its group is gone with its last member
        while time.perf_counter() < until:
            os.killpg(process.pid, 0)
            time.sleep(_POLL / 10)
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and those that it has started."""
    os.killpg(process.pid, signal.SIGKILL)
