"""Set-up of a run: make its queues and agents by the contract's requests, and remove them afterwards."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import numpy as np

from loadtests.contract.calls import compile_headers, fill_path, secrets_of
from loadtests.contract.expressions import MISSING, Scope, compile_condition, compile_template
from loadtests.failures import Mask
from loadtests.http_client import FAILURES, GRACE, RETRIED, HttpClient, time_limit
from loadtests.trace.request_inputs import setup_of_agent, setup_of_queue
from sim.core import interrupts
from sim.core.errors import InvalidInput, Problem, Unreachable, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loadtests.contract.schema import Contract, Exchange, Setup
    from loadtests.http_client import Answer
    from loadtests.trace.model import Trace

__all__ = ["set_up", "tear_down"]

_THREADS: Final = 4
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
"""Seconds between two attempts, unless a Retry-After says more."""
_SHOWN: Final = 300
"""Characters of an answer that an error shows."""
_LONGEST_GRACE: Final = 5.0
"""Seconds for which a request that removes something is sent again, at most; the result waits for it."""
_AFTER_INTERRUPT: Final = 0.5
"""Seconds after an interrupt in which queues and agents are removed."""
_POLL: Final = 0.05


def set_up(
    contract: Contract,
    trace: Trace,
    url: str,
    run: str,
    environment: Mapping[str, str] = os.environ,
    *,
    grace: float = GRACE,
    speed: float = 1.0,
) -> None:
    """Make the queues and agents that a trace needs; queues first, because agents serve them.

    A request without an answer, or that is answered with 429, 500, 502, 503 or 504, is sent again.

    Parameters
    ----------
    contract
        Its ``setup`` section has the requests; without one, nothing is made.
    trace
        With offered verbs only, so that unused queues and agents are not made.
    url
        The endpoint.
    run
        The run's token.
    environment
        Values of ``${env:NAME}`` in headers.
    grace
        Seconds for which a request is sent again. All requests together end after twice that and .05 s for each of
        them, so that an endpoint that is always slow holds nothing for hours.
    speed
        Simulated seconds per second.

    Raises
    ------
    InvalidInput
        The endpoint refused a request; what it made before is removed.
    Unreachable
        The endpoint gave no answer.
    """
    inputs_of = _inputs_of(trace, run, speed)
    for exchange in (*contract.teardown.agent, *contract.teardown.queue):
        compile_headers(contract, exchange.headers, environment)  # reports missing variables before anything is made
    limits = _Limits(grace, _count(contract.setup, inputs_of), "sets the run up", "the run was not set up")
    steps = _steps(contract, "setup", ("queue", "agent"), url, environment, limits)
    try:
        for key, step in steps:
            with closing(step.client), ThreadPoolExecutor(_THREADS) as threads:
                try:
                    list(threads.map(step.send, inputs_of[key]))
                finally:  # after an error, nothing more is begun
                    threads.shutdown(cancel_futures=True)
    except _Overloaded:
        raise  # and nothing more is asked of it
    except InvalidInput:
        tear_down(contract, trace, url, run, environment, grace=grace, speed=speed)
        raise


def tear_down(
    contract: Contract,
    trace: Trace,
    url: str,
    run: str,
    environment: Mapping[str, str] = os.environ,
    *,
    grace: float = GRACE,
    speed: float = 1.0,
) -> str:
    """Remove the queues and agents of a run; agents first, because they serve queues.

    It ends at the first request without an answer other than "later", and half a second after an interrupt.

    Parameters
    ----------
    contract
        Its ``teardown`` section has the requests; without one, nothing is removed.
    trace, url, run, environment, speed
        As in `set_up`.
    grace
        Seconds for which a request is sent again; 5 at most.

    Returns
    -------
    str
        A sentence about what was not removed, without secrets; empty if everything was.
    """
    inputs_of = _inputs_of(trace, run, speed)
    count = _count(contract.teardown, inputs_of)
    limits = _Limits(min(grace, _LONGEST_GRACE), count, "removes what the run made", "not everything was removed")
    removed, why = 0, ""
    for key, step in _steps(contract, "teardown", ("agent", "queue"), url, environment, limits):
        done, reason, goes_on = _remove_all(step, inputs_of[key])
        removed, why = removed + done, why or reason
        if not goes_on:
            break
    if not why:
        return ""
    left = f"{count - removed} of {count} requests that remove the run's queues and agents did not succeed"
    return printable(f"{left}: {why}")


def _remove_all(step: _Step, inputs: Sequence[Mapping[str, Any]]) -> tuple[int, str, bool]:
    """Send a request for each queue or agent; return how many succeeded, why one did not, and whether to go on."""
    threads, began = ThreadPoolExecutor(_THREADS), time.monotonic()
    waiting: set[Future[None]] = {threads.submit(step.send, each) for each in inputs}
    removed, why, goes_on = 0, "", True
    try:
        while waiting and goes_on:
            ended, waiting = wait(waiting, _POLL, return_when="FIRST_EXCEPTION")
            errors = [future.exception() for future in ended]
            removed += errors.count(None)
            why = why or next((_reason(error) for error in errors if error is not None), "")
            goes_on = not any(isinstance(error, Unreachable | _Overloaded) for error in errors)
            if waiting and _is_interrupted(began):
                why, goes_on = why or "an interrupt came before", False
    finally:
        threads.shutdown(wait=goes_on, cancel_futures=True)
        step.client.close()
    return removed, why, goes_on


def _reason(error: BaseException) -> str:
    """Return the sentence of a request that did not succeed; raise an error that is none."""
    if isinstance(error, InvalidInput):
        return error.problems[0].message
    if isinstance(error, Unreachable):
        return str(error)
    raise error


def _is_interrupted(began: float) -> bool:
    """Tell whether an interrupt has left no time any more."""
    since = min(interrupts.seconds_since(), time.monotonic() - began)
    return bool(interrupts.presses()) and since > _AFTER_INTERRUPT


def _inputs_of(trace: Trace, run: str, speed: float) -> dict[str, list[dict[str, Any]]]:
    """Return the inputs of each queue and each agent that a trace needs."""
    senders = np.unique(trace.journey)
    agents = senders[senders >= trace.journeys] - trace.journeys
    served = ~np.isnan(trace.serves[np.unique(trace.agent_group[agents])]).all(axis=0)
    queues = np.union1d(trace.queue[trace.queue >= 0], np.flatnonzero(served))
    return {
        "queue": [setup_of_queue(trace, run, queue, speed) for queue in queues.tolist()],
        "agent": [setup_of_agent(trace, run, agent) for agent in agents.tolist()],
    }


def _count(section: Setup, inputs_of: Mapping[str, Sequence[object]]) -> int:
    """Return the number of requests of a section."""
    return sum(len(getattr(section, key)) * len(inputs) for key, inputs in inputs_of.items())


def _steps(
    contract: Contract,
    name: str,
    keys: Sequence[str],
    url: str,
    environment: Mapping[str, str],
    limits: _Limits,
) -> Iterator[tuple[str, _Step]]:
    """Yield the exchanges of a section of a contract, each compiled, in the order of some keys."""
    for key in keys:
        for number, exchange in enumerate(getattr(getattr(contract, name), key)):
            yield key, _Step(contract, exchange, f"{name}.{key}.{number}", url, environment, limits)


class _Overloaded(InvalidInput):
    """The endpoint refused a request again and again, until its time was over."""


class _Limits:
    """The time that a set-up or its removal has, and what an error says of it."""

    def __init__(self, grace: float, requests: int, purpose: str, failed: str) -> None:
        self.purpose, self.failed = purpose, failed
        self.grace = grace  # seconds for which one request is sent again
        self.seconds = time_limit(grace, requests)  # for all
        self.until = time.monotonic() + self.seconds


class _Step:
    """One exchange of a contract, compiled."""

    def __init__(
        self,
        contract: Contract,
        exchange: Exchange,
        where: str,
        url: str,
        environment: Mapping[str, str],
        limits: _Limits,
    ) -> None:
        body = exchange.request_body
        self.client = HttpClient(url, exchange.timeout, limits.until)
        self._title, self._where, self._url, self._limits = contract.info.title, where, url, limits
        self._method, self._mask = exchange.method, Mask(secrets_of(contract, environment))
        self._path = compile_template(exchange.path, partial(quote, safe=""))
        self._headers = compile_headers(contract, exchange.headers, environment)
        self._type = body.content_type if body else ""
        self._payload = compile_template(body.payload) if body else None
        conditions = [criterion.condition for criterion in exchange.success_criteria]
        self._criteria = [(condition, compile_condition(condition)) for condition in conditions]

    def send(self, inputs: Mapping[str, Any]) -> None:
        """Send the request for one queue or agent."""
        scope = Scope(inputs, {})
        path = fill_path(self._path, scope)
        filled = {name: getter(scope) for name, getter in self._headers}
        headers = {name: str(value) for name, value in filled.items() if value is not MISSING}
        body = None
        if self._payload is not None:
            scope.request_body = self._payload(scope)
            body = json.dumps(scope.request_body).encode()
            headers["Content-Type"] = self._type
        scope.status, text, _ = self._answer(path, headers, body)
        scope.body = _parse(text)
        failed = [condition for condition, holds in self._criteria if not holds(scope)]
        if failed:
            answered = f"{self._method} {path} was answered with {scope.status} {self._mask(text)[:_SHOWN]}"
            message = f"{answered}, which does not meet {failed[0]}; correct the request or the endpoint"
            refused = _Overloaded if scope.status in RETRIED else InvalidInput
            raise refused([Problem(self._title, self._where, message)])

    def _answer(self, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send a request, again and again until the grace is over, and return its answer."""
        until = min(time.monotonic() + self._limits.grace, self._limits.until)
        pause = _FIRST_PAUSE
        while True:
            answer, failure = None, ""
            try:
                answer = self.client.request(self._method, path, headers, body)
            except FAILURES as error:
                failure = str(error)[:_SHOWN] or type(error).__name__
            if answer is not None and answer.status not in RETRIED:
                return answer
            wait = max(pause, answer.retry_after if answer else 0.0)
            if time.monotonic() + wait > until:
                break
            time.sleep(wait)
            pause = min(2 * pause, _LONGEST_PAUSE)
        if answer is not None:
            return answer
        if time.monotonic() + wait > self._limits.until:
            limit = f"{self._limits.seconds:g} s"
            message = f"{self._limits.failed} within {limit}; give fewer agents, or more --grace"
            raise Unreachable(f"{self._url}: {message}")
        limit = f"{self._limits.grace:g} s"
        message = f"{self._method} {path}, which {self._limits.purpose}, got no answer within {limit}: {failure}"
        raise Unreachable(f"{self._url}: {message}")


def _parse(text: str) -> Any:
    """Parse JSON; any other text is ``MISSING``."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return MISSING
