"""Where a customer goes next: conditions, shares, and the factor on a customer's patience."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise
from math import inf

from sim.core.draws import Purpose, uniform
from sim.engine.plan import EXITS, Cases, Plan, Result
from sim.engine.reference.visit import Customer

__all__ = ["Paths"]

Test = Callable[[Customer, int], bool]  # (customer, how often they were at this step before)
Choice = Callable[[Customer, int], int]


class Paths:
    """The journey graph as functions."""

    def __init__(self, plan: Plan, seed: int, replication: int) -> None:
        self._plan, self._seed, self._replication = plan, seed, replication
        self._tests = _tests(plan, plan.routes.cases)
        self._choices = [self._choice(row) for row in range(len(plan.steps) * EXITS)]
        factors = list(zip(_tests(plan, plan.impatience), plan.impatience_times.tolist(), strict=True))
        self._factors = [factors[a:b] for a, b in pairwise(plan.impatience_ptr.tolist())]
        self._of_segment = plan.segment_patience.tolist()

    def next(self, step: int, result: Result, customer: Customer, times: int) -> int:
        """Return the next step, or -1 - Outcome."""
        return self._choices[EXITS * step + result](customer, times)

    def patience_factor(self, step: int, customer: Customer, times: int) -> float:
        """Return what multiplies a customer's patience."""
        factor = float(self._of_segment[customer.segment])
        for test, by in self._factors[step]:
            if test is None or test(customer, times):
                return factor * float(by)
        return factor

    def _choice(self, row: int) -> Choice:
        cases = range(self._plan.routes.ptr[row], self._plan.routes.ptr[row + 1])
        choices = [(self._tests[case], self._draw(case, row)) for case in cases]
        if len(choices) == 1 and choices[0][0] is None:
            return choices[0][1]

        def choose(customer: Customer, times: int) -> int:
            for test, draw in choices:
                if test is None or test(customer, times):
                    return draw(customer, times)
            raise AssertionError("the last case holds always")

        return choose

    def _draw(self, case: int, row: int) -> Choice:
        routes, seed, replication = self._plan.routes, self._seed, self._replication
        of = slice(routes.case_ptr[case], routes.case_ptr[case + 1])
        targets, shares = routes.next[of].tolist(), routes.share[of].tolist()
        stream = int(self._plan.step_stream[row // EXITS])
        why = int(Purpose.NOTIFIED if row % EXITS == Result.NOTIFIED else Purpose.ROUTE)
        if len(targets) == 1:
            only = targets[0]
            return lambda _customer, _times: only
        return lambda customer, times: targets[
            bisect_left(shares, uniform(seed, replication, stream, customer.key, times, why))
        ]


def _tests(plan: Plan, cases: Cases) -> list[Test | None]:
    return [_test(plan, cases, case) for case in range(len(cases.context))]


def _test(plan: Plan, cases: Cases, case: int) -> Test | None:
    """Return the test of a case; None where it holds always."""
    everybody = 2**64 - 1
    segments, channels = int(cases.segments[case]), int(cases.channels[case])
    attempt, waited, effort = cases.attempt[case].tolist(), cases.waited[case].tolist(), cases.effort[case].tolist()
    context = int(cases.context[case])
    anything = [-inf, inf]
    if segments == channels == everybody and attempt == waited == effort == anything and context < 0:
        return None
    weights = plan.effort.tolist()

    def holds(customer: Customer, times: int) -> bool:
        return (
            bool(segments >> customer.segment & 1)
            and bool(channels >> (customer.came_from if customer.came_from >= 0 else 63) & 1)
            and attempt[0] <= times + 1 < attempt[1]
            and waited[0] <= customer.waited < waited[1]
            and (effort == anything or effort[0] <= _effort(customer, weights) < effort[1])
            and context in (-1, customer.kept)
        )

    return holds


def _effort(customer: Customer, weights: list[float]) -> float:
    minutes, contact, switch, abandonment, repetition = weights
    return (
        minutes * ((customer.waited - customer.elsewhere) / 60.0)
        + contact * max(customer.contacts - 1, 0)
        + switch * customer.switches
        + abandonment * customer.abandonments
        + repetition * customer.repeats
    )
