"""The dispatcher: takes what is due, sends it, and writes what became of it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from orchestrator.core.problems import Refused
from orchestrator.notifications import backoff
from orchestrator.notifications.deliveries import Claim, Claimed, Job
from orchestrator.notifications.rows import ALL
from orchestrator.notifications.settle import Settle
from orchestrator.notifications.signing import headers
from orchestrator.notifications.targets import Forbidden
from orchestrator.notifications.transport import Response, Transport, Unanswered

__all__ = ["LEASE", "Dispatcher"]

LEASE = 60.0
"""Seconds for which a delivery is taken: a try and the writing of its result are over long before."""

AT_ONCE = 128
"""Messages that are on their way at one time."""

EACH = 8
"""Of these, to one webhook when more is taken: a slow receiver must not be in the way of the others."""

MOST = 16
"""Messages that are taken in one transaction."""


class Dispatcher:
    """Sends what is due.

    Parameters
    ----------
    submit
        Applies a command durably, and returns its answer.
    transport
        Sends a message.
    clock
        The present, in seconds since the epoch; what a message is signed with.
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
        """Take what is due and begin to send it.

        Returns
        -------
        bool
            Whether more may be due already.
        """
        free = AT_ONCE - len(self._sending)
        if free <= 0:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            return True
        busy = frozenset(webhook for webhook, number in Counter(self._sending.values()).items() if number >= EACH)
        claimed = await self._submit(Claim(ALL, min(free, MOST), LEASE, busy))
        if not isinstance(claimed, Claimed):  # the storage failed; nothing was taken
            return False
        for job in claimed.jobs:
            task = asyncio.create_task(self._deliver(job))
            self._sending[task] = (job.tenant, job.webhook)
            task.add_done_callback(self._sending.pop)
        return claimed.more

    async def drain(self) -> None:
        """Wait until nothing is on its way."""
        while self._sending:
            await asyncio.gather(*self._sending)

    async def close(self) -> None:
        """Give up what is on its way; it is due again when its lease ends."""
        for task in list(self._sending):
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def _deliver(self, job: Job) -> None:
        """Send one message, and write what became of it."""
        response, reason = await self._send(job)
        wait = backoff.wait(job.tries, self._jitter(job.delivery, job.tries), response.retry_after)
        with suppress(Refused):  # the service is overloaded: it is sent once more, when the lease has ended
            await self._submit(Settle(job.tenant, job.delivery, job.tries, response.status, reason, wait))

    async def _send(self, job: Job) -> tuple[Response, str]:
        """Send one message; return what was answered, and what is wrong with that."""
        signed = headers(job.secret, job.message, int(self._clock()), job.body)
        try:
            response = await self._transport.post(job.url, signed, job.body)
        except (Unanswered, Forbidden) as error:
            return Response(0), f"try {job.tries}: {error}"
        return response, f"try {job.tries}: the receiver answered {response.status}"
