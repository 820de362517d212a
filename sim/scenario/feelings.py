"""Weights of customers' mood and agents' morale; docs/feelings.md has the formulas and where they come from."""

from __future__ import annotations

from pydantic import Field, NonNegativeFloat

from sim.core.model import Model
from sim.core.units import HOUR, Duration, Share

__all__ = ["Feelings"]


class Feelings(Model):
    """Weights of customers' mood, from -1 (furious) to 1 (delighted), and of agents' morale, from 0 to 1.

    What happens takes off, an outcome adds or takes off; the weights are assumptions, to be fitted to a survey.
    """

    start: float = Field(default=0.0, ge=-1, le=1, description="The mood in which journeys begin.")
    per_minute_waited: NonNegativeFloat = Field(default=0.03, description="Taken off for each minute waited in person.")
    per_channel_switch: NonNegativeFloat = Field(default=0.05, description="Taken off for each change of channel.")
    per_transfer: NonNegativeFloat = Field(default=0.15, description="Taken off for each transfer.")
    per_repetition: NonNegativeFloat = Field(
        default=0.2, description="Taken off for each contact in which the customer had to repeat themself."
    )
    per_failure: NonNegativeFloat = Field(
        default=0.25,
        description="Taken off for each visit that ended abandoned, closed, blocked, balked or failed.",
    )
    resolved: NonNegativeFloat = Field(default=0.4, description="Added when the journey ends resolved.")
    unresolved: NonNegativeFloat = Field(
        default=0.4, description="Taken off when it ends unresolved, or the customer gives up."
    )
    peak: Share = Field(
        default=0.5,
        description="Weight of the journey's strongest moment in how it is remembered; the end has the rest.",
    )
    bored_below: Share = Field(default=0.5, description="Agents less occupied than this get bored.")
    strained_above: Share = Field(default=0.85, description="Agents more occupied than this are strained.")
    memory: Duration = Field(
        default=2 * HOUR, description="How fast morale follows the occupancy: the mean of an exponential memory."
    )
