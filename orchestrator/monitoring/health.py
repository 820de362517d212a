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

__all__ = ["ROUTES"]

RECENT: Final = 5
"""Seconds after a write that failed in which others had better go elsewhere; then the service is tried again."""


async def live(_: Executor, __: Request) -> Answer:
    """Answer, which is all that is asked."""
    return Answer(200, b'{"status":"live"}')


async def ready(executor: Executor, _: Request) -> Answer:
    """Answer whether a command would be accepted, and if not, why."""
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
            answers={200: ("It would.", Health)}, problems=("overloaded",), free=True,
        ),
)  # fmt: skip
