"""Run a load: check the endpoint, have Locust send the trace, read back, and write down what came of it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import numpy as np

from loadtests.contract import REFERENCE, Verb, compile_calls, read_contract
from loadtests.ledger import read_ledger, save_ledger
from loadtests.run.result import LAG_LIMIT, LoadResult, Run, measure
from loadtests.run.setup import set_up
from loadtests.trace.model import first, offered, save_trace, until
from loadtests.verification.journeys import verify
from sim.core.errors import CannotWrite, InvalidInput, Problem, Unreachable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loadtests.trace.model import Trace

__all__ = ["REFERENCE", "Progress", "check_host", "run_load"]

Progress = Callable[[float], None]
"""Is told the share of the trace, in time, that has been sent: 0 to 1."""

_LOCUSTFILE: Final = Path(__file__).parent.parent / "locustfile.py"
_POLL: Final = 0.2
_PATIENCE: Final = 15.0
"""Seconds that the generator has to end after it was asked to."""
_EXPECTED: Final = frozenset({0, 1, 4})
"""Locust's exit codes of a run that came to its end: all well, some requests failed, the generator was late."""


def run_load(
    trace: Trace,
    contract: Path = REFERENCE,
    host: str = "http://127.0.0.1:8080",
    *,
    out: Path,
    speed: float = 60.0,
    workers: int = 1,
    connections: int = 512,
    max_requests: int | None = None,
    duration: float | None = None,
    lag_limit: float = LAG_LIMIT,
    verified: bool = True,
    run: str | None = None,
    progress: Progress | None = None,
) -> LoadResult:
    """Set an endpoint up, send it a trace, every request when it is due, and verify what it then has.

    Locust runs in a process of its own, because it changes how Python's sockets and threads work. An interrupt
    (Ctrl-C) ends the run in good order: what was sent until then is in the result, which says that it is not valid.

    Parameters
    ----------
    trace
        What customers send, and when.
    contract
        How the endpoint is talked to.
    host
        Its URL.
    out
        An existing folder; gets ``load.json``, ``ledger.parquet`` and ``locust.log``.
    speed
        Simulated seconds per second.
    workers
        Processes that send.
    connections
        Open at once, at most, per process.
    max_requests, duration
        Send no more than so many requests, or those that are due within so many seconds.
    lag_limit
        Seconds; if 1 % of the requests leave later than that, the run is invalid.
    verified
        Read the endpoint back afterwards.
    run
        The run's token; a random one by default, so that two runs on one endpoint do not meet.
    progress
        Is told how far the run is.

    Returns
    -------
    LoadResult
        As written to ``load.json``.

    Raises
    ------
    InvalidInput
        The contract, the host or a setting is wrong, or the endpoint refuses to be set up.
    Unreachable
        Nothing answers at the host.
    CannotWrite
        The folder cannot be written.
    """
    _check_settings({"speed": speed, "workers": workers, "connections": connections})
    _check_settings({"max-requests": max_requests, "duration": duration})
    checked = read_contract(contract)
    compile_calls(checked, "")  # says which environment variables are missing, before anything is sent
    check_host(host)
    if duration is not None:
        trace = until(trace, duration * speed)
    verbs = [verb for verb in Verb if checked.offers(verb) is not None]
    lacking = Counter(Verb(code).name.lower() for code in trace.verb[~_among(trace, verbs)].tolist())
    trace = offered(trace, verbs)
    if max_requests is not None:
        trace = first(trace, max_requests)
    settings = Run(run or secrets.token_hex(4), host, checked.info.title, speed, workers, lag_limit)
    live = out / "ledger"
    try:
        live.mkdir(exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"{live}: cannot be made: {error.strerror}") from None
    save_trace(trace, out / "trace.npz")
    set_up(checked, trace, host, settings.token)
    settings = _conduct(_command(settings, contract, out, connections), settings, out, _Clock(trace, speed, progress))
    ledger = read_ledger(live / settings.token)
    result = measure(trace, ledger, settings, lacking)
    save_ledger(ledger, out / "ledger.parquet")
    _write(result, out)  # so that an interrupt of the verification loses nothing either
    if verified and len(ledger):
        result = replace(result, verification=verify(trace, checked, host, ledger, settings.token))
        _write(result, out)
    shutil.rmtree(live)
    (out / "trace.npz").unlink()
    return result


def _check_settings(settings: Mapping[str, float | None]) -> None:
    """Check that numbers are positive; not a number is not."""
    wrong = [
        Problem(f"--{name}", "", f"{value:g} makes no sense; give a number above 0")
        for name, value in settings.items()
        if value is not None and not value > 0
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
        socket.create_connection((url.hostname, port), timeout=5.0).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise Unreachable(
            f"{host}: nothing answers there ({reason}); start an endpoint, or give another --host"
        ) from None


def _among(trace: Trace, verbs: list[Verb]) -> NDArray[np.bool_]:
    """Tell of each request whether its verb is among these."""
    return np.isin(trace.verb, [int(verb) for verb in verbs])


def _command(run: Run, contract: Path, out: Path, connections: int) -> list[str]:
    """Return the command that runs Locust."""
    options = {
        "--locustfile": _LOCUSTFILE,
        "--host": run.host,
        "--trace": out / "trace.npz",
        "--contract": contract,
        "--speed": run.speed,
        "--connections": connections,
        "--lag-limit": run.lag_limit,
        "--ledger": out / "ledger",
        "--run": run.token,
        "--quit-with": os.getpid(),
        "--no-setup": "",
    }
    if run.workers > 1:
        options["--processes"] = run.workers
    words = [str(word) for option in options.items() for word in option if word != ""]
    return [sys.executable, "-m", "locust", "--headless", "--only-summary", *words]


class _Clock:
    """Tells the progress by the time that has gone by; nothing else is known from outside without asking."""

    def __init__(self, trace: Trace, speed: float, progress: Progress | None) -> None:
        self._lasts = float(trace.due.max()) / speed if len(trace) else 0.0
        self._tell = progress or (lambda _: None)
        self._start = time.perf_counter()

    def tick(self) -> None:
        """Tell how far the run is."""
        self._tell(min((time.perf_counter() - self._start) / self._lasts, 1.0) if self._lasts > 0 else 1.0)


def _conduct(command: list[str], run: Run, out: Path, clock: _Clock) -> Run:
    """Run Locust to its end; an interrupt stops it in good order."""
    log = out / "locust.log"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with log.open("wb") as file:
        # A session of its own: an interrupt at the terminal reaches us, and we pass it on, once.
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, and no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        interrupted = False
        try:
            while process.poll() is None:
                clock.tick()
                time.sleep(_POLL)
        except KeyboardInterrupt:
            interrupted = True
            _end(process)
        except BaseException:
            _end(process)
            raise
    failed = ""
    if not interrupted and process.returncode not in _EXPECTED:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        failed = f"the generator failed (exit code {process.returncode}): {lines[-1] if lines else 'it said nothing'}"
    return replace(run, interrupted=interrupted, failed=failed)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and end it if it does not."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _write(result: LoadResult, out: Path) -> None:
    """Write the result."""
    try:
        (out / "load.json").write_text(json.dumps(result.as_json(), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise CannotWrite(f"{out / 'load.json'}: cannot be written: {error.strerror}") from None
