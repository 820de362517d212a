"""Read-back of an endpoint: what it has stored, by the requests of its contract."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from loadtests.contract.calls import compile_headers, fill_path
from loadtests.contract.expressions import MISSING, Scope, compile_condition, compile_expression, compile_template
from loadtests.contract.schema import ITEM
from loadtests.http_client import FAILURES, GRACE, RETRIED, HttpClient
from sim.core import interrupts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from loadtests.contract.calls import Headers
    from loadtests.contract.expressions import Condition, Getter
    from loadtests.contract.schema import Contract, Pages

__all__ = ["NotFoundError", "Reader", "UnreadableError", "View"]

_ATTEMPTS: Final = 5
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")
"""An escape of a surrogate; two make a character, one alone makes none."""
_MOST_PAGES: Final = 100_000
_LONGEST_HISTORY: Final = 100_000
"""Entries of one journey."""
_LONGEST_TEXT: Final = 64 * 2**20
"""Characters of all pages of one journey."""


class UnreadableError(Exception):
    """The endpoint gave no usable answer, so the read-back is incomplete."""


class NotFoundError(Exception):
    """The endpoint answered that there is no such journey, contact or queue."""


@dataclass(frozen=True, slots=True)
class View:
    """A journey as the endpoint shows it; ``MISSING`` = the contract does not say how to read it.

    What is not where the contract says is not there: then the context is empty, and the state None.
    """

    context: Any
    state: Any
    text: str


@dataclass(frozen=True, slots=True)
class _Source:
    """One section of the contract's ``readback``, compiled."""

    method: str
    path: Getter
    following: Getter
    headers: Headers


