"""Errors about trunk lines on channels that need none."""

from __future__ import annotations

from tests.support.minimal_scenario import Refused, changed


def test_nobody_needs_a_line_while_away(refused: Refused) -> None:
    steps = "next: nap\n      nap: {channel: pause, time: 9 s, next: resolved}"
    lines = "lines: {trunk: {channels: [voice, pause], capacity: 2}}\nagents:"
    (sentence,) = refused(changed(("next: resolved", steps), ("agents:", lines)))
    assert 'lines.trunk.channels: "pause" needs no line; known are voice' in sentence


def test_a_dialers_call_goes_on_on_its_line(refused: Refused) -> None:
    dialer = "dialer: {group: desk}, time: 9 s, reach: 1, next: call"
    steps = f"next: resolved\n      list: {{channel: outbound, {dialer}}}"
    lines = "lines: {trunk: {channels: [outbound], capacity: 2}}\nagents:"
    text = changed(("next: resolved", steps), ("agents:", lines), ("start: call", "start: list"))
    sentence = refused(text)[0]
    assert 'lines.trunk.channels: "outbound" is here without "voice", where whoever answers goes on; add it' in sentence
