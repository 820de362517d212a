"""A visit of a customer to a step while it happens, and the customer who makes it."""

from __future__ import annotations

from collections.abc import Generator
from math import inf

from simpy import Event

from sim.engine.log import NAN
from sim.engine.order import EventOrder
from sim.engine.plan import Outcome, Result

__all__ = ["Customer", "Interruption", "Visit", "VisitGenerator", "Work"]

VisitGenerator = Generator[Event, None, Result]


class Visit:
    """A row of the log while it happens, and what the floor needs to know about it."""

    __slots__ = (
        *("customer", "visit", "step", "result", "next", "group", "agent", "journey", "callback"),
        *("began", "started", "hold", "ended", "freed", "announced", "repeat", "rang"),
        *("interrupted", "stayed", "rested", "interruption", "called_back"),
        *("key", "earlier", "turn", "queue", "places", "aht", "factor", "work", "broken", "wrap"),
        *("stays_until", "gives_up", "chosen", "carried_over"),
    )
    broken: bool  # the service breaks off; from its beginning on
    factor: float  # on its time, of the agent who works on it; from the beginning of the service on
    wrap: float  # seconds of after-call work; from the end of the service on
    stays_until: int  # Stay, of an agent who stays with the customer

    def __init__(self, customer: Customer, step: int, began: float) -> None:
        self.customer = customer.number
        self.key = customer.key
        self.visit = customer.visits
        self.step = step
        self.journey = customer.journey
        self.earlier = customer.visit_counts.get(step, 0)  # visits of the customer to the step
        self.result: int = Result.INSIDE
        self.next: int = -1 - Outcome.INSIDE
        self.group = self.agent = -1
        self.callback = 0
        self.began = began
        self.started = self.ended = self.freed = self.announced = NAN
        self.hold = self.repeat = self.rang = self.interrupted = self.stayed = self.rested = 0.0
        self.carried_over = False  # it began before the run
        self.chosen: int | None = None  # next step, where a process of the user's own has chosen it
        self.gives_up = inf  # the instant at which patience ends
        self.turn: Event | None = None  # while it waits for the first time
        self.queue = -1
        self.places = 1  # of the agent's, while one has it
        self.aht = 1.0  # the group's factor on its time
        self.work: Work | None = None  # while an agent works on it whose speed may change
        self.interruption: Interruption | None = None  # the latest one
        self.called_back: Customer | None = None  # who waits in virtual hold, and needs a line for the call back


class Work:
    """The work that is left to do for a visit."""

    __slots__ = ("changed", "done", "left", "order", "planned", "rate", "since", "version")

    def __init__(self, left: float, done: Event, since: float, order: EventOrder) -> None:
        self.left = self.planned = left  # seconds at full speed
        self.changed = False  # its speed was another one for a time
        self.order = order  # of its end: LEFT of a service, FREED of after-call work
        self.rate = 1.0  # 0 = interrupted
        self.since = since  # the instant at which `left` was true
        self.done = done
        self.version = 0  # of the end that is scheduled; earlier ones are stale


class Interruption:
    """A row of the table of interruptions."""

    __slots__ = ("agent", "began", "customer", "ended", "group", "visit")

    def __init__(self, visit: Visit, began: float) -> None:
        self.customer, self.visit = visit.customer, visit.visit
        self.group, self.agent = visit.group, visit.agent
        self.began = began
        self.ended = NAN


class Customer:
    """What a customer takes along from step to step."""

    __slots__ = (
        *("number", "key", "segment", "visits", "journey", "visit_counts", "channel", "came_from", "kept", "line"),
        *("waited", "elsewhere", "contacts", "switches", "abandonments", "repeats", "before", "anew_at", "anew_visits"),
    )

    def __init__(self, number: int, key: int, segment: int) -> None:
        self.number = number
        self.segment = segment
        self.visits = 0
        self.journey = 0  # of the lifetime
        self.line = -1  # the trunk lines of which they hold one
        self.anew_at = -inf  # when they last began anew, at another instant than the time before
        self.anew_visits = 0  # visits before
        self.begin(key)

    def begin(self, key: int) -> None:
        """Begin the first journey, or begin anew after one that has ended."""
        self.key = key
        self.visit_counts: dict[int, int] = {}  # by step
        self.channel = -1  # the last one, pauses aside
        self.came_from = -1  # the one before
        self.kept = True  # the context came along to this step
        self.waited = 0.0  # seconds in queues
        self.elsewhere = 0.0  # seconds of these in which they did something else: that is no effort
        self.contacts = 0
        self.switches = 0
        self.abandonments = 0
        self.repeats = 0
        self.before: Visit | None = None  # the visit whose agent stays with them
