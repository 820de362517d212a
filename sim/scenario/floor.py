"""Queues, lines and agents: what a planner may say about them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from sim.core.model import Model
from sim.core.units import DAY, MINUTE, Duration, Hours, Share
from sim.scenario.fields import LawField, Name, PerInterval

__all__ = ["Agents", "Lines", "Queue", "Serving", "Shift", "Stage"]


class ServiceLevel(Model):
    """Which share is to be answered within which time."""

    target: Share = 0.8
    within: Duration = 20.0


class Band(Model):
    """A share of customers, from a certain state of the queue on; the last band that holds applies."""

    waiting: NonNegativeInt = Field(default=0, description="At least so many wait.")
    wait: Duration = Field(default=0.0, description="The announced wait is at least this.")
    probability: Share


def _bands(value: object) -> object:
    return value if isinstance(value, list) else [{"probability": value}]


class Announcement(Model):
    """How an announced wait changes the patience; the last band that holds applies."""

    wait: Duration = Field(default=0.0, description="The announced wait is at least this.")
    times: NonNegativeFloat = Field(description="Multiplies the patience.")


class Callback(Model):
    """Virtual hold: the customer hangs up, keeps the place in the queue, and is called at their turn."""

    wait: Duration = Field(default=2 * MINUTE, description="Offered when the announced wait is at least this.")
    accept: Share = 0.5
    reach: Share = Field(default=1.0, description="Customers who answer when called; the others are `if_failed`.")


class Stage(Model):
    """A group that a queue may turn to, and from when on."""

    group: Name
    after: Duration = Field(default=0.0, description="Only contacts that waited so long (overflow).")
    idle: NonNegativeInt = Field(default=0, description="Only while more than so many of its agents are idle.")
    waiting: NonNegativeInt = Field(default=0, description="Only while at least so many contacts wait.")


def _stage(value: object) -> object:
    return {"group": value} if isinstance(value, str) else value


class Queue(Model):
    """Where contacts wait for an agent."""

    about: str = ""
    hours: Hours = Field(default=(0.0, DAY), description="Contacts outside are turned away (if_closed).")
    closing: Literal["serve", "clear"] = Field(
        default="serve", description="At closing time those who wait are still served, or turned away (if_closed)."
    )
    service_level: ServiceLevel = ServiceLevel()
    short_abandon: Duration = Field(default=0.0, description="Abandonments sooner than this are counted apart.")
    agents: list[Annotated[Stage, BeforeValidator(_stage)]] | None = Field(
        default=None, description="Groups, first choice first; else as they are listed."
    )
    capacity: NonNegativeInt | None = Field(default=None, description="So many may wait; more are blocked.")
    weight: PositiveFloat = Field(default=1.0, description="Of a second waited, where the routing asks for it.")
    ring: Duration = Field(default=0.0, description="From the choice of an agent to the answer.")
    balk: Annotated[list[Band], BeforeValidator(_bands)] = Field(
        default_factory=list, description="Customers who leave at once when they would have to wait: a share, or bands."
    )
    announce: list[Announcement] = Field(
        default_factory=list, description="The wait of the last customer answered is announced, and changes patience."
    )
    callback: Callback | None = None


class Lines(Model):
    """Trunk lines: so many customers at once in these channels; more are blocked."""

    channels: list[Name] = Field(min_length=1)
    capacity: PositiveInt


class Serving(Model):
    """How a group serves a queue."""

    rank: NonNegativeFloat = Field(default=0.0, description="0 is served first; equal ranks share.")
    aht: PositiveFloat = Field(default=1.0, description="Multiplies the handling time: 1.2 is slower, 0.9 faster.")
    takes: PositiveInt = Field(default=1, description="Of the agent's `at_once` places, so many for each contact.")
    interrupts: bool = Field(default=False, description="May interrupt e-mail and back office of a worse rank.")


def _serving(value: object) -> object:
    """Spell out the short forms: a list is in order of rank, a number is a rank."""
    if isinstance(value, list):
        return {name: {"rank": rank} for rank, name in enumerate(value) if isinstance(name, str)}
    if isinstance(value, dict):
        return {name: it if isinstance(it, dict | Serving) else {"rank": it} for name, it in value.items()}
    return value


class Part(Model):
    """A part of a shift off the queue: break, lunch, meeting, training."""

    kind: Literal["break", "lunch", "meeting", "training"] = "break"
    hours: Hours


class Shift(Model):
    """So many agents with the same hours."""

    agents: PositiveInt
    hours: Hours
    off: list[Part] = Field(default_factory=list, description="Parts off the queue.")
    days: list[NonNegativeInt] | None = Field(default=None, description="Days of the run, 0 is the first; else all.")


class Break(Model):
    """A break right after a contact."""

    probability: Share
    time: LawField


class Fatigue(Model):
    """Agents who were busy for long are slower."""

    above: Share = Field(description="Recent occupancy from which on it counts.")
    times: PositiveFloat = Field(description="Multiplies the handling time.")
    over: Duration = Field(default=60 * MINUTE, description="What recent means: the mean of an exponential memory.")


class Agents(Model):
    """A group of agents with the same skills."""

    about: str = ""
    serves: Annotated[dict[Name, Serving], BeforeValidator(_serving)] = Field(
        description="Queues, most urgent first; or queue to rank, where equal ranks share and 0 is served first; "
        "or queue to rank, aht, takes, interrupts."
    )
    staff: PerInterval | None = Field(
        default=None, description="Agents on duty: a number, one per interval, or a CSV column."
    )
    shifts: list[Shift] = Field(default_factory=list, description="Instead of `staff`: agents one by one.")
    shrinkage: Share = Field(default=0.0, description="Of the headcount that is not there; rounded to whole agents.")
    absence: Share = Field(default=0.0, description="Shifts whose agent does not come that day.")
    lateness: LawField | None = Field(default=None, description="How late an agent comes to each part of a shift.")
    at_once: PositiveInt | None = Field(default=None, le=50, description="Contacts an agent holds at once.")
    slower: list[PositiveFloat] | Share = Field(
        default=0.0, description="Each contact, for each further one: a share; or factors for 1, 2, 3 ... at once."
    )
    assign: Literal["least_loaded", "fill_up"] = "least_loaded"
    speed_cv: Share = Field(default=0.0, description="How much agents differ: sd of their lognormal aht factors.")
    breaks: Break | None = None
    fatigue: Fatigue | None = None
    cost: NonNegativeFloat = Field(default=0.0, description="Per agent and hour on duty.")
    stay_until_empty: bool = Field(
        default=False, description="After the last interval its staff stays until everybody has been served."
    )
