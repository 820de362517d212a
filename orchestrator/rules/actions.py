"""What a rule can decide: one kind of action per entry, each with the fields that it takes."""

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.core.json_codec import Document
from orchestrator.http.fields import Fields

__all__ = ["ACTIONS", "LONGEST_DELAY", "whole"]

LONGEST_DELAY = 366 * 24 * 3600
"""Seconds that something may be put off."""


def _steer(fields: Fields) -> Document:
    """Where the customer should go next: a step, and the channel it is on."""
    fields.only("step", "channel")
    return {"step": fields.text("step"), "channel": fields.maybe_text("channel")}


def _prioritise(fields: Fields) -> Document:
    """Which priority the journey's work has in its queues; 0 is first, as there."""
    fields.only("priority")
    return {"priority": whole(fields, "priority", 0, 1000)}


def _callback(fields: Fields) -> Document:
    """Offer to call back, within so many seconds, by agents of a queue."""
    fields.only("queue", "within")
    return {"queue": fields.maybe_text("queue"), "within": whole(fields, "within", 0, LONGEST_DELAY, missing=0)}


def _notify(fields: Fields) -> Document:
    """Send a notification, after so many seconds, unless the customer came back meanwhile."""
    fields.only("template", "after", "unless_back")
    unless = fields.members.get("unless_back", True)
    if not isinstance(unless, bool):
        fields.wrong("unless_back", f"is {str(unless)[:40]}; true or false is needed")
    after = whole(fields, "after", 0, LONGEST_DELAY, missing=0)
    return {"template": fields.text("template"), "after": after, "unless_back": unless is True}


def _escalate(fields: Fields) -> Document:
    """Hand the journey to people: to which queue, and why."""
    fields.only("queue", "reason")
    return {"queue": fields.text("queue"), "reason": fields.maybe_text("reason")}


ACTIONS: Mapping[str, Callable[[Fields], Document]] = {
    "steer": _steer,
    "prioritise": _prioritise,
    "callback": _callback,
    "notify": _notify,
    "escalate": _escalate,
}
"""How the fields of each kind of action are read."""


def whole(fields: Fields, name: str, least: int, most: int, missing: int | None = None) -> int:
    """Return a whole number within bounds.

    Parameters
    ----------
    fields
        Where it stands.
    name
        Of the field.
    least, most
        The bounds.
    missing
        What is meant where it is left out; ``None`` where that is wrong.
    """
    value: Any = fields.members.get(name, missing)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and least <= value <= most and value == int(value):
        return int(value)  # 5.0 is a whole number in JSON too
    found = f"is {str(value)[:40]}" if name in fields.members else "is missing"
    fields.wrong(name, f"{found}; a whole number from {least} to {most} is needed")
    return least
