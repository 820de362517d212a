"""Steps of a journey: what a planner may say about each kind."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, Tag

from sim.channels import channels
from sim.core.model import Model
from sim.core.units import Share, TimeOfDay
from sim.scenario.fields import Condition, LawField, Name, Routes, RoutesField, Target, nothing

__all__ = ["Assisted", "Deferred", "Notification", "Outbound", "Pause", "SelfService", "Step", "step_kind"]


def _gives_up() -> dict[str, float]:
    return {"gave_up": 1.0}


class SelfService(Model):
    """A step that needs no agent."""

    channel: str
    about: str = ""
    time: LawField = Field(description="How long it takes.")
    next: RoutesField
    if_blocked: RoutesField = Field(default_factory=_gives_up, description="All lines are busy.")
    if_failed: RoutesField = Field(default_factory=_gives_up, description="The endpoint behind it failed.")


class Deferred(Model):
    """A step whose work waits for an agent while the customer is elsewhere."""

    channel: str
    about: str = ""
    queue: Name
    talk: LawField = Field(description="How long an agent works on it.")
    wrap_up: LawField = Field(default_factory=nothing, description="After-contact work.")
    next: RoutesField
    if_closed: RoutesField = Field(default_factory=_gives_up, description="The queue is not open, or closes.")
    if_blocked: RoutesField = Field(default_factory=_gives_up, description="The queue or all lines are full.")


class Impatience(Model):
    """What multiplies the patience of some customers."""

    when: Condition = Condition()
    times: NonNegativeFloat


class Assisted(Deferred):
    """A step with an agent, for whom the customer waits."""

    hold: LawField = Field(default_factory=nothing, description="Time on hold within the service.")
    patience: LawField | None = Field(default=None, description="How long a customer waits before giving up.")
    impatience: list[Impatience] = Field(
        default_factory=list, description="Factors on the patience; the first that holds applies."
    )
    disconnect: Share = Field(default=0.0, description="Services that break off, anywhere in their time.")
    transfer: dict[Target, Literal["warm", "conference"]] = Field(
        default_factory=dict,
        description="Next steps for which this agent waits with the customer: warm until the next has answered, "
        "conference until the next has finished.",
    )
    handover: LawField = Field(default_factory=nothing, description="Time that both agents take in a warm transfer.")
    if_abandoned: RoutesField = Field(default_factory=_gives_up, description="The patience ran out.")
    if_balked: RoutesField = Field(default_factory=_gives_up, description="The customer left on seeing the queue.")
    if_failed: RoutesField = Field(
        default_factory=_gives_up, description="The service broke off, or a callback did not reach the customer."
    )


class Notification(Model):
    """A message to a customer who is away."""

    after: LawField = Field(description="Sent so long after the pause began, when that is not over by then.")
    reach: Share = Field(default=1.0, description="Customers who react; for the others the pause goes on.")
    to: Routes = Field(description="Where those who react go: a step brings it forward, an outcome prevents it.")


class Pause(Model):
    """The customer is away."""

    channel: Literal["pause"]
    about: str = ""
    time: LawField = Field(description="How long.")
    resume_at: TimeOfDay | None = Field(
        default=None, description="First wait for the next such time of day, then `time`."
    )
    notify: Notification | None = Field(default=None, description="A message that may end the pause.")
    next: RoutesField


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

    channel: str
    about: str = ""
    time: LawField = Field(description="From dialing until it is known whether somebody answers.")
    reach: Share = Field(description="Calls that are answered.")
    dialer: Dialer
    next: RoutesField
    if_failed: RoutesField = Field(default_factory=_gives_up, description="Nobody answered.")


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
