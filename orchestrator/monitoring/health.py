"""Health checks: the service is alive, and ready to accept requests."""

from __future__ import annotations

import time
from typing import Final

from orchestrator.core.answer import Answer
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.monitoring.models import Health
from orchestrator.monitoring.process_state import state_of
from orchestrator.service.executor import Executor
from orchestrator.service.feature import Route
from orchestrator.service.group_commit import stalled
from orchestrator.service.idempotency import StoredAnswer
from orchestrator.service.tenants import NOBODY

__all__ = ["ROUTES"]

RECENT: Final = 5
"""Seconds after a write that failed in which others had better go elsewhere; then the service is tried again."""


SLOW: Final = 1.0
"""Seconds that a write may wait and a read may take while the service is ready."""


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
    if (ago := time.monotonic() - state_of(executor).failed) < RECENT:
        detail = f"the last write failed {ago:.1f} s ago, and none was committed since"
        raise Refused("overloaded", detail, ((b"retry-after", b"%d" % RECENT),))
    return Answer(200, b'{"status":"ready"}')


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
