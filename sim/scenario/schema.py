"""Schema of a scenario. Every field is data; none is code."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    WithJsonSchema,
    model_validator,
)

from sim.core.calendar import Calendar, parse_date, parse_time_zone
from sim.core.draws import MAX_SEED
from sim.core.model import Model
from sim.core.units import DAY, HOUR, Duration, Share, counted
from sim.scenario.demand import Arrivals, Demand
from sim.scenario.feelings import Feelings
from sim.scenario.fields import ABOUT, TITLE, HoursByDay, Name, PerInterval, RateField, RoutingField, Title
from sim.scenario.law_fields import LawByTimeField, zero_time
from sim.scenario.now import Now
from sim.scenario.objectives import Objectives
from sim.scenario.resources import Agents, Lines, Queue, WaitingRoom
from sim.scenario.routes import RoutesField
from sim.scenario.steps import Step
from sim.scenario.variation import Factor

__all__ = ["Demand", "FullTime", "Intent", "Orchestration", "Run", "Scenario", "titled_parts"]


Date = Annotated[date, BeforeValidator(parse_date), WithJsonSchema({"type": "string", "format": "date"})]


class Run(Model):
    """Hours, days and replications of a run."""

    hours: HoursByDay = Field(
        default=(0.0, DAY),
        description="Hours of each day in which new journeys begin, the same every day or by day; headcounts apply to "
        "them. On a day that is `closed`, nobody comes, and nobody works but a shift of the evening before until its "
        "end.",
    )
    days: PositiveInt = Field(
        default=1,
        le=3660,
        description="Number of consecutive days; the first is `start`, or a "
        "Monday. At most 50,000 intervals, nights included, and 100 million expected journeys.",
    )
    start: Date | None = Field(
        default=None, description="Date of the first day, such as 2025-03-24; without it, the first day is a Monday."
    )
    time_zone: Annotated[str, BeforeValidator(parse_time_zone)] | None = Field(
        default=None,
        description="Time zone of all times of day, such as Europe/Berlin: with it, days on which the clocks change "
        "have 23 or 25 hours. It needs `start`.",
    )
    interval: Duration = Field(
        default=HOUR / 2,
        description="Length of a reporting interval; staffing has a number for each, and so has demand without "
        "`demand.per`.",
    )
    drain: Duration = Field(
        default=2 * DAY,
        description="Time after the last day's hours in which unfinished journeys go on.",
    )
    warm_up: Duration = Field(
        default=0.0,
        description="Initial period, from the first opening on, whose journeys and contacts do not count: a number of "
        "whole intervals.",
    )
    start_with: dict[str, PositiveInt] = Field(
        default_factory=dict,
        description='Number of customers who begin at the first opening, for each "intent.step"; who waits or is '
        "served at that moment already stands in [`now`](#now).",
    )
    replications: PositiveInt = Field(
        default=20, le=100_000, description="Independent repetitions; more give narrower confidence intervals."
    )
    seed: int = Field(
        default=1, ge=0, le=MAX_SEED, description="Seed of the random numbers; the same seed gives the same customers."
    )

    @model_validator(mode="after")
    def _dated(self) -> Self:
        if self.time_zone is not None and self.start is None:
            raise ValueError(f'time_zone {self.time_zone} has no dates; give "start", the date of the first day')
        after = self.days + self.drain / DAY + 2
        if self.start is not None and self.start.toordinal() + after > date.max.toordinal():
            raise ValueError(f"it goes on after the year {date.max.year}; give an earlier start, or a shorter drain")
        return self


def _holidays(value: object) -> object:
    """Expand the short form, a list of dates without names; null is none."""
    if value is None:
        return {}
    return {str(each): "holiday" for each in value} if isinstance(value, list) else value


Holidays = Annotated[
    dict[Date, str],
    BeforeValidator(_holidays),
    WithJsonSchema(
        {
            "type": ["object", "array", "null"],
            "description": "Names by date, or a list of dates",
            "examples": [{"2025-04-18": "Good Friday"}],
        }
    ),
]


class Segment(Model):
    """A group of similar customers."""

    share: Share = Field(description="Share of all customers; together 100 %.")
    title: Title = Field(default="", description=TITLE)
    about: str = Field(default="", description=ABOUT)
    patience: NonNegativeFloat = Field(default=1.0, description="Multiplies the patience of these customers.")


class Orchestration(Model):
    """Settings of the system that orchestrates the journeys."""

    context: Literal["kept", "lost"] = Field(
        default="kept", description="Whether agents see the history from earlier channels."
    )
    repeat: LawByTimeField = Field(
        default_factory=zero_time,
        description="Time to repeat information, in each contact that comes from another channel when the context is "
        "lost.",
    )
    notifications: bool = Field(default=True, description="Whether notifications during pauses are sent.")
    callbacks: bool = Field(default=True, description="Whether queues offer callbacks.")
    latency: LawByTimeField | None = Field(
        default=None, description="Response time of the endpoint in each self-service step, for example as measured."
    )
    error_rate: Share = Field(default=0.0, description="Share of self-service steps in which the endpoint fails.")


class Intent(Model):
    """A reason to contact the company, and the graph of steps that customers go through."""

    title: Title = Field(default="", description=TITLE)
    about: str = Field(default="", description=ABOUT)
    demand: PerInterval | None = Field(
        default=None,
        description="Expected new journeys per interval (or `demand.per`); not needed with `demand.forecast`, with "
        "recorded arrivals, or where journeys are `endless`.",
    )
    rate: RateField | None = Field(
        default=None,
        description="In place of `demand`, expected new journeys per interval (or `demand.per`) at times of day, such "
        "as `{08:00: 5, 10:30: 40, 18:00: 0}`: between them the rate is a straight line, before the first and after "
        "the last time nobody comes. Or one such mapping by [day](#days).",
    )
    hours: HoursByDay | None = Field(
        default=None,
        description="Hours in which journeys begin, such as `08:10-17:40`, or hours by day. An interval that they cut "
        "has as many of its journeys as they leave of its time. All of the run's hours if left out.",
    )
    growth: Factor = Field(default=1.0, description="Multiplies this intent's demand, in addition to `demand.volume`.")
    endless: bool = Field(
        default=False,
        description="Whether customers begin a new journey, from the start, as soon as one ends here: a closed loop of "
        "customers, or a list to call that never runs out. `run.start_with` says how many there are.",
    )
    arrivals: Arrivals = Field(
        default="poisson",
        description="`poisson`; `fixed`: exactly the expected numbers, at random instants; `scheduled`: evenly spaced; "
        "`{replay: FILE}`: recorded arrivals; `{bursts: ...}`: a rate that switches; "
        "`{renewal: LAW}`: other times between arrivals.",
    )
    start: RoutesField = Field(
        description="First step of the journeys, or several with their shares; or cases by `segment` and `time`."
    )
    steps: dict[Name, Step] = Field(min_length=1, description="Steps by name.")

    @property
    def rate_differs(self) -> bool:
        """Whether the rate differs by day."""
        return self.rate is not None and any(isinstance(points, dict) for points in self.rate.values())


class Effort(Model):
    """Weights of the customer's effort score, in points."""

    per_minute_waited: NonNegativeFloat = Field(default=0.1, description="For each minute in queues.")
    per_further_contact: NonNegativeFloat = Field(default=1.0, description="For each contact after the first.")
    per_channel_switch: NonNegativeFloat = Field(
        default=0.5, description="For each change of channel; pauses do not count."
    )
    per_abandonment: NonNegativeFloat = Field(default=1.0, description="For each time the customer gave up waiting.")
    per_repetition: NonNegativeFloat = Field(
        default=1.0, description="For each contact in which the customer had to repeat information."
    )


