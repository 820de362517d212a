"""Plug-in for Locust: options, one conductor per worker, and the end of the run.

Locust keeps its web UI, headless mode, statistics, CSV, distributed workers and exit code. A load shape sets the number
of users: one per worker, and none once every worker has sent its part of the trace. That one user is the conductor; the
customers are rows of the trace.
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

import gevent
import numpy as np
from gevent.lock import RLock
from gevent.util import wrap_errors
from locust import LoadTestShape, User, events, task
from locust.exception import StopUser
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from loadtests.conductor.conductor import Conductor, Settings
from loadtests.conductor.connection import Pool
from loadtests.conductor.generator_report import cpu_seconds, report_of, worker_report
from loadtests.conductor.locust_result import planned, write_result
from loadtests.conductor.options import add_options, refusals, seed_of, wrong_numbers
from loadtests.conductor.request_reporter import RequestReporter
from loadtests.conductor.workers import accept_workers, greet_master, known_workers, workers_of
from loadtests.contract import Setup, compile_calls, read_contract
from loadtests.contract.calls import secrets_of
from loadtests.failures import Mask
from loadtests.generators import GeneratorReport, write_report
from loadtests.ledger import LedgerWriter
from loadtests.run.page import unwell_sentences, verdict_sentences
from loadtests.run.setup import set_up
from loadtests.trace.model import load_trace, shard
from sim.core.errors import InvalidInput, Problem, SojournError, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locust.env import Environment

    from loadtests.contract import Call
    from loadtests.trace.model import Trace

__all__ = ["Customers", "Schedule"]

_INVALID: Final = 4
"""The exit code of a run whose generator was late."""
_HEAD_START: Final = 1.0
"""Seconds between the start of a run and its first request, for Locust and the workers to get ready."""
_ENDING: Final = 10.0
"""Seconds after the grace for the workers to report."""
_REPORT: Final = "sojourn_conducted"

_NO_RUN: Final = ""
"""The token where no run is set up, because none began or it could not be: every worker ends at once."""

_READING: Final = RLock()

logger = logging.getLogger(__name__)


events.init_command_line_parser.add_listener(add_options)  # type: ignore[no-untyped-call]  # Locust has no types there


@events.init.add_listener
def _register_listeners(environment: Environment, runner: Any, **_: object) -> None:
    """Let the workers report to the master, and check the options before anything starts."""
    options = environment.parsed_options
    assert options is not None
    if refused := [] if isinstance(runner, WorkerRunner) else refusals(options):
        logger.error("%s", InvalidInput(refused))
        raise SystemExit(InvalidInput.exit_code)
    # Locust would look for tasks with these tags; here they are the intents whose customers are sent.
    options.only_intents, options.without_intents = options.tags or [], options.exclude_tags or []
    options.tags = options.exclude_tags = None
    options.run_seconds = options.run_time
    options.run_now, options.shards = _NO_RUN, []  # until a test starts
    if not isinstance(runner, WorkerRunner):
        environment.events.test_stop.add_listener(_conclude)  # type: ignore[no-untyped-call]  # Locust has no types there
        environment.events.test_start.add_listener(_prepare_run)  # type: ignore[no-untyped-call]  # Locust has no types there
        environment.events.quitting.add_listener(_set_exit_code)  # type: ignore[no-untyped-call]  # Locust has no types there
        accept_workers(runner, str(options.worker_token))
        runner.register_message(_REPORT, lambda environment, msg, **_: _take_report(environment, msg.data))
    else:
        greet_master(runner, str(options.worker_token))
    if not isinstance(runner, MasterRunner) and (options.scenario or options.trace) and environment.host:
        try:
            _read_inputs(*_source(environment))
        except SojournError as error:
            logger.error("%s", error)  # noqa: TRY400 - a sentence for people, no traceback
            raise SystemExit(error.exit_code) from None


def _prepare_run(environment: Environment, **_: object) -> None:
    """Set up the endpoint, and write the run's token, start and workers into the options, which workers get."""
    runner, options = environment.runner, environment.parsed_options
    assert options is not None
    options.shards = known_workers(runner)
    token = options.run_token or secrets.token_hex(4)
    options.run_now = token if options.no_setup or _try_set_up(environment, token) else _NO_RUN
    options.started = time.time() + _HEAD_START
    options.run_seconds = options.run_time
    if environment.web_ui is not None:
        logger.info("Users and ramp-up of the page mean nothing here: customers come as the scenario says")
    shape = environment.shape_class
    assert isinstance(shape, Schedule)
    shape.reports, shape.begun = {}, True


