"""Make the queues and agents of a run, as its contract says how to."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import numpy as np

from loadtests.contract.calls import header_getters, url_of
from loadtests.contract.expressions import MISSING, Scope, compile_condition, compile_template
from loadtests.http_client import FAILURES, Asker
from loadtests.trace.request_inputs import setup_of_agent, setup_of_queue
from sim.core.errors import InvalidInput, Problem, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadtests.contract.schema import Contract, Exchange
    from loadtests.trace.model import Trace

__all__ = ["set_up"]

_THREADS: Final = 4
_SHOWN: Final = 300
"""Characters of an answer that an error shows."""


def set_up(contract: Contract, trace: Trace, url: str, run: str, environment: Mapping[str, str] = os.environ) -> None:
    """Make the queues and agents that a trace needs: queues first, since agents serve them.

    Parameters
    ----------
    contract
        How; without a ``setup`` section they must be there already, and nothing is done.
    trace
        Only verbs that are offered: what nobody uses is not made.
    url
        The endpoint.
    run
        The run's token.
    environment
        Where ``${env:NAME}`` in headers is looked up.

    Raises
    ------
    InvalidInput
        The endpoint refused something.
    Unreachable
        It gave no answer.
    """
    lanes = np.unique(trace.journey)
    agents = lanes[lanes >= trace.journeys] - trace.journeys
    served = ~np.isnan(trace.serves[np.unique(trace.agent_group[agents])]).all(axis=0)
    queues = np.union1d(trace.queue[trace.queue >= 0], np.flatnonzero(served))
    for key, needed in (
        ("queue", [setup_of_queue(trace, run, queue) for queue in queues.tolist()]),
        ("agent", [setup_of_agent(trace, run, agent) for agent in agents.tolist()]),
    ):
        exchanges: tuple[Exchange, ...] = getattr(contract.setup, key)
        for place, exchange in enumerate(exchanges):
            step = _Step(contract, exchange, f"setup.{key}.{place}", url, environment)
            with closing(step.asker), ThreadPoolExecutor(_THREADS) as threads:
                list(threads.map(step.do, needed))


class _Step:
    """One exchange of a contract, compiled."""

    def __init__(
        self, contract: Contract, exchange: Exchange, where: str, url: str, environment: Mapping[str, str]
    ) -> None:
        body = exchange.request_body
        self.asker = Asker(url, exchange.timeout)
        self._title, self._where, self._url = contract.info.title, where, url
        self._method = exchange.method
        self._path = compile_template(exchange.path, partial(quote, safe=""))
        self._headers = header_getters(contract, exchange.headers, environment)
        self._type = body.content_type if body else ""
        self._payload = compile_template(body.payload) if body else None
        self._wanted = [(one.condition, compile_condition(one.condition)) for one in exchange.success_criteria]

    def do(self, inputs: Mapping[str, Any]) -> None:
        """Ask for what is needed of one queue or agent."""
        scope = Scope(inputs, {})
        path = url_of(self._path, scope)
        filled = {name: getter(scope) for name, getter in self._headers}
        headers = {name: str(value) for name, value in filled.items() if value is not MISSING}
        body = None
        if self._payload is not None:
            scope.request_body = self._payload(scope)
            body = json.dumps(scope.request_body).encode()
            headers["Content-Type"] = self._type
        try:
            scope.status, text = self.asker.ask(self._method, path, headers, body)
        except FAILURES as error:
            message = f"{self._url}: {self._method} {path}, which sets the run up, got no answer: {error}"
            raise Unreachable(message) from None
        scope.body = _read(text)
        failed = [condition for condition, holds in self._wanted if not holds(scope)]
        if failed:
            found = f"{self._method} {path} was answered with {scope.status} {text[:_SHOWN]}"
            message = f"{found}, which does not meet {failed[0]}; correct the request or the endpoint"
            raise InvalidInput([Problem(self._title, self._where, message)])


def _read(text: str) -> Any:
    """Read JSON; what is not JSON is not looked into."""
    try:
        return json.loads(text)
    except ValueError:
        return MISSING
