"""The plan: a scenario as flat arrays, which is all that an engine reads.

Times are elapsed seconds since midnight of the first day; no engine knows dates or days. Every name is an index into a
tuple of names; -1 means "none". Ragged tables are in compressed-sparse-row form: rows ``ptr[i]`` to
``ptr[i + 1]`` belong to ``i``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.channels import Kind
from sim.core.calendar import Calendar
from sim.core.own_code import OwnCode
from sim.core.time_of_day import ClockChanges
from sim.core.units import counted, spell
from sim.distributions import LawTable
from sim.population import CarriedOver, Demand, EntryCases, Variation, in_intervals
from sim.population.stretches import Stretches, no_stretches

__all__ = [
    "EXITS",
    "MAX_VISITS",
    "OUTCOMES",
    "Away",
    "Cases",
    "Crews",
    "DayLaws",
    "Dialers",
    "Feelings",
    "Kind",
    "Offer",
    "Outcome",
    "Pay",
    "Plan",
    "Queueing",
    "Result",
    "Routes",
    "Shifts",
    "Stay",
    "StepProcess",
]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
U4 = NDArray[np.uint32]
U8 = NDArray[np.uint64]


class Result(IntEnum):
    """Result of a touchpoint."""

    PASSED = 0  # self-service or a pause is over
    HANDLED = 1  # an agent finished with the customer
    ABANDONED = 2  # the customer's patience ran out in the queue
    CLOSED = 3  # the queue was not open, or closed
    BLOCKED = 4  # the queue or all lines were full
    BALKED = 5  # the customer left on seeing the queue
    FAILED = 6  # the service broke off, the endpoint failed, or a callback did not reach the customer
    NOTIFIED = 7  # a notification ended the pause
    INSIDE = 8  # not over when the run ended
    TIMED_OUT = 9  # the contact has waited as long as its queue lets one wait


EXITS = len(Result)  # rows of routes of a step, one per result; that of INSIDE leads nowhere
MAX_VISITS = 10_000  # touchpoints of one customer; more means that the journey goes round in circles. Of endless ones
# those of each journey count, and of journeys that take no time those of all together.


class Outcome(IntEnum):
    """Outcome of a journey; stored as ``-1 - outcome`` in place of a next step."""

    RESOLVED = 0
    UNRESOLVED = 1
    GAVE_UP = 2
    INSIDE = 3  # not over when the run ended


class Offer(IntEnum):
    """Answer to the offer of a callback, 0 = none was made, or none of these was given."""

    ACCEPTED = 1
    DECLINED = 2  # by a customer of a queue that offers callbacks by its length; others follow from what was announced


class Stay(IntEnum):
    """Stay of an agent with a customer whom they transfer."""

    WARM = 1  # until the next agent has answered
    CONFERENCE = 2  # until the next agent has finished


OUTCOMES = {"resolved": Outcome.RESOLVED, "unresolved": Outcome.UNRESOLVED, "gave_up": Outcome.GAVE_UP}


class Cases(NamedTuple):
    """Conditions, one per row; a case holds if all its columns do. Ranges are [from, until)."""

    segments: U8  # [K] bit mask
    channels: U8  # [K] bit mask of the channel come from; bit 63 stands for "from nowhere"
    attempt: F8  # [K, 2]
    waited: F8  # [K, 2] seconds in queues so far
    effort: F8  # [K, 2] points so far
    context: I4  # [K] 1 = kept, 0 = lost, -1 = either
    time: F8  # [K, 2] seconds after midnight; the end may be after the next midnight


class Routes(NamedTuple):
    """Next steps: row ``step * EXITS + result`` has cases, and the first case that holds has targets."""

    ptr: I4  # [S * EXITS + 1] cases of each row
    cases: Cases
    case_ptr: I4  # [K + 1] targets of each case
    next: I4  # next step, or -1 - Outcome
    share: F8  # cumulative within the case


class DayLaws(NamedTuple):
    """Laws that differ by the time of day: row d is the law ``-2 - d`` of a step."""

    ptr: I4  # [D + 1] changes of each row
    begin: F8  # seconds after midnight, ascending within the row, the first 0
    law: I4  # from then on


class Queueing(NamedTuple):
    """Rules of queues beyond first come, first served; one row per queue, -1 or infinity = never."""

    capacity: I4  # contacts that may wait
    room: I4  # waiting room that it shares with other queues
    room_capacity: I4  # contacts that may wait in that room
    balks_first: I4  # 1 = customers balk before they find the queue full
    longest_wait: F8  # seconds after which a contact leaves the queue
    clears: I4  # 1 = contacts that wait at closing time are turned away
    weight: F8
    head_start: F8  # seconds
    ring: F8  # seconds
    balk_ptr: I4  # [Q + 1] bands, the last that holds applies
    balk_waiting: I4  # contacts that wait
    balk_wait: F8  # announced
    balk_probability: F8
    announce_ptr: I4  # [Q + 1] bands, the last that holds applies
    announce_wait: F8
    announce_factor: F8
    callback: F8  # [Q, 4] offered from this announced wait on, accepted with, reached with, offered from so many on
    callback_last: I4  # 1 = when nobody else waits
    callback_talk: I4  # law, -1 = that of the step
    announces: I4  # 1 = the announced wait matters to customers who come
    after: F8  # as queue_groups: seconds that a contact must have waited
    idle: I4  # as queue_groups: agents that must stay idle
    waiting: I4  # as queue_groups: contacts that must wait


class Crews(NamedTuple):
    """Rules of groups of agents beyond one contact each at the usual speed; one row per group."""

    fill_up: I4  # 1 = contacts go to the agent who holds most
    slower_ptr: I4  # [G + 1]
    slower: F8  # factor on each contact's time while an agent holds 1, 2, 3 ... contacts
    aht: F8  # as group_queues: factor on the handling time
    takes: I4  # as group_queues: places that a contact takes
    interrupts: I4  # as group_queues: 1 = may interrupt deferred work of a worse rank
    speed_sd: F8  # of the logarithm of agents' own factors
    break_share: F8
    break_law: I4
    fatigue: F8  # [G, 3] from this recent occupancy on, factor, seconds of memory
    leave_own: I4  # 1 = who leaves is chosen when the headcount falls; 0 = whoever finishes first leaves
    stays: I4  # 1 = the last agents on duty stay until nobody waits


class Dialers(NamedTuple):
    """Lists of customers who are called when agents are idle; one row per list."""

    step: I4
    group: I4
    open_ptr: I4  # [lists + 1] spans in which it dials
    open_from: F8  # ascending within the list
    open_until: F8
    when_freed: I4  # 1 = once for each agent who gets free; 0 = as long as agents are idle
    least: I4  # idle agents without whom it does not dial
    keep: I4  # agents left idle
    idle_ptr: I4  # [lists + 1] groups whose idle agents count for both
    idle_groups: I4
    per: F8  # calls under way for each further idle one
    extra: I4  # calls under way in addition, while there is a further idle one
    reach_ptr: I4  # [lists + 1] changes of the probability of an answer
    reach_begin: F8  # seconds after midnight, ascending within the list, the first 0
    reach: F8  # from then on
    line: I4  # lines of which each call takes one, -1 = none

    def in_order(self) -> NDArray[np.intp]:
        """Return the rows in order of group, in which lists have their turn at one instant."""
        return np.argsort(self.group, kind="stable")

    def watched_groups(self, row: int) -> list[int]:
        """Return the groups of which an agent who gets free may let a list be dialed."""
        return sorted({int(self.group[row]), *self.idle_groups[self.idle_ptr[row] : self.idle_ptr[row + 1]].tolist()})


class Feelings(NamedTuple):
    """Weights of mood and morale, as in the scenario; no engine reads them."""

    start: float
    per_minute_waited: float
    per_channel_switch: float
    per_transfer: float
    per_repetition: float
    per_failure: float
    resolved: float
    unresolved: float
    peak: float
    bored_below: float
    strained_above: float
    memory: float  # seconds


class Shifts(NamedTuple):
    """Agents on shifts: parts of the day on the queue, in order of group and agent."""

    group: I4
    agent: I4
    day: I4  # of the run, from 1
    begin: F8  # seconds from midnight of the first day
    until: F8
    absence: F8  # [G] probability that an agent does not come on a day
    late: I4  # [G] law of coming late to a part, -1 = never
    agents_ptr: I4  # [G + 1] agents of the group; of a headcount none
    shift_of: I4  # of each agent, by number: the shift, as listed
    number_in_shift: I4  # draws are by shift and number in it, so that more agents in one shift change no other


class Away(NamedTuple):
    """Paid time away from the queue, one row per span, in order of group: shrinkage, breaks, meetings, training."""

    group: I4
    agent: I4  # on shifts; of a headcount -1 = nobody in particular, -2 = who was on duty for a part of the interval
    day: I4  # of the run, from 1
    begin: F8
    until: F8
    agents: F8  # how many are away


class Pay(NamedTuple):
    """Pay of agents, one row per group; no engine reads it."""

    full_time: tuple[float, float]  # hours of a day, and of a week
    overtime: F8  # factor on the cost of overtime, 0 = not paid
    absence: I4  # 1 = absent agents are paid
    lateness: I4  # 1 = agents are paid for the time by which they are late
    away: Away


class StepProcess(NamedTuple):
    """A step whose story is a process of the user's own."""

    step: int
    name: str  # of the own code
    settings: tuple[tuple[str, Any], ...]
    path: str  # in the scenario


