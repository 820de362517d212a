"""The conductor itself: one greenlet keeps the agenda, one per busy connection sends."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import gevent
import numpy as np
from gevent.event import Event

from loadtests.conductor.agenda import Agenda, Task
from loadtests.conductor.connection import Answer, Broken, Connection, Late, Pool, Unusable
from loadtests.contract.calls import Call, Incomplete, Request
from loadtests.contract.vocabulary import ACKNOWLEDGED, AGENTS, RENEWED, Class, Verb
from loadtests.ledger import Entry, LedgerWriter
from loadtests.trace.request_inputs import LONGEST_WAIT, inputs_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadtests.trace.model import Trace

__all__ = ["Conductor", "Listener", "Settings", "retry_after"]

Listener = Callable[[Call, Entry, int], None]
"""Is told of every attempt that is over, with the bytes of the answer's body."""

_TICK: Final = 0.25
"""Seconds after which answers reach the disk at the latest."""
_LONGEST_WAIT: Final = 3600.0
"""Seconds of Retry-After that are believed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a trace is conducted."""

    run: str  # the run's token
    speed: float = 1.0  # simulated seconds per second
    connections: int = 512  # at most
    grace: float = 2.0  # seconds that requests on their way have when the run is stopped


class Conductor:
    """Sends the requests of a trace when they are due, of each journey and each agent one at a time.

    Parameters
    ----------
    trace
        Only verbs that are offered.
    calls
        How each verb is done.
    pool
        Where connections come from.
    ledger
        Where every attempt is written down.
    settings
        How.
    listener
        Is told of every attempt.
    """

    def __init__(
        self,
        trace: Trace,
        calls: Mapping[Verb, Call],
        pool: Pool,
        ledger: LedgerWriter,
        *,
        settings: Settings,
        listener: Listener,
    ) -> None:
        self._trace = trace
        self._calls = {int(verb): call for verb, call in calls.items()}
        self._pool = pool
        self._ledger = ledger
        self._settings = settings
        self._listener = listener
        self._due = trace.due / settings.speed
        self._of_agents = np.isin(trace.verb, [int(verb) for verb in AGENTS])
        self._agenda = Agenda(self._due, trace.journey)
        self._outputs: dict[int, dict[str, Any]] = {}
        self._wake = Event()
        self._senders: list[_Sender] = []
        self._idle: list[_Sender] = []  # the last one in is the first one out: few connections, and warm ones
        self._waiting: deque[Task] = deque()  # due, while all connections are busy
        self._stopping = False
        self._start = 0.0

    def run(self, start: float) -> None:
        """Conduct the whole trace; when killed, stop in good order.

        Parameters
        ----------
        start
            The instant of ``perf_counter`` at which ``due`` is 0.
        """
        self._start = start
        try:
            while not self._agenda.done:
                self._send_due()
                self._ledger.flush()
                self._wake.wait(min(max(self._agenda.next_at() - self._now(), 0.0), _TICK))
                self._wake.clear()
        finally:
            self._stop()

    def _now(self) -> float:
        """Return the seconds since the run's start."""
        return perf_counter() - self._start

    def _send_due(self) -> None:
        """Hand what is due to connections; it is in the ledger before."""
        now = self._now()
        tasks = []
        while (task := self._agenda.pop(now)) is not None:
            self._ledger.note(self._entry(task))
            tasks.append(task)
        self._ledger.flush()
        for task in tasks:
            if self._idle:
                self._idle.pop().wake(task)
            elif len(self._senders) < self._settings.connections:
                self._senders.append(_Sender(self._send, task))
            else:
                self._waiting.append(task)

    def _entry(self, task: Task) -> Entry:
        """Begin the entry of an attempt.

        What an agent does is due when they can do it: the endpoint decides when they get the contact that they accept.
        """
        trace, row = self._trace, task.row
        if task.attempt == 1 and self._of_agents.item(row):
            self._due[row] = task.ready
        return Entry(
            due=self._due.item(row),
            ready=task.ready,
            journey=trace.journey.item(row),
            seq=trace.seq.item(row),
            verb=trace.verb.item(row),
            attempt=task.attempt,
        )

    def _send(self, sender: _Sender, task: Task) -> None:
        """Send with one connection, for as long as the run goes on."""
        connection = Connection(self._pool)
        try:
            while True:
                following: Task | None = task
                while following is not None:
                    following = self._attempt(connection, following)
                if self._waiting:
                    task = self._waiting.popleft()
                else:
                    self._idle.append(sender)
                    task = sender.wait()
        finally:
            connection.close()

    def _attempt(self, connection: Connection, task: Task) -> Task | None:
        """Make one attempt; return the journey's next request, where it is due already."""
        entry = self._entry(task)
        call = self._calls[entry.verb]
        wait, size = 0.0, 0
        outputs = self._outputs.get(entry.journey, {})
        if call.verb in RENEWED:
            for name, _ in call.outputs:
                outputs.pop(name, None)
        inputs = inputs_of(self._trace, self._settings.run, task.row)
        if call.verb is Verb.READY:
            inputs["wait"] = self._wait(task)
        try:
            request = call.request(inputs, outputs)
        except Incomplete:
            entry.kind = Class.NOT_SENT
        else:
            answer = self._exchange(connection, call, request, entry)
            if answer is not None:
                size = answer.size
                wait = retry_after(answer.get("retry-after"))
            entry.ended = self._now()
        self._ledger.note(entry)
        self._listener(call, entry, size)
        if call.retry.covers(entry.kind) and task.attempt <= call.retry.retry_limit and not self._stopping:
            pause = min(call.retry.retry_after * call.retry.backoff ** (task.attempt - 1), call.retry.at_most)
            self._agenda.retry(task, entry.ended + max(pause, wait))
            self._wake.set()
            return None
        return self._finish(task)

    def _wait(self, task: Task) -> float:
        """Return for how long an agent waits for work.

        Who is late has nothing to wait for: the contact came long ago, or is gone. Otherwise each vain wait would make
        the next ones later still.
        """
        late = self._now() - self._trace.due.item(task.row) / self._settings.speed
        return round(min(max(LONGEST_WAIT - late, 0.0), LONGEST_WAIT), 3)

    def _exchange(self, connection: Connection, call: Call, request: Request, entry: Entry) -> Answer | None:
        """Send a request, and understand what comes back."""
        entry.began = self._now()
        try:
            answer = connection.exchange(call.method, request.wire, call.timeout)
        except Broken:
            entry.kind = Class.REFUSED
        except Late:
            entry.kind = Class.TIMEOUT
        except Unusable:
            entry.kind = Class.WRONG_ANSWER
        else:
            entry.status = answer.get_code()
            outcome = call.understand(request.scope, entry.status, answer.info(), answer.body)
            entry.kind = outcome.kind
            if outcome.kind in ACKNOWLEDGED and outcome.outputs:
                self._outputs.setdefault(entry.journey, {}).update(outcome.outputs)
                self._ledger.keep(entry.journey, entry.seq, outcome.outputs)
            return answer
        return None

    def _finish(self, task: Task) -> Task | None:
        """Go on with the journey."""
        following = None if self._stopping else self._agenda.finish(task, self._now())
        if following is not None:
            self._ledger.note(self._entry(following))
            self._ledger.flush()
        elif self._agenda.done:
            self._wake.set()
        return following

    def _stop(self) -> None:
        """Begin nothing new, and let requests on their way come to an end, for a while; the rest is unknown."""
        self._stopping = True
        for task in self._waiting:
            entry = self._entry(task)
            entry.kind = Class.NOT_SENT
            self._ledger.note(entry)
        self._waiting.clear()
        until = perf_counter() + self._settings.grace
        while len(self._idle) < len(self._senders) and perf_counter() < until:
            gevent.sleep(0.01)
        gevent.killall([sender.greenlet for sender in self._senders])
        self._ledger.flush()


class _Sender:
    """A greenlet with a connection, which is handed one task at a time."""

    def __init__(self, send: Callable[[_Sender, Task], None], task: Task) -> None:
        self._woken = Event()
        self._task = task
        self.greenlet = gevent.spawn(send, self, task)

    def wake(self, task: Task) -> None:
        """Hand over a task."""
        self._task = task
        self._woken.set()

    def wait(self) -> Task:
        """Wait for a task."""
        self._woken.wait()
        self._woken.clear()
        return self._task


def retry_after(value: str | list[str] | None) -> float:
    """Return the seconds that a Retry-After asks for.

    Parameters
    ----------
    value
        The header: seconds, or an HTTP date; ``None`` where there is none.

    Returns
    -------
    float
        0 where it says nothing that can be understood; never more than an hour.
    """
    if not isinstance(value, str):
        return 0.0
    if value.strip().isdecimal():
        return min(float(value), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    seconds = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_WAIT)
