"""Schema of demand: expected volumes, their variation, and arrival patterns."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, NonNegativeFloat, Tag, WithJsonSchema, model_validator

from sim.core.model import Model
from sim.core.units import Duration, Hours
from sim.scenario.by_day import ONLY_DAYS, DayKey
from sim.scenario.fields import ABOUT, Days
from sim.scenario.law_fields import LawField
from sim.scenario.variation import Busyness, Factor, ForecastError, IntervalNoise

__all__ = [
    "Arrivals",
    "Demand",
    "Event",
    "MarkovBursts",
    "Recorded",
    "Renewal",
    "Replayed",
]

FactorsByDay = Annotated[
    Annotated[list[Factor], Tag("list")] | Annotated[dict[DayKey, Factor], ONLY_DAYS, Tag("by_day")],
    Discriminator(lambda value: "by_day" if isinstance(value, dict) else "list"),
]


class Event(Model):
    """A campaign, a spike or an outage that changes demand at certain hours.

    An interval (or a shorter time that demand is given for, `demand.per`) that the event covers in part changes in
    proportion.
    """

    name: str = Field(default="", description=ABOUT)
    hours: Hours = Field(description="Start and end.")
    days: Days | None = Field(
        default=None, description="Days: numbers from 1, or selectors such as `sat`; all days if left out."
    )
    intents: list[str] | None = Field(default=None, description="Intents that change; all intents if left out.")
    times: Factor = Field(default=1.0, description='Multiplies the expected journeys, e.g. "x3"; 0 = no journeys.')
    add: NonNegativeFloat = Field(
        default=0.0,
        description="Journeys per interval (or `demand.per`) and intent, added after the multiplication.",
    )


class Demand(Model):
    """Number of new journeys."""

    volume: Factor = Field(default=1.0, description="Multiplies every intent's demand; 1.1 is 10 % more.")
    per: Duration | None = Field(
        default=None,
        description="Time that the numbers of demand are for, such as `1 h`; with it, they keep their meaning when "
        "`run.interval` changes. If left out: `run.interval`. Arrivals follow numbers for times shorter than the "
        "interval; reports add them up.",
    )
    forecast: str | None = Field(
        default=None,
        description="CSV file next to the scenario: a row per interval (or `per`) with its time of day, and a column "
        "per intent.",
    )
    days: FactorsByDay = Field(
        default_factory=list,
        description="A factor per day. A list repeats, so 7 factors are a weekly pattern; by day, such as "
        "`{sat: 60 %, holiday: x0.3}`, days that no selector names have the factor 1.",
    )
    events: list[Event] = Field(default_factory=list, description="Campaigns, spikes, outages.")
    busyness: Busyness | None = Field(default=None, description="Variation of whole days around the forecast.")
    intervals: IntervalNoise | None = Field(default=None, description="Variation of intervals around the forecast.")
    forecast_error: ForecastError | None = Field(
        default=None, description="How far the forecast of whole days or runs may be off."
    )


class Recorded(Model):
    """Recorded arrivals in order of time."""

    times: list[float] = Field(description="Seconds from midnight of the first day.")
    segments: list[str] | None = Field(
        default=None, description="Segment of each arrival; drawn by the shares if left out."
    )


class Replayed(Model):
    """Recorded arrivals, the same in every replication.

    The CSV file next to the scenario has a row per arrival. `time` is the time of day; the optional column `day` counts
    days from 1, or `date` has dates, and the optional column `segment` names the customer's segment. In place of both,
    `time` may have the date, as in `2025-03-24T09:30:15` or, with `run.time_zone`, `2025-03-24T08:30:15Z`.
    """

    replay: Annotated[
        Recorded,
        WithJsonSchema({"type": ["string", "object"], "description": "CSV: time; optional day or date; segment."}),
    ] = Field(description="Name of the CSV file, relative to the scenario.")


class State(Model):
    """One demand level, such as quiet or burst."""

    rate: Factor = Field(description="Multiplies the expected journeys in this state.")
    mean: Duration = Field(description="Mean of its exponential duration.")


class States(Model):
    """Demand levels that follow one another in a cycle."""

    states: list[State] = Field(min_length=2, max_length=100, description="At least two.")

    @model_validator(mode="after")
    def _last(self) -> States:
        if any(state.mean < 1 for state in self.states):
            raise ValueError('a state must last at least 1 s on average; give a mean such as "5 min"')
        return self


class MarkovBursts(Model):
    """Markov-modulated Poisson arrivals: the rate switches between states, beginning in the stationary distribution.

    In the long run, the forecast is multiplied by the mean of the rates, weighted by the mean durations.
    """

    bursts: States = Field(description="The states.")


class Renewal(Model):
    """Times between arrivals follow a law, where those of a Poisson process are exponential.

    The demand stays the rate, also where it changes during the day: of the law, only the shape counts, as `cv: 50 %`
    of a gamma law. The first time begins with the run.
    """

    renewal: LawField = Field(description="Law of the times between arrivals, at a rate that does not change.")

    @model_validator(mode="after")
    def _proceeds(self) -> Renewal:
        if not 0 < self.renewal.mean_value() < math.inf:
            raise ValueError("times between arrivals need a finite mean above 0; give a law such as {law: gamma, ...}")
        return self


def _pattern(value: Any) -> str:
    """Return the tag of the form in use; a misspelt key counts as the one with the same first letter."""
    keys = value if isinstance(value, dict) else vars(value) if isinstance(value, Model) else {}
    if isinstance(value, str) or not keys:
        return "name"
    if any(str(key).startswith("ren") for key in keys):
        return "renewal"
    return "replay" if any(str(key).startswith("r") for key in keys) else "bursts"


Arrivals = Annotated[
    Annotated[Literal["poisson", "fixed", "scheduled"], Tag("name")]
    | Annotated[Replayed, Tag("replay")]
    | Annotated[MarkovBursts, Tag("bursts")]
    | Annotated[Renewal, Tag("renewal")],
    Discriminator(_pattern),
]