def _try_set_up(environment: Environment, run: str) -> bool:
    """Set up the run's queues and agents; return whether that succeeded."""
    options = environment.parsed_options
    assert options is not None
    try:
        source, path, host = _source(environment)
        contract = read_contract(Path(path))
        if contract.setup != Setup():  # otherwise a master needs no trace
            trace, _, calls = _read_inputs(source, path, host)
            part = planned(options, trace, calls)
            set_up(contract, part, host, run, grace=float(options.grace), speed=float(options.speed))
    except SojournError as error:
        logger.error("%s", error)  # noqa: TRY400 - a sentence for people, no traceback
        environment.process_exit_code = error.exit_code
        return False
    return True


@dataclass(frozen=True, slots=True)
class Source:
    """The trace that is sent, as the options name it."""

    trace: str
    scenario: str
    seed: int | None  # None = the scenario's
    allow_code: bool = False
    through: str = ""  # host:port of a proxy


def _source(environment: Environment) -> tuple[Source, str, str]:
    """Return the source of the trace, the contract's file and the endpoint's URL."""
    options = environment.parsed_options
    assert options is not None
    if not environment.host:
        raise InvalidInput([Problem("--host", "", "is missing; give the endpoint's URL")])
    if not (options.trace or options.scenario):
        raise InvalidInput([Problem("--scenario", "", "is missing; give a scenario.yaml")])
    if wrong := wrong_numbers(options):
        raise InvalidInput(wrong)
    # Not --host of the options: Locust sends that to workers separately, and users can change it in the web UI.
    return (
        Source(options.trace, options.scenario, seed_of(options), bool(options.allow_code), options.through),
        options.contract,
        environment.host,
    )


def _read_inputs(source: Source, contract: str, host: str) -> tuple[Trace, Pool, dict[Any, Call]]:
    """Read the trace and the contract, once for each choice of options."""
    with _READING:  # a run may start while its inputs are still being read
        return _read_inputs_once(source, contract, host)


@lru_cache(maxsize=1)
def _read_inputs_once(source: Source, contract: str, host: str) -> tuple[Trace, Pool, dict[Any, Call]]:
    """Read the trace and the contract."""
    from loadtests.trace.sources import trace_of_scenario
    from sim.scenario import read_scenario

    if source.trace:
        trace = load_trace(Path(source.trace))
    else:
        # In a thread, because a worker whose heartbeat stops for 3 s, as while the engine is compiled, counts as gone.
        arguments = (read_scenario(source.scenario, allow_code=source.allow_code), source.seed)
        trace = gevent.get_hub().threadpool.apply(wrap_errors((SojournError,), trace_of_scenario), arguments)
        if isinstance(trace, SojournError):
            raise trace
    pool = Pool.to(host, size=2**16, through=source.through)  # the conductor keeps the limit
    calls = compile_calls(read_contract(Path(contract)), pool.host)
    return trace, pool, calls


class Customers(User):
    """All customers of this worker, whose requests one conductor sends."""

    @task
    def conduct(self) -> None:
        """Send this worker's part of the trace, then end."""
        try:
            self._conduct()
        except SojournError as error:
            logger.error("%s", error)  # noqa: TRY400 - a sentence for people, no traceback
            self.environment.process_exit_code = error.exit_code
        except Exception:  # otherwise Locust would send the trace once more
            logger.exception("the generator failed")
            self.environment.process_exit_code = 1
        finally:
            # The run ends when every worker has reported, also after an error.
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
        if options.run_now == _NO_RUN or self._name() not in options.shards:
            return  # a worker that joined later has no part
        trace, pool, calls = _read_inputs(*_source(self.environment))
        index = options.shards.index(self._name())
        part = shard(planned(options, trace, calls), index, len(options.shards))
        folder = Path(options.ledger) / options.run_now
        ledger = LedgerWriter(folder, index)
        write_report(folder, GeneratorReport(index, process=os.getpid()))
        reporter = RequestReporter(self.environment)
        settings = Settings(options.run_now, options.speed, options.connections or None, options.grace, options.give_up)
        conductor = Conductor(
            part,
            calls,
            pool,
            ledger,
            settings=settings,
            listener=reporter,
            mask=Mask(secrets_of(read_contract(Path(options.contract)))),
        )
        pool.warm()
        gc.collect()
        gc.freeze()  # collecting the trace again and again would delay requests
        complete, before = False, cpu_seconds()
        reporting = gevent.spawn(reporter.report_for_ever)
        try:
            conductor.run(time.perf_counter() + max(options.started - time.time(), 0.0))
            complete = conductor.gave_up is None
        finally:
            reporting.kill()
            reporter.report()
            ledger.close()
            write_report(folder, report_of(conductor, index, cpu_seconds() - before, complete=complete))
            gc.unfreeze()
            self._report(reporter.lags)

    def _name(self) -> str:
        """Return the worker's name in the list of workers."""
        runner = self.environment.runner
        return str(runner.client_id) if isinstance(runner, WorkerRunner) else "local"

    def _report(self, lags: Sequence[float]) -> None:
        """Report that this worker has sent its part, and its lag."""
        self._reported = True
        report = {"worker": self._name(), "lag": float(np.quantile(lags, 0.99)) if lags else 0.0}
        runner = self.environment.runner
        if isinstance(runner, WorkerRunner):
            runner.send_message(_REPORT, report)
        else:
            _record_report(self.environment, report)


