"""Dispatcher: a task that claims due messages, sends them, and writes the outcomes."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from orchestrator.core.problems import Refused
from orchestrator.notifications import backoff
from orchestrator.notifications.commands import Claim, RecordOutcome
from orchestrator.notifications.deliveries import Claimed, Job
from orchestrator.notifications.rows import ALL, Due
from orchestrator.notifications.signing import headers
from orchestrator.notifications.targets import Forbidden, Targets
from orchestrator.notifications.transport import HttpTransport, Response, Transport, Unanswered
from orchestrator.service.executor import Executor
from orchestrator.service.group_commit import Committed

__all__ = ["LEASE", "LONGEST_SLEEP", "Dispatcher", "dispatching"]

LONGEST_SLEEP = 2.0
"""Seconds after which the rows are read again: another process may have written a due one, and have ended."""

LEASE = 60.0
"""Seconds for which a delivery is taken: many more than a try and the writing of its outcome need."""

AT_ONCE = 128
"""Messages that are being sent at one time."""

EACH = 8
"""Messages to one webhook among these, when more are claimed: a slow receiver must not delay the others."""

MOST = 16
"""Messages that are claimed in one transaction."""

_LOG = logging.getLogger(__name__)


class Dispatcher:
    """Sends due messages.

    Parameters
    ----------
    submit
        Applies a command durably, and returns its answer.
    transport
        Sends a message.
    clock
        Returns seconds since the epoch, with which a message is signed.
    jitter
        A draw from [0, 1) for a delivery and the number of its tries.
    """

    def __init__(
        self,
        submit: Callable[[Any], Awaitable[Any]],
        transport: Transport,
        clock: Callable[[], float],
        jitter: Callable[[str, int], float] = backoff.keyed,
    ) -> None:
        self._submit = submit
        self._transport = transport
        self._clock = clock
        self._jitter = jitter
        self._sending: dict[asyncio.Task[None], tuple[str, str]] = {}

    async def step(self) -> bool:
        """Claim due messages and begin to send them.

        Returns
        -------
        bool
            Whether more messages may be due.
        """
        free = AT_ONCE - len(self._sending)
        if free <= 0:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            return True
        busy = frozenset(webhook for webhook, number in Counter(self._sending.values()).items() if number >= EACH)
        claimed = await self._submit(Claim(ALL, min(free, MOST), LEASE, busy))
        if not isinstance(claimed, Claimed):  # the storage failed, and nothing was claimed
            return False
        for job in claimed.jobs:
            task = asyncio.create_task(self._deliver(job))
            self._sending[task] = (job.tenant, job.webhook)
            task.add_done_callback(self._sending.pop)
        return claimed.more

    async def drain(self) -> None:
        """Wait until no message is being sent."""
        while self._sending:
            await asyncio.gather(*self._sending)

    async def close(self) -> None:
        """Stop sending; the messages are due again when their leases end."""
        for task in list(self._sending):
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def _deliver(self, job: Job) -> None:
        """Send one message, and write the outcome."""
        response, reason = await self._send(job)
        wait = backoff.wait(job.tries, self._jitter(job.delivery, job.tries), response.retry_after)
        with suppress(Refused):  # the service is overloaded; the message is sent again when the lease has ended
            await self._submit(RecordOutcome(job.tenant, job.delivery, job.tries, response.status, reason, wait))

    async def _send(self, job: Job) -> tuple[Response, str]:
        """Send one message; return the response, and a sentence about the failure if it is one."""
        signed = headers(job.secret, job.message, int(self._clock()), job.body)
        try:
            response = await self._transport.post(job.url, signed, job.body)
        except (Unanswered, Forbidden) as error:
            return Response(0), f"try {job.tries}: {error}"
        return response, f"try {job.tries}: the receiver answered {response.status}"


def dispatching(
    targets: Targets, transport: Callable[[], Transport] | None = None
) -> Callable[[Executor], Coroutine[Any, Any, None]]:
    """Return the task that sends due messages.

    Parameters
    ----------
    targets
        Networks to which webhooks may go although they are not public.
    transport
        Makes the transport; by default over the network.
    """

    async def dispatch(executor: Executor) -> None:
        woken = asyncio.Event()

        def watch(_: Executor, committed: Committed) -> None:
            if Due in committed.rows:
                woken.set()

        executor.watchers.append(watch)
        made = HttpTransport(targets, clock=executor.clock) if transport is None else transport()
        dispatcher = Dispatcher(executor.submit, made, executor.clock)
        try:
            while True:
                woken.clear()
                if not await _step(executor, dispatcher):
                    await _sleep(woken, await _until_due(executor))
        finally:
            executor.watchers.remove(watch)
            await dispatcher.close()

    return dispatch


async def _step(executor: Executor, dispatcher: Dispatcher) -> bool:
    """Send due messages, if there are any; return whether more may be due."""
    try:
        return await _until_due(executor) <= 0 and await dispatcher.step()
    except Refused:  # the service is overloaded; what is due stays due
        return False
    except Exception:  # noqa: BLE001 - whatever the error, the task must go on
        _LOG.exception("what is due could not be taken; it is tried again")
        return False


RETRY = 1.0
"""Seconds after which a database that does not answer is asked again."""


async def _until_due(executor: Executor) -> float:
    """Return the seconds until something is due."""
    try:
        first = await executor.look(lambda unit: unit.find(Due, "key", ALL, limit=1))
    except Refused:  # the database does not answer
        return RETRY
    return max(0.0, first[0].at - executor.clock()) if first else LONGEST_SLEEP


async def _sleep(woken: asyncio.Event, seconds: float) -> None:
    """Sleep until something is due, or has been written."""
    try:
        async with asyncio.timeout(min(max(seconds, 0.01), LONGEST_SLEEP)):
            await woken.wait()
    except TimeoutError:
        return
