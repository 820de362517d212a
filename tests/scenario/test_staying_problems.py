"""Errors about transfers, pauses and endless talk."""

from __future__ import annotations

import pytest

from tests.support.minimal_scenario import Refused, changed

WEB = "next: web\n      web: {channel: web, time: 9 s, next: resolved}"


@pytest.mark.parametrize(
    ("target", "near"),
    [("resolved", "; known are call, question.call"), ("web", ""), ("cal", '; did you mean "call"?')],
)
def test_an_agent_stays_for_a_step_with_agents(refused: Refused, target: str, near: str) -> None:
    transfer = ("next: resolved", f"transfer: {{{target}: warm}}\n        {WEB}")
    (sentence,) = refused(changed(transfer))
    assert f'steps.call.transfer.{target}: "{target}" is not a step with agents{near}' in sentence


@pytest.mark.parametrize("field", ["to: resolved", "to: web"])
def test_nobody_comes_from_a_pause(refused: Refused, field: str) -> None:
    cases = f"next: [{{when: {{came_from: pause}}, {field}}}, {{to: nap}}]"
    steps = f"{cases}\n      nap: {{channel: pause, time: 9 s, next: web}}\n      {WEB.splitlines()[1].strip()}"
    (sentence,) = refused(changed(("next: resolved", steps)))
    assert '.next.0.when.came_from: "pause" is the channel of no step' in sentence


def test_only_patience_may_last_for_ever(refused: Refused) -> None:
    (sentence,) = refused(changed(("talk: 60 s", "talk: {law: fixed, value: 60 s, never: 1 %}")))
    assert "intents.question.steps.call.talk.never: would take for ever" in sentence
