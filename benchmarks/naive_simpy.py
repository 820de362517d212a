"""The two models as an ordinary SimPy user would write them: a process per customer, counters, no log.

They are a yardstick, written neither badly nor cleverly: a ``Resource`` and
``request | timeout`` for one queue; the same with lists of requests for several, which SimPy's resources do not cover;
the standard library's generator.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import simpy

from benchmarks.models import CENTRE, SINGLE_QUEUE, CustomerType
from benchmarks.program_runs import ProgramRun, batches_of

__all__ = ["run_centre", "run_single_queue"]

Process = Generator[simpy.Event, Any, None]


def run_single_queue(customers: int, seed: int = 1) -> ProgramRun:
    """Simulate M/M/52+M.

    Parameters
    ----------
    customers
        Their number.
    seed
        Of the generator.
    """
    model = SINGLE_QUEUE
    rng = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    env = simpy.Environment()
    agents = simpy.Resource(env, capacity=model.agents)
    waited, abandoned = [False] * customers, [False] * customers

    def customer(number: int) -> Process:
        if agents.count == agents.capacity:
            waited[number] = True
        with agents.request() as request:
            patience = env.timeout(rng.expovariate(1 / model.patience_mean))
            yield request | patience
            if request.triggered:
                yield env.timeout(rng.expovariate(1 / model.service_mean))
            else:
                abandoned[number] = True

    def arrivals() -> Process:
        for number in range(customers):
            yield env.timeout(rng.expovariate(model.arrivals_per_second))
            env.process(customer(number))

    start = time.perf_counter()
    env.process(arrivals())
    env.run()
    seconds = time.perf_counter() - start

    shares = {"P(wait)": batches_of(np.array(waited)), "P(abandon)": batches_of(np.array(abandoned))}
    return ProgramRun(customers, seconds, shares)


def run_centre(days: int, seed: int = 1) -> ProgramRun:
    """Simulate days of 3 types x 4 groups, each from empty.

    Parameters
    ----------
    days
        Their number.
    seed
        Of the generator.
    """
    rng = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    start = time.perf_counter()
    tallies = [_day(rng) for _ in range(days)]
    seconds = time.perf_counter() - start

    def total(name: str) -> float:
        return math.fsum(getattr(tally, name) for tally in tallies)

    arrived = int(total("arrived"))
    assert arrived == total("served") + total("abandoned"), "a customer was lost"
    occupancy = total("busy") / (days * _agent_seconds())
    assert 0.85 < occupancy < 0.90, f"occupancy {occupancy:.3f} is not that of the model"
    shares = {
        "P(wait)": np.array([tally.waited / tally.arrived for tally in tallies]),
        "P(abandon)": np.array([tally.abandoned / tally.arrived for tally in tallies]),
    }
    return ProgramRun(arrived, seconds, shares)


@dataclass
class _Tally:
    """The counters of a day."""

    arrived: int = 0
    waited: int = 0
    served: int = 0
    abandoned: int = 0
    busy: float = 0.0


@dataclass
class _Desk:
    """A group of agents while the day runs."""

    types: tuple[str, ...]
    staff: int
    busy: int = 0


@dataclass
class _CentreDay:
    """One day of the centre, the way a SimPy model usually starts: an environment, lists, and processes."""

    rng: random.Random
    env: simpy.Environment = field(default_factory=simpy.Environment)
    tally: _Tally = field(default_factory=_Tally)
    desks: dict[str, _Desk] = field(
        default_factory=lambda: {group.name: _Desk(group.types, group.staff[0]) for group in CENTRE.groups}
    )
    waiting: dict[str, list[simpy.Event]] = field(
        default_factory=lambda: {customer_type.name: [] for customer_type in CENTRE.types}
    )

    def arrivals(self, customer_type: CustomerType) -> Process:
        """Create the customers of one type, interval by interval."""
        for interval, volume in enumerate(customer_type.volume):
            end = (interval + 1) * CENTRE.interval
            while True:
                gap = self.rng.expovariate(volume / CENTRE.interval)
                if self.env.now + gap >= end:  # the exponential law is memoryless: draw again at the next rate
                    break
                yield self.env.timeout(gap)
                self.env.process(self.customer(customer_type))
            yield self.env.timeout(end - self.env.now)

    def customer(self, customer_type: CustomerType) -> Process:
        """Ask for an agent, talk or give up."""
        tally = self.tally
        tally.arrived += 1
        request = self.env.event()
        self.waiting[customer_type.name].append(request)
        for name in customer_type.groups:
            self.call_next(self.desks[name])
        if not request.triggered:
            tally.waited += 1
        yield request | self.env.timeout(self.rng.expovariate(1 / customer_type.patience_mean))
        if not request.triggered:
            self.waiting[customer_type.name].remove(request)
            tally.abandoned += 1
            return
        service = self.rng.lognormvariate(*_lognormal(customer_type.service_mean, customer_type.service_cv))
        yield self.env.timeout(service)
        tally.served += 1
        tally.busy += service
        desk = cast("_Desk", request.value)
        desk.busy -= 1
        self.call_next(desk)

    def shifts(self) -> Process:
        """Change the staff at the beginning of each interval."""
        for interval in range(1, CENTRE.intervals):
            yield self.env.timeout(CENTRE.interval)
            for group in CENTRE.groups:
                self.desks[group.name].staff = group.staff[interval]
            for desk in self.desks.values():
                self.call_next(desk)

    def call_next(self, desk: _Desk) -> None:
        """Let idle agents take the longest waiting of the first rank that waits."""
        for name in desk.types:
            waiting = self.waiting[name]
            while waiting and desk.busy < desk.staff:
                desk.busy += 1
                waiting.pop(0).succeed(desk)


def _day(rng: random.Random) -> _Tally:
    """Simulate one day."""
    day = _CentreDay(rng)
    for customer_type in CENTRE.types:
        day.env.process(day.arrivals(customer_type))
    day.env.process(day.shifts())
    day.env.run()
    return day.tally


def _lognormal(mean: float, cv: float) -> tuple[float, float]:
    """Return the parameters of the underlying normal law."""
    variance = math.log1p(cv * cv)
    return math.log(mean) - variance / 2, math.sqrt(variance)


def _agent_seconds() -> float:
    """Return the agents' time on duty in a day."""
    return CENTRE.interval * sum(sum(group.staff) for group in CENTRE.groups)
