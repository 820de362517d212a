"""The scenario's schema: what a planner may write. Every field is data; nothing is code."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from sim.core.draws import MAX_SEED
from sim.core.model import Model
from sim.core.units import DAY, HOUR, Duration, Hours, Share
from sim.routing import policies
from sim.scenario.demand import Arrivals, Demand, Factor
from sim.scenario.feelings import Feelings
from sim.scenario.fields import LawField, Name, PerInterval, Routes, nothing
from sim.scenario.floor import Agents, Lines, Queue
from sim.scenario.steps import Step

__all__ = ["Demand", "Intent", "Objective", "Orchestration", "Run", "Scenario"]


class Run(Model):
    """When and how often."""

    hours: Hours = Field(default=(0.0, DAY), description="New journeys begin within these hours.")
    days: PositiveInt = Field(
        default=1, le=3660, description="Days in a row, each with the same forecast and staffing."
    )
    interval: Duration = Field(default=HOUR / 2, description="Reporting interval; the CSV files' rows are as long.")
    drain: Duration = Field(default=2 * DAY, description="How long after the last arrival to go on at most.")
    warm_up: Duration = Field(default=0.0, description="What begins within it at the start is not counted.")
    start_with: dict[str, PositiveInt] = Field(
        default_factory=dict, description='Customers who are there at the start: "intent.step" to how many.'
    )
    replications: PositiveInt = Field(default=20, le=100_000, description="Independent repetitions.")
    seed: int = Field(default=1, ge=0, le=MAX_SEED, description="Same seed, same customers.")


class Segment(Model):
    """A kind of customer."""

    share: Share
    about: str = ""
    patience: NonNegativeFloat = Field(default=1.0, description="Multiplies the patience.")


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

    about: str = ""
    demand: PerInterval | None = Field(
        default=None, description="Expected new journeys: a number per interval, a list, or a CSV column."
    )
    growth: Factor = Field(default=1.0, description="Multiplies this intent's demand, beside demand.volume.")
    arrivals: Arrivals = Field(
        default="poisson",
        description="poisson; fixed: exactly the expected numbers, at random instants; scheduled: evenly spaced; "
        "{replay: FILE}: recorded arrivals; {bursts: ...}: a rate that jumps.",
    )
    start: Routes = Field(description="First step to its share.")
    steps: dict[Name, Step] = Field(min_length=1)


class Effort(Model):
    """Weights of the customer's effort score, in points."""

    per_minute_waited: NonNegativeFloat = 0.1
    per_further_contact: NonNegativeFloat = 1.0
    per_channel_switch: NonNegativeFloat = 0.5
    per_abandonment: NonNegativeFloat = 1.0
    per_repetition: NonNegativeFloat = Field(default=1.0, description="The customer had to repeat themself.")


class Objective(Model):
    """A bound on a simulated KPI."""

    kpi: str
    by: str = "all"
    key: str = ""
    at_least: float | None = None
    at_most: float | None = None


class LoadObjectives(Model):
    """Bounds on a load test."""

    p95: Duration | None = Field(default=None, description="95 % of the requests are answered within, from when due.")
    p99: Duration | None = None
    error_rate: Share | None = Field(default=None, description="Failed requests over all requests.")
    lost: int = Field(default=0, ge=0, description="Acknowledged steps that are not there afterwards.")


class Objectives(Model):
    """What `sojourn check` holds a result to."""

    simulation: list[Objective] = Field(default_factory=list)
    load: LoadObjectives = LoadObjectives()


class Scenario(Model):
    """A company's channels, agents and customers, and what is wanted of them."""

    format: Literal["sojourn/1"] = "sojourn/1"
    name: str = Field(min_length=1)
    about: str = ""
    run: Run = Run()
    demand: Demand = Demand()
    routing: Literal[tuple(policies())] = "priority"  # type: ignore[valid-type]
    segments: dict[Name, Segment] = Field(default_factory=lambda: {"everyone": Segment(share=1.0)}, min_length=1)
    queues: dict[Name, Queue] = Field(
        default_factory=dict, description="Settings of queues; those not named have the defaults."
    )
    lines: dict[Name, Lines] = Field(default_factory=dict, description="Trunk lines.")
    agents: dict[Name, Agents] = Field(default_factory=dict)
    intents: dict[Name, Intent] = Field(min_length=1)
    orchestration: Orchestration = Orchestration()
    repeat_window: Duration = Field(default=7 * DAY, description="Another contact within it: not resolved at first.")
    effort: Effort = Effort()
    feelings: Feelings = Field(default=Feelings(), description="Weights of customers' mood and agents' morale.")
    objectives: Objectives = Objectives()
