"""The scenario's schema: what a planner may write. Every field is data; nothing is code."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    NonNegativeFloat,
    PositiveInt,
    StringConstraints,
    Tag,
)

from sim.channels import channels
from sim.core.draws import MAX_SEED
from sim.core.model import Model
from sim.core.units import DAY, HOUR, Duration, Hours, Share, TimeOfDay, parse_share
from sim.distributions import Law, laws
from sim.routing import policies
from sim.scenario.demand import Arrivals, Demand, Factor

__all__ = [
    "Agents",
    "Assisted",
    "Column",
    "Deferred",
    "Demand",
    "Intent",
    "Objective",
    "Pause",
    "PerInterval",
    "Queue",
    "Run",
    "Scenario",
    "SelfService",
    "Step",
    "step_kind",
]


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


def _law(value: object) -> object:
    """Take a bare duration for the law that always gives it."""
    return {"law": "fixed", "value": value} if isinstance(value, str | int | float) else value


def _nothing() -> Law:
    return laws()["fixed"].model_validate({"law": "fixed", "value": 0.0})


if TYPE_CHECKING:
    LawField = Law
else:
    LawField = Annotated[
        Annotated[Union[tuple(laws().values())], Field(discriminator="law")],  # noqa: UP007 - found at run time
        BeforeValidator(_law),
    ]


class Column(Model):
    """A column of a CSV file beside the scenario: one row per interval, the first column its time of day."""

    file: str = Field(description="Name of the CSV file, relative to the scenario.")
    column: str | None = Field(default=None, description="Column; its owner's name where not given.")


def _column(value: object) -> object:
    """Take a bare file name for the column of its owner's name in that file."""
    return {"file": value} if isinstance(value, str) else value


def _how_given(value: object) -> str:
    """Return which of the ways to give one number per interval was chosen."""
    if isinstance(value, list):
        return "list"
    return "column" if isinstance(value, str | dict | Column) else "number"


PerInterval = Annotated[
    Annotated[NonNegativeFloat, Tag("number")]
    | Annotated[list[NonNegativeFloat], Tag("list")]
    | Annotated[Column, BeforeValidator(_column), Tag("column")],
    Discriminator(_how_given),
]


class Run(Model):
    """When and how often."""

    hours: Hours = Field(default=(0.0, DAY), description="New journeys begin within these hours.")
    days: PositiveInt = Field(
        default=1, le=3660, description="Days in a row, each with the same forecast and staffing."
    )
    interval: Duration = Field(default=HOUR / 2, description="Reporting interval; the CSV files' rows are as long.")
    drain: Duration = Field(default=2 * DAY, description="How long after the last arrival to go on at most.")
    replications: PositiveInt = Field(default=20, le=100_000, description="Independent repetitions.")
    seed: int = Field(default=1, ge=0, le=MAX_SEED, description="Same seed, same customers.")


class Segment(Model):
    """A kind of customer."""

    share: Share
    about: str = ""


class ServiceLevel(Model):
    """Which share is to be answered within which time."""

    target: Share = 0.8
    within: Duration = 20.0


class Queue(Model):
    """Where contacts wait for an agent."""

    about: str = ""
    hours: Hours = Field(default=(0.0, DAY), description="Contacts outside are turned away (if_closed).")
    service_level: ServiceLevel = ServiceLevel()
    short_abandon: Duration = Field(default=0.0, description="Abandonments sooner than this are counted apart.")
    agents: list[Name] | None = Field(default=None, description="Groups, first choice first; else as they are listed.")


class Agents(Model):
    """A group of agents with the same skills."""

    about: str = ""
    serves: list[Name] | dict[Name, NonNegativeFloat] = Field(
        description="Queues, most urgent first; or queue to rank, where equal ranks share and 0 is served first."
    )
    staff: PerInterval = Field(description="Agents on duty: a number, one per interval, or a CSV column.")
    at_once: PositiveInt | None = Field(default=None, le=50, description="Contacts an agent holds at once.")
    cost: NonNegativeFloat = Field(default=0.0, description="Per agent and hour on duty.")
    stay_until_empty: bool = Field(
        default=False, description="After the last interval its staff stays until everybody has been served."
    )


def _routes(value: object) -> object:
    """Spell out the short forms: a bare name takes everybody, "rest" takes what the others leave."""
    if isinstance(value, str):
        return {value: 1.0}
    if not isinstance(value, dict) or not value:
        raise ValueError(f'{value!r} leads nowhere; give a step or an outcome, or several with shares such as "35 %"')
    left = [name for name, share in value.items() if share == "rest"]
    if len(left) > 1:
        raise ValueError(f'only one may take the "rest"; found it for {" and ".join(map(str, left))}')
    shares = {name: parse_share(share) for name, share in value.items() if share != "rest"}
    total = math.fsum(shares.values())
    if left and total <= 1 + _ROUNDING:
        return {name: shares.get(name, max(0.0, 1 - total)) for name in value}
    if abs(total - 1) > _ROUNDING:
        hint = "" if total > 1 else '; give the missing ones, or let one take the "rest"'
        raise ValueError(f"the shares add up to {100 * total:.6g} %, not 100 %{hint}")
    return shares


_ROUNDING = 1e-9
Routes = Annotated[
    dict[Name, Share],
    BeforeValidator(_routes),
    Field(description='Next step or outcome (resolved, unresolved, gave_up) to its share, or "rest"; together 100 %.'),
]


class SelfService(Model):
    """A step that needs no agent."""

    channel: str
    about: str = ""
    time: LawField = Field(description="How long it takes.")
    next: Routes


class Deferred(Model):
    """A step whose work waits for an agent while the customer is elsewhere."""

    channel: str
    about: str = ""
    queue: Name
    talk: LawField = Field(description="How long an agent works on it.")
    wrap_up: LawField = Field(default_factory=_nothing, description="After-contact work.")
    next: Routes
    if_closed: Routes = Field(default_factory=lambda: {"gave_up": 1.0})


class Assisted(Deferred):
    """A step with an agent, for whom the customer waits."""

    hold: LawField = Field(default_factory=_nothing, description="Time on hold within the service.")
    patience: LawField | None = Field(default=None, description="How long a customer waits before giving up.")
    if_abandoned: Routes = Field(default_factory=lambda: {"gave_up": 1.0})


class Pause(Model):
    """The customer is away."""

    channel: Literal["pause"]
    about: str = ""
    time: LawField = Field(description="How long.")
    resume_at: TimeOfDay | None = Field(
        default=None, description="First wait for the next such time of day, then `time`."
    )
    next: Routes


def step_kind(value: Any) -> str | None:
    """Return which kind of step a channel makes, for pydantic's choice among the step models."""
    name = value.get("channel") if isinstance(value, dict) else getattr(value, "channel", None)
    channel = channels().get(name) if isinstance(name, str) else None
    return channel.kind.name.lower() if channel else None


Step = Annotated[
    Annotated[SelfService, Tag("self_service")]
    | Annotated[Assisted, Tag("assisted")]
    | Annotated[Deferred, Tag("deferred")]
    | Annotated[Pause, Tag("pause")],
    Discriminator(step_kind),
]


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
    agents: dict[Name, Agents] = Field(default_factory=dict)
    intents: dict[Name, Intent] = Field(min_length=1)
    repeat_window: Duration = Field(default=7 * DAY, description="Another contact within it: not resolved at first.")
    effort: Effort = Effort()
    objectives: Objectives = Objectives()
