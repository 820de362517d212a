"""The plan: a scenario as flat arrays, which is all that an engine reads.

Times are elapsed seconds since midnight of the first day; no engine knows dates or days. Every name is an index into a
tuple of names; -1 means "none". Ragged tables are in compressed-sparse-row form: rows ``ptr[i]`` to
``ptr[i + 1]`` belong to ``i``. Arrays that belong together stand in `sim.engine.plan_tables`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.channels import Kind
from sim.core.calendar import Calendar
from sim.core.own_code import OwnCode
from sim.core.time_of_day import ClockChanges
from sim.core.units import counted, spell
from sim.distributions import LawTable
from sim.engine.plan_tables import Cases, Crews, DayLaws, Dialers, Feelings, Pay, Queueing, Routes, Shifts, StepProcess
from sim.population import CarriedOver, Demand, EntryCases, Variation, in_intervals
from sim.population.stretches import Stretches, no_stretches

__all__ = [
    "EXITS",
    "MAX_VISITS",
    "OUTCOMES",
    "Kind",
    "Offer",
    "Outcome",
    "Plan",
    "Result",
    "Stay",
]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
U4 = NDArray[np.uint32]


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
    day_values: I4  # [rows, days until the end] what holds on each day by the calendar

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

    def too_many_agents(self, group: int) -> str:
        """Return what to say when an unlimited group needs more agents than there may be."""
        most = int(self.crews.unlimited[group])
        return f"agents.{self.groups[group]}: more than {most:,} agents would be busy at once; give less demand or time"

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
            self.day_values,
        )
