"""Schema of queues, lines and agents."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    Tag,
    model_validator,
)

from sim.core.model import Model
from sim.core.units import DAY, MINUTE, Duration, Hours, Share
from sim.scenario.fields import (
    ABOUT,
    MOST_COUNT,
    TITLE,
    Count,
    Days,
    HoursByDay,
    Name,
    PerInterval,
    RoutingField,
    Title,
)
from sim.scenario.law_fields import LawField
from sim.scenario.short_forms import AlsoShort

__all__ = [
    "UNLIMITED",
    "Activity",
    "Agents",
    "Announcement",
    "Band",
    "Lines",
    "Queue",
    "Serving",
    "Shift",
    "Stage",
    "WaitingRoom",
]

UNLIMITED = "unlimited"


def _staff_form(value: object) -> str:
    return "unlimited" if value == UNLIMITED else "headcounts"


StaffField = Annotated[
    Annotated[Literal["unlimited"], Tag("unlimited")] | Annotated[PerInterval, Tag("headcounts")],
    Discriminator(_staff_form),
]
"""Headcounts, or as many agents as are needed."""


class ServiceLevel(Model):
    """Target share of contacts, and the time within which to answer them."""

    target: Share = Field(default=0.8, description="Share of contacts to answer in time.")
    within: Duration = Field(default=20.0, description="Acceptable waiting time; the limit counts as in time.")


class Band(Model):
    """Balking probability from a queue length and an announced wait upwards; the last band that holds applies."""

    waiting: Count = Field(default=0, description="Holds if at least this many contacts already wait")
    wait: Duration = Field(default=0.0, description="and the announced wait is at least this long.")
    probability: Share = Field(description="Share of customers who leave at once.")


def _bands(value: object) -> object:
    return value if isinstance(value, list) else [{"probability": value}]


class Announcement(Model):
    """Effect of an announced wait on patience; the last entry that holds applies."""

    wait: Duration = Field(default=0.0, description="Holds if the announced wait is at least this long.")
    times: NonNegativeFloat = Field(description="Multiplies the patience.")


class Callback(Model):
    """Virtual hold: the customer hangs up, keeps the place in the queue, and is called at their turn.

    A customer who accepts does not lose patience, and still counts as a waiting contact: in the `capacity` of the queue
    and in its waiting room. A callback that does not reach the customer costs the agent the ring
    time. Where the channel has trunk lines, the call back takes one, and is made only when one is free; until then the
    agent takes whoever comes next.
    """

    wait: Duration = Field(
        default=2 * MINUTE,
        description="Offered if the announced wait is at least this long; if `waiting` alone is written, 0 s.",
    )
    waiting: Count = Field(default=0, description="Offered if at least this many contacts already wait.")
    accept: Share = Field(default=0.5, description="Share of customers who accept.")
    reach: Share = Field(
        default=1.0, description="Share of customers who answer the callback; the others follow `if_failed`."
    )
    order: Literal["in_turn", "last"] = Field(
        default="in_turn",
        description="Customers are called back at their turn (`in_turn`), or when nobody else waits in the queue "
        "(`last`).",
    )
    talk: LawField | None = Field(default=None, description="Talk time of callbacks; that of the step if left out.")

    @model_validator(mode="before")
    @classmethod
    def _by_length(cls, value: object) -> object:
        if isinstance(value, dict) and "waiting" in value and "wait" not in value:
            return {**value, "wait": 0.0}
        return value


class Stage(Model):
    """A group that may serve a queue, and the conditions for it."""

    group: Name = Field(description="A group of agents who serve the queue.")
    after: Duration = Field(default=0.0, description="Only contacts that have waited at least this long (overflow).")
    idle: Count = Field(default=0, description="Only while more than this many of its agents are idle.")
    waiting: Count = Field(default=0, description="Only while at least this many contacts wait.")


def _stage(value: object) -> object:
    return {"group": value} if isinstance(value, str) else value


class Queue(Model):
    """A queue in which contacts wait for agents."""

    title: Title = Field(default="", description=TITLE)
    about: str = Field(default="", description=ABOUT)
    hours: HoursByDay = Field(
        default=(0.0, DAY),
        description="Opening hours, the same every day or by day; contacts at other times are turned away "
        "(`if_closed`).",
    )
    closing: Literal["serve", "clear"] = Field(
        default="serve",
        description="At closing time, waiting contacts are served (`serve`), or turned away to `if_closed` (`clear`).",
    )
    service_level: ServiceLevel = Field(default=ServiceLevel(), description="Service level to reach.")
    short_abandon: Duration = Field(
        default=0.0, description="Abandonments before this wait are short abandons, which count separately."
    )
    agents: list[Annotated[Stage, BeforeValidator(_stage)]] | None = Field(
        default=None,
        description="Groups that serve it, first choice first: names or stages. If left out: all groups that serve it, "
        "in their order.",
    )
    capacity: int | None = Field(
        default=None,
        ge=0,
        le=MOST_COUNT,
        description="Maximum number of waiting contacts, those who wait for a callback included; further contacts are "
        "blocked (`if_blocked`).",
    )
    balk_first: bool = Field(
        default=False,
        description="Whether customers decide to leave (`balk`) before they learn that the queue is full: then those "
        "who balk are not blocked.",
    )
    longest_wait: Duration | None = Field(
        default=None,
        description="Longest time in the queue; whoever has waited as long leaves it for voicemail, another queue ... "
        "(`if_timed_out`). Waiting for a callback has no limit. If left out, nobody is sent away.",
    )
    weight: PositiveFloat = Field(default=1.0, description="Weight per second waited, for the routing `weighted_wait`.")
    head_start: Duration = Field(
        default=0.0,
        description="Counts as waited, in addition, when an agent who is free chooses among queues; for nothing else.",
    )
    routing: RoutingField | None = Field(
        default=None,
        description="Policy by which its contacts choose among groups with free agents; the scenario's if left out. "
        "Agents who are free choose among queues by the scenario's.",
    )
    ring: Duration = Field(
        default=0.0,
        description="Time from the choice of an agent to the answer. A customer whose patience ends before the answer"
        " gives up while it rings; an answer in the very instant in which it ends, to the microsecond, is in time.",
    )
    balk: Annotated[list[Band], BeforeValidator(_bands)] = Field(
        default_factory=list,
        description="Share of customers who leave at once (`if_balked`) if they would have to wait, or bands of it.",
    )
    announce: list[Announcement] = Field(
        default_factory=list,
        description="Effect of the announced wait on patience; the wait of the contact answered last is announced.",
    )
    callback: Callback | None = Field(default=None, description="Virtual hold; no callbacks if left out.")


class WaitingRoom(Model):
    """A waiting room that queues share."""

    queues: list[Name] = Field(min_length=1, description="Queues whose contacts wait in it.")
    capacity: Count = Field(
        description="Maximum number of contacts that wait in all these queues, those who wait for a callback included; "
        "further ones are blocked (`if_blocked`)."
    )


class Lines(Model):
    """Trunk lines, which limit the number of customers in these channels.

    A dialer's call takes a line of the step to which whoever answers goes on, from the first ring. It is made only when
    one is free, and whoever answers keeps it. Nobody holds one while on the dialer's list.
    """

    title: Title = Field(default="", description=TITLE)
    channels: list[Name] = Field(
        min_length=1, description="Channels whose customers hold a line while they are in them."
    )
    capacity: PositiveInt = Field(
        le=MOST_COUNT, description="Number of lines; a customer who finds none free is blocked (`if_blocked`)."
    )


class Serving(Model):
    """Settings of a group for one of its queues."""

    rank: NonNegativeFloat = Field(default=0.0, description="Rank 0 is served first; queues of equal rank share.")
    aht: PositiveFloat = Field(
        default=1.0,
        description="Multiplies the handling time, which is talk, hold and after-call work: 1.2 is slower, 0.9 faster.",
    )
    takes: PositiveInt = Field(default=1, description="Slots of the agent (`at_once`) that a contact takes.")
    interrupts: bool = Field(
        default=False, description="Contacts may interrupt e-mail and back-office work of a less urgent rank."
    )


def _serving(value: object) -> object:
    """Expand the short forms: a name is the only queue, a list is in order of rank, a number is a rank."""
    if isinstance(value, str):
        return {value: {}}
    if isinstance(value, list):
        return {name: {"rank": rank} for rank, name in enumerate(value) if isinstance(name, str)}
    if isinstance(value, dict):
        return {
            name: serving if isinstance(serving, dict | Serving) else {"rank": serving}
            for name, serving in value.items()
        }
    return value


class Activity(Model):
    """An activity off the queue during a shift: break, lunch, meeting, training."""

    kind: Literal["break", "lunch", "meeting", "training"] = Field(default="break", description="Type of the activity.")
    hours: Hours = Field(description="Start and end.")
    paid: bool | None = Field(
        default=None,
        description="Whether it is paid; if left out, breaks, meetings and training are, and lunch is not.",
    )

    @property
    def is_paid(self) -> bool:
        """Whether it is paid."""
        return self.kind != "lunch" if self.paid is None else self.paid


def _somebody(value: object) -> object:
    """Refuse shifts of nobody, which an override may leave."""
    if isinstance(value, int | float) and value < 1:
        count = value if isinstance(value, int) else f"{value:g}"  # a whole number may be too large for a float
        raise ValueError(f"{count} agents are none: a shift has 1 or more; give so many, or remove it in the file")
    return value


class Shift(Model):
    """A number of agents with the same hours."""

    agents: Annotated[PositiveInt, BeforeValidator(_somebody)] = Field(description="Number of agents.")
    hours: Hours = Field(
        description="Start and end; agents finish a contact in service after it (overtime). A night (22:00-06:00) is "
        "of the day on which it begins; that of the evening before the first day is there when the run begins."
    )
    off: list[Activity] = Field(
        default_factory=list, description="Activities off the queue, within the shift; no two at a time."
    )
    days: Days | None = Field(
        default=None, description="Days: numbers from 1, or selectors such as `mon-fri`; all days if left out."
    )


class Break(Model):
    """A break right after a contact."""

    probability: Share = Field(description="Share of contacts after which the agent takes one.")
    time: LawField = Field(description="Length of the break.")


class Fatigue(Model):
    """Slowdown of agents after a long busy period."""

    above: Share = Field(description="Agents with a higher recent occupancy are tired.")
    times: PositiveFloat = Field(
        description="Multiplies the handling time, after-call work included, of contacts that tired agents begin."
    )
    over: Duration = Field(
        default=60 * MINUTE, description="Time constant of the recent occupancy (exponential smoothing)."
    )


class Paid(Model):
    """Kinds of time away from the queue that are paid."""

    shrinkage: bool = Field(default=True, description="Whether agents who are not available (`shrinkage`) are paid.")
    absence: bool = Field(default=True, description="Whether absent agents are paid for their shift.")
    lateness: bool = Field(default=True, description="Whether agents are paid for the time by which they are late.")


class Agents(Model):
    """A group of agents with the same skills."""

    title: Title = Field(default="", description=TITLE)
    about: str = Field(default="", description=ABOUT)
    serves: Annotated[dict[Name, Serving], BeforeValidator(_serving)] = Field(
        description="Queues, most urgent first; or a rank for each queue; or settings for each queue: rank, aht, "
        "takes, interrupts."
    )
    staff: StaffField | None = Field(
        default=None,
        description="Agents scheduled in each interval; less the `shrinkage`, they are on duty. Or `unlimited`: there "
        "is always an agent, so nobody waits for one; without duty, occupancy, pay or cost.",
    )
    shifts: Annotated[list[Shift], AlsoShort({"type": "string", "examples": ["shifts.yaml"]})] = Field(
        default_factory=list,
        description="Instead of `staff`: shifts of individual agents; or a YAML file with a list for each group.",
    )
    shrinkage: Share = Field(
        default=0.0,
        description="Share of the scheduled agents (`staff`) who are not available.",
    )
    rounding: Literal["half_up", "spread"] = Field(
        default="half_up",
        description="Fractions of agents on duty: `half_up` rounds them (4.5 is 5). `spread` keeps them: of 3.5 "
        "agents, the fourth is on duty in the first half of the interval; so `staff` may have fractions (FTE).",
    )
    absence: Share = Field(default=0.0, description="Probability that an agent is absent on the day of a shift.")
    lateness: LawField | None = Field(
        default=None, description="Delay with which an agent starts each part of a shift."
    )
    at_once: PositiveInt | None = Field(
        default=None, le=50, description="Contacts that an agent handles at once; the channels' default if left out."
    )
    slower: list[PositiveFloat] | Share = Field(
        default=0.0,
        description="Slowdown of each contact, after-call work included, for each further one that the agent has; or "
        "a list of factors on the handling time for 1, 2, 3 ... at once.",
    )
    assign: Literal["least_loaded", "fill_up"] = Field(
        default="least_loaded",
        description="A contact goes to the agent with the fewest contacts (`least_loaded`) or the most (`fill_up`).",
    )
    speed_cv: Share = Field(default=0.0, description="Differences between agents: sd of their lognormal AHT factors.")
    breaks: Break | None = Field(default=None, description="Breaks right after a contact, while on duty.")
    fatigue: Fatigue | None = Field(default=None, description="Slowdown after a long busy period.")
    cost: NonNegativeFloat = Field(default=0.0, description="Cost per paid agent-hour, in your currency.")
    paid: Paid = Field(default=Paid(), description="Kinds of time away from the queue that are paid.")
    overtime_factor: NonNegativeFloat = Field(
        default=1.0, description="Multiplies the cost of overtime: 1.5 is time and a half, 0 is unpaid overtime."
    )
    leaving: Literal["first_free", "own"] = Field(
        default="first_free",
        description="Who leaves when `staff` falls: the idle, then whoever finishes a contact first (`first_free`); or"
        " the idle, then the busy agents with the lowest numbers, who finish their own contacts while the others go on"
        " (`own`). Agents on shifts finish their own contacts.",
    )
    stay_until_empty: bool = Field(
        default=False,
        description="When the last agents of the group go off duty, they stay until nobody waits in its queues.",
    )

    @property
    def is_unlimited(self) -> bool:
        """Whether there is always an agent."""
        return self.staff == UNLIMITED
