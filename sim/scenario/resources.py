"""Queues, lines and agents: what a planner may say about them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from sim.core.model import Model
from sim.core.units import DAY, MINUTE, Duration, Hours, Share
from sim.scenario.fields import ABOUT, LawField, Name, PerInterval

__all__ = ["Agents", "Lines", "Queue", "Serving", "Shift", "Stage"]


class ServiceLevel(Model):
    """Which share is to be answered within which time."""

    target: Share = Field(default=0.8, description="This share of the contacts is to be answered in time.")
    within: Duration = Field(default=20.0, description="In time is within this, the limit included.")


class Band(Model):
    """A share of customers, from a certain state of the queue on; the last band that holds applies."""

    waiting: NonNegativeInt = Field(default=0, description="Holds where at least so many wait already,")
    wait: Duration = Field(default=0.0, description="and the announced wait is at least this.")
    probability: Share = Field(description="Share of customers who then leave at once.")


def _bands(value: object) -> object:
    return value if isinstance(value, list) else [{"probability": value}]


class Announcement(Model):
    """How an announced wait changes the patience; the last that holds applies."""

    wait: Duration = Field(default=0.0, description="Holds where the announced wait is at least this.")
    times: NonNegativeFloat = Field(description="Multiplies the patience.")


class Callback(Model):
    """Virtual hold: the customer hangs up, keeps the place in the queue, and is called at their turn.

    Who accepts loses no patience; who is not reached has taken the agent's ring time.
    """

    wait: Duration = Field(default=2 * MINUTE, description="Offered when the announced wait is at least this.")
    accept: Share = Field(default=0.5, description="Share of customers who take the offer.")
    reach: Share = Field(default=1.0, description="Share who answer when called; the others go on by `if_failed`.")


class Stage(Model):
    """A group that a queue may turn to, and from when on."""

    group: Name = Field(description="A group of agents who serve the queue.")
    after: Duration = Field(default=0.0, description="Only contacts that have waited so long (overflow).")
    idle: NonNegativeInt = Field(default=0, description="Only while more than so many of its agents are idle.")
    waiting: NonNegativeInt = Field(default=0, description="Only while at least so many contacts wait.")


def _stage(value: object) -> object:
    return {"group": value} if isinstance(value, str) else value


class Queue(Model):
    """Where contacts wait for an agent."""

    about: str = Field(default="", description=ABOUT)
    hours: Hours = Field(default=(0.0, DAY), description="Contacts outside of them are turned away (`if_closed`).")
    closing: Literal["serve", "clear"] = Field(
        default="serve",
        description="At closing time those who wait are still served by who is there, or turned away (`if_closed`).",
    )
    service_level: ServiceLevel = Field(
        default=ServiceLevel(), description="Which share is to be answered within which time."
    )
    short_abandon: Duration = Field(default=0.0, description="Abandonments sooner than this are counted apart.")
    agents: list[Annotated[Stage, BeforeValidator(_stage)]] | None = Field(
        default=None,
        description="Groups that serve it, first choice first: names, or stages. If not given, all groups that serve "
        "it, in their order.",
    )
    capacity: NonNegativeInt | None = Field(
        default=None, description="So many may wait; more are blocked (`if_blocked`)."
    )
    weight: PositiveFloat = Field(default=1.0, description="Of a second waited, where the routing is `weighted_wait`.")
    ring: Duration = Field(default=0.0, description="Time from the choice of an agent to the answer.")
    balk: Annotated[list[Band], BeforeValidator(_bands)] = Field(
        default_factory=list,
        description="Customers who leave at once (`if_balked`) when they would have to wait: a share, or bands.",
    )
    announce: list[Announcement] = Field(
        default_factory=list,
        description="Who must wait is told the wait of the last who was answered, which changes their patience.",
    )
    callback: Callback | None = Field(default=None, description="Virtual hold; without it none is offered.")


class Lines(Model):
    """Trunk lines: so many customers at once in these channels; more are blocked."""

    channels: list[Name] = Field(min_length=1, description="Whose customers hold a line as long as they are in them.")
    capacity: PositiveInt = Field(
        description="How many lines there are; who finds none free is blocked (`if_blocked`)."
    )


class Serving(Model):
    """How a group serves a queue."""

    rank: NonNegativeFloat = Field(default=0.0, description="0 is served first; equal ranks share.")
    aht: PositiveFloat = Field(default=1.0, description="Multiplies the handling time: 1.2 is slower, 0.9 faster.")
    takes: PositiveInt = Field(default=1, description="Of the agent's `at_once` places, so many for each contact.")
    interrupts: bool = Field(default=False, description="May interrupt e-mail and back office of a worse rank.")


def _serving(value: object) -> object:
    """Spell out the short forms: a name is the only queue, a list is in order of rank, a number is a rank."""
    if isinstance(value, str):
        return {value: {}}
    if isinstance(value, list):
        return {name: {"rank": rank} for rank, name in enumerate(value) if isinstance(name, str)}
    if isinstance(value, dict):
        return {name: it if isinstance(it, dict | Serving) else {"rank": it} for name, it in value.items()}
    return value


class Part(Model):
    """A part of a shift off the queue: break, lunch, meeting, training."""

    kind: Literal["break", "lunch", "meeting", "training"] = Field(default="break", description="What it is for.")
    hours: Hours = Field(description="From when until when.")


class Shift(Model):
    """So many agents with the same hours."""

    agents: PositiveInt = Field(description="How many.")
    hours: Hours = Field(description="From when until when they are paid; a contact in service is finished after it.")
    off: list[Part] = Field(default_factory=list, description="Parts off the queue.")
    days: list[NonNegativeInt] | None = Field(default=None, description="Days of the run, 0 is the first; else all.")


class Break(Model):
    """A break right after a contact."""

    probability: Share = Field(description="Share of contacts after which the agent takes one.")
    time: LawField = Field(description="How long.")


class Fatigue(Model):
    """Agents who were busy for long are slower."""

    above: Share = Field(description="Agents whose recent occupancy is above this are tired.")
    times: PositiveFloat = Field(description="Multiplies the handling time of what they begin.")
    over: Duration = Field(default=60 * MINUTE, description="What recent means: the mean of an exponential memory.")


class Agents(Model):
    """A group of agents with the same skills."""

    about: str = Field(default="", description=ABOUT)
    serves: Annotated[dict[Name, Serving], BeforeValidator(_serving)] = Field(
        description="Queues, most urgent first; or queue to rank, where equal ranks share and 0 is served first; "
        "or queue to rank, aht, takes, interrupts."
    )
    staff: PerInterval | None = Field(default=None, description="Agents on duty in each interval.")
    shifts: list[Shift] = Field(default_factory=list, description="Instead of `staff`: who works when, agent by agent.")
    shrinkage: Share = Field(
        default=0.0, description="Of `staff`, who is not there; the rest is rounded to whole agents."
    )
    absence: Share = Field(default=0.0, description="Probability that an agent on a shift does not come that day.")
    lateness: LawField | None = Field(default=None, description="How late an agent comes to each part of a shift.")
    at_once: PositiveInt | None = Field(
        default=None, le=50, description="Contacts that an agent holds at once; if not given, what the channels allow."
    )
    slower: list[PositiveFloat] | Share = Field(
        default=0.0,
        description="How much slower each contact goes for each further one that the agent holds; or a list of factors "
        "on the time with 1, 2, 3 ... at once.",
    )
    assign: Literal["least_loaded", "fill_up"] = Field(
        default="least_loaded", description="A contact goes to the agent who holds least, or to the one who holds most."
    )
    speed_cv: Share = Field(default=0.0, description="How much agents differ: sd of their lognormal aht factors.")
    breaks: Break | None = Field(default=None, description="Breaks right after a contact.")
    fatigue: Fatigue | None = Field(default=None, description="Slower after a busy time.")
    cost: NonNegativeFloat = Field(default=0.0, description="Per agent and hour on duty, in your currency.")
    stay_until_empty: bool = Field(
        default=False, description="After the last interval its staff stays until everybody has been served."
    )
