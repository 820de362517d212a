"""A log cut into blocks, as the engine that discards touchpoints yields them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.engine.log import Block, Log
from sim.engine.plan import Outcome, Plan, Result
from sim.population import Population


def cut(plan: Plan, population: Population, log: Log, at: Sequence[float]) -> Iterator[Block]:
    """Yield the blocks of a log that is cut at instants, in ascending order."""
    done = _done(log)
    for begin, end in pairwise([-math.inf, *at, math.inf]):
        inside = (done >= begin) & (log.began < end)
        through, passing = _rows(log, (done >= begin) & (done < end)), _as_of(plan, _rows(log, inside), end)
        yield Block(population, np.arange(len(population)), through, passing, begin, end)


def _done(log: Log) -> NDArray[np.float64]:
    """Return for each row when its customer's story ends; infinite if that is after the run."""
    last = np.where(np.isnan(log.ended) | (np.isnan(log.freed) & (log.group >= 0)), math.inf, log.ended)
    last = np.where(log.freed > last, log.freed, last)
    latest = np.zeros(int(log.customer.max(initial=-1)) + 1)
    np.maximum.at(latest, log.customer, last)
    latest[latest == math.inf] = 1e99  # within the last block, which has no end
    return np.asarray(latest[log.customer])


def _rows(log: Log, mask: NDArray[np.bool_]) -> Log:
    return replace(log, **log.rows(mask))


def _as_of(plan: Plan, log: Log, now: float) -> Log:
    """Return the touchpoints as they are known at an instant."""
    going = ~(log.ended < now)
    unreached = np.isnan(log.started) & (log.agent >= 0)
    queue = plan.step_queue[log.step]
    ring = np.where(queue >= 0, plan.queueing.ring[queue], 0.0) if len(plan.queues) else 0.0
    rings_out = np.where(log.rang > 0, ring - log.rang, 0.0)  # who hangs up while it rings ends before the answer
    answer = np.where(unreached & going, log.ended + rings_out, log.started)
    coming = going & ~(answer - ring < now)
    return replace(
        log,
        rang=np.where(going, 0.0, log.rang),
        started=np.where(coming, np.nan, answer),
        ended=np.where(going, np.nan, log.ended),
        freed=np.where(going, np.nan, log.freed),
        result=np.where(going, Result.INSIDE, log.result).astype(np.int32),
        next=np.where(going, -1 - Outcome.INSIDE, log.next).astype(np.int32),
        agent=np.where(coming, -1, log.agent).astype(np.int32),
        group=np.where(coming, -1, log.group).astype(np.int32),
    )
