"""Schema of the steps of a journey."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    Tag,
    WithJsonSchema,
)

from sim.channels import channels
from sim.core.model import Model
from sim.core.units import DAY, Share, parse_time_of_day
from sim.scenario.fields import ABOUT, TITLE, Count, HoursByDay, Name, ProcessField, ShareByTime, Target, Title
from sim.scenario.law_fields import LawByTimeField, zero_time
from sim.scenario.routes import Condition, Routes, RoutesField

__all__ = ["Assisted", "Deferred", "Notification", "Outbound", "Pause", "SelfService", "Step", "step_kind"]

CHANNEL = "The channel, which determines the type of the step."
NEXT = "Routes after the step."


def _gives_up() -> dict[str, float]:
    return {"gave_up": 1.0}


class SelfService(Model):
    """A step without an agent."""

    channel: str = Field(description=CHANNEL)
    title: Title = Field(default="", description=TITLE)
    about: str = Field(default="", description=ABOUT)
    time: LawByTimeField = Field(description="Duration.")
    process: ProcessField | None = Field(
        default=None,
        description="A [process of one's own](extend.md) in place of the usual story, by its name, or with settings: "
        "`{step: my_package.my_step, share: 20 %}`.",
    )
    next: RoutesField = Field(description=NEXT)
    if_blocked: RoutesField = Field(
        default_factory=_gives_up, description="Routes of customers who find all lines of the channel busy."
    )
    if_failed: RoutesField = Field(
        default_factory=_gives_up, description="Routes if the endpoint fails (`orchestration.error_rate`)."
    )


class Deferred(Model):
    """A step whose work waits for an agent while the customer does not."""

    channel: str = Field(description=CHANNEL)
    title: Title = Field(default="", description=TITLE)
    about: str = Field(default="", description=ABOUT)
    queue: Name = Field(description="Queue of the contacts; at least one group of agents must serve it.")
    talk: LawByTimeField = Field(description="Time that an agent works on it.")
    wrap_up: LawByTimeField = Field(
        default_factory=zero_time, description="After-call work: the agent is busy, the customer has already moved on."
    )
    next: RoutesField = Field(description=NEXT)
    if_closed: RoutesField = Field(
        default_factory=_gives_up,
        description="Routes of customers who find the queue closed, or are turned away at closing time.",
    )
    if_blocked: RoutesField = Field(
        default_factory=_gives_up,
        description="Routes of customers who find the queue or its waiting room full, or all lines busy.",
    )
    if_timed_out: RoutesField = Field(
        default_factory=_gives_up,
        description="Routes of contacts that have waited as long as the queue lets them (its `longest_wait`).",
    )


class Impatience(Model):
    """A factor on the patience of customers who meet a condition."""

    when: Condition = Field(default=Condition(), description="Customers to whom it applies.")
    times: NonNegativeFloat = Field(description="Multiplies the patience.")


class Assisted(Deferred):
    """A step in which the customer waits for an agent."""

    hold: LawByTimeField = Field(default_factory=zero_time, description="Time on hold, in addition to `talk`.")
    patience: LawByTimeField | None = Field(
        default=None,
        description="Wait after which a customer gives up; without it nobody gives up. If an agent gets free in the "
        "very instant in which it ends, to the microsecond, the customer is answered.",
    )
    patience_kept: bool = Field(
        default=False,
        description="Whether customers who come to this step again have the patience of the first time; otherwise it "
        "is drawn anew. Not with patience by time of day.",
    )
    impatience: list[Impatience] = Field(
        default_factory=list, description="Factors on the patience; the first one that holds applies."
    )
    disconnect: Share = Field(default=0.0, description="Share of calls that drop in mid-conversation.")
    transfer: dict[Target, Literal["warm", "conference"]] = Field(
        default_factory=dict,
        description="Next steps for which this agent stays with the customer: `warm` = until the next agent answers, "
        "`conference` = until the next agent finishes. A customer who accepts a callback hangs up; the agent leaves.",
    )
    handover: LawByTimeField = Field(
        default_factory=zero_time, description="Time that both agents spend on a warm transfer."
    )
    process: ProcessField | None = Field(
        default=None,
        description="A [process of one's own](extend.md) in place of the usual story, by its name, or with settings: "
        "`{step: my_package.my_step, share: 20 %}`.",
    )
    if_abandoned: RoutesField = Field(
        default_factory=_gives_up, description="Routes of customers whose patience runs out."
    )
    if_balked: RoutesField = Field(
        default_factory=_gives_up,
        description="Routes of customers who leave at once instead of waiting (the queue's `balk`).",
    )
    if_failed: RoutesField = Field(
        default_factory=_gives_up,
        description="Routes if the call drops, or a callback does not reach the customer.",
    )


class Notification(Model):
    """A message to a customer during a pause."""

    after: LawByTimeField = Field(
        description="Time from the start of the pause to the message; none is sent if the pause ends before."
    )
    reach: Share = Field(default=1.0, description="Share of customers who react; for the others, the pause goes on.")
    to: Routes = Field(
        description="Routes of customers who react: a step brings their return forward, an outcome prevents it."
    )


def _resume_at(value: object) -> object:
    """Read "08:30" or "next day 08:30"; the latter is later than any time of today."""
    if isinstance(value, str) and value.strip().startswith("next day"):
        return DAY + parse_time_of_day(value.strip().removeprefix("next day"))
    if isinstance(value, int | float) and DAY < value <= 2 * DAY:
        return float(value)
    return parse_time_of_day(value)


ResumeAt = Annotated[
    float,
    BeforeValidator(_resume_at),
    WithJsonSchema({"type": ["string", "number"], "description": "A time of day", "examples": ["next day 08:30"]}),
]


class Pause(Model):
    """A time in which the customer is away."""

    channel: Literal["pause"] = Field(description=CHANNEL)
    title: Title = Field(default="", description=TITLE)
    about: str = Field(default="", description=ABOUT)
    time: LawByTimeField = Field(description="Time until the customer comes back.")
    resume_at: ResumeAt | None = Field(
        default=None,
        description='Wait for the next such time of day ("next day 08:30": that of the next day), then for `time`.',
    )
    notify: Notification | None = Field(default=None, description="A message that may end the pause.")
    next: RoutesField = Field(description="Routes of the customer who comes back.")


class Dialer(Model):
    """Rules by which the customers on a list are called."""

    group: Name = Field(description="Group of agents for whom it dials.")
    hours: HoursByDay = Field(
        default=(0.0, DAY),
        description="Hours in which it dials, the same every day or by day; customers who are called when they end "
        "are still called.",
    )
    dials: Literal["while_idle", "when_freed"] = Field(
        default="while_idle",
        description="`while_idle`: as long as agents are idle, so the next customer is called as soon as one does not "
        "answer. `when_freed`: once for each agent who gets free or comes on duty, when `hours` begin, and for a "
        "customer who comes to an empty list.",
    )
    keep_idle: Count = Field(default=0, description="Idle agents to keep free for inbound contacts.")
    min_idle: Count = Field(
        default=0,
        description="Idle agents without whom it does not dial. Unlike those of `keep_idle`, they are called for as "
        "well once there are so many.",
    )
    idle_in: list[Name] = Field(
        default_factory=list,
        description="Groups whose idle agents count for `keep_idle` and `min_idle`; the group for which it dials if "
        "left out. Calls are for idle agents of that group alone.",
    )
    per_idle: PositiveFloat = Field(default=1.0, description="Simultaneous calls for each further idle agent.")
    extra: Count = Field(
        default=0, description="Simultaneous calls in addition, while more agents are idle than are kept."
    )


class Outbound(Model):
    """A list of customers who are called while agents are idle; those who answer go on to an assisted step.

    With `per_idle` above 1, more customers may answer than agents are idle. The others wait, with the patience of the
    assisted step. A list never runs out where the journeys of its intent are `endless` and `run.start_with` puts more
    customers on it than are ever called, or talk, at once.
    """

    channel: str = Field(description=CHANNEL)
    title: Title = Field(default="", description=TITLE)
    about: str = Field(default="", description=ABOUT)
    time: LawByTimeField = Field(description="Time from dialing until somebody answers or the call fails.")
    reach: ShareByTime = Field(description="Share of calls that are answered, by the time at which they are made.")
    dialer: Dialer = Field(description="Rules by which the customers are called.")
    next: RoutesField = Field(description="Routes of customers who answered: a step that the group serves.")
    if_failed: RoutesField = Field(default_factory=_gives_up, description="Routes of customers who did not answer.")


def step_kind(value: Any) -> str | None:
    """Return the step type of a channel, by which pydantic chooses the model; None if there is none."""
    name = value.get("channel") if isinstance(value, dict) else getattr(value, "channel", None)
    channel = channels().get(name) if isinstance(name, str) else None
    return channel.step_kind.name.lower() if channel else None


Step = Annotated[
    Annotated[SelfService, Tag("self_service")]
    | Annotated[Assisted, Tag("assisted")]
    | Annotated[Deferred, Tag("deferred")]
    | Annotated[Pause, Tag("pause")]
    | Annotated[Outbound, Tag("dialed")],
    Discriminator(step_kind),
]