class FullTime(Model):
    """Hours of a full-time agent, of which one FTE is made."""

    day: PositiveFloat | None = Field(
        default=None, le=24, description="Hours of a day; if left out, a fifth of those of a week."
    )
    week: PositiveFloat | None = Field(
        default=None, le=168, description="Hours of a week; if left out, those of five days; 40 if both are left out."
    )

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        if isinstance(value, int | float | str):
            raise ValueError(f"{value} may be of a day or of a week; write {{day: 8}}, {{week: 40}} or both")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        day, week = self.hours
        if not day <= min(week, 24) or not week <= 7 * day:
            raise ValueError(f"{week:g} hours a week do not fit {day:g} hours a day; give one to seven times as many")
        return self

    @property
    def hours(self) -> tuple[float, float]:
        """Hours of a day, and of a week."""
        week = self.week or 5 * (self.day or 8.0)
        return self.day or week / 5, week


class Scenario(Model):
    """A company's channels, agents and customers, and their objectives."""

    format: Literal["sojourn/1"] = Field(default="sojourn/1", description="Version of the scenario language.")
    name: str = Field(min_length=1, description="Name in reports.")
    about: str = Field(default="", description=ABOUT)
    run: Run = Field(default=Run(), description="Hours, days and replications.")
    holidays: Holidays = Field(
        default_factory=dict,
        description="Public holidays, for the selector `holiday`: names by date, or a list of dates.",
    )
    now: Now = Field(default=Now(), description="State of the moment at which the run begins: who waits, who is busy.")
    demand: Demand = Field(default=Demand(), description="Number of new journeys.")
    routing: RoutingField = Field(default="priority", description="Routing policy, which matches contacts and agents.")
    segments: dict[Name, Segment] = Field(
        default_factory=lambda: {"everyone": Segment(share=1.0)}, min_length=1, description="Customer segments."
    )
    queues: dict[Name, Queue] = Field(
        default_factory=dict, description="Settings of queues; a queue that is not named has the defaults."
    )
    waiting_rooms: dict[Name, WaitingRoom] = Field(default_factory=dict, description="Waiting rooms that queues share.")
    lines: dict[Name, Lines] = Field(default_factory=dict, description="Trunk lines, if their number is limited.")
    agents: dict[Name, Agents] = Field(default_factory=dict, description="Groups of agents.")
    full_time_hours: FullTime = Field(default=FullTime(), description="Hours of a full-time agent (FTE).")
    intents: dict[Name, Intent] = Field(
        min_length=1, description="Reasons to contact the company, and the journeys that follow."
    )
    orchestration: Orchestration = Field(
        default=Orchestration(), description="Settings of the system that orchestrates the journeys."
    )
    repeat_window: Duration = Field(
        default=7 * DAY,
        description="A contact followed by another one of the journey within this time did not resolve it (FCR).",
    )
    effort: Effort = Field(default=Effort(), description="Weights of the customer's effort score.")
    feelings: Feelings = Field(default=Feelings(), description="Weights of customers' mood and agents' morale.")
    kpis: list[str] = Field(
        default_factory=list, max_length=100, description="[KPIs of one's own](extend.md), by their names."
    )
    kpi_families: list[
        Literal[
            "breaks",
            "busy_agents",
            "dialing",
            "inside_steps",
            "journey_distributions",
            "losses",
            "served_by",
            "waiting",
        ]
    ] = Field(
        default_factory=list,
        description="Further families of [KPIs](kpis.md), which cost time: measured only where they are named here.",
    )
    objectives: Objectives = Field(default=Objectives(), description="Bounds that `sojourn check` applies to a result.")

    @cached_property
    def calendar(self) -> Calendar:
        """Dates, weekdays and clock changes of its days."""
        return Calendar(self.run.start, self.run.time_zone, self.holidays)

    def __repr__(self) -> str:
        """Return the name and the sizes."""
        sizes = (
            counted(len(self.intents), "intent"),
            counted(sum(len(intent.steps) for intent in self.intents.values()), "step"),
            counted(len(self.agents), "agent group"),
            counted(self.run.days, "day"),
        )
        return f"<Scenario: {self.name}, {', '.join(sizes)}>"


def titled_parts(scenario: Scenario) -> list[Any]:
    """Return everything in a scenario that may have a title."""
    steps = [step for intent in scenario.intents.values() for step in intent.steps.values()]
    owners = (scenario.intents, scenario.queues, scenario.agents, scenario.segments, scenario.lines)
    return [*steps, *(owner for each in owners for owner in each.values())]
