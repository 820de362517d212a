"""The dispatcher as a task of the service: it sleeps until something is due, here or in another process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from orchestrator.core.problems import Refused
from orchestrator.notifications.dispatcher import Dispatcher
from orchestrator.notifications.rows import ALL, Due
from orchestrator.notifications.targets import Targets
from orchestrator.notifications.transport import HttpTransport, Transport

if TYPE_CHECKING:
    from orchestrator.service.feature import Committed
    from orchestrator.service.service import Service

__all__ = ["LONGEST_SLEEP", "dispatching"]

LONGEST_SLEEP = 2.0
"""Seconds after which the rows are looked at anew: another process may have written what is due, and have gone."""

_LOG = logging.getLogger(__name__)


def dispatching(
    targets: Targets, transport: Callable[[], Transport] | None = None
) -> Callable[[Service], Coroutine[Any, Any, None]]:
    """Return the task that sends what is due.

    Parameters
    ----------
    targets
        Where webhooks may go.
    transport
        Makes what sends them; by default over the network.
    """

    async def dispatch(service: Service) -> None:
        woken = asyncio.Event()

        def watch(_: Service, committed: Committed) -> None:
            if Due in committed.rows:
                woken.set()

        service.watchers.append(watch)
        made = HttpTransport(targets, clock=service.clock) if transport is None else transport()
        dispatcher = Dispatcher(service.submit, made, service.clock)
        try:
            while True:
                woken.clear()
                if not await _step(service, dispatcher):
                    await _sleep(woken, await _until_due(service))
        finally:
            service.watchers.remove(watch)
            await dispatcher.close()

    return dispatch


async def _step(service: Service, dispatcher: Dispatcher) -> bool:
    """Send what is due, if anything is; return whether more may be."""
    try:
        return await _until_due(service) <= 0 and await dispatcher.step()
    except Refused:  # the service has enough to do; what is due stays due
        return False
    except Exception:  # noqa: BLE001 - whatever it was, what is due must go on being sent
        _LOG.exception("what is due could not be taken; it is tried again")
        return False


async def _until_due(service: Service) -> float:
    """Return for how many seconds nothing is due."""
    first = await service.look(lambda unit: unit.find(Due, "key", ALL, limit=1))
    return max(0.0, first[0].at - service.clock()) if first else LONGEST_SLEEP


async def _sleep(woken: asyncio.Event, seconds: float) -> None:
    """Sleep until something is due, or was written."""
    try:
        async with asyncio.timeout(min(max(seconds, 0.01), LONGEST_SLEEP)):
            await woken.wait()
    except TimeoutError:
        return
