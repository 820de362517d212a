"""The story of each customer, told as a SimPy process, and the log of what happened."""

from __future__ import annotations

import gc
from bisect import bisect_left
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from math import floor, inf, isnan

import numpy as np
from numpy.typing import NDArray
from simpy import Event, Process

from sim.channels import Kind
from sim.core.draws import Purpose, uniform
from sim.core.errors import SojournError
from sim.core.units import DAY
from sim.distributions import quantiles
from sim.engine.log import Log, log_of
from sim.engine.plan import Plan, Result
from sim.engine.reference.clock import At, Begun, Clock
from sim.engine.reference.floor import Floor, Visit
from sim.population import Population

__all__ = ["MAX_VISITS", "run"]

MAX_VISITS = 10_000  # of one journey; more means that it goes round in circles

Happening = Generator[Event, None, None]
Story = Generator[Event, None, Result]
Draw = Callable[[int, int], float]  # (customer's key, how often they were at this step before) -> seconds


def run(plan: Plan, population: Population) -> Log:
    """Simulate one replication.

    Parameters
    ----------
    plan
        What the scenario says.
    population
        Who comes.

    Returns
    -------
    Log
        Every touchpoint, in order of (began, customer, visit).

    Raises
    ------
    SojournError
        A journey goes round in circles for more than `MAX_VISITS` touchpoints.
    """
    with _no_search_for_cycles():
        return log_of(_Day(plan, population).happen())


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    # Visits pile up and are never garbage, and a finished journey leaves no cycle behind: searching them costs a third.
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()


