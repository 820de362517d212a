"""Random draws as functions of a visit: seed, stream and law are bound."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from math import inf

import numpy as np
from numpy.typing import NDArray

from sim.core.draws import Purpose, uniform
from sim.distributions import quantiles_of
from sim.distributions.conditional import time_beyond
from sim.engine.plan import Plan
from sim.engine.reference.clock import Clock
from sim.engine.reference.visit import Visit

__all__ = ["Draw", "Draws"]

Draw = Callable[[Visit], float]


class Draws:
    """The draws of one replication: a list for each purpose, with a function for each step."""

    def __init__(self, clock: Clock, plan: Plan, seed: int, replication: int) -> None:
        self._clock, self._plan, self._seed, self._replication = clock, plan, seed, replication
        self._quantiles = quantiles_of(plan.laws.families)
        self._streams: list[int] = plan.step_stream.tolist()
        steps = len(plan.steps)

        def every(law: int) -> NDArray[np.int32]:
            return np.full(steps, law, dtype=np.int32)

        self.time = self._values(Purpose.TIME, plan.step_time)
        self.hold = self._values(Purpose.HOLD, plan.step_hold)
        self.wrap = self._values(Purpose.WRAP, plan.step_wrap)
        self.patience = self._patience(plan)
        self.handover = self._values(Purpose.HANDOVER, plan.step_handover)
        self.notify_after = self._values(Purpose.NOTIFY, plan.notify_after, missing=inf)
        self.repeat = self._values(Purpose.REPEAT, every(plan.repeat))
        self.latency = self._values(Purpose.LATENCY, every(plan.latency))
        self.callback_time = [  # by queue
            self.time if law < 0 else self._values(Purpose.TIME, every(int(law))) for law in plan.queueing.callback_talk
        ]
        self._break_share = plan.crews.break_share.tolist()
        self._break_time = [self._values(Purpose.REST, every(int(law))) for law in plan.crews.break_law]

    def chance(self, visit: Visit, purpose: Purpose) -> float:
        """Return a random number for one purpose."""
        stream = self._streams[visit.step]
        return uniform(self._seed, self._replication, stream, visit.key, visit.earlier, purpose)

    def time_beyond(self, visit: Visit, purpose: Purpose, law: int, age: float) -> float:
        """Return a time of a law, given that it exceeds an age; without a law, the age."""
        if law < -1:
            laws, row = self._plan.day_laws, self._row_now(-2 - law)
            rows = slice(laws.ptr[row], laws.ptr[row + 1])
            change = bisect_right(laws.begin[rows].tolist(), self._clock.time_of_day()) - 1
            law = int(laws.law[rows][change])
        if law < 0:
            return age
        return time_beyond(self._plan.laws.value_of(law, self._quantiles), age, self.chance(visit, purpose))

    def break_time(self, visit: Visit) -> float:
        """Return the break that an agent takes after a contact, 0 for none."""
        share = self._break_share[visit.group]
        if not share or self.chance(visit, Purpose.BREAK) >= share:
            return 0.0
        return self._break_time[visit.group][visit.step](visit)

    def _values(self, purpose: Purpose, laws: NDArray[np.int32], missing: float = 0.0) -> list[Draw]:
        rows = zip(laws.tolist(), self._streams, strict=True)
        return [self._value(law, purpose, stream, missing) for law, stream in rows]

    def _patience(self, plan: Plan) -> list[Draw]:
        rows = zip(plan.step_patience.tolist(), self._streams, plan.patience_kept.tolist(), strict=True)
        return [self._value(law, Purpose.PATIENCE, stream, inf, kept=bool(kept)) for law, stream, kept in rows]

    def _value(self, law: int, purpose: Purpose, stream: int, missing: float, *, kept: bool = False) -> Draw:
        """Return a function that draws from a law; a value that is kept is that of the first visit."""
        table, seed, replication, number = self._plan.laws, self._seed, self._replication, int(purpose)
        if law == -1:
            return lambda _visit: missing
        if law < -1:
            return self._value_of_day(-2 - law, purpose, stream, kept=kept)
        value = table.value_of(law, self._quantiles)
        if table.is_constant(law):
            constant = value(0.5)
            return lambda _visit: constant
        if kept:
            return lambda visit: value(uniform(seed, replication, stream, visit.key, 0, number))
        return lambda visit: value(uniform(seed, replication, stream, visit.key, visit.earlier, number))

    def _row_now(self, row: int) -> int:
        """Return the row of laws by the time of day that holds today."""
        days = int(self._plan.day_laws.days[row])
        return row if days < 0 else self._clock.on_day(days)

    def _value_of_day(self, row: int, purpose: Purpose, stream: int, *, kept: bool) -> Draw:
        """Draw from the law that holds at the time of day, on this day."""
        laws, clock = self._plan.day_laws, self._clock
        if laws.days[row] >= 0:
            of_day = {
                number: self._value_of_day(number, purpose, stream, kept=kept)
                for number in set(self._plan.day_values[laws.days[row]].tolist())
            }

            def draw_today(visit: Visit) -> float:
                return of_day[self._row_now(row)](visit)

            return draw_today
        rows = slice(laws.ptr[row], laws.ptr[row + 1])
        begins: list[float] = laws.begin[rows].tolist()
        draws = [self._value(law, purpose, stream, 0.0, kept=kept) for law in laws.law[rows].tolist()]

        def draw(visit: Visit) -> float:
            return draws[bisect_right(begins, clock.time_of_day()) - 1](visit)

        return draw
