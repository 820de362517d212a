"""Weights of customers' mood and agents' morale; docs/feelings.md has the formulas and their sources."""

from __future__ import annotations

from pydantic import Field, NonNegativeFloat

from sim.core.model import Model
from sim.core.units import HOUR, Duration, Share

__all__ = ["Feelings"]


class Feelings(Model):
    """Weights of customers' mood, from -1 (furious) to 1 (delighted), and of agents' morale, from 0 to 1.

    Events subtract from the mood; outcomes add to it or subtract from it. The weights are assumptions: fit them to a
    survey.
    """

    start: float = Field(default=0.0, ge=-1, le=1, description="Mood at the start of a journey.")
    per_minute_waited: NonNegativeFloat = Field(
        default=0.03, description="Subtracted for each minute waited in person."
    )
    per_channel_switch: NonNegativeFloat = Field(default=0.05, description="Subtracted for each change of channel.")
    per_transfer: NonNegativeFloat = Field(default=0.15, description="Subtracted for each transfer.")
    per_repetition: NonNegativeFloat = Field(
        default=0.2, description="Subtracted for each contact in which the customer had to repeat information."
    )
    per_failure: NonNegativeFloat = Field(
        default=0.25,
        description="Subtracted for each visit that ended abandoned, timed out, closed, blocked, balked or failed.",
    )
    resolved: NonNegativeFloat = Field(default=0.4, description="Added when the journey ends resolved.")
    unresolved: NonNegativeFloat = Field(
        default=0.4, description="Subtracted when it ends unresolved, or the customer gives up."
    )
    peak: Share = Field(
        default=0.5,
        description="Weight of the journey's strongest moment in the remembered mood; the end has the rest.",
    )
    bored_below: Share = Field(default=0.5, description="Agents with a lower occupancy get bored.")
    strained_above: Share = Field(default=0.85, description="Agents with a higher occupancy are strained.")
    memory: Duration = Field(
        default=2 * HOUR, description="Time constant with which morale follows the occupancy (exponential smoothing)."
    )