class _Day:
    """One replication: the clock, the floor, and everybody's draws."""

    def __init__(self, plan: Plan, population: Population) -> None:
        self.plan = plan
        self.population = population
        self.clock = Clock()
        self.floor = Floor(self.clock, plan)
        self.visits: list[Visit] = []
        self.stories = [_STORIES[Kind(kind)] for kind in plan.step_kind]
        self.keys = population.key.tolist()
        self.queues = plan.step_queue.tolist()
        self.resume = plan.step_resume.tolist()
        self.time = self._draws(Purpose.TIME, plan.step_time)
        self.hold = self._draws(Purpose.HOLD, plan.step_hold)
        self.wrap = self._draws(Purpose.WRAP, plan.step_wrap)
        self.patience = self._draws(Purpose.PATIENCE, plan.step_patience, missing=inf)
        self.routes = [self._route(row) for row in range(len(plan.route_ptr) - 1)]

    def happen(self) -> list[Visit]:
        """Let everything happen, until everybody has left or the run ends."""
        for group in range(len(self.plan.groups)):
            Process(self.clock, self._staffing(group))
        Process(self.clock, self._arrivals())
        self.clock.run(until=self.plan.end)
        return self.visits

    def _staffing(self, group: int) -> Happening:
        changes = slice(self.plan.staff_ptr[group], self.plan.staff_ptr[group + 1])
        for time, count in zip(self.plan.staff_time[changes], self.plan.staff_count[changes], strict=True):
            yield self.clock.at(float(time), At.STAFF, group)
            self.floor.staff(group, int(count))

    def _arrivals(self) -> Happening:
        entries = self.population.entry.tolist()
        for customer, arrival in enumerate(self.population.arrival.tolist()):
            arrived = self.clock.at(arrival, At.ARRIVED, customer)
            yield arrived
            Begun(self.clock, self._journey(customer, entries[customer]), arrived)

    def _journey(self, customer: int, step: int) -> Happening:
        """From the first step to an outcome."""
        key = self.keys[customer]
        been: dict[int, int] = {}  # how often at each step
        number = 0
        while step >= 0:
            times = been.get(step, 0)
            been[step] = times + 1
            visit = Visit(customer, number, step, self.clock.now)
            self.visits.append(visit)
            visit.result = result = yield from self.stories[step](self, visit, key, times)
            visit.ended = self.clock.now
            visit.next = step = self.routes[4 * step + result](key, times)
            number += 1
            if number > MAX_VISITS:
                raise SojournError(f"{self.plan.steps[visit.step]}: a journey goes round in circles here")

    def self_service(self, visit: Visit, key: int, times: int) -> Story:
        """Take one's time, without an agent."""
        visit.started = now = self.clock.now
        yield self.clock.at(now + self.time[visit.step](key, times), At.LEFT, visit.customer)
        return Result.PASSED

    def pause(self, visit: Visit, key: int, times: int) -> Story:
        """Be away, and come back."""
        visit.started = now = self.clock.now
        at = self.resume[visit.step]
        if not isnan(at):
            today = floor(now / DAY) * DAY + at
            now = today if today >= now else today + DAY
        yield self.clock.at(now + self.time[visit.step](key, times), At.LEFT, visit.customer)
        return Result.PASSED

    def contact(self, visit: Visit, key: int, times: int) -> Story:
        """Wait for an agent, give up or be served; the agent then wraps up while the customer goes on."""
        clock, step, queue = self.clock, visit.step, self.queues[visit.step]
        if not self.floor.is_open(queue):
            return Result.CLOSED
        if not self.floor.find_agent(visit, queue):
            turn = self.floor.wait(visit, queue)
            patience = self.patience[step](key, times)
            if patience < inf:
                clock.call(clock.now + patience, At.GAVE_UP, visit.customer, lambda _: self.floor.give_up(visit))
            yield turn
            if visit.agent < 0:
                return Result.ABANDONED
        visit.hold = self.hold[step](key, times)
        yield clock.at(clock.now + self.time[step](key, times) + visit.hold, At.LEFT, visit.customer)
        self._wrap_up(visit, self.wrap[step](key, times))
        return Result.HANDLED

    def _wrap_up(self, visit: Visit, work: float) -> None:
        visit.freed = freed = self.clock.now + work
        if work:
            group, agent = visit.group, visit.agent
            self.clock.call(freed, At.FREED, visit.customer, lambda _: self.floor.finish(group, agent))
        else:
            self.floor.finish(visit.group, visit.agent)

    def _draws(self, purpose: Purpose, laws: NDArray[np.int32], missing: float = 0.0) -> list[Draw]:
        rows = zip(laws.tolist(), self.plan.step_stream.tolist(), strict=True)
        return [self._draw(law, purpose, stream, missing) for law, stream in rows]

    def _draw(self, law: int, purpose: Purpose, stream: int, missing: float) -> Draw:
        """Bind everything about a draw but whose it is."""
        table, seed, replication, why = self.plan.laws, self.population.seed, self.population.replication, int(purpose)
        if law < 0:
            return lambda _key, _times: missing
        value = table.value_of(law, quantiles())
        if table.kinds[table.kind[law]] == "fixed" and not table.zero[law] and not table.never[law]:
            constant = value(0.5)
            return lambda _key, _times: constant
        return lambda key, times: value(uniform(seed, replication, stream, key, times, why))

    def _route(self, row: int) -> Callable[[int, int], int]:
        plan, seed, replication, why = self.plan, self.population.seed, self.population.replication, int(Purpose.ROUTE)
        of = slice(plan.route_ptr[row], plan.route_ptr[row + 1])
        targets, shares, stream = (
            plan.route_next[of].tolist(),
            plan.route_share[of].tolist(),
            int(plan.step_stream[row // 4]),
        )
        if len(targets) == 1:
            only = targets[0]
            return lambda _key, _times: only
        return lambda key, times: targets[bisect_left(shares, uniform(seed, replication, stream, key, times, why))]


_STORIES: dict[Kind, Callable[[_Day, Visit, int, int], Story]] = {
    Kind.SELF_SERVICE: _Day.self_service,
    Kind.ASSISTED: _Day.contact,
    Kind.DEFERRED: _Day.contact,
    Kind.PAUSE: _Day.pause,
}
