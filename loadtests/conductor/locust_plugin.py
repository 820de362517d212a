"""Locust's side of the conductor: options, one conductor per worker, and the run's end.

Locust keeps its web UI, headless mode, statistics, CSV, distributed workers and exit code. A load shape says how many
users there are: one per worker, and none once every worker has sent its part of the trace. That one user is the
conductor; the customers are rows of the trace.
"""

from __future__ import annotations

import gc
import logging
import os
import secrets
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from locust import LoadTestShape, User, events, task
from locust.exception import StopUser
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from loadtests.conductor.conductor import Conductor, Settings
from loadtests.conductor.connection import Pool
from loadtests.contract import ACKNOWLEDGED, REFERENCE, Class, Setup, compile_calls, read_contract
from loadtests.ledger import Entry, LedgerWriter
from loadtests.run.result import LAG_LIMIT
from loadtests.run.setup import set_up
from loadtests.trace.model import first, load_trace, offered, shard
from sim.core.errors import InvalidInput, Problem, SojournError

if TYPE_CHECKING:
    from locust.env import Environment

    from loadtests.contract import Call
    from loadtests.trace.model import Trace

__all__ = ["Customers", "Schedule"]

_INVALID: Final = 4
"""The exit code of a run that says nothing about the endpoint."""
_HEAD_START: Final = 1.0
"""Seconds between the agreement on a run and its first request, in which Locust and the workers get ready."""
_REPORT: Final = "sojourn_conducted"

_NO_RUN: Final = ""
"""The token of a run that could not be set up: every worker is through at once."""

logger = logging.getLogger(__name__)


@events.init_command_line_parser.add_listener
def _add_options(parser: Any, **_: object) -> None:
    """Add the options of a run to Locust's own."""
    parser.add_argument("--scenario", default="", help="scenario.yaml whose customers are sent")
    parser.add_argument(
        "--trace", default="", help="a trace that was kept, instead of --scenario", include_in_web_ui=False
    )
    parser.add_argument("--contract", default=str(REFERENCE), help="how the endpoint is talked to (YAML)")
    parser.add_argument("--speed", type=float, default=60.0, help="simulated seconds per second")
    parser.add_argument("--seed", type=int, help="of the customers; else the scenario's")
    parser.add_argument("--max-requests", type=int, default=0, help="send at most so many; 0 = all")
    parser.add_argument("--connections", type=int, default=512, help="at most, per worker", include_in_web_ui=False)
    parser.add_argument("--lag-limit", type=float, default=LAG_LIMIT, help="p99 of the lag, seconds; later is invalid")
    parser.add_argument("--ledger", default="results/ledger", help="where each run's goes", include_in_web_ui=False)
    parser.add_argument("--run", dest="run_token", default="", help="the run's token; random", include_in_web_ui=False)
    parser.add_argument(
        "--no-setup", action="store_true", help="queues and agents are there already", include_in_web_ui=False
    )
    parser.add_argument("--quit-with", type=int, default=0, help="stop when this process ends", include_in_web_ui=False)


@events.init.add_listener
def _listen(environment: Environment, runner: Any, **_: object) -> None:
    """Have the workers report to the master, and check what can be checked before anything starts."""
    options = environment.parsed_options
    assert options is not None
    if not isinstance(runner, WorkerRunner):
        environment.events.test_start.add_listener(_agree)  # type: ignore[no-untyped-call]  # Locust has no types there
        environment.events.quitting.add_listener(_judge)  # type: ignore[no-untyped-call]  # Locust has no types there
        runner.register_message(_REPORT, lambda environment, msg, **_: _note(environment, msg.data))
    if not isinstance(runner, MasterRunner) and (options.scenario or options.trace) and environment.host:
        try:
            _prepared(*_source(environment))
        except SojournError as error:
            logger.error("%s", error)  # noqa: TRY400 - a sentence for people, no traceback
            raise SystemExit(error.exit_code) from None


