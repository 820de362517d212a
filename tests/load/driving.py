"""Traces made by hand, and a conductor in the test's own process (gevent, but nothing patched)."""

import gc
import secrets
from dataclasses import dataclass
from pathlib import Path

import gevent
import numpy as np

from loadtests.conductor.conducting import Conductor, Settings
from loadtests.conductor.wire import Pool
from loadtests.contract import REFERENCE, Contract, Verb, compile_calls, read_contract
from loadtests.ledger import Ledger, LedgerWriter, read_ledger
from loadtests.trace import OUTCOME_NAMES, TYPES, Trace

Story = list[tuple[float, Verb]]


def trace_from(stories: list[Story]) -> Trace:
    """One journey per story: what it asks for, and when."""
    rows = sorted(
        (due, journey, seq, verb) for journey, story in enumerate(stories) for seq, (due, verb) in enumerate(story, 1)
    )
    due, journey, seq, verb = (np.array([row[i] for row in rows]) for i in range(4))
    count = len(rows)
    return Trace(
        due=due.astype(np.float64),
        journey=journey.astype(np.int32),
        seq=seq.astype(np.int32),
        verb=verb.astype(np.int8),
        step=(seq % 2).astype(np.int32),
        channel=(seq % 2).astype(np.int32),
        type=np.where(verb == Verb.EVENT, seq % len(TYPES), -1).astype(np.int8),
        contacts=(seq // 2).astype(np.int32),
        outcome=np.where(verb == Verb.COMPLETE, journey % len(OUTCOME_NAMES), -1).astype(np.int8),
        customer=np.arange(len(stories), dtype=np.int32) + 7,
        intent=np.zeros(len(stories), np.int32),
        intents=("lost_card",),
        steps=("lost_card.web", "lost_card.desk"),
        channels=("web", "voice"),
        offset=25200.0 if count else 0.0,
    )


def even_trace(journeys: int, events: int, rate: float) -> Trace:
    """Journeys side by side, one request every ``1 / rate`` seconds; every third one pauses and resumes."""
    stories: list[Story] = []
    for journey in range(journeys):
        verbs = [Verb.START, *[Verb.EVENT] * events, Verb.COMPLETE]
        if journey % 3 == 0:
            verbs[2:2] = [Verb.PAUSE, Verb.RESUME]
        stories.append([((step * journeys + journey) / rate, verb) for step, verb in enumerate(verbs)])
    return trace_from(stories)


@dataclass(frozen=True)
class Driven:
    ledger: Ledger
    run: str
    url: str
    trace: Trace


def drive(
    trace: Trace,
    url: str,
    folder: Path,
    *,
    contract: Contract | None = None,
    stop_after: float | None = None,
    settings: Settings | None = None,
) -> Driven:
    """Conduct a trace, and return what the ledger then says."""
    settings = settings or Settings(run=secrets.token_hex(4), grace=0.1)
    pool = Pool.to(url, size=1000)
    calls = compile_calls(contract or read_contract(REFERENCE), pool.host)
    live = folder / settings.run
    writer = LedgerWriter(live, 0)
    conductor = Conductor(trace, calls, pool, writer, settings=settings, listener=lambda *_: None)
    pool.warm()
    gc.collect()
    running = gevent.spawn(conductor.run, _clock())
    running.join(stop_after)
    if stop_after is not None:
        running.kill()
    running.get()
    writer.close()
    return Driven(read_ledger(live), settings.run, url, trace)


def _clock() -> float:
    from time import perf_counter

    return perf_counter()
