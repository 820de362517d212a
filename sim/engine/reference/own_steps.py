"""Own steps: a user's process in the place of a step's usual story."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from types import GeneratorType
from typing import Any, TypeVar

from simpy import Environment, Event

from sim.core.draws import stream, uniform
from sim.core.errors import SojournError
from sim.core.own_code import failure, loaded
from sim.engine.order import EventOrder
from sim.engine.plan import EXITS, Kind, Plan, Result
from sim.engine.plan_tables import StepProcess
from sim.engine.reference.clock import Clock
from sim.engine.reference.contact import Contacts
from sim.engine.reference.draws import Draws
from sim.engine.reference.floor import Floor
from sim.engine.reference.visit import Customer, Visit, VisitGenerator

__all__ = ["OwnSteps"]

T = TypeVar("T")
Work = Generator[Event, None, str | None]
_ENDS = {Kind.SELF_SERVICE: (Result.PASSED, Result.FAILED), Kind.ASSISTED: (Result.HANDLED, Result.FAILED)}


class OwnSteps:
    """Users' processes of the steps that have one."""

    def __init__(
        self, clock: Clock, plan: Plan, floor: Floor, draws: Draws, contacts: Contacts, log: list[Visit], seed: int,
        replication: int,
    ) -> None:  # fmt: skip
        self.clock, self.plan, self.draws, self.contacts, self.log = clock, plan, draws, contacts, log
        self.seed, self.replication = seed, replication
        self.queues_and_groups = floor
        self.floor = _NamedFloor(plan, floor)
        self.shared: dict[str, Any] = {}

    def story_of(self, process: StepProcess) -> Callable[[Visit, Customer], VisitGenerator]:
        """Return the story of a step that has a process."""
        code = loaded("step", process.name)
        assert code is not None
        function, settings = code.value.process, dict(process.settings)
        ends = _ENDS[Kind(int(self.plan.step_kind[process.step]))]
        results = {result.name.lower(): result for result in ends}
        targets = self._targets(process.step)

        def story(visit: Visit, customer: Customer) -> VisitGenerator:
            seen = _SeenVisit(self, process, visit, customer)
            answer = yield from _driven(function, seen, settings, process)
            if seen.refused is not None:
                return seen.refused
            if ends[0] == Result.HANDLED and visit.agent < 0:
                raise _misused(process, "ended without an agent; yield visit.reach_agent() first")
            if answer is None or answer in targets:
                visit.chosen = None if answer is None else targets[answer]
                return ends[0]
            if answer not in results:
                known = ", ".join([*results, *targets])
                raise _misused(process, f"returned {answer!r}; it may return {known} or None")
            return results[answer]

        return story

    def _targets(self, step: int) -> dict[str, int]:
        """Return the targets of a step's `next`: outcomes and steps of its intent by name, other steps in full."""
        plan, routes = self.plan, self.plan.routes
        row = EXITS * step + (Result.HANDLED if plan.step_kind[step] == Kind.ASSISTED else Result.PASSED)
        first, last = (int(routes.case_ptr[case]) for case in (routes.ptr[row], routes.ptr[row + 1]))
        intent = plan.intents[int(plan.step_intent[step])]
        return {plan.target_name(number, intent): number for number in routes.next[first:last].tolist()}


class _NamedFloor:
    """Queues and agents by their names."""

    def __init__(self, plan: Plan, floor: Floor) -> None:
        self._floor = floor
        self._queues = {name: number for number, name in enumerate(plan.queues)}
        self._groups = {name: number for number, name in enumerate(plan.groups)}

    def waiting(self, queue: str) -> int:
        """Return how many contacts wait in a queue."""
        return self._floor.waiting(_known(queue, self._queues, "queue"))

    def is_open(self, queue: str) -> bool:
        """Return whether a queue takes contacts now."""
        return self._floor.is_open(_known(queue, self._queues, "queue"))

    def idle(self, group: str) -> int:
        """Return how many agents of a group have no contact."""
        return self._floor.idle(_known(group, self._groups, "group of agents"))

    def on_duty(self, group: str) -> int:
        """Return how many agents of a group are on duty."""
        return self._floor.on_duty(_known(group, self._groups, "group of agents"))


