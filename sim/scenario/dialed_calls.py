"""Channels of the calls that a dialer makes: its own, and those of the steps to which whoever answers goes on."""

from __future__ import annotations

from sim.scenario.routes import cases_of
from sim.scenario.schema import Scenario
from sim.scenario.steps import Outbound

__all__ = ["channels_of_call"]


def channels_of_call(scenario: Scenario, intent: str, step: Outbound) -> set[str]:
    """Return the channels of the calls of a step.

    Parameters
    ----------
    scenario, intent, step
        Where the customers are called. Outcomes have no channel.
    """
    steps = {
        f"{name}.{follower}": other for name, part in scenario.intents.items() for follower, other in part.steps.items()
    }
    targets = {target for case in cases_of(step.next) for target in case.to}
    followers = [steps.get(target if "." in target else f"{intent}.{target}") for target in targets]
    return {step.channel} | {follower.channel for follower in followers if follower is not None}
