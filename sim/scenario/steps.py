"""Steps of a journey: what a planner may say about each kind."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    Tag,
    WithJsonSchema,
)

from sim.channels import channels
from sim.core.model import Model
from sim.core.units import DAY, Share, parse_time_of_day
from sim.scenario.fields import ABOUT, Condition, LawField, Name, Routes, RoutesField, Target, nothing

__all__ = ["Assisted", "Deferred", "Notification", "Outbound", "Pause", "SelfService", "Step", "step_kind"]

CHANNEL = "Its channel, which makes it a step of this kind."
NEXT = "Where it leads when it is over."


def _gives_up() -> dict[str, float]:
    return {"gave_up": 1.0}


class SelfService(Model):
    """A step that needs no agent."""

    channel: str = Field(description=CHANNEL)
    about: str = Field(default="", description=ABOUT)
    time: LawField = Field(description="How long it takes.")
    next: RoutesField = Field(description=NEXT)
    if_blocked: RoutesField = Field(
        default_factory=_gives_up, description="Where customers go who find all lines of the channel busy."
    )
    if_failed: RoutesField = Field(
        default_factory=_gives_up, description="Where they go when the endpoint fails (`orchestration.error_rate`)."
    )


class Deferred(Model):
    """A step whose work waits for an agent while the customer is elsewhere."""

    channel: str = Field(description=CHANNEL)
    about: str = Field(default="", description=ABOUT)
    queue: Name = Field(description="In which it waits; some group of agents serves it.")
    talk: LawField = Field(description="How long an agent works on it.")
    wrap_up: LawField = Field(
        default_factory=nothing, description="After-contact work: it holds the agent, and the customer has gone on."
    )
    next: RoutesField = Field(description=NEXT)
    if_closed: RoutesField = Field(
        default_factory=_gives_up,
        description="Where customers go who find the queue closed, or are turned away at its end.",
    )
    if_blocked: RoutesField = Field(
        default_factory=_gives_up, description="Where they go when the queue, or all lines of the channel, are full."
    )


class Impatience(Model):
    """What multiplies the patience of some customers."""

    when: Condition = Field(default=Condition(), description="For whom.")
    times: NonNegativeFloat = Field(description="Multiplies the patience.")


class Assisted(Deferred):
    """A step with an agent, for whom the customer waits."""

    hold: LawField = Field(default_factory=nothing, description="Time on hold within the service, beside `talk`.")
    patience: LawField | None = Field(
        default=None, description="How long a customer waits before giving up; without it nobody gives up."
    )
    impatience: list[Impatience] = Field(
        default_factory=list, description="Factors on the patience; the first that holds applies."
    )
    disconnect: Share = Field(default=0.0, description="Share of services that break off, anywhere in their time.")
    transfer: dict[Target, Literal["warm", "conference"]] = Field(
        default_factory=dict,
        description="Next steps for which this agent waits with the customer: warm until the next has answered, "
        "conference until the next has finished.",
    )
    handover: LawField = Field(default_factory=nothing, description="Time that both agents take in a warm transfer.")
    if_abandoned: RoutesField = Field(
        default_factory=_gives_up, description="Where they go when the patience runs out."
    )
    if_balked: RoutesField = Field(
        default_factory=_gives_up,
        description="Where they go who leave at once instead of waiting (the queue's `balk`).",
    )
    if_failed: RoutesField = Field(
        default_factory=_gives_up,
        description="Where they go when the service breaks off, or a callback does not reach them.",
    )


class Notification(Model):
    """A message to a customer who is away."""

    after: LawField = Field(description="Sent so long after the pause began, when that is not over by then.")
    reach: Share = Field(default=1.0, description="Share of customers who react; for the others the pause goes on.")
    to: Routes = Field(description="Where those who react go: a step brings it forward, an outcome prevents it.")


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
    """The customer is away."""

    channel: Literal["pause"] = Field(description=CHANNEL)
    about: str = Field(default="", description=ABOUT)
    time: LawField = Field(description="How long the customer is away.")
    resume_at: ResumeAt | None = Field(
        default=None,
        description='First wait for the next such time of day, or for that of the "next day", then for `time`.',
    )
    notify: Notification | None = Field(default=None, description="A message that may end the pause.")
    next: RoutesField = Field(description="Where the customer comes back to.")


class Dialer(Model):
    """When the customers on a list are called."""

    group: Name = Field(description="The agents for whom it dials.")
    keep_idle: NonNegativeInt = Field(default=0, description="So many of them are left for whoever calls in.")
    per_idle: PositiveFloat = Field(default=1.0, description="Calls under way for each further idle agent.")


class Outbound(Model):
    """The customer is on a list, and is called when agents are idle; whoever is reached goes on to a step with one.

    With `per_idle` above 1, more may be reached than agents are idle: those find nobody, and wait as patiently as the
    step that they go on to says.
    """

    channel: str = Field(description=CHANNEL)
    about: str = Field(default="", description=ABOUT)
    time: LawField = Field(description="From dialing until it is known whether somebody answers.")
    reach: Share = Field(description="Share of calls that are answered.")
    dialer: Dialer = Field(description="When the customers on the list are called.")
    next: RoutesField = Field(description="Where those go who answered: a step with an agent of the group.")
    if_failed: RoutesField = Field(default_factory=_gives_up, description="Where those go who did not answer.")


def step_kind(value: Any) -> str | None:
    """Return which kind of step a channel makes, for pydantic's choice among the step models.

    Parameters
    ----------
    value
        A step as read, or as a model.

    Returns
    -------
    str or None
        ``"assisted"`` ...; None where there is no such channel.
    """
    name = value.get("channel") if isinstance(value, dict) else getattr(value, "channel", None)
    channel = channels().get(name) if isinstance(name, str) else None
    return channel.kind.name.lower() if channel else None


Step = Annotated[
    Annotated[SelfService, Tag("self_service")]
    | Annotated[Assisted, Tag("assisted")]
    | Annotated[Deferred, Tag("deferred")]
    | Annotated[Pause, Tag("pause")]
    | Annotated[Outbound, Tag("dialed")],
    Discriminator(step_kind),
]
