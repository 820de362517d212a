"""Whether the service lives, and whether it would accept a request now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtests.orchestrator.model import Answer
from loadtests.orchestrator.problems import Refused
from loadtests.orchestrator.reading import Request
from loadtests.orchestrator.routes import Part, Route
from loadtests.orchestrator.schemas import objects

if TYPE_CHECKING:
    from loadtests.orchestrator.service import Service

__all__ = ["PART"]


async def live(_: Service, __: Request) -> Answer:
    """Answer, which is all that is asked."""
    return Answer(200, b'{"status":"live"}')


async def ready(service: Service, _: Request) -> Answer:
    """Answer whether a command would be accepted."""
    if not service.ready():
        raise Refused("overloaded", "the queue is full", ((b"retry-after", b"1"),))
    return Answer(200, b'{"status":"ready"}')


_STATUS = objects({"status": {"type": "string"}})

PART = Part(
    routes=(
        Route(
            "GET", "/health/live", live, "Tell that the service runs.",
            answers={200: ("It does.", _STATUS)}, free=True,
        ),
        Route(
            "GET", "/health/ready", ready, "Tell whether a request would be accepted now.",
            answers={200: ("It would.", _STATUS)}, problems=("overloaded",), free=True,
        ),
    )
)  # fmt: skip
