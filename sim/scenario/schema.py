"""The scenario's schema: what a planner may write. Every field is data; nothing is code."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from routing import policies
from sim.core.draws import MAX_SEED
from sim.core.model import Model
from sim.core.units import DAY, HOUR, Duration, Hours, Share
from sim.scenario.demand import Arrivals, Demand, Factor
from sim.scenario.feelings import Feelings
from sim.scenario.fields import ABOUT, LawField, Name, PerInterval, Routes, nothing
from sim.scenario.resources import Agents, Lines, Queue
from sim.scenario.steps import Step

__all__ = ["Demand", "Intent", "Objective", "Orchestration", "Run", "Scenario"]


class Run(Model):
    """When and how often."""

    hours: Hours = Field(
        default=(0.0, DAY),
        description="New journeys begin within these hours of each day, and headcounts hold in them.",
    )
    days: PositiveInt = Field(
        default=1, le=3660, description="Days in a row, each with the same forecast and staffing."
    )
    interval: Duration = Field(
        default=HOUR / 2, description="Length of a reporting interval, and of each number of a forecast or a staffing."
    )
    drain: Duration = Field(
        default=2 * DAY,
        description="How long to go on after the hours of the last day, for journeys that are not over.",
    )
    warm_up: Duration = Field(default=0.0, description="What begins within it at the start is not counted.")
    start_with: dict[str, PositiveInt] = Field(
        default_factory=dict, description='Customers who are there at the start: "intent.step" to how many.'
    )
    replications: PositiveInt = Field(
        default=20, le=100_000, description="Independent repetitions; more of them make the intervals narrower."
    )
    seed: int = Field(
        default=1, ge=0, le=MAX_SEED, description="Chooses the random numbers: the same seed, the same customers."
    )


class Segment(Model):
    """A kind of customer."""

    share: Share = Field(description="Of all customers; together 100 %.")
    about: str = Field(default="", description=ABOUT)
    patience: NonNegativeFloat = Field(default=1.0, description="Multiplies the patience of these customers.")


class Orchestration(Model):
    """The switches of whatever orchestrates the journeys."""

    context: Literal["kept", "lost"] = Field(
        default="kept", description="Whether agents see what happened in the channels before."
    )
    repeat: LawField = Field(
        default_factory=nothing,
        description="Time that a customer takes to repeat themself, in each contact that comes from another channel "
        "with the context lost.",
    )
    notifications: bool = Field(default=True, description="Whether the notifications of pauses are sent.")
    callbacks: bool = Field(default=True, description="Whether the queues' callbacks are offered.")
    latency: LawField | None = Field(
        default=None, description="Time that an endpoint takes in each self-service step, e.g. as measured."
    )
    error_rate: Share = Field(default=0.0, description="Self-service steps that fail on the endpoint's side.")


class Intent(Model):
    """Why customers come, and the graph of steps they go through."""

    about: str = Field(default="", description=ABOUT)
    demand: PerInterval | None = Field(
        default=None,
        description="Expected new journeys per interval; not needed with `demand.forecast`, or with recorded arrivals.",
    )
    growth: Factor = Field(default=1.0, description="Multiplies this intent's demand, beside demand.volume.")
    arrivals: Arrivals = Field(
        default="poisson",
        description="`poisson`; `fixed`: exactly the expected numbers, at random instants; `scheduled`: evenly spaced; "
        "`{replay: FILE}`: recorded arrivals; `{bursts: ...}`: a rate that jumps.",
    )
    start: Routes = Field(description="Where journeys begin: the first step, or several with their shares.")
    steps: dict[Name, Step] = Field(min_length=1, description="The steps, by their names.")


class Effort(Model):
    """Weights of the customer's effort score, in points."""

    per_minute_waited: NonNegativeFloat = Field(default=0.1, description="For each minute in queues.")
    per_further_contact: NonNegativeFloat = Field(default=1.0, description="For each contact after the first.")
    per_channel_switch: NonNegativeFloat = Field(default=0.5, description="For each change of channel, pauses aside.")
    per_abandonment: NonNegativeFloat = Field(default=1.0, description="For each time the customer gave up waiting.")
    per_repetition: NonNegativeFloat = Field(
        default=1.0, description="For each contact in which the customer had to repeat themself."
    )


class Objective(Model):
    """A bound on a simulated KPI."""

    kpi: str = Field(description="Its name; all of them are in the list of KPIs.")
    by: str = Field(default="all", description="Which cut of it, such as `queue` or `group`.")
    key: str = Field(default="", description="Which row of the cut, such as the queue's name.")
    at_least: float | None = Field(default=None, description="The KPI must not be below.")
    at_most: float | None = Field(default=None, description="The KPI must not be above.")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("has no bound; give at_least or at_most")
        return self


class LoadObjectives(Model):
    """Bounds on a load test."""

    p95: Duration | None = Field(
        default=None, description="95 % of the requests are answered within it, counted from when they were due."
    )
    p99: Duration | None = Field(default=None, description="99 % of the requests are.")
    error_rate: Share | None = Field(default=None, description="At most this share of requests fails.")
    lost: int = Field(default=0, ge=0, description="At most so many acknowledged steps are not there afterwards.")


class Objectives(Model):
    """What `sojourn check` holds a result to."""

    simulation: list[Objective] = Field(default_factory=list, description="Bounds on KPIs of `sojourn run`.")
    load: LoadObjectives = Field(default=LoadObjectives(), description="Bounds on what `sojourn load` measures.")


class Scenario(Model):
    """A company's channels, agents and customers, and what is wanted of them."""

    format: Literal["sojourn/1"] = Field(default="sojourn/1", description="The version of this language.")
    name: str = Field(min_length=1, description="What reports call it.")
    about: str = Field(default="", description=ABOUT)
    run: Run = Field(default=Run(), description="When and how often.")
    demand: Demand = Field(default=Demand(), description="How many new journeys begin.")
    routing: Literal[tuple(policies())] = Field(  # type: ignore[valid-type]
        default="priority", description="Which contact for which agent, and which agent for which contact."
    )
    segments: dict[Name, Segment] = Field(
        default_factory=lambda: {"everyone": Segment(share=1.0)}, min_length=1, description="Kinds of customers."
    )
    queues: dict[Name, Queue] = Field(
        default_factory=dict, description="Settings of queues; those not named have the defaults."
    )
    lines: dict[Name, Lines] = Field(default_factory=dict, description="Trunk lines, where they are few.")
    agents: dict[Name, Agents] = Field(default_factory=dict, description="Groups of agents.")
    intents: dict[Name, Intent] = Field(min_length=1, description="Why customers come, and what they do then.")
    orchestration: Orchestration = Field(
        default=Orchestration(), description="The switches of whatever orchestrates the journeys."
    )
    repeat_window: Duration = Field(
        default=7 * DAY,
        description="With a further contact of the journey within it, a contact did not settle it (FCR).",
    )
    effort: Effort = Field(default=Effort(), description="Weights of the customer's effort score.")
    feelings: Feelings = Field(default=Feelings(), description="Weights of customers' mood and agents' morale.")
    objectives: Objectives = Field(default=Objectives(), description="What `sojourn check` holds a result to.")
