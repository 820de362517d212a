"""Errors about trunk lines on channels that need none."""

from __future__ import annotations

from tests.support.minimal_scenario import Refused, changed


def test_nobody_needs_a_line_while_away(refused: Refused) -> None:
    steps = "next: nap\n      nap: {channel: pause, time: 9 s, next: resolved}"
    lines = "lines: {trunk: {channels: [voice, pause], capacity: 2}}\nagents:"
    (sentence,) = refused(changed(("next: resolved", steps), ("agents:", lines)))
    assert 'lines.trunk.channels: "pause" needs no line; known are voice' in sentence
