"""Set-up of a run: make its queues and agents by the contract's requests."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import numpy as np

from loadtests.contract.calls import compile_headers, fill_path
from loadtests.contract.expressions import MISSING, Scope, compile_condition, compile_template
from loadtests.http_client import FAILURES, GRACE, RETRIED, HttpClient, time_limit
from loadtests.trace.request_inputs import setup_of_agent, setup_of_queue
from sim.core.errors import InvalidInput, Problem, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadtests.contract.schema import Contract, Exchange
    from loadtests.http_client import Answer
    from loadtests.trace.model import Trace

__all__ = ["set_up"]

_THREADS: Final = 4
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
"""Seconds between two attempts, unless a Retry-After says more."""
_SHOWN: Final = 300
"""Characters of an answer that an error shows."""


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
        The endpoint refused a request.
    Unreachable
        The endpoint gave no answer.
    """
    senders = np.unique(trace.journey)
    agents = senders[senders >= trace.journeys] - trace.journeys
    served = ~np.isnan(trace.serves[np.unique(trace.agent_group[agents])]).all(axis=0)
    queues = np.union1d(trace.queue[trace.queue >= 0], np.flatnonzero(served))
    inputs_of = {
        "queue": [setup_of_queue(trace, run, queue, speed) for queue in queues.tolist()],
        "agent": [setup_of_agent(trace, run, agent) for agent in agents.tolist()],
    }
    exchanges_of: dict[str, tuple[Exchange, ...]] = {key: getattr(contract.setup, key) for key in inputs_of}
    limits = _Limits(grace, sum(len(exchanges_of[key]) * len(inputs) for key, inputs in inputs_of.items()))
    for key, inputs in inputs_of.items():
        for number, exchange in enumerate(exchanges_of[key]):
            step = _Step(contract, exchange, f"setup.{key}.{number}", url, environment, limits)
            with closing(step.client), ThreadPoolExecutor(_THREADS) as threads:
                try:
                    list(threads.map(step.send, inputs))
                finally:  # after an error, nothing more is begun
                    threads.shutdown(cancel_futures=True)


class _Limits:
    """The time that a set-up has."""

    def __init__(self, grace: float, requests: int) -> None:
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
        self._method = exchange.method
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
            answered = f"{self._method} {path} was answered with {scope.status} {text[:_SHOWN]}"
            message = f"{answered}, which does not meet {failed[0]}; correct the request or the endpoint"
            raise InvalidInput([Problem(self._title, self._where, message)])

    def _answer(self, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send a request, again and again until the grace is over, and return its answer."""
        until = min(time.monotonic() + self._limits.grace, self._limits.until)
        pause = _FIRST_PAUSE
        while True:
            answer, failure = None, ""
            try:
                answer = self.client.request(self._method, path, headers, body)
            except FAILURES as error:
                failure = str(error) or type(error).__name__
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
            raise Unreachable(f"{self._url}: the run was not set up within {limit}; give fewer agents, or more --grace")
        limit = f"{self._limits.grace:g} s"
        message = f"{self._method} {path}, which sets the run up, got no answer within {limit}: {failure}"
        raise Unreachable(f"{self._url}: {message}")


def _parse(text: str) -> Any:
    """Parse JSON; any other text is ``MISSING``."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return MISSING