def _agree(environment: Environment, **_: object) -> None:
    """Set the endpoint up, and settle what all workers must agree on; Locust sends the options along to them."""
    runner, options = environment.runner, environment.parsed_options
    assert options is not None
    options.shards = sorted(c.id for c in _workers(runner)) if isinstance(runner, MasterRunner) else ["local"]
    token = options.run_token or secrets.token_hex(4)
    options.run_now = token if options.no_setup or _is_set_up(environment, token) else _NO_RUN
    options.started = time.time() + _HEAD_START
    shape = environment.shape_class
    assert isinstance(shape, Schedule)
    shape.reports = {}


def _is_set_up(environment: Environment, run: str) -> bool:
    """Make the run's queues and agents; return whether the endpoint let us."""
    try:
        source, path, host = _source(environment)
        contract = read_contract(Path(path))
        if contract.setup != Setup():  # otherwise a master need not know what is sent
            trace, _, calls = _prepared(source, path, host)
            set_up(contract, offered(trace, calls), host, run)
    except SojournError as error:
        logger.error("%s", error)  # noqa: TRY400 - a sentence for people, no traceback
        environment.process_exit_code = error.exit_code
        return False
    return True


def _workers(runner: MasterRunner) -> list[Any]:
    """Return the workers that take part."""
    return [*runner.clients.ready, *runner.clients.spawning, *runner.clients.running]


@dataclass(frozen=True, slots=True)
class Source:
    """What is sent, as the options say it."""

    trace: str
    scenario: str
    seed: int | None  # None = the scenario's


def _source(environment: Environment) -> tuple[Source, str, str]:
    """Return what is sent, by which contract, to whom."""
    options = environment.parsed_options
    assert options is not None
    if not environment.host:
        raise InvalidInput([Problem("--host", "", "is missing; give the endpoint's URL")])
    if not (options.trace or options.scenario):
        raise InvalidInput([Problem("--scenario", "", "is missing; give a scenario.yaml")])
    if not options.speed > 0:
        raise InvalidInput([Problem("--speed", "", f"{options.speed:g} makes no sense; give a number above 0")])
    # Locust sends its own --host apart from the other options, and lets people change it in the web UI.
    return Source(options.trace, options.scenario, _seed(options.seed)), options.contract, environment.host


def _seed(option: int | str | None) -> int | None:
    """Return the value of ``--seed``; it comes as text from the web UI."""
    try:
        return None if option in {None, ""} else int(option or 0)
    except ValueError:
        raise InvalidInput([Problem("--seed", "", f'"{option}" is not a whole number')]) from None


@lru_cache(maxsize=1)
def _prepared(source: Source, contract: str, host: str) -> tuple[Trace, Pool, dict[Any, Call]]:
    """Read the trace and the contract, once for each choice of options."""
    from loadtests.trace.sources import trace_of_scenario
    from sim.scenario import read_scenario

    if source.trace:
        trace = load_trace(Path(source.trace))
    else:
        trace = trace_of_scenario(read_scenario(source.scenario), source.seed)
    pool = Pool.to(host, size=2**16)  # the conductor keeps the limit
    calls = compile_calls(read_contract(Path(contract)), pool.host)
    return trace, pool, calls


