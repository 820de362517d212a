"""Trunk lines: a customer holds one of those of their step, and no others; calls to customers wait for a free one."""

from __future__ import annotations

from math import inf

from sim.engine.plan import Plan
from sim.engine.reference.visit import Customer, Visit

__all__ = ["Lines"]


class Lines:
    """The lines that are free, and the groups that call back on them."""

    __slots__ = ("_free", "_line_of_step", "called_back_by")

    def __init__(self, plan: Plan) -> None:
        self._free: list[int] = plan.lines.tolist()
        self._line_of_step: list[int] = plan.step_lines.tolist()
        self.called_back_by = [_groups_that_call_back(plan, line) for line in range(len(self._free))]

    def is_free(self, line: int) -> bool:
        """Return whether a line is free, or none is needed."""
        return line < 0 or self._free[line] > 0

    def take_line(self, customer: Customer, line: int) -> bool:
        """Let a customer hold the lines of their step and no others; return whether one was free."""
        free = self._free
        if customer.line >= 0:
            free[customer.line] += 1
            customer.line = -1
        if line < 0:
            return True
        if not free[line]:
            return False
        free[line] -= 1
        customer.line = line
        return True

    def take_for_call_back(self, contact: Visit) -> None:
        """Let a customer who is called back hold a line of their step, which is free."""
        if contact.called_back is not None:
            self.take_line(contact.called_back, self._line_of_step[contact.step])

    def can_be_taken(self, contact: Visit) -> bool:
        """Return whether an agent could take a contact of a queue: it did not give up, and a call back has a line."""
        if contact.turn is None:
            return contact.work is not None
        return contact.called_back is None or self.is_free(self._line_of_step[contact.step])


def _groups_that_call_back(plan: Plan, line: int) -> list[int]:
    """Return the groups of the queues that offer callbacks to customers who hold one of some lines."""
    steps = range(len(plan.steps))
    queues = {int(plan.step_queue[step]) for step in steps if plan.step_lines[step] == line} - {-1}
    return sorted(
        {
            int(plan.queue_groups[row])
            for queue in queues
            if plan.queueing.callback[queue, 0] < inf
            for row in range(plan.queue_groups_ptr[queue], plan.queue_groups_ptr[queue + 1])
        }
    )
