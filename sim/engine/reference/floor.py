"""The floor: queues of contacts on one side, groups of agents on the other, and the policy that matches them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from sim.core.units import DAY
from sim.engine.log import NAN
from sim.engine.plan import Outcome, Plan, Result
from sim.engine.reference.agents import Group
from sim.engine.reference.clock import Clock
from sim.routing import policies

__all__ = ["Floor", "Visit"]


class Visit:
    """One visit of a customer to a step: a row of the log while it happens."""

    __slots__ = (
        *("customer", "visit", "step", "result", "next", "group", "agent"),
        *("began", "started", "hold", "ended", "freed", "turn"),
    )

    def __init__(self, customer: int, visit: int, step: int, began: float) -> None:
        self.customer = customer
        self.visit = visit
        self.step = step
        self.result: int = Result.INSIDE
        self.next: int = -1 - Outcome.INSIDE
        self.group = self.agent = -1
        self.began = began
        self.started = self.ended = self.freed = NAN
        self.hold = 0.0
        self.turn: Event | None = None  # while it waits


class Floor:
    """Matches contacts and agents, at once whenever it can."""

    def __init__(self, clock: Clock, plan: Plan) -> None:
        self._clock = clock
        self._groups = [Group(int(c)) for c in plan.group_concurrency]
        self._queues: list[deque[Visit]] = [deque() for _ in plan.queues]
        self._hours = plan.queue_open.tolist()
        self._policy = policies()[plan.routing]
        self._groups_of = _rows(plan.queue_groups_ptr, plan.queue_groups)
        queues = _rows(plan.group_queues_ptr, plan.group_queues)
        ranks = plan.group_ranks.tolist()
        starts = plan.group_queues_ptr.tolist()
        self._queues_of = [list(zip(qs, ranks[at:], strict=False)) for qs, at in zip(queues, starts, strict=False)]

    def is_open(self, queue: int) -> bool:
        """Tell whether a queue takes contacts now."""
        opens, closes = self._hours[queue]
        return bool(opens <= self._clock.now % DAY < closes)

    def find_agent(self, contact: Visit, queue: int) -> bool:
        """Give a contact that has just come to a free agent, if there is one."""
        if self._policy.group_score:
            group = self._best_group(self._groups_of[queue], self._policy.group_score)
        else:
            group = next((group for group in self._groups_of[queue] if self._groups[group].is_free()), -1)
        if group < 0:
            return False
        self._give(contact, group)
        return True

    def wait(self, contact: Visit, queue: int) -> Event:
        """Put a contact at the end of a queue; the event happens at its turn, or when it gives up."""
        contact.turn = Event(self._clock)
        self._queues[queue].append(contact)
        return contact.turn

    def give_up(self, contact: Visit) -> None:
        """Let a contact leave its queue; without effect once it is being served."""
        if contact.turn is not None:
            contact.turn.succeed()
            contact.turn = None

    def finish(self, group: int, agent: int) -> None:
        """Let an agent finish one contact, and take the next if somebody waits."""
        self._groups[group].finish(agent, self._clock.now)
        self._serve(group)

    def staff(self, group: int, count: int) -> None:
        """Change the headcount of a group; who comes on duty takes those who wait."""
        self._groups[group].staff(count, self._clock.now)
        self._serve(group)

    def _serve(self, group: int) -> None:
        while self._groups[group].is_free() and (contact := self._next_contact(group)):
            self._give(contact, group)
            turn, contact.turn = contact.turn, None
            if turn is not None:
                turn.succeed()

    def _give(self, contact: Visit, group: int) -> None:
        contact.group = group
        contact.agent = self._groups[group].take()
        contact.started = self._clock.now

    def _next_contact(self, group: int) -> Visit | None:
        best, lowest = None, float("inf")
        for queue, rank in self._queues_of[group]:
            waiting = self._queues[queue]
            while waiting and waiting[0].turn is None:
                waiting.popleft()  # gave up meanwhile
            if waiting:
                score = self._policy.contact_score(rank, self._clock.now - waiting[0].began)
                if score < lowest:
                    best, lowest = waiting, score
        return best.popleft() if best else None

    def _best_group(self, groups: list[int], score: Callable[[float, float], float]) -> int:
        now, best, lowest = self._clock.now, -1, float("inf")
        for place, group in enumerate(groups):
            if self._groups[group].is_free():
                found = score(float(place), now - self._groups[group].idle_since())
                if found < lowest:
                    best, lowest = group, found
        return best


def _rows(ptr: NDArray[np.int32], values: NDArray[np.int32]) -> list[list[int]]:
    flat = values.tolist()
    return [flat[a:b] for a, b in pairwise(ptr.tolist())]
