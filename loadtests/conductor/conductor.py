"""Conductor: one greenlet keeps the agenda, and one per busy connection sends.

A greenlet that has read its answer takes the next request that is due itself. So answers that come all at once, as
after a stall of the endpoint, do not delay what is due meanwhile by more than the work for one of them.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import gevent
import numpy as np

from loadtests.conductor.agenda import Agenda, Task
from loadtests.conductor.answer import Answer
from loadtests.conductor.connection import (
    BrokenConnectionError,
    Connection,
    LateAnswerError,
    Pool,
    UnusableAnswerError,
    most_connections,
)
from loadtests.conductor.greenlets import Due, Sender, Sleep
from loadtests.conductor.heartbeat import Heartbeat
from loadtests.contract.calls import Call, MissingValueError, Request
from loadtests.contract.vocabulary import ACKNOWLEDGED, AGENTS, RENEWED, AnswerClass, Verb
from loadtests.failures import Cause, FailureLog, Mask
from loadtests.generators import Connections, Silence
from loadtests.http_client import GRACE, retry_after
from loadtests.ledger import Attempt, LedgerWriter
from loadtests.trace.request_inputs import LONGEST_WAIT, inputs_of, trace_context, trace_prefix

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadtests.trace.model import Trace

__all__ = ["Conductor", "Listener", "Settings"]

Listener = Callable[[Call, Attempt, int], None]
"""Called for every attempt that is over, with the size of the answer's body in bytes."""

_UNANSWERED: Final = frozenset({AnswerClass.REFUSED, AnswerClass.TIMEOUT})
_TICK: Final = 0.25
"""Seconds after which answers are written to the disk at the latest."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a conductor."""

    run: str  # the run's token
    speed: float = 1.0  # simulated seconds per second
    connections: int | None = None  # at most; None = as many as the system allows
    grace: float = GRACE  # seconds from when the last request is due to the end of the run
    give_up: float = inf  # seconds without any answer, after which the run ends
    stop_grace: float = 2.0  # seconds for open requests to end when the run is stopped before


