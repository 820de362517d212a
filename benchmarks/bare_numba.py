"""The two models as bare numba kernels: counters, no log, each written quickly for one model.

The structure is that of the C program: a heap of the busy agents' departures, patience in the queue.
"""

# ruff: noqa: NPY002 - in compiled code these draw from numba's own generator, faster than a Generator

from __future__ import annotations

import math
from time import perf_counter
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.models import CENTRE, SINGLE_QUEUE
from benchmarks.program_runs import BATCHES, ProgramRun

__all__ = ["run_centre", "run_single_queue"]

_compiled = njit(cache=True, error_model="numpy")
_RING = 65536  # more customers wait only if the model is unstable
F8 = NDArray[np.float64]


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
    waited, abandoned = np.zeros(BATCHES), np.zeros(BATCHES)
    began = perf_counter()
    size = -(-customers // BATCHES)
    _queue(customers, seed, size, model.agents, 1 / model.arrivals_per_second, model.service_mean,
           model.patience_mean, waited, abandoned)  # fmt: skip
    seconds = perf_counter() - began
    sizes = np.minimum(size, customers - size * np.arange(BATCHES))
    return ProgramRun(customers, seconds, {"P(wait)": waited / sizes, "P(abandon)": abandoned / sizes})


def run_centre(days: int, seed: int = 1) -> ProgramRun:
    """Simulate days of 3 types x 4 groups, each from empty.

    Parameters
    ----------
    days
        Their number.
    seed
        Of the generator.
    """
    volume = np.array([call_type.volume for call_type in CENTRE.types], dtype=np.float64)
    laws = np.array(
        [_law(call_type.service_mean, call_type.service_cv, call_type.patience_mean) for call_type in CENTRE.types]
    )
    staff = np.array([group.staff for group in CENTRE.groups])
    groups = [group.name for group in CENTRE.groups]
    call_types = [call_type.name for call_type in CENTRE.types]
    asks = _padded([[groups.index(name) for name in call_type.groups] for call_type in CENTRE.types])
    takes = _padded([[call_types.index(name) for name in group.types] for group in CENTRE.groups])
    counts = np.zeros((days, 4))  # came, waited, abandoned, served
    began = perf_counter()
    _days(seed, CENTRE.interval, volume, laws, staff, asks, takes, counts)
    seconds = perf_counter() - began
    assert (counts[:, 0] == counts[:, 2] + counts[:, 3]).all(), "a customer was lost"
    shares = {"P(wait)": counts[:, 1] / counts[:, 0], "P(abandon)": counts[:, 2] / counts[:, 0]}
    return ProgramRun(int(counts[:, 0].sum()), seconds, shares)


def _law(mean: float, cv: float, patience: float) -> tuple[float, float, float]:
    variance = math.log1p(cv * cv)
    return math.log(mean) - variance / 2, math.sqrt(variance), patience


def _padded(rows: list[list[int]]) -> NDArray[np.int64]:
    width = max(map(len, rows))
    return np.array([row + [-1] * (width - len(row)) for row in rows])


@_compiled
def _push(times: Any, owners: Any, size: int, time: float, owner: int) -> None:
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if times[above] <= time:
            break
        times[at], owners[at] = times[above], owners[above]
        at = above
    times[at], owners[at] = time, owner


@_compiled
def _sink(times: Any, owners: Any, size: int, time: float, owner: int) -> None:
    """Replace the first entry."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and times[child + 1] < times[child]:
            child += 1
        if times[child] >= time:
            break
        times[at], owners[at] = times[child], owners[child]
        at = child
    times[at], owners[at] = time, owner


@_compiled
def _queue(
    customers: int, seed: int, size: int, agents: int, gap: float, service: float, patience: float, waited: F8,
    abandoned: F8,
) -> None:  # fmt: skip
    np.random.seed(seed)
    times, owners = np.empty(agents), np.zeros(agents, np.int64)
    deadline, owner = np.empty(_RING), np.zeros(_RING, np.int64)
    head = tail = busy = come = 0
    arrival = np.random.exponential(gap)
    while come < customers or busy:
        if come < customers and (not busy or arrival < times[0]):
            if busy < agents:
                _push(times, owners, busy, arrival + np.random.exponential(service), 0)
                busy += 1
            else:
                waited[come // size] += 1
                deadline[tail & (_RING - 1)] = arrival + np.random.exponential(patience)
                owner[tail & (_RING - 1)] = come
                tail += 1
            come += 1
            arrival += np.random.exponential(gap)
            continue
        now = times[0]
        while head < tail and deadline[head & (_RING - 1)] <= now:
            abandoned[owner[head & (_RING - 1)] // size] += 1
            head += 1
        if head < tail:
            head += 1
            _sink(times, owners, busy, now + np.random.exponential(service), 0)
        else:
            busy -= 1
            _sink(times, owners, busy, times[busy], 0)


@_compiled
def _days(seed: int, interval: float, volume: F8, laws: F8, staff: Any, asks: Any, takes: Any, counts: F8) -> None:
    np.random.seed(seed)
    for day in range(len(counts)):
        _day(interval, volume, laws, staff, asks, takes, counts[day])


@_compiled
def _day(  # noqa: C901, PLR0912, PLR0915 - a bare kernel is one loop
    interval: float, volume: F8, laws: F8, staff: Any, asks: Any, takes: Any, counts: F8
) -> None:
    call_types, intervals = volume.shape
    times, owners = np.empty(1024), np.zeros(1024, np.int64)
    deadline = np.empty((call_types, _RING))
    head, tail = np.zeros(call_types, np.int64), np.zeros(call_types, np.int64)
    busy, inside = np.zeros(len(staff), np.int64), 0
    coming = np.empty(call_types)
    for call_type in range(call_types):
        coming[call_type] = _after(0.0, interval, volume[call_type])
    part = 0
    while True:
        call_type = int(np.argmin(coming))
        boundary = (part + 1) * interval if part + 1 < intervals else np.inf
        first = times[0] if inside else np.inf
        now = min(coming[call_type], boundary, first)
        if now == np.inf:
            break
        if now == boundary:
            part += 1
            for group in range(len(staff)):
                while busy[group] < staff[group, part]:
                    next_type = _waiting(takes[group], deadline, head, tail, now, counts)
                    if next_type < 0:
                        break
                    busy[group] += 1
                    _push(
                        times, owners, inside, now + np.random.lognormal(laws[next_type, 0], laws[next_type, 1]), group
                    )
                    inside += 1
                    counts[3] += 1
        elif now == first:
            group = owners[0]
            next_type = -1
            if busy[group] <= staff[group, part]:
                next_type = _waiting(takes[group], deadline, head, tail, now, counts)
            if next_type >= 0:
                _sink(times, owners, inside, now + np.random.lognormal(laws[next_type, 0], laws[next_type, 1]), group)
                counts[3] += 1
            else:
                busy[group] -= 1
                inside -= 1
                _sink(times, owners, inside, times[inside], owners[inside])
        else:
            counts[0] += 1
            coming[call_type] = _after(now, interval, volume[call_type])
            group = _idle(asks[call_type], busy, staff[:, part])
            if group >= 0:
                busy[group] += 1
                _push(times, owners, inside, now + np.random.lognormal(laws[call_type, 0], laws[call_type, 1]), group)
                inside += 1
                counts[3] += 1
            else:
                counts[1] += 1
                deadline[call_type, tail[call_type] & (_RING - 1)] = now + np.random.exponential(laws[call_type, 2])
                tail[call_type] += 1
    for call_type in range(call_types):
        counts[2] += tail[call_type] - head[call_type]  # no agent came for them: each gives up


@_compiled
def _after(now: float, interval: float, volume: F8) -> float:
    """Return the next arrival: the exponential law is memoryless, so it is drawn again where the rate changes."""
    part = int(now / interval)
    while part < len(volume):
        now += np.random.exponential(interval / volume[part])
        if now < (part + 1) * interval:
            return now
        part += 1
        now = part * interval
    return np.inf


@_compiled
def _idle(asks: Any, busy: Any, staff: Any) -> int:
    for group in asks:
        if group >= 0 and busy[group] < staff[group]:
            return int(group)
    return -1


@_compiled
def _waiting(takes: Any, deadline: F8, head: Any, tail: Any, now: float, counts: F8) -> int:
    """Take the longest waiting of the first rank that waits; return the type, -1 = none."""
    for call_type in takes:
        if call_type < 0:
            break
        while head[call_type] < tail[call_type]:
            patient = deadline[call_type, head[call_type] & (_RING - 1)] > now
            head[call_type] += 1
            if patient:
                return int(call_type)
            counts[2] += 1
    return -1
