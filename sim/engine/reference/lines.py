"""Trunk lines: a customer holds those of their step, and no others."""

from __future__ import annotations

from sim.engine.plan import Plan
from sim.engine.reference.visit import Customer

__all__ = ["Lines"]


class Lines:
    """The lines that are free."""

    __slots__ = ("_free",)

    def __init__(self, plan: Plan) -> None:
        self._free: list[int] = plan.lines.tolist()

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
