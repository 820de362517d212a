"""One visit of a customer to a step, while it happens; and the customer who makes it."""

from __future__ import annotations

from simpy import Event

from sim.engine.log import NAN
from sim.engine.plan import Outcome, Result

__all__ = ["Customer", "Visit"]


class Visit:
    """A row of the log while it happens, and what the floor must know of it."""

    __slots__ = (
        *("customer", "visit", "step", "result", "next", "group", "agent", "journey", "callback"),
        *("began", "started", "hold", "ended", "freed", "announced", "repeat"),
        *("turn", "queue", "places", "aht", "work"),
    )

    def __init__(self, customer: int, visit: int, step: int, journey: int, began: float) -> None:
        self.customer = customer
        self.visit = visit
        self.step = step
        self.journey = journey
        self.result: int = Result.INSIDE
        self.next: int = -1 - Outcome.INSIDE
        self.group = self.agent = -1
        self.callback = 0
        self.began = began
        self.started = self.ended = self.freed = self.announced = NAN
        self.hold = self.repeat = 0.0
        self.turn: Event | None = None  # while it waits for the first time
        self.queue = -1
        self.places = 1  # of the agent's, while one has it
        self.aht = 1.0  # the group's factor on its time
        self.work: Work | None = None  # while an agent works on it whose speed may change


class Work:
    """What is left to do of a visit."""

    __slots__ = ("done", "left", "rate", "since", "version")

    def __init__(self, left: float, done: Event, since: float) -> None:
        self.left = left  # seconds at full speed
        self.rate = 1.0  # 0 = interrupted
        self.since = since  # when `left` was so much
        self.done = done
        self.version = 0  # of the end that is scheduled; earlier ones are stale


class Customer:
    """What a customer carries along from step to step."""

    __slots__ = (
        *("number", "key", "segment", "been", "channel", "came_from", "kept", "line"),
        *("waited", "elsewhere", "contacts", "switches", "abandonments", "repeats"),
    )

    def __init__(self, number: int, key: int, segment: int) -> None:
        self.number = number
        self.key = key
        self.segment = segment
        self.been: dict[int, int] = {}  # how often at each step
        self.channel = -1  # the last one, pauses aside
        self.came_from = -1  # the one before
        self.kept = True  # the context came along to this step
        self.line = -1  # trunk lines held
        self.waited = 0.0
        self.elsewhere = 0.0  # seconds of it in which they did something else: that is no effort
        self.contacts = 0
        self.switches = 0
        self.abandonments = 0
        self.repeats = 0
