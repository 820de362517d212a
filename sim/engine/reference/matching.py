"""Matching: who takes whom, by the state of queues and agents and by the routing policy."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from routing import FreeAgent, WaitingContact, by_position
from sim.core.draws import Purpose, uniform
from sim.engine.log import NAN
from sim.engine.plan import Offer, Plan
from sim.engine.policy import policy_of
from sim.engine.reference.clock import Clock
from sim.engine.reference.crew import Crew
from sim.engine.reference.lines import Lines
from sim.engine.reference.visit import Visit
from sim.numerics.time_grid import at_least

__all__ = ["Matching", "Stage"]


class Stage:
    """A group to which a queue may turn, and when."""

    __slots__ = (
        *("after", "aht", "group", "idle", "interrupts", "interrupts_at_once"),
        *("places", "position", "rank", "unconditional", "waiting"),
    )

    def __init__(self, plan: Plan, queue: int, row: int) -> None:
        self.group = int(plan.queue_groups[row])
        self.position = float(row - plan.queue_groups_ptr[queue])
        self.after = float(plan.queueing.after[row])
        self.idle = int(plan.queueing.idle[row])
        self.waiting = int(plan.queueing.waiting[row])
        self.unconditional = self.after == 0 and self.idle == 0 and self.waiting == 0
        serving = int(plan.queue_serving[row])
        self.rank = float(plan.group_ranks[serving])
        self.aht = float(plan.crews.aht[serving])
        self.places = int(plan.crews.takes[serving])
        self.interrupts = bool(plan.crews.interrupts[serving])
        self.interrupts_at_once = self.interrupts and self.after == 0 and self.idle == 0 and self.waiting <= 1


class Matching:
    """Chooses a contact for free agents, and agents for a contact that has just come."""

    def __init__(
        self,
        clock: Clock,
        plan: Plan,
        seed: int,
        replication: int,
        crews: list[Crew],
        queues: list[deque[Visit]],
        waiting: list[int],
        lines: Lines,
    ) -> None:
        self._clock, self._seed, self._replication = clock, seed, replication
        self._crews, self._queues, self._waiting, self._lines = crews, queues, waiting, lines
        self._policy = policy_of(plan.routing)
        self._policy_of = [policy_of(name or plan.routing) for name in plan.queue_routing]
        self._weight = plan.queueing.weight.tolist()
        self._head_start = plan.queueing.head_start.tolist()
        self._calls_back_last = plan.queueing.callback_last.tolist()
        self._streams = plan.step_stream.tolist()
        self.stages = [
            [Stage(plan, queue, row) for row in range(a, b)]
            for queue, (a, b) in enumerate(pairwise(plan.queue_groups_ptr.tolist()))
        ]
        self.simple = [all(stage.unconditional and not stage.interrupts for stage in stages) for stages in self.stages]
        self.queues_of = [
            [(queue, stage) for queue in _row(plan.group_queues_ptr, plan.group_queues, group)
             for stage in self.stages[queue] if stage.group == group]
            for group in range(len(plan.groups))
        ]  # fmt: skip

    def pick_contact(self, group: int) -> tuple[Visit, Stage] | None:
        """Return the contact that a group takes next, and through which stage; drop those ahead that gave up."""
        crew, best, lowest = self._crews[group], None, inf
        for queue, stage in self.queues_of[group]:
            waiting = self._queues[queue]
            while waiting and waiting[0].turn is None and waiting[0].work is None:
                waiting.popleft()  # gave up meanwhile
            contact = waiting[0] if waiting else None
            if contact is not None and (contact.callback or self._calls_back_last[queue]):
                contact = self._first_to_take(queue, waiting)
            if contact is not None and self._may_take(stage, crew, queue, contact):
                waited = self._clock.now - contact.began + self._head_start[queue]
                score = self._policy.contact_score(WaitingContact(stage.rank, waited, self._weight[queue]))
                if score < lowest:
                    best, lowest = (contact, stage), score
        return best

    def first_waiting(self, queue: int) -> Visit | None:
        """Return the first contact of a queue that waits for its first agent and can be taken, None if none is."""
        if not self._waiting[queue]:
            return None
        return self._first_to_take(queue, [contact for contact in self._queues[queue] if contact.turn is not None])

    def _first_to_take(self, queue: int, contacts: Iterable[Visit]) -> Visit | None:
        """Return the first of the contacts in a queue that can be taken; call backs may be last."""
        candidates = [contact for contact in contacts if self._lines.can_be_taken(contact)]
        if self._calls_back_last[queue]:
            candidates.sort(key=lambda contact: contact.callback == Offer.ACCEPTED)  # stable
        return candidates[0] if candidates else None

    def _may_take(self, stage: Stage, crew: Crew, queue: int, contact: Visit) -> bool:
        """Return whether a group may take the first contact of a queue."""
        if not crew.is_free(stage.places):
            return False
        return stage.unconditional or (crew.idle() > stage.idle and self.is_due(stage, queue, contact))

    def is_due(self, stage: Stage, queue: int, contact: Visit) -> bool:
        """Return whether a queue may turn to a group by now, for a contact in it."""
        return self._waiting[queue] >= stage.waiting and self._clock.now >= at_least(contact.began + stage.after)

    def best_stage(self, contact: Visit) -> Stage | None:
        """Return the stage whose group shall take a contact that has just come; None if no agent may."""
        best, lowest, policy = None, inf, self._policy_of[contact.queue]
        for stage in self.stages[contact.queue]:
            crew = self._crews[stage.group]
            if not crew.is_free(stage.places) or (not stage.unconditional and not self._may_receive(stage, crew)):
                continue
            if policy.agent_score is by_position:
                return stage
            chance, free = (self._chance(contact, stage), crew.free(stage.places)) if policy.by_chance else (NAN, NAN)
            idle = self._clock.now - crew.idle_since(stage.places)
            agent = FreeAgent(stage.position, stage.rank, idle, crew.busy_share(), stage.aht, chance, free)
            points = policy.agent_score(agent)
            if points < lowest:
                best, lowest = stage, points
        return best

    def _chance(self, contact: Visit, stage: Stage) -> float:
        choice = contact.visit * 64 + int(stage.position)
        return uniform(self._seed, self._replication, self._streams[contact.step], contact.key, choice, Purpose.CHOICE)

    def _may_receive(self, stage: Stage, crew: Crew) -> bool:
        return stage.after == 0 and stage.waiting <= 1 and crew.idle() > stage.idle


def _row(ptr: NDArray[np.int32], values: NDArray[np.int32], row: int) -> list[int]:
    return values[ptr[row] : ptr[row + 1]].tolist()  # type: ignore[no-any-return]
