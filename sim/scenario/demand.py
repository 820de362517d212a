"""The schema of demand: how many come, how that varies, and in what pattern they come."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    NonNegativeFloat,
    PositiveInt,
    Tag,
    WithJsonSchema,
    model_validator,
)

from sim.core.model import Model
from sim.core.units import Duration, Hours, Share

__all__ = ["Arrivals", "Busyness", "Demand", "Event", "Factor", "IntervalNoise", "MarkovBursts", "Recorded", "Replayed"]

_FACTOR = re.compile(r"(?:x\s*)?([0-9]+(?:\.[0-9]+)?)\s*(%?)")
_LEAST_CV, _MOST_CV = 0.001, 4.47  # the gamma law's shape, 1 / cv², is from 0.05 to a million


def _parse_factor(value: object) -> float:
    """Read "x3", "150 %" or 1.5."""
    wrong = f'{value!r} is not a factor; give one such as "x3", "150 %" or 1.5'
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(wrong)
    found = _FACTOR.fullmatch(value.strip()) if isinstance(value, str) else None
    if isinstance(value, str) and not found:
        raise ValueError(wrong)
    try:
        factor = float(found[1]) / (100 if found[2] else 1) if found else float(value)
    except OverflowError:
        raise ValueError(wrong) from None
    if not 0 <= factor < math.inf:
        raise ValueError(f'{value} must be finite and not negative; give a factor such as "x3", "150 %" or 1.5')
    return factor


Factor = Annotated[
    float,
    BeforeValidator(_parse_factor),
    WithJsonSchema(
        {"type": ["string", "number"], "description": 'A factor such as "x3" or "150 %"', "examples": ["x3"]}
    ),
]


class _Varies(Model):
    cv: Factor = Field(description="Coefficient of variation of the factor, sd / mean; its mean is 1.")
    per_intent: bool = Field(default=False, description="Each intent has its own factors, instead of common ones.")

    @model_validator(mode="after")
    def _drawable(self) -> _Varies:
        if self.cv and not _LEAST_CV <= self.cv <= _MOST_CV:
            raise ValueError(
                f"the cv is {100 * self.cv:.4g} %; give 0 %, or from {100 * _LEAST_CV:g} % to {100 * _MOST_CV:g} %"
            )
        return self


class Busyness(_Varies):
    """Some days are busier than forecast: a gamma factor of mean 1 for each day."""


class IntervalNoise(_Varies):
    """Some intervals are busier than forecast: a gamma factor of mean 1 for each."""

    correlation: Share = Field(
        default=0.0, description="Between the normal scores of successive intervals: how long a busy time lasts."
    )


class Event(Model):
    """A campaign, a spike or an outage: more or fewer come, at certain hours.

    An interval that it covers in part changes by that part.
    """

    name: str = Field(default="", description="A note for people.")
    hours: Hours = Field(description="From when until when.")
    days: list[PositiveInt] | None = Field(
        default=None, description="On which days of the run, the first is 1; on all where not given."
    )
    intents: list[str] | None = Field(default=None, description="For which intents; for all where not given.")
    times: Factor = Field(default=1.0, description='Multiplies the expected journeys, e.g. "x3"; 0 lets nobody come.')
    add: NonNegativeFloat = Field(default=0.0, description="Journeys per interval and intent, added after that.")


class Demand(Model):
    """How many new journeys begin."""

    volume: NonNegativeFloat = Field(default=1.0, description="Multiplies every intent's demand; 1.1 is 10 % more.")
    forecast: str | None = Field(
        default=None,
        description="CSV file beside the scenario, a row per interval: its time of day, and a column for each intent.",
    )
    days: list[Factor] = Field(
        default_factory=list,
        description="A factor for each day; they begin again after the last, so that 7 of them make a week.",
    )
    events: list[Event] = Field(default_factory=list, description="Campaigns, spikes, outages.")
    busyness: Busyness | None = Field(default=None, description="How much whole days differ from the forecast.")
    intervals: IntervalNoise | None = Field(default=None, description="How much intervals differ from the forecast.")


class Recorded(Model):
    """Arrivals as they were recorded, in order."""

    times: list[float] = Field(description="Seconds from midnight of the first day.")
    segments: list[str] | None = Field(default=None, description="Of each; drawn by their shares if absent.")


class Replayed(Model):
    """The recorded arrivals come again, on every replication the same.

    A CSV file beside the scenario with a row for each: `time` is its time of day; a column `day` counts from 1, and a
    column `segment` says who it was.
    """

    replay: Annotated[
        Recorded, WithJsonSchema({"type": ["string", "object"], "description": "CSV: time, and maybe day and segment."})
    ] = Field(description="Name of the CSV file, relative to the scenario.")


class State(Model):
    """A mood of the outside world."""

    rate: Factor = Field(description="Multiplies the expected journeys while it lasts.")
    mean: Duration = Field(description="Of its exponential duration.")


class States(Model):
    """States that follow one another in order, over and over."""

    states: list[State] = Field(min_length=2, max_length=100, description="At least two.")

    @model_validator(mode="after")
    def _last(self) -> States:
        if any(state.mean < 1 for state in self.states):
            raise ValueError('a state must last 1 s on average at least; give a mean such as "5 min"')
        return self


class MarkovBursts(Model):
    """A Poisson process whose rate jumps (Markov-modulated), from its stationary state on.

    The mean of the rates, weighted by how long their states last, is what the forecast is multiplied with in the long
    run.
    """

    bursts: States = Field(description="The states.")


def _pattern(value: Any) -> str:
    """Return which of the ways to say it was chosen; a misspelt key counts as the one it begins like."""
    keys = value if isinstance(value, dict) else vars(value) if isinstance(value, Model) else {}
    if isinstance(value, str) or not keys:
        return "name"
    return "replay" if any(str(key).startswith("r") for key in keys) else "bursts"


Arrivals = Annotated[
    Annotated[Literal["poisson", "fixed", "scheduled"], Tag("name")]
    | Annotated[Replayed, Tag("replay")]
    | Annotated[MarkovBursts, Tag("bursts")],
    Discriminator(_pattern),
]
