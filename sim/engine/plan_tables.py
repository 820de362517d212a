"""Tables of the plan: arrays that belong together; indices and times are as in `sim.engine.plan`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Away",
    "Cases",
    "Crews",
    "DayLaws",
    "Dialers",
    "Feelings",
    "Pay",
    "Queueing",
    "Routes",
    "Shifts",
    "StepProcess",
]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
U8 = NDArray[np.uint64]


class Cases(NamedTuple):
    """Conditions, one per row; a case holds if all its columns do. Ranges are [from, until)."""

    segments: U8  # [K] bit mask
    channels: U8  # [K] bit mask of the channel come from; bit 63 stands for "from nowhere"
    attempt: F8  # [K, 2]
    waited: F8  # [K, 2] seconds in queues so far
    effort: F8  # [K, 2] points so far
    context: I4  # [K] 1 = kept, 0 = lost, -1 = either
    time: F8  # [K, 2] seconds after midnight; the end may be after the next midnight
    days: I4  # [K] row of `Plan.day_values` that holds 1 on its days, -1 = on all days


class Routes(NamedTuple):
    """Next steps: row ``step * EXITS + result`` has cases, and the first case that holds has targets."""

    ptr: I4  # [S * EXITS + 1] cases of each row
    cases: Cases
    case_ptr: I4  # [K + 1] targets of each case
    next: I4  # next step, or -1 - Outcome
    share: F8  # cumulative within the case


class DayLaws(NamedTuple):
    """Laws that differ by the time of day: row d is the law ``-2 - d`` of a step."""

    days: I4  # [D] row of `Plan.day_values` that holds the row for each day, -1 = itself on all days
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
    unlimited: I4  # agents that a group may have whose agents come when they are needed; 0 = a headcount or shifts
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
    reach_days: I4  # [lists] row of `Plan.day_values` that holds the row of reach for each day, -1 = that of the list
    reach_ptr: I4  # [lists + further rows + 1] changes of the probability of an answer
    reach_begin: F8  # seconds after midnight, ascending within the row, the first 0
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
