"""A small valid scenario, and changes to its text."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["MINIMAL", "Refused", "changed"]

Refused = Callable[..., list[str]]
"""Loads a scenario that must be refused, and returns the sentences of the refusal."""

MINIMAL = """\
name: one desk
run: {hours: "08:00-10:00", interval: 1 h, drain: 1 h}
agents:
  desk: {serves: [calls], staff: 2}
intents:
  question:
    demand: 10
    start: call
    steps:
      call:
        channel: voice
        queue: calls
        talk: 60 s
        patience: 30 s
        next: resolved
"""


def changed(*changes: tuple[str, str], text: str = MINIMAL) -> str:
    """Return the scenario with pieces of its text replaced; each must be there once."""
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the scenario"
        text = text.replace(old, new)
    return text