class Conductor:
    """Sends the requests of a trace when they are due; of each journey and each agent, one at a time.

    Parameters
    ----------
    trace
        With offered verbs only.
    calls
        The request of each verb.
    pool
        The source of connections.
    ledger
        Records every attempt.
    settings
        The run's token, speed and limits.
    listener
        Called for every attempt that is over.
    mask
        Masks secrets in the samples of failures.
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
        mask: Mask | None = None,
    ) -> None:
        self._trace = trace
        self._calls = {int(verb): call for verb, call in calls.items()}
        self._pool = pool
        self._ledger = ledger
        self._settings = settings
        self._listener = listener
        self._due = trace.due / settings.speed
        self._is_agents = np.isin(trace.verb, [int(verb) for verb in AGENTS])
        self._agenda = Agenda(self._due, trace.journey)
        self._outputs: dict[int, tuple[Any, ...]] = {}  # name, value, name ...: half the memory of a dictionary
        self._sleep = Sleep()
        self._senders: list[Sender] = []
        self._idle: list[Sender] = []  # last in, first out: few connections, and warm ones
        self._unassigned: deque[Due] = deque()  # the next free connection takes one
        self._waiting: deque[Due] = deque()  # due while all connections are busy
        self._limit = min(settings.connections or most_connections(), most_connections())
        self._waited, self._longest_wait = 0, 0.0  # for a connection
        self._heartbeat = Heartbeat()
        self._traces = trace_prefix(settings.run)
        self.failures = FailureLog(mask or Mask(()))
        self.gave_up: Silence | None = None
        self._last_answer = -inf
        self._silent_since: float | None = None
        self._stopping = False
        self._failure: BaseException | None = None
        self._start = 0.0
        self._end = float(self._due[-1] if len(self._due) else 0.0) + settings.grace

    def run(self, start: float) -> None:
        """Send the whole trace until all is answered or the grace is over; when killed, stop in good order.

        Parameters
        ----------
        start
            The instant of ``perf_counter`` at which ``due`` is 0.
        """
        self._start = start
        beating = gevent.spawn(self._heartbeat.beat)
        try:
            while not self._over() and self._failure is None and self.gave_up is None:
                self._send_due()
                self._ledger.flush()
                self._sleep.begin(min(max(min(self._agenda.next_at(), self._end) - self._now(), 0.0), _TICK))
        finally:
            beating.kill()
            self._stop()
        if self._failure is not None:
            raise self._failure

    @property
    def connections(self) -> Connections:
        """How many connections were open, and what waited for one."""
        return Connections(self._limit, len(self._senders), self._waited, self._longest_wait)

    @property
    def own_lag(self) -> array[float]:
        """How late the generator's own loop was, by its heartbeat."""
        return self._heartbeat.late

    def _over(self) -> bool:
        """Tell whether everything is over: answered, out of time, or put off by the endpoint until after the end."""
        if self._agenda.done or self._now() >= self._end:
            return True
        idle = len(self._idle) == len(self._senders) and not self._waiting
        return idle and self._agenda.next_at() >= self._end

    def _now(self) -> float:
        """Return the seconds since the run's start."""
        return perf_counter() - self._start

    def _send_due(self) -> None:
        """Hand the due requests to connections, after they are in the ledger."""
        now = self._now()
        tasks = []
        while (task := self._agenda.pop(now)) is not None:
            tasks.append(self._begin(task))
        self._ledger.flush()
        for due in tasks:
            if self._idle:
                self._idle.pop().wake(due)
            else:
                self._unassigned.append(due)
        if self._unassigned:
            gevent.sleep(0)  # answers that are here already free connections: a new one is dearer than reading one
        while self._unassigned:
            due = self._unassigned.popleft()
            if len(self._senders) < self._limit:
                self._senders.append(Sender(self._send, due))
                self._senders[-1].greenlet.link_exception(self._fail)
            else:
                self._waiting.append(due)

    def _begin(self, task: Task, answer_class: AnswerClass = AnswerClass.UNKNOWN) -> Due:
        """Put an attempt that begins into the ledger.

        An agent's request is due when the agent can make it: the endpoint decides when they get their contact.
        """
        trace, row = self._trace, task.row
        if task.attempt == 1 and self._is_agents.item(row):
            self._due[row] = task.ready
        attempt = Attempt(
            due=self._due.item(row),
            ready=task.ready,
            journey=trace.journey.item(row),
            seq=trace.seq.item(row),
            verb=trace.verb.item(row),
            attempt=task.attempt,
            answer_class=answer_class,
        )
        self._ledger.note(attempt)
        return task, attempt

    def _fail(self, greenlet: gevent.Greenlet[..., None]) -> None:
        """End the run with the error of a greenlet that sends."""
        self._failure = greenlet.exception
        self._sleep.end()

    def _send(self, sender: Sender, due: Due) -> None:
        """Send tasks over one connection until the run ends."""
        connection = Connection(self._pool)
        try:
            while True:
                following: Due | None = due
                while following is not None:
                    following = self._make_attempt(connection, *following) or self._take_due()
                self._idle.append(sender)
                due = sender.wait()
        finally:
            connection.close()

    def _take_due(self) -> Due | None:
        """Return a request that is due, if there is one: first those that wait for a connection."""
        if self._stopping:
            return None
        now = self._now()
        if self._waiting:
            task, attempt = self._waiting.popleft()
            self._waited += 1
            self._longest_wait = max(self._longest_wait, now - attempt.ready)
            attempt.ready = now
            return task, attempt
        if self._unassigned:
            return self._unassigned.popleft()
        task_due = self._agenda.pop(now)
        return None if task_due is None else self._begin_at_once(task_due)

    def _begin_at_once(self, task: Task) -> Due:
        """Put an attempt that is sent at once into the ledger, and on the disk's way."""
        due = self._begin(task)
        self._ledger.flush()
        return due

    def _make_attempt(self, connection: Connection, task: Task, attempt: Attempt) -> Due | None:
        """Make one attempt; return the journey's next request, if it is due already."""
        call = self._calls[attempt.verb]
        answer: Answer | None = None
        outputs = self._outputs_of(attempt.journey)
        if call.verb in RENEWED:
            for name, _ in call.outputs:
                outputs.pop(name, None)
            self.keep_outputs(attempt.journey, outputs)
        inputs = inputs_of(self._trace, self._settings.run, task.row)
        if call.verb is Verb.READY:
            inputs["wait"] = self._wait_for_work(task)
        try:
            request = call.request(
                inputs, outputs, trace_context(self._traces, attempt.journey, attempt.seq, attempt.attempt)
            )
        except MissingValueError:
            attempt.answer_class = AnswerClass.NOT_SENT
        else:
            answer, reason = self._exchange(connection, call, request, attempt)
            attempt.ended = self._now()
            self._note_silence(attempt)
            if attempt.answer_class not in ACKNOWLEDGED:
                cause = Cause(call.name, attempt.answer_class.name.lower(), attempt.status, reason)
                self.failures.note(cause, attempt.ended, request.content, None if answer is None else answer.text())
        self._ledger.note(attempt)
        self._listener(call, attempt, 0 if answer is None else answer.size)
        if call.retry.covers(attempt.answer_class) and task.attempt <= call.retry.retry_limit and not self._stopping:
            pause = min(call.retry.retry_after * call.retry.backoff ** (task.attempt - 1), call.retry.at_most)
            wanted = 0.0 if answer is None else retry_after(answer.get("retry-after"))
            self._agenda.retry(task, attempt.ended + max(pause, wanted))
            self._sleep.end()
            return None
        return self._finish(task)

    def _outputs_of(self, journey: int) -> dict[str, Any]:
        """Return the outputs of a journey's or an agent's answers so far."""
        kept = iter(self._outputs.get(journey, ()))
        return dict(zip(kept, kept, strict=True))

    def keep_outputs(self, journey: int, outputs: Mapping[str, Any]) -> None:
        """Keep the outputs of a journey or an agent."""
        self._outputs[journey] = tuple(chain.from_iterable(outputs.items()))

    def _wait_for_work(self, task: Task) -> float:
        """Return the seconds for which an agent waits for work.

        An agent who is late does not wait: the contact came long ago, or has left. Each vain wait would make the
        agent's next requests even later.
        """
        late = self._now() - self._trace.due.item(task.row) / self._settings.speed
        return round(min(max(LONGEST_WAIT - late, 0.0), LONGEST_WAIT), 3)

    def _note_silence(self, attempt: Attempt) -> None:
        """Give the endpoint up if it has given no answer for too long, of whatever status."""
        if attempt.answer_class not in _UNANSWERED:
            self._last_answer, self._silent_since = attempt.ended, None
            return
        if self._silent_since is None:
            self._silent_since = max(attempt.began, self._last_answer)
        if attempt.ended - self._silent_since > self._settings.give_up:
            self.gave_up = Silence(self._silent_since, attempt.ended)
            self._sleep.end()

    def _exchange(
        self, connection: Connection, call: Call, request: Request, attempt: Attempt
    ) -> tuple[Answer | None, str]:
        """Send a request, and classify the answer; return it, and why it is a failure."""
        attempt.began = self._now()
        try:
            answer = connection.exchange(call.method, request.content, call.timeout, repeatable=call.repeatable)
        except BrokenConnectionError as error:
            attempt.answer_class, reason = AnswerClass.REFUSED, str(error)
        except LateAnswerError:
            attempt.answer_class, reason = AnswerClass.TIMEOUT, f"no complete answer within {call.timeout:g} s"
        except UnusableAnswerError as error:
            attempt.answer_class, reason = AnswerClass.WRONG_ANSWER, f"the answer cannot be read: {error}"
        except gevent.GreenletExit:  # the run is over
            attempt.ended = self._now()
            self._ledger.note(attempt)
            raise
        else:
            attempt.status = answer.get_code()
            outcome = call.classify(request.scope, attempt.status, answer, answer.body)
            attempt.answer_class = outcome.answer_class
            if outcome.answer_class in ACKNOWLEDGED and outcome.outputs:
                self.keep_outputs(attempt.journey, {**self._outputs_of(attempt.journey), **outcome.outputs})
                self._ledger.keep(attempt.journey, attempt.seq, outcome.outputs)
            return answer, outcome.reason
        return None, reason

    def _finish(self, task: Task) -> Due | None:
        """End a request; return the journey's next one, if it is due already."""
        following = None if self._stopping else self._agenda.finish(task, self._now())
        if following is not None:
            return self._begin_at_once(following)
        if self._agenda.done:
            self._sleep.end()
        return None

    def _stop(self) -> None:
        """Send no more, and give open requests some time to end; the others become unknown."""
        self._stopping = True
        for task in (*(task for task, _ in (*self._waiting, *self._unassigned)), *self._agenda.take_held()):
            self._begin(task, AnswerClass.HELD)
        self._waiting.clear()
        until = min(self._now() + self._settings.stop_grace, self._end)
        while len(self._idle) < len(self._senders) and self._now() < until:
            gevent.sleep(0.01)
        gevent.killall([sender.greenlet for sender in self._senders])
        self._ledger.flush()
