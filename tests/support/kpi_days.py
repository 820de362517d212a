"""A small day whose KPIs are worked out on paper, and random days."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sim.distributions import LawTable
from sim.engine import make_plan as plan_of_scenario
from sim.engine.log import COLUMNS, Log, Presence, single_block
from sim.engine.plan import Kind, Outcome, Plan, Result
from sim.engine.plan_tables import Feelings
from sim.kpis import measure_blocks
from sim.population.customers import Population
from sim.scenario import Scenario

NAN = float("nan")
MANIFEST = {
    "kind": "run",
    "scenario": "small <b>day</b>",
    "scenario_hash": "c0ffee",
    "seed": 7,
    "replications": 3,
    "engine": "simpy",
    "versions": {"sojourn": "0.1.0"},
    "command": ["sojourn", "run", "a day.yaml"],
}
STEP = {"channel": "web", "time": 0, "next": "resolved"}
NOBODY = {"name": "nobody", "intents": {"none": {"demand": 0, "start": "web", "steps": {"web": STEP}}}}
RESOLVED, UNRESOLVED, GAVE_UP, STAYS = (-1 - int(o) for o in Outcome)
WEB, VOICE, CHAT, AWAY, MAIL = range(5)  # steps, and their channels
DESK, CHATTERS = range(2)


class Touch(NamedTuple):
    customer: int
    visit: int
    step: int
    result: Result
    next: int
    began: float
    started: float = NAN
    ended: float = NAN
    freed: float = NAN
    hold: float = 0.0
    group: int = -1
    agent: int = -1
    journey: int = 0
    announced: float = NAN
    callback: int = 0
    repeat: float = 0.0
    rang: float = 0.0
    interrupted: float = 0.0
    stayed: float = 0.0
    rested: float = 0.0


def make_plan() -> Plan:
    """Return a plan of three intervals of 100 s, a desk for voice and mail, and chatters with two chats at once."""
    i4, f8 = (lambda *v: np.array(v, dtype=np.int32)), (lambda *v: np.array(v, dtype=np.float64))
    kinds = i4(Kind.SELF_SERVICE, Kind.ASSISTED, Kind.ASSISTED, Kind.PAUSE, Kind.DEFERRED)
    none = np.full(5, -1, dtype=np.int32)
    empty = plan_of_scenario(Scenario.model_validate(NOBODY))
    return replace(
        empty,
        intents=("card", "loan"),
        steps=("card.web", "card.voice", "card.chat", "card.away", "loan.mail"),
        channels=("web", "voice", "chat", "away", "mail"),
        queues=("cards", "chat", "mail"),
        groups=("desk", "chatters"),
        segments=("new", "old"),
        origin=0.0,
        interval=100.0,
        intervals=3,
        end=400.0,
        day_hours=np.array([[0.0, 300.0]]),
        part_volume=np.array([[4.0, 0.5, 5.0], [1.0, 1.0, 0.0]]),
        segment_share=f8(0.5, 1.0),
        entry_ptr=i4(0, 3, 4),
        entry_step=i4(WEB, VOICE, CHAT, MAIL),
        entry_share=f8(0.3, 0.9, 1.0, 1.0),
        step_intent=i4(0, 0, 0, 0, 1),
        step_channel=i4(0, 1, 2, 3, 4),
        step_kind=kinds,
        step_queue=i4(-1, 0, 1, -1, 2),
        step_stream=np.arange(5, dtype=np.uint32),
        step_time=none,
        step_hold=none,
        step_wrap=none,
        step_patience=none,
        resume_ptr=np.zeros(6, dtype=np.int32),
        laws=LawTable.from_laws([]),
        channel_kind=kinds,
        open_ptr=i4(0, 1, 2, 3),
        open_from=f8(0, 0, 0),
        open_until=f8(86400, 86400, 86400),
        queue_within=f8(20, 10, 100),
        queue_target=f8(0.6, 0.8, 0.9),
        queue_groups_ptr=i4(0, 1, 2, 3),
        queue_groups=i4(DESK, CHATTERS, DESK),
        group_concurrency=i4(1, 2),
        group_cost=f8(36, 18),
        group_queues_ptr=i4(0, 2, 3),
        group_queues=i4(0, 2, 1),
        group_ranks=f8(0, 1, 0),
        staff_ptr=i4(0, 2, 4),
        staff_time=f8(0, 200, 0, 250),
        staff_count=i4(1, 2, 1, 0),
        short_abandon=f8(5, 0, 0),
        repeat_window=60.0,
        effort=f8(6, 1, 2, 3, 0),
        queueing=empty.queueing._replace(ring=np.zeros(3), callback=np.array([[np.inf, 0.0, 1.0, 0.0]] * 3)),
        crews=empty.crews._replace(takes=i4(1, 1, 1), interrupts=i4(0, 0, 0), unlimited=i4(0, 0)),
        shifts=empty.shifts._replace(absence=f8(0, 0), late=i4(-1, -1)),
        pay=empty.pay._replace(overtime=f8(1, 1), absence=i4(1, 1), lateness=i4(1, 1)),
        feelings=Feelings(0.0, 0.6, 0.1, 0.2, 0.3, 0.5, 0.4, 0.4, 0.5, 0.5, 0.8, 0.0),
        notify=np.full(5, np.nan),
        step_lines=none,
    )


ARRIVALS = (0.0, 50.0, 60.0, 70.0, 90.0, 120.0, 205.0, 210.0, 220.0, 280.0, 295.0, 230.0)
INTENTS = (0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0)
SEGMENTS = (0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1)

PASSED, HANDLED, ABANDONED, CLOSED, *_ = Result
INSIDE = Result.INSIDE
TOUCHES = (
    # From the web to an agent, with a hold and after-call work.
    Touch(0, 0, WEB, PASSED, VOICE, 0, 0, 30, 30),
    Touch(0, 1, VOICE, HANDLED, RESOLVED, 30, 40, 100, 110, hold=10, group=DESK, agent=0),
    # Gives up at once, comes back after a pause, in vain.
    Touch(1, 0, VOICE, ABANDONED, AWAY, 50, NAN, 53),
    Touch(1, 1, AWAY, PASSED, VOICE, 53, 53, 150, 150),
    Touch(1, 2, VOICE, HANDLED, UNRESOLVED, 150, 150, 190, 195, group=DESK, agent=0),
    # Waits too long, and is transferred to chat.
    Touch(2, 0, VOICE, HANDLED, CHAT, 60, 110, 140, 140, group=DESK, agent=0),
    Touch(2, 1, CHAT, HANDLED, RESOLVED, 140, 145, 180, 180, group=CHATTERS, agent=0),
    Touch(3, 0, CHAT, HANDLED, RESOLVED, 70, 70, 170, 170, group=CHATTERS, agent=0),
    # Mail: one answered after the last interval, one never.
    Touch(4, 0, MAIL, HANDLED, RESOLVED, 90, 330, 350, 360, group=DESK, agent=0),
    Touch(5, 0, MAIL, INSIDE, STAYS, 120),
    # Gives up late, calls again and is answered in time.
    Touch(6, 0, VOICE, ABANDONED, VOICE, 205, NAN, 230),
    Touch(6, 1, VOICE, HANDLED, RESOLVED, 240, 245, 250, 250, group=DESK, agent=0),
    Touch(7, 0, VOICE, CLOSED, GAVE_UP, 210, NAN, 210),
    Touch(8, 0, WEB, PASSED, RESOLVED, 220, 220, 240, 240),
    # In service when the run ends.
    Touch(9, 0, VOICE, INSIDE, STAYS, 280, 290, group=DESK, agent=1),
    # Reaches the queue after the last interval.
    Touch(10, 0, WEB, PASSED, VOICE, 295, 295, 305, 305),
    Touch(10, 1, VOICE, HANDLED, RESOLVED, 305, 310, 320, 320, group=DESK, agent=0),
    # Gives up within the acceptable waiting time, but not at once.
    Touch(11, 0, VOICE, ABANDONED, GAVE_UP, 230, NAN, 240),
)


PRESENCE = ((DESK, 0, 0.0, NAN), (DESK, 1, 200.0, NAN), (CHATTERS, 0, 0.0, 250.0))  # as scheduled: no overtime


def make_log(
    touches: tuple[Touch, ...] = TOUCHES, presence: tuple[tuple[int, int, float, float], ...] = PRESENCE
) -> Log:
    """Return touchpoints, and when agents were there, as a log."""
    rows = sorted(touches, key=lambda t: (t.began, t.customer, t.visit))
    columns = {name: np.array([getattr(touch, name) for touch in rows], dtype) for name, dtype in COLUMNS.items()}
    group, agent, came, left = zip(*presence, strict=True)
    numbers = np.array(group, np.int32), np.array(agent, np.int32)
    return Log(**columns, presence=Presence(*numbers, np.array(came), np.array(left)))


def make_population(
    arrivals: tuple[float, ...] = ARRIVALS, intents: tuple[int, ...] = INTENTS, segments: tuple[int, ...] = SEGMENTS
) -> Population:
    """Return customers as a population."""
    number = len(arrivals)
    return Population(
        seed=1,
        replication=0,
        arrival=np.array(arrivals, dtype=np.float64),
        intent=np.array(intents, dtype=np.int32),
        segment=np.array(segments, dtype=np.int32),
        entry=np.zeros(number, dtype=np.int32),
        key=np.arange(number, dtype=np.uint64),
    )


def random_day(seed: int, customers: int) -> tuple[Population, Log]:
    """Draw touchpoints that are possible one by one, though not under any queue discipline."""
    rng = np.random.default_rng(seed)
    arrivals = np.sort(rng.integers(0, 300, customers)).astype(float)
    intents, segments = rng.integers(0, 2, customers), rng.integers(0, 2, customers)
    touches: list[Touch] = []
    for who in range(customers):
        now, visits = arrivals[who], int(rng.integers(1, 5))
        for visit in range(visits):
            step = MAIL if intents[who] else int(rng.integers(0, 4))
            last = visit == visits - 1
            touch = _random_touch(rng, (who, visit, step), now, -1 - int(rng.integers(0, 3)) if last else VOICE)
            touches.append(touch)
            if touch.result == INSIDE:
                break
            now = touch.ended
    agents = sorted({(touch.group, touch.agent) for touch in touches if touch.group >= 0} | {(DESK, 0), (CHATTERS, 0)})
    everybody = tuple((group, agent, 0.0, NAN) for group, agent in agents)
    return make_population(tuple(arrivals), tuple(intents), tuple(segments)), make_log(tuple(touches), everybody)


def flows_of(plan: Plan, population: Population, log: Log) -> np.ndarray:
    """Return the moves from step to step of a whole log."""
    return measure_blocks(plan, [single_block(population, log)])[1]


def _random_touch(rng: np.random.Generator, prefix: tuple[int, int, int], now: float, following: int) -> Touch:
    """Draw one touchpoint, in whole seconds so that ties happen."""
    step = prefix[2]
    if now > 380:
        return Touch(*prefix, INSIDE, STAYS, now)
    if step in {WEB, AWAY}:
        ended = now + rng.integers(0, 30)
        return Touch(*prefix, PASSED, following, now, now, ended, ended)
    result = Result(int(rng.choice([HANDLED, HANDLED, ABANDONED, CLOSED, INSIDE])))
    wait = float(rng.integers(0, 40))
    if result == CLOSED:
        return Touch(*prefix, result, following, now, NAN, now)
    if result == ABANDONED:
        return Touch(*prefix, result, following, now, NAN, now + wait)
    # Several chats may be one agent's, all else has an agent of its own.
    chatter = {"group": CHATTERS, "agent": int(rng.integers(0, 3))}
    served = chatter if step == CHAT else {"group": DESK, "agent": 4 * prefix[0] + prefix[1]}
    if result == INSIDE:
        return (
            Touch(*prefix, result, STAYS, now) if wait % 2 else Touch(*prefix, result, STAYS, now, now + wait, **served)
        )
    started, hold, wrap = now + wait, float(rng.integers(0, 9)), float(rng.integers(0, 9))
    ended = started + hold + float(rng.integers(0, 60))
    return Touch(*prefix, result, following, now, started, ended, ended + wrap, hold=hold, **served)