class _SeenVisit:
    """A visit as `sim.core.own_step.StepVisit` shows it."""

    def __init__(self, steps: OwnSteps, process: StepProcess, visit: Visit, customer: Customer) -> None:
        self._steps, self._process, self._visit, self._customer = steps, process, visit, customer
        self._numbers: dict[str, int] = {}  # of draws so far, by their names
        self.refused: Result | None = None
        visit.started = visit.began if steps.plan.step_kind[visit.step] == Kind.SELF_SERVICE else visit.started

    @property
    def now(self) -> float:
        return self._steps.clock.now

    @property
    def time_of_day(self) -> float:
        return self._steps.plan.calendar.local(self.now)[1]

    @property
    def day(self) -> int:
        return self._steps.plan.calendar.local(self.now)[0]

    @property
    def weekday(self) -> str:
        return self._steps.plan.calendar.weekday_name(self.day)

    @property
    def segment(self) -> str:
        return self._steps.plan.segments[self._customer.segment]

    @property
    def attempt(self) -> int:
        return self._visit.earlier + 1

    @property
    def waited(self) -> float:
        return self._customer.waited

    @property
    def context_kept(self) -> bool:
        return self._customer.kept

    @property
    def floor(self) -> _NamedFloor:
        return self._steps.floor

    @property
    def log(self) -> list[Visit]:
        return self._steps.log

    @property
    def environment(self) -> Environment:
        return self._steps.clock

    def shared(self, name: str, make: Callable[[Environment], T]) -> T:
        shared = self._steps.shared
        if name not in shared:
            shared[name] = make(self._steps.clock)
        value: T = shared[name]
        return value

    def chance(self, name: str) -> float:
        number = self._numbers[name] = self._numbers.get(name, -1) + 1
        steps, visit = self._steps, self._visit
        key = stream(f"own/{steps.plan.steps[visit.step]}/{name}/{number}")
        return uniform(steps.seed, steps.replication, key, visit.key, visit.earlier, 0)

    def draw(self, law: str) -> float:
        draws = self._steps.draws
        names = {"time": draws.time, "talk": draws.time, "hold": draws.hold, "wrap_up": draws.wrap}
        return _known(law, names, "law of a step")[self._visit.step](self._visit)

    def wait(self, seconds: float) -> Event:
        return self._steps.clock.at(self.now + _seconds(seconds), EventOrder.LEFT, self._visit.customer)

    def reach_agent(self) -> Work:
        if self._visit.queue >= 0 or self._steps.plan.step_kind[self._visit.step] != Kind.ASSISTED:
            raise ValueError("an agent is reached once, in a step that has a queue")
        self.refused = yield from self._steps.contacts.reach(self._visit, self._customer)
        visit = self._visit
        if self.refused is None and self.now < visit.started:  # it rings
            yield self._steps.clock.at(visit.started, EventOrder.LEFT, visit.customer)
        return None if self.refused is None else self.refused.name.lower()

    def serve(self) -> Work:
        self._need_agent()
        yield self._steps.contacts.begin_service(self._visit, self._customer)
        return "failed" if self._visit.broken else None

    def talk(self, seconds: float) -> Work:
        yield self._work(seconds)
        return None

    def hold(self, seconds: float) -> Work:
        began = self.now
        yield self._work(seconds)
        self._visit.hold += self.now - began
        return None

    def _work(self, seconds: float) -> Event:
        self._need_agent()
        floor = self._steps.queues_and_groups
        return floor.go_on(self._visit, _seconds(seconds) * floor.factor(self._visit))

    def _need_agent(self) -> None:
        if self._visit.agent < 0 or self.refused is not None:
            raise ValueError("no agent is there; yield visit.reach_agent() first, and return if it gives a result")


def _driven(function: Any, seen: _SeenVisit, settings: dict[str, Any], process: StepProcess) -> Work:
    """Run a user's process, and give it the values of what it yields."""
    try:
        steps = function(seen, **settings)
        if not isinstance(steps, GeneratorType):
            return _text(steps, process)
        go_on = partial(steps.send, None)
        while True:
            event = go_on()
            try:
                go_on = partial(steps.send, (yield from _awaited(event, process)))
            except (KeyError, ValueError) as error:
                go_on = partial(steps.throw, error)  # so that the traceback has the line of the process
    except StopIteration as end:
        return _text(end.value, process)
    except SojournError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a user's process raises
        raise failure("step", process.name, process.path, error) from None


def _awaited(event: object, process: StepProcess) -> Generator[Event, None, Any]:
    """Wait for what a process has yielded, and return its value."""
    if isinstance(event, GeneratorType):
        return (yield from event)
    if not isinstance(event, Event):
        raise _misused(process, f"yielded {event!r}; it yields what visit.wait(...) and the like return")
    if event.callbacks is not None:  # else it has happened before
        yield event
    return event.value


def _text(answer: object, process: StepProcess) -> str | None:
    if answer is None or isinstance(answer, str):
        return answer
    raise _misused(process, f"returned {answer!r}, which is not a text")


def _misused(process: StepProcess, reason: str) -> SojournError:
    return failure("step", process.name, process.path, reason)


def _seconds(value: float) -> float:
    if not 0.0 <= value < float("inf"):
        raise ValueError(f"{value!r} is not a time; give seconds, 0 or more")
    return float(value)


def _known(name: str, known: dict[str, T], noun: str) -> T:
    if name not in known:
        raise KeyError(f"{name!r} is not a {noun}; known are {', '.join(known)}")
    return known[name]