class Reader:
    """Reads journeys, contacts and queues back; safe to use from several threads.

    Its methods raise `NotFoundError` if the endpoint has none such, and `UnreadableError` without a usable answer.

    Parameters
    ----------
    contract
        With a ``readback`` section.
    url
        The endpoint.
    run
        The run's token.
    environment
        Values of ``${env:NAME}`` in headers.
    grace
        Seconds; an endpoint that has given no usable answer for so long is given up, and nothing more is read. A longer
        timeout of the contract counts in its place.
    limit
        Seconds from now, after which nothing more is read, however well the endpoint answers.
    """

    def __init__(
        self,
        contract: Contract,
        url: str,
        run: str,
        environment: Mapping[str, str] = os.environ,
        *,
        grace: float = GRACE,
        limit: float = inf,
    ) -> None:
        assert contract.readback is not None
        self._readback = contract.readback
        self._grace = max(grace, contract.readback.timeout)
        self._answered = time.monotonic()  # when the endpoint last gave a usable answer
        self._until = self._answered + limit
        self._client = HttpClient(url, contract.readback.timeout, self._until)
        self._run = run
        in_path = partial(quote, safe="")
        self._sources = {
            name: _Source(
                part.method,
                compile_template(part.path, in_path),
                compile_template(getattr(part, "next_path", None) or part.path, in_path),
                compile_headers(contract, part.headers, environment),
            )
            for name in ("history", "view", "listing", "item", "queue")
            if (part := getattr(self._readback, name)) is not None
        }

    def close(self) -> None:
        """Close the connections of all threads; not after an interrupt, which leaves threads that use them."""
        if not interrupts.presses():
            self._client.close()

    @property
    def is_late(self) -> bool:
        """Tell whether the time is over."""
        return time.monotonic() >= self._until

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more is read: it is too late, or somebody interrupts it."""
        return self.is_late or interrupts.presses() > 0

    def view(self, outputs: Mapping[str, Any], customer: str) -> View:
        """Return a journey as it is now, with the text of the whole answer, which is searched for canaries."""
        part = self._readback.view
        assert part is not None
        scope = Scope(self._inputs(customer), outputs)
        text = self._fetch(self._sources["view"], scope, self._sources["view"].path)
        context = _there(part.context, scope, {})
        return View(context, _there(part.state, scope, None), text)

    def history(self, outputs: Mapping[str, Any], customer: str) -> tuple[list[str], str]:
        """Return the ids of all requests applied to a journey, in order, and the text of all pages."""
        part = self._readback.history
        assert part is not None
        selected: Condition = compile_condition(part.only.condition) if part.only else lambda _: True
        texts: list[str] = []
        room = _LONGEST_TEXT

        def keep(text: str) -> None:
            nonlocal room
            room -= len(text)
            if room < 0:
                raise UnreadableError("the history is too long to keep")
            texts.append(text)

        scope = Scope(self._inputs(customer), outputs)
        name = compile_expression(part.id)
        ids: list[str] = []
        for item in self._items("history", part, scope, keep):
            if len(ids) == _LONGEST_HISTORY:
                raise UnreadableError("the history has no end")
            if selected(item):
                ids.append(str(name(item)))
        return ids, "\n".join(texts)

    def listing(self) -> Iterator[tuple[str, str]]:
        """Yield the journeys of this run at the endpoint, as (customer, journey)."""
        part = self._readback.listing
        assert part is not None
        customer, journey = compile_expression(part.customer), compile_expression(part.journey)
        for item in self._items("listing", part, Scope(self._inputs(""), {}), lambda _: None):
            name = str(customer(item))
            if name.startswith(f"{self._run}-"):
                yield name, str(journey(item))

    def item(self, item: Any) -> Any:
        """Return the state of a contact, named as the answer to its enqueue named it."""
        part = self._readback.item
        assert part is not None
        scope = Scope(self._inputs(""), {f"{verb}.{ITEM}": item for verb in ("enqueue", "ready", "accept")})
        self._fetch(self._sources["item"], scope, self._sources["item"].path)
        return compile_expression(part.state)(scope)

    def totals(self, queue: str) -> tuple[int, tuple[int, ...]]:
        """Return the number of contacts that entered a queue, and the number in each of the contract's places now."""
        part = self._readback.queue
        assert part is not None
        scope = Scope(self._inputs("") | {"queue": queue}, {})
        self._fetch(self._sources["queue"], scope, self._sources["queue"].path)
        entered, *places = (
            _count(expression, compile_expression(expression)(scope)) for expression in (part.entered, *part.places)
        )
        return entered, tuple(places)

    def _inputs(self, customer: str) -> dict[str, Any]:
        """Return ``$inputs``."""
        return {"run": self._run, "customer": customer, "queue": None, "cursor": None}

    def _items(self, source: str, part: Pages, scope: Scope, seen: Callable[[str], None]) -> Iterator[Scope]:
        """Yield a scope for each entry of a paged list, and call ``seen`` with the text of each page."""
        items = compile_expression(part.items)
        cursor: Getter = compile_expression(part.next) if part.next else lambda _: None
        path = self._sources[source].path
        cursors: set[Any] = set()
        for _ in range(_MOST_PAGES):
            try:
                seen(self._fetch(self._sources[source], scope, path))
            except NotFoundError:
                if cursors:
                    raise UnreadableError(f"page {len(cursors) + 1} of the {source} is missing") from None
                raise
            page = items(scope)
            if not isinstance(page, list):
                raise UnreadableError(f"{part.items} is not a list")
            following = cursor(scope)
            for item in page:
                yield Scope(scope.inputs, scope.outputs, item=item)
            if following is MISSING or following is None:
                return
            if not isinstance(following, str | int | float):
                raise UnreadableError(f"{part.next} is {json.dumps(following)[:80]}, neither text nor a number")
            if following in cursors:
                raise UnreadableError(f"the {source} goes round in circles: {following} came twice")
            cursors.add(following)
            scope = Scope({**scope.inputs, "cursor": following}, scope.outputs)
            path = self._sources[source].following
        raise UnreadableError(f"the {source} has no end")

    def _fetch(self, source: _Source, scope: Scope, path: Getter) -> str:
        """Read one page into the scope, and return its text."""
        if self.is_over:
            raise UnreadableError("the time to read back is over")
        problem, wait = "", 0.0
        headers = {name: str(getter(scope)) for name, getter in source.headers}
        for attempt in range(_ATTEMPTS):
            pause = max(0.1 * 2**attempt, wait) if attempt else 0.0
            if time.monotonic() + pause > self._answered + self._grace:
                raise UnreadableError(f"{problem}; no usable answer for {self._grace:g} s")
            if time.monotonic() + pause > self._until:
                raise UnreadableError(f"{problem}; the time to read back is over")
            time.sleep(pause)
            try:
                status, text, wait = self._client.request(source.method, fill_path(path, scope), headers)
            except FAILURES as error:
                problem, wait = f"{type(error).__name__}: {error}", 0.0
                continue
            if status not in RETRIED:
                self._answered = time.monotonic()
                return _usable(status, text, scope)
            problem = f"status {status}"
        raise UnreadableError(problem)


def _there(expression: str | None, scope: Scope, nothing: Any) -> Any:
    """Return the value of an expression, something else if it has none, and ``MISSING`` if there is no expression."""
    if expression is None:
        return MISSING
    value = compile_expression(expression)(scope)
    return nothing if value is MISSING else value


def _usable(status: int, text: str, scope: Scope) -> str:
    """Take an answer into the scope, and return its text."""
    if status in {404, 410}:
        raise NotFoundError
    if status != 200:
        raise UnreadableError(f"status {status}")
    scope.body = _parse(text)
    return text


def _parse(text: str) -> Any:
    """Parse JSON."""
    try:
        content = json.loads(text)
        if _HALF.search(text):
            json.dumps(content, ensure_ascii=False).encode()  # half a character could not be written down or asked for
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"the answer is not JSON: {error}") from None
    return content


def _count(expression: str, value: Any) -> int:
    """Return a value that is a number of contacts."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise UnreadableError(f"{expression} is {value!r}, not a whole number")
    return value