class Customers(User):
    """All customers of this worker: one conductor sends what they send."""

    @task
    def conduct(self) -> None:
        """Send this worker's part of the trace, then end."""
        try:
            self._conduct()
        except SojournError as error:
            logger.error("%s", error)  # noqa: TRY400 - a sentence for people, no traceback
            self.environment.process_exit_code = error.exit_code
        finally:
            # The run ends when every worker has reported, whatever became of it.
            if not self._reported:
                self._report([])
        raise StopUser

    def on_start(self) -> None:
        """Begin without a report."""
        self._reported = False

    def _conduct(self) -> None:
        """Send this worker's part of the trace."""
        options = self.environment.parsed_options
        assert options is not None
        if options.run_now == _NO_RUN:
            return
        trace, pool, calls = _prepared(*_source(self.environment))
        index = options.shards.index(self._name())
        part = shard(offered(trace, calls), index, len(options.shards))
        if options.max_requests:
            part = first(part, -(-options.max_requests // len(options.shards)))
        ledger = LedgerWriter(Path(options.ledger) / options.run_now, index)
        lags: list[float] = []
        settings = Settings(run=options.run_now, speed=options.speed, connections=options.connections)
        conductor = Conductor(part, calls, pool, ledger, settings=settings, listener=_Teller(self.environment, lags))
        pool.warm()
        gc.collect()
        gc.freeze()  # the trace lives as long as the run; looking at it again and again would make requests late
        try:
            conductor.run(time.perf_counter() + max(options.started - time.time(), 0.0))
        finally:
            ledger.close()
            gc.unfreeze()
            self._report(lags)

    def _name(self) -> str:
        """Return the worker's name in the list of those that take part."""
        runner = self.environment.runner
        return str(runner.client_id) if isinstance(runner, WorkerRunner) else "local"

    def _report(self, lags: list[float]) -> None:
        """Say that this worker is through, and how late it was."""
        self._reported = True
        report = {"worker": self._name(), "lag": float(np.quantile(lags, 0.99)) if lags else 0.0}
        runner = self.environment.runner
        if isinstance(runner, WorkerRunner):
            runner.send_message(_REPORT, report)
        else:
            _note(self.environment, report)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells Locust of every attempt; its response time counts from when the request was due."""

    environment: Environment
    lags: list[float]

    def __call__(self, call: Call, entry: Entry, size: int) -> None:
        if entry.kind is Class.NOT_SENT:
            return
        self.lags.append(entry.began - entry.ready)
        self.environment.events.request.fire(  # type: ignore[no-untyped-call]  # Locust has no types there
            request_type=call.method,
            name=call.name,
            response_time=(entry.ended - entry.due) * 1000.0,
            response_length=size,
            exception=None if entry.kind in ACKNOWLEDGED else entry.kind.name.lower(),
            context={},
        )


def _note(environment: Environment, report: dict[str, Any]) -> None:
    """Note that a worker is through."""
    shape = environment.shape_class
    assert isinstance(shape, Schedule)
    shape.reports[report["worker"]] = report["lag"]


def _judge(environment: Environment, **_: object) -> None:
    """Let the exit code say so if the run is invalid because the generator was late."""
    shape, options = environment.shape_class, environment.parsed_options
    assert isinstance(shape, Schedule)
    assert options is not None
    late = max(shape.reports.values(), default=0.0)
    if late > options.lag_limit:
        logger.error(
            "invalid run: the generator was late, lag p99 %.1f ms (limit %.1f ms)", late * 1e3, options.lag_limit * 1e3
        )
        environment.process_exit_code = _INVALID


class Schedule(LoadTestShape):
    """One user per worker until the trace is sent, --run-time is over or, if asked, another process has ended."""

    use_common_options = True  # so that --run-time is accepted, and read here

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Locust has no types there
        self.reports: dict[str, float] = {}

    def tick(self) -> tuple[int, float] | None:
        """Return the number of users and how many to start per second; ``None`` ends the run."""
        runner = self.runner
        assert runner is not None
        options = runner.environment.parsed_options
        assert options is not None
        over = options.run_time and time.perf_counter() - self.start_time > options.run_time
        orphaned = options.quit_with and not _alive(options.quit_with)
        assert isinstance(runner, LocalRunner | MasterRunner)
        here = {c.id for c in _workers(runner)} if isinstance(runner, MasterRunner) else {"local"}
        shards = set(getattr(options, "shards", ()))
        # A worker that is gone will not report; the result then says that not everything was sent.
        through = bool(shards) and shards & here <= set(self.reports)
        if over or orphaned or through:
            return None
        return len(here), 100.0


def _alive(process: int) -> bool:
    """Tell whether a process exists."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
