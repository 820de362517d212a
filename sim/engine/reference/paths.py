"""Paths through the journey graph: conditions, shares, and the factor on a customer's patience."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise
from math import inf

from sim.core.draws import Purpose, uniform
from sim.core.time_of_day import is_within
from sim.engine.effort import effort
from sim.engine.plan import EXITS, Plan, Result
from sim.engine.plan_tables import Cases
from sim.engine.reference.clock import Clock
from sim.engine.reference.visit import Customer, Visit

__all__ = ["Paths"]

Test = Callable[[Visit, Customer], bool]
Choice = Callable[[Visit], int]


class Paths:
    """The journey graph as functions."""

    def __init__(self, clock: Clock, plan: Plan, seed: int, replication: int) -> None:
        self._plan, self._seed, self._replication = plan, seed, replication
        tests = _tests(clock, plan, plan.routes.cases)
        self._choices = [self._choices_of(row, tests) for row in range(len(plan.steps) * EXITS)]
        factors = list(zip(_tests(clock, plan, plan.impatience), plan.impatience_factor.tolist(), strict=True))
        self._factors: list[list[tuple[Test | None, float]]] = [
            factors[a:b] for a, b in pairwise(plan.impatience_ptr.tolist())
        ]
        self._of_segment: list[float] = plan.segment_patience.tolist()

    def next_step(self, visit: Visit, customer: Customer) -> int:
        """Return the next step, or -1 - Outcome."""
        for test, choice in self._choices[EXITS * visit.step + visit.result]:
            if test is None or test(visit, customer):
                return choice(visit)
        raise AssertionError("the last case holds always")

    def patience_factor(self, visit: Visit, customer: Customer) -> float:
        """Return what multiplies a customer's patience."""
        factor = self._of_segment[customer.segment]
        for test, times in self._factors[visit.step]:
            if test is None or test(visit, customer):
                return factor * times
        return factor

    def _choices_of(self, row: int, tests: list[Test | None]) -> list[tuple[Test | None, Choice]]:
        cases = range(self._plan.routes.ptr[row], self._plan.routes.ptr[row + 1])
        return [(tests[case], self._choice(case, row)) for case in cases]

    def _choice(self, case: int, row: int) -> Choice:
        routes, seed, replication = self._plan.routes, self._seed, self._replication
        rows = slice(routes.case_ptr[case], routes.case_ptr[case + 1])
        targets: list[int] = routes.next[rows].tolist()
        shares: list[float] = routes.share[rows].tolist()
        stream = int(self._plan.step_stream[row // EXITS])
        purpose = int(Purpose.NOTIFIED if row % EXITS == Result.NOTIFIED else Purpose.ROUTE)
        if len(targets) == 1:
            only = targets[0]
            return lambda _visit: only
        return lambda visit: targets[
            bisect_left(shares, uniform(seed, replication, stream, visit.key, visit.earlier, purpose))
        ]


def _tests(clock: Clock, plan: Plan, cases: Cases) -> list[Test | None]:
    return [_test(clock, plan, cases, case) for case in range(len(cases.context))]


def _test(clock: Clock, plan: Plan, cases: Cases, case: int) -> Test | None:
    """Return the test of a case; None if it always holds."""
    everybody = 2**64 - 1
    segments, channels = int(cases.segments[case]), int(cases.channels[case])
    attempt, waited, points = cases.attempt[case].tolist(), cases.waited[case].tolist(), cases.effort[case].tolist()
    context, hours, days = int(cases.context[case]), cases.time[case].tolist(), int(cases.days[case])
    anything = [-inf, inf]
    if (
        segments == channels == everybody
        and attempt == waited == points == hours == anything
        and context < 0
        and days < 0
    ):
        return None
    weights: list[float] = plan.effort.tolist()

    def holds(visit: Visit, customer: Customer) -> bool:
        return (
            bool(segments >> customer.segment & 1)
            and bool(channels >> (customer.came_from if customer.came_from >= 0 else 63) & 1)
            and attempt[0] <= visit.earlier + 1 < attempt[1]
            and waited[0] <= customer.waited < waited[1]
            and (points == anything or points[0] <= _effort(customer, weights) < points[1])
            and context in (-1, customer.kept)
            and (hours == anything or is_within(clock.time_of_day(), *hours))
            and (days < 0 or clock.on_day(days) != 0)
        )

    return holds


def _effort(customer: Customer, weights: list[float]) -> float:
    return effort(
        weights,
        weights[0] * ((customer.waited - customer.elsewhere) / 60.0),
        max(customer.contacts - 1, 0),
        customer.switches,
        customer.abandonments,
        customer.repeats,
    )