def _take_report(environment: Environment, data: object) -> None:
    """Record what a worker of this run reports; whoever reaches the master's port can send anything."""
    assert environment.parsed_options is not None
    report = worker_report(data, environment.parsed_options.shards)
    if report is None:
        logger.warning("a report of no worker of this run was ignored")
    else:
        _record_report(environment, report)


def _record_report(environment: Environment, report: dict[str, Any]) -> None:
    """Record that a worker has sent its part."""
    shape = environment.shape_class
    assert isinstance(shape, Schedule)
    shape.reports[report["worker"]] = report["lag"]


def _conclude(environment: Environment, **_: object) -> None:
    """Verify a run that has ended, and write its result, as ``sojourn load`` does by itself."""
    shape, options = environment.shape_class, environment.parsed_options
    assert isinstance(shape, Schedule)
    assert options is not None
    shape.begun = False
    if options.quit_with or not options.scenario or options.run_now in {_NO_RUN, shape.concluded}:
        return
    shape.concluded = options.run_now
    try:
        source, contract, host = _source(environment)
        result = write_result(options, host, _read_inputs(source, contract, host)[0], shape.reports)
    except SojournError as error:
        logger.error("%s", error)  # noqa: TRY400 - a sentence for people, no traceback
        environment.process_exit_code = error.exit_code
        return
    if result.left_behind:
        logger.warning("Left on the endpoint: %s", printable(result.left_behind))
    log = logger.info if result.valid and not any(unwell_sentences(result)) else logger.error
    for sentence in verdict_sentences(result):
        log("%s", printable(sentence))
    if not result.valid:
        environment.process_exit_code = _INVALID
    if result.verification is not None and not result.verification.ok:
        if result.verification.rest:
            logger.error("Not read back: %s", printable(result.verification.rest))
        environment.process_exit_code = environment.process_exit_code or options.exit_code_on_error
    logger.info("Result: %s; judge it with sojourn check %s", options.out, options.out)


def _set_exit_code(environment: Environment, **_: object) -> None:
    """Set the exit code of an invalid run, whose generator was late."""
    shape, options = environment.shape_class, environment.parsed_options
    assert isinstance(shape, Schedule)
    assert options is not None
    if shape.concluded != _NO_RUN:
        return  # its result says more
    for number, worker in enumerate(options.shards, 1):
        if worker not in shape.reports and options.run_now != _NO_RUN and not shape.cut_short:
            logger.error("invalid run: worker %s of %s was lost (%s)", number, len(options.shards), worker)
            environment.process_exit_code = _INVALID
    late = max(shape.reports.values(), default=0.0)
    if late > options.lag_limit:
        logger.error(
            "invalid run: the generator was late, lag p99 %.1f ms (limit %.1f ms)", late * 1e3, options.lag_limit * 1e3
        )
        environment.process_exit_code = _INVALID


class Schedule(LoadTestShape):
    """One user per worker until the trace is sent, --run-time is over, or the process of --quit-with has ended."""

    use_common_options = True  # so that --run-time is accepted, and read here

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Locust has no types there
        self.reports: dict[str, float] = {}
        self.begun = False  # from the start of a test to its end: between tests, the reports are of the one before
        self.cut_short = False
        self.concluded = _NO_RUN  # the token of the latest run whose result was written

    def tick(self) -> tuple[int, float] | None:
        """Return the number of users, and the number to start per second; ``None`` ends the run."""
        runner = self.runner
        assert runner is not None
        options = runner.environment.parsed_options
        assert options is not None
        # Requests that are due within --run-time are sent, and their answers waited for.
        longest = options.run_time and options.run_time + options.grace + _ENDING
        over = longest and time.perf_counter() - self.start_time > longest
        orphaned = options.quit_with and not _alive(options.quit_with)
        assert isinstance(runner, LocalRunner | MasterRunner)
        shards = set(options.shards) if self.begun else set()
        here = workers_of(runner) & (shards or workers_of(runner))
        # A worker that is gone will not report; the result then names it.
        complete = self.begun and shards & here <= set(self.reports)
        if over or orphaned or complete:
            self.cut_short = bool(over or orphaned)
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