@dataclass(frozen=True, eq=False)
class Plan:
    """A scenario as arrays.

    Sizes: I intents, S steps (over all intents), C channels, Q queues, G agent groups, M segments,
    N intervals in the horizon.
    """

    # names
    intents: tuple[str, ...]
    steps: tuple[str, ...]  # "intent.step"
    channels: tuple[str, ...]
    queues: tuple[str, ...]
    groups: tuple[str, ...]
    segments: tuple[str, ...]

    # time
    origin: float  # seconds from midnight of the first day to the start of the first interval
    interval: float  # seconds per reporting interval
    intervals: int  # N: arrivals end at origin + N * interval
    end: float  # customers who are inside at this instant stay inside
    calendar: Calendar
    clock_changes: ClockChanges
    day_begins: F8  # [days + 1] instants with which the days begin, and the last ends; a night is of its first day
    day_hours: F8  # [days, 2] instants with which the run's hours begin and end
    nights: F8  # [2] when the hours before the first day end, and when those after the last begin; infinite if closed

    # demand
    demand_parts: int  # equal parts of an interval that demand is given for, 1 = the interval
    part_volume: F8  # [I, N * demand_parts] expected new journeys of each intent in each part of an interval
    segment_share: F8  # [M] cumulative
    entry_ptr: I4  # [I + 1] first steps of each intent, if none of `entry_cases` holds
    entry_step: I4
    entry_share: F8  # cumulative within the intent
    entry_cases: EntryCases

    # steps
    step_intent: I4  # [S]
    begins_anew: I4  # [S] first step of the next journey of a customer whose journey ends here, -1 = they leave
    step_channel: I4  # [S]
    step_kind: I4  # [S] Kind
    step_queue: I4  # [S]
    step_stream: U4  # [S] key of the step's draws, from its name
    # a law is a row of `laws`, -1 = none, or -2 - row of `day_laws`
    step_time: I4  # [S] law of the time in self-service, of the pause, or of the talk
    step_hold: I4  # [S] law
    step_wrap: I4  # [S] law of after-call work
    step_patience: I4  # [S] law, -1 = never gives up
    patience_kept: I4  # [S] 1 = a customer has the same at each visit
    resume_ptr: I4  # [S + 1] instants that a pause waits for first; none = it does not
    resume_until: F8  # ascending within the step: the last instant of beginning a pause that waits for `resume_at`
    resume_at: F8
    routes: Routes
    laws: LawTable
    day_laws: DayLaws

    # channels
    channel_kind: I4  # [C] Kind

    # queues
    open_ptr: I4  # [Q + 1] spans in which the queue is open
    open_from: F8  # ascending within the queue
    open_until: F8
    queue_within: F8  # [Q] acceptable waiting time of the service level, seconds
    queue_target: F8  # [Q] wanted service level, 0 to 1
    queue_groups_ptr: I4  # [Q + 1] groups that serve the queue, first choice first
    queue_groups: I4
    queue_serving: I4  # as queue_groups: the queue's row in group_queues

    # agent groups
    group_concurrency: I4  # [G] contacts at once
    group_cost: F8  # [G] per agent and paid hour
    group_queues_ptr: I4  # [G + 1] queues that the group serves, in order of rank
    group_queues: I4
    group_ranks: F8  # 0 is served first
    staff_ptr: I4  # [G + 1] changes of the headcount
    staff_time: F8  # seconds, ascending within the group
    staff_count: I4  # agents on duty from then on

    # measures
    short_abandon: F8  # [Q] seconds: a wait so short that an abandonment does not count, 0 = all count
    repeat_window: float  # seconds within which another contact means that the first one did not resolve it
    effort: F8  # [5] points per minute waited, further contact, channel switch, abandonment, repetition
    feelings: Feelings

    routing: str  # name of the policy
    queue_routing: tuple[str, ...]  # [Q] name of the policy by which its contacts choose agents, "" = `routing`
    variation: Variation  # of the demand around `part_volume`

    # beyond the plain queue
    queueing: Queueing
    crews: Crews
    shifts: Shifts
    pay: Pay
    dialers: Dialers
    line_names: tuple[str, ...]
    lines: I4  # [lines] capacity
    step_lines: I4  # [S] lines that a customer in the step holds, -1 = none; those of dialers begin with the call
    segment_patience: F8  # [M] factor
    impatience_ptr: I4  # [S + 1] cases with a factor on the patience
    impatience: Cases
    impatience_factor: F8
    step_disconnect: F8  # [S] probability
    step_handover: I4  # [S] law
    transfer_ptr: I4  # [S + 1] next steps for which the agent stays
    transfer_step: I4
    transfer_stays: I4  # Stay
    notify: F8  # [S] share that reacts to a notification, NaN = none is sent
    notify_after: I4  # [S] law
    context_kept: bool
    repeat: int  # law of the time to repeat oneself
    latency: int  # law of the endpoint's time in self-service, -1 = none
    error_rate: float
    warm_up: float  # seconds
    start_step: I4  # of each customer who begins at the first opening
    carried_over: CarriedOver = field(default_factory=CarriedOver)  # who was there before the run begins
    kpi_families: tuple[str, ...] = ()  # further ones, measured beside those that always are
    only_kpis: tuple[str, ...] = ()  # names of those that are measured; empty = all
    only_dimensions: tuple[str, ...] = ()  # by which they are measured; empty = all

    # of the user's own
    processes: tuple[StepProcess, ...] = ()
    own_kpis: tuple[str, ...] = ()
    stretches: Stretches = field(default_factory=no_stretches)  # of demand, within parts of intervals
    titles: dict[str, tuple[str, ...]] = field(default_factory=dict)  # of names, by field; empty if none has one
    code: tuple[OwnCode, ...] = ()  # all of it, so that another process loads it

    def __repr__(self) -> str:
        """Return the sizes."""
        sizes = (
            counted(len(self.intents), "intent"),
            counted(len(self.steps), "step"),
            counted(len(self.queues), "queue"),
            counted(len(self.groups), "group"),
            f"{counted(self.intervals, 'interval')} of {spell(self.interval)}",
        )
        return f"<Plan: {', '.join(sizes)}>"

    @cached_property
    def volume(self) -> F8:
        """Expected new journeys of each intent in each interval, [I, N]."""
        return in_intervals(self.part_volume, self.demand_parts)

    @property
    def first_opening(self) -> float:
        """When the hours of the first day that is not closed begin."""
        opens, closes = self.day_hours.T
        return float(opens[opens < closes][0])

    def circle_at(self, step: int) -> str:
        """Return what to say of journeys that make more than `MAX_VISITS` touchpoints, the last one at a step."""
        name = self.steps[step]
        if self.begins_anew[step] < 0:
            return f"{name}: a journey goes round in circles here"
        first = self.steps[self.begins_anew[step]]
        remedy = f"lead customers to a pause before their journey ends, or let {first} take time"
        return f"{name}: a journey goes round in circles here, or endless journeys take no time; {remedy}"

    def target_name(self, number: int, intent: str) -> str:
        """Return a next step, or -1 - Outcome, as routes of an intent name it."""
        if number < 0:
            return next(name for name, outcome in OUTCOMES.items() if -1 - outcome == number)
        owner, _, name = self.steps[number].partition(".")
        return name if owner == intent else self.steps[number]

    def demand(self) -> Demand:
        """Return the expected demand, from which populations are drawn."""
        return Demand(
            self.intents,
            self.origin,
            self.interval / self.demand_parts,
            self.part_volume,
            self.segment_share,
            self.entry_ptr,
            self.entry_step,
            self.entry_share,
            self.variation,
            self.start_step,
            self.step_intent[self.start_step],
            self.demand_parts,
            self.day_begins,
            self.entry_cases,
            self.clock_changes,
            self.stretches,
            self.first_opening,
            self.carried_over,
        )
