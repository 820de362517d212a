"""The plan: a scenario as flat arrays, which is all that an engine reads.

Times are seconds from the run's start (midnight of the first day). Every name is an index into a tuple of names;
-1 means "none". Ragged tables are in compressed-sparse-row form: rows ``ptr[i]`` to ``ptr[i + 1]`` belong to ``i``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sim.channels import Kind
from sim.distributions import LawTable
from sim.population import Demand, Variation

__all__ = ["OUTCOMES", "Kind", "Outcome", "Plan", "Result"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
U4 = NDArray[np.uint32]


class Result(IntEnum):
    """How a touchpoint ended."""

    PASSED = 0  # self-service or a pause is over
    HANDLED = 1  # an agent finished with the customer
    ABANDONED = 2  # the customer's patience ran out in the queue
    CLOSED = 3  # the queue was not open
    INSIDE = 4  # not over when the run ended


class Outcome(IntEnum):
    """How a journey ended; stored as ``-1 - outcome`` where a next step would stand."""

    RESOLVED = 0
    UNRESOLVED = 1
    GAVE_UP = 2
    INSIDE = 3  # not over when the run ended


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
    end: float  # whoever is still inside at this instant stays inside

    # demand
    volume: F8  # [I, N] expected new journeys of each intent in each interval
    segment_share: F8  # [M] cumulative
    entry_ptr: I4  # [I + 1] first steps of each intent
    entry_step: I4
    entry_share: F8  # cumulative within the intent

    # steps
    step_intent: I4  # [S]
    step_channel: I4  # [S]
    step_kind: I4  # [S] Kind
    step_queue: I4  # [S]
    step_stream: U4  # [S] key of the step's draws, from its name
    step_time: I4  # [S] law of the time in self-service, of the pause, or of the talk
    step_hold: I4  # [S] law
    step_wrap: I4  # [S] law of after-call work
    step_patience: I4  # [S] law, -1 = never gives up
    step_resume: F8  # [S] time of day (s) before which a pause does not end; NaN = any time
    route_ptr: I4  # [S * 4 + 1] row step * 4 + Result
    route_next: I4  # next step, or -1 - Outcome
    route_share: F8  # cumulative within the row
    laws: LawTable

    # channels
    channel_kind: I4  # [C] Kind

    # queues
    queue_open: F8  # [Q, 2] seconds after midnight, open from and until (may be 0, 86400)
    queue_within: F8  # [Q] acceptable waiting time of the service level, seconds
    queue_target: F8  # [Q] wanted service level, 0 to 1
    queue_groups_ptr: I4  # [Q + 1] groups that serve the queue, first choice first
    queue_groups: I4

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
    effort: F8  # [4] points per minute waited, further contact, channel switch, abandonment

    routing: str = "priority"  # name of the policy
    variation: Variation = field(default_factory=Variation)  # how what comes differs from `volume`

    def demand(self) -> Demand:
        """Return who is expected, from which populations are drawn."""
        return Demand(
            self.intents,
            self.origin,
            self.interval,
            self.volume,
            self.segment_share,
            self.entry_ptr,
            self.entry_step,
            self.entry_share,
            self.variation,
        )
