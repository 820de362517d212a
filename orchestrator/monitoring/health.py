"""Health checks: the service is alive, and ready to accept requests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from orchestrator.core.answer import Answer
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.monitoring.models import Health
from orchestrator.monitoring.process_state import state_of
from orchestrator.monitoring.rows import Trial
from orchestrator.service.command_context import CommandContext
from orchestrator.service.executor import Executor, Handler
from orchestrator.service.feature import Route
from orchestrator.service.group_commit import stalled
from orchestrator.service.idempotency import StoredAnswer
from orchestrator.service.tenants import NOBODY
from orchestrator.store.unit import Unit

__all__ = ["COMMANDS", "ROUTES"]

SLOW: Final = 1.0
"""Seconds that a write may wait and a read may take while the service is ready."""

TRY_EVERY: Final = 1.0
"""Seconds between two trials whether a store that has failed can be written to again."""


@dataclass(frozen=True, slots=True)
class TryWrite:
    """Write a row of the service's own, to find out whether the store can be written to."""

    internal: ClassVar[bool] = True


def _try_write(_: TryWrite, unit: Unit, context: CommandContext) -> Answer:
    """Write the row."""
    unit.put(Trial(NOBODY, context.now))
    return Answer(200, b"")


COMMANDS: Final[Mapping[type[Any], Handler]] = {TryWrite: _try_write}


async def live(_: Executor, __: Request) -> Answer:
    """Answer, which is all that is asked."""
    return Answer(200, b'{"status":"live"}')


async def ready(executor: Executor, _: Request) -> Answer:
    """Answer whether a command would be accepted, and if not, why."""
    if (waited := executor.oldest()) > SLOW:
        raise stalled(f"a write has waited for {waited:.1f} s")
    await executor.look(lambda unit: unit.find(StoredAnswer, "key", NOBODY, limit=1), SLOW)
    if not executor.ready():
        detail = f"the queue is full: {executor.waiting()} requests are waiting"
        raise Refused("overloaded", detail, ((b"retry-after", b"1"),))
    if executor.write_outage.lasts:
        await _write_again(executor)
    return Answer(200, b'{"status":"ready"}')


async def _write_again(executor: Executor) -> None:
    """Try to write to a store that has failed; refuse if it fails again, or was tried just now."""
    state, now = state_of(executor), time.monotonic()
    if now - state.tried >= TRY_EVERY:
        state.tried = now
        with suppress(TimeoutError, Refused):
            async with asyncio.timeout(SLOW):
                await executor.submit(TryWrite())
    if executor.write_outage.lasts:
        raise stalled("the last write failed")


ROUTES = (
        Route(
            "GET", "/health/live", live, "Tell that the service runs.",
            answers={200: ("It does.", Health)}, free=True,
        ),
        Route(
            "GET", "/health/ready", ready, "Tell whether a request would be accepted now.",
            answers={200: ("It would.", Health)}, problems=("overloaded", "stalled"), free=True,
        ),
)  # fmt: skip
