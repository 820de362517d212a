"""Actions: what a rule can decide, each with its options."""

from typing import Annotated

from pydantic import Field

from orchestrator.http.command import Body
from orchestrator.http.types import WHOLE, Maybe, Name

__all__ = ["Callback", "Escalate", "Notify", "Prioritise", "Steer"]

LONGEST_DELAY = 366 * 24 * 3600
"""Seconds that something may be put off."""

Delay = Annotated[int, Field(ge=0, le=LONGEST_DELAY), WHOLE]


class Steer(Body):
    """Where the customer should go next: a step, and the channel it is on."""

    step: Name
    channel: Maybe[Name] = None


class Prioritise(Body):
    """Which priority the journey's work has in its queues; 0 is first, as there."""

    priority: Annotated[int, Field(ge=0, le=1000), WHOLE]


class Callback(Body):
    """Offer to call back, within so many seconds, by agents of a queue."""

    queue: Maybe[Name] = None
    within: Delay = 0


class Notify(Body):
    """Send a notification, after so many seconds, unless the customer came back meanwhile."""

    template: Name
    after: Delay = 0
    unless_back: bool = True


class Escalate(Body):
    """Hand the journey to people: to which queue, and why."""

    queue: Name
    reason: Maybe[Name] = None
