"""Customers of one replication, drawn from the demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.draws import chosen, stream, uniform_pairs, uniforms
from sim.core.time_of_day import is_within, wall_times
from sim.core.units import DAY
from sim.numerics.sort_rows import order_of
from sim.population.carried_over import DrawnPresent, Present, draw_present
from sim.population.demand import Demand, Pattern
from sim.population.factors import burst_path, volume_factors
from sim.population.poisson_points import points_below

__all__ = ["Population", "draw_in_parts", "draw_population"]

F8 = NDArray[np.float64]
U8 = NDArray[np.uint64]
I4 = NDArray[np.int32]
Draw = Callable[[U8, int], F8]  # (keys, purpose) -> uniform numbers
DrawTwo = Callable[[U8, int], tuple[F8, F8]]  # the same, and those for the next purpose
Arrivals = tuple[F8, U8, I4 | None]  # instants, keys, and segments, -1 or None = drawn
Columns = tuple[F8, I4, I4, I4, U8]  # of a population

_RENEWALS = 256  # times between arrivals that are drawn at once
LAYER = 16.0  # expected customers in a cell
_INTERVAL_BITS, _LAYER_BITS = 40, 16  # first bits of interval and layer in a key; below is the number in the cell
_AT_START = np.uint64(0xFF_FFFF << _LAYER_BITS)  # a layer that no volume reaches
_COUNT, _TIME, _HEIGHT, _SEGMENT, _ENTRY = 0, 2, 3, 4, 5  # purposes of an arrival's draws; a pair shares one evaluation


def _poisson_cdf(mean: float, at_zero: float) -> F8:
    # Only basic operations, which give the same bits on every machine; `at_zero` is exp(-mean).
    terms = accumulate(range(1, 80), lambda term, k: term * mean / k, initial=at_zero)
    return np.array(list(accumulate(terms)))


_CDF = _poisson_cdf(LAYER, 1.1253517471925912e-07)


def _nobody() -> Present:
    return Present(np.empty(0), np.empty(0), np.empty(0, np.int32), np.empty(0, np.int32))


@dataclass(frozen=True, eq=False)
class Population:
    """The customers of one replication, one per row, in order of arrival.

    ``key`` identifies a customer whatever else changes: all draws of the customer depend on it. Who was there before
    the run began arrives as it begins.
    """

    seed: int
    replication: int
    arrival: F8  # seconds from midnight of the first day
    intent: I4
    segment: I4
    entry: I4  # first step
    key: U8
    present: Present = field(default_factory=_nobody)  # of the first customers: those who were there before the run

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.arrival)

    def __repr__(self) -> str:
        """Return the size, and where the draws come from."""
        return f"<Population: {len(self):,} customers, seed {self.seed}, replication {self.replication}>"


def draw_population(demand: Demand, seed: int, replication: int) -> Population:
    """Draw the customers of a replication.

    Parameters
    ----------
    demand
        The demand.
    seed, replication
        The same pair draws the same customers.

    Returns
    -------
    Population
        In order of arrival, then of intent and key.

    Notes
    -----
    For a Poisson process, points are drawn in the plane of time and volume, in cells of one interval by `LAYER`
    expected customers, each with its own key. The points below the volume of their instant are the customers. So a
    different volume, expected or by a factor of this replication, adds or removes customers at the edge, and everybody
    else is the same person at the same second. Customers of fixed patterns are keyed by their number in the interval,
    recorded customers by their instant.
    """
    (population,) = _drawn(demand, seed, replication, [range(demand.volume.shape[1])])
    return population


def draw_in_parts(demand: Demand, seed: int, replication: int, customers: int = 1 << 14) -> Iterator[Population]:
    """Draw the customers of a replication in parts of whole intervals, with about ``customers`` expected in each."""
    part = np.cumsum(demand.volume.sum(axis=0)) // customers
    ends = [*(np.flatnonzero(np.diff(part)) + 1).tolist(), len(part)]
    return _drawn(demand, seed, replication, [range(a, b) for a, b in pairwise([0, *ends])])


def _drawn(demand: Demand, seed: int, replication: int, spans: Sequence[range]) -> Iterator[Population]:
    sources = [_intent_source(demand, i, seed, replication) for i in range(len(demand.intents))]
    present = [_present_at_start(demand, i, seed, replication) for i in np.unique(demand.start_intent).tolist()]
    opens = int((_first_opening(demand) - demand.origin) // demand.interval)
    there = draw_present(demand.carried_over, demand.segment_share, _first_opening(demand), seed, replication)
    for number, span in enumerate(spans):
        columns = _concatenated([source(span) for source in sources] + (present if opens in span else []))
        _sort(columns)
        population = Population(seed, replication, *columns)  # type: ignore[arg-type]
        yield population if there is None or number else _with_present(population, there, _first_opening(demand))


def _with_present(population: Population, there: DrawnPresent, opening: float) -> Population:
    """Return a population that begins with who was there before the run; nobody else arrives before its opening."""
    before = {"arrival": np.full(len(there.key), opening)} | {
        name: getattr(there, name) for name in ("intent", "segment", "entry", "key")
    }
    columns: Any = {name: np.concatenate([column, getattr(population, name)]) for name, column in before.items()}
    return replace(population, **columns, present=there.present)


def _concatenated(drawn: list[Columns]) -> list[NDArray[Any]]:
    return list(drawn[0]) if len(drawn) == 1 else [np.concatenate(column) for column in zip(*drawn, strict=True)]


def _sort(columns: list[NDArray[Any]]) -> None:
    """Sort customers by arrival, intent and key, one column at a time to save memory."""
    arrival, intent, _, _, key = columns
    order = order_of(arrival, intent, key)
    del arrival, intent, key
    for number, column in enumerate(columns):
        if len(column) and column[0] == column[-1] and column.min() == column.max():
            continue  # all values are equal, which is cheap to check
        columns[number] = column[order]


def _intent_source(demand: Demand, intent: int, seed: int, replication: int) -> Callable[[range], Columns]:
    """Return a function that draws the customers of an intent within a range of intervals."""
    arrivals = stream(f"arrivals/{demand.intents[intent]}")
    rows = slice(demand.entry_ptr[intent], demand.entry_ptr[intent + 1])
    cases = np.flatnonzero(demand.entry_cases.intent == intent).tolist()

    def draw(key: U8, purpose: int) -> F8:
        return uniforms(seed, replication, arrivals, key, 0, purpose)

    def draw_two(key: U8, purpose: int) -> tuple[F8, F8]:
        return uniform_pairs(seed, replication, arrivals, key, 0, purpose)

    pattern = demand.variation.pattern_of(intent)
    if pattern == Pattern.REPLAYED:
        arriving = _recorded(demand, intent)
    elif pattern == Pattern.RENEWAL:
        arriving = _renewing(demand, intent, draw, (seed, replication))
    elif pattern == Pattern.POISSON:
        arriving = _poisson(demand, intent, (seed, replication))
    else:
        arriving = _counted(demand, intent, draw, spaced=pattern == Pattern.SCHEDULED)

    def within(span: range) -> Columns:
        arrival, key, known = arriving(span)
        segment, first_step = _choices(demand.segment_share, demand.entry_share[rows], key, draw_two)
        if known is not None:
            segment = np.where(known < 0, segment, known)
        entry = demand.entry_step[rows][first_step].astype(np.int32)
        if cases:
            entry = _entries_by_case(demand, cases, (arrival, segment, entry), draw(key, _ENTRY))
        intents = np.full(len(key), intent, dtype=np.int32)
        # Cells of two intents have the same keys; mixing in the intent keeps their customers apart in later intents.
        return arrival, intents, segment, entry, key ^ (np.uint64(arrivals) << np.uint64(31))

    return within


def _choices(segment_share: F8, entry_share: F8, key: U8, draw_two: DrawTwo) -> tuple[I4, I4]:
    """Return each customer's segment, and the index of the first step; drawn if there is a choice."""
    if len(segment_share) == len(entry_share) == 1:
        return np.zeros(len(key), np.int32), np.zeros(len(key), np.int32)
    segment, entry = draw_two(key, _SEGMENT)
    return chosen(segment_share, segment), chosen(entry_share, entry)


def _entries_by_case(demand: Demand, rows: list[int], customers: tuple[F8, I4, I4], u: F8) -> I4:
    """Return first steps: of the first of some cases that holds for a customer, else as they are.

    ``customers`` are their arrivals, segments and first steps, and ``u`` their random numbers.
    """
    arrival, segment, entry = customers
    cases, time = demand.entry_cases, wall_times(arrival, demand.clock_changes)
    day = np.minimum((time // DAY).astype(np.int64), demand.day_values.shape[1] - 1)
    for case in reversed(rows):
        holds = is_within(time % DAY, *cases.time[case]) & (
            (cases.segments[case] >> segment.astype(np.uint64)) & np.uint64(1) != 0
        )
        if cases.days[case] >= 0:
            holds &= demand.day_values[cases.days[case]][day] != 0
        targets = slice(cases.ptr[case], cases.ptr[case + 1])
        entry = np.where(holds, cases.step[targets][chosen(cases.share[targets], u)], entry)
    return entry.astype(np.int32)


def _present_at_start(demand: Demand, intent: int, seed: int, replication: int) -> Columns:
    """Return the customers who are present at the start; they arrive at the first opening."""
    entry = demand.start_step[demand.start_intent == intent]
    arrivals = stream(f"arrivals/{demand.intents[intent]}")
    number: U8 = np.arange(len(entry), dtype=np.uint64)
    cell, within = number >> np.uint64(_LAYER_BITS), number & np.uint64((1 << _LAYER_BITS) - 1)
    key: U8 = cell << np.uint64(_INTERVAL_BITS) | _AT_START | within
    segment = chosen(demand.segment_share, uniforms(seed, replication, arrivals, key, 0, _SEGMENT))
    intents = np.full(len(entry), intent, dtype=np.int32)
    arrival = np.full(len(entry), _first_opening(demand))
    return arrival, intents, segment, entry, key ^ (np.uint64(arrivals) << np.uint64(31))


def _first_opening(demand: Demand) -> float:
    """Return when the customers who are present at the start come."""
    return demand.origin if demand.opens is None else demand.opens


def _poisson(demand: Demand, intent: int, seeds: tuple[int, int]) -> Callable[[range], Arrivals]:
    """Return a function that draws a Poisson process; without bursts, its rate is constant within an interval.

    ``seeds`` are the seed and the replication.
    """
    volume, path = demand.volume[intent], burst_path(demand, intent, *seeds)
    factors = volume_factors(demand, intent, *seeds)
    if factors is not None:
        volume = volume * factors
    peak = 1.0 if path is None else path[1].max()
    uneven = demand.stretches.are_in(intent)
    arrivals = stream(f"arrivals/{demand.intents[intent]}")

    def within(span: range) -> Arrivals:
        layers = np.ceil(volume[span.start : span.stop] * peak / LAYER).astype(np.int64)
        interval = np.repeat(np.arange(span.start, span.stop, dtype=np.uint64), layers)
        layer = _numbers(layers).astype(np.uint64)
        cell: U8 = (interval << np.uint64(_INTERVAL_BITS)) | (layer << np.uint64(_LAYER_BITS))
        count = np.searchsorted(_CDF, uniforms(*seeds, arrivals, cell, 0, _COUNT))
        begin = np.zeros(len(cell)) if uneven else demand.origin + interval.astype(np.float64) * demand.interval
        cells = np.array([begin, layer.astype(np.float64), volume[interval.astype(np.int64)] * peak])
        size = (1.0 if uneven else demand.interval, LAYER)
        arrival, height, key = points_below((*seeds, arrivals, _TIME), cell, count, cells, size)
        if uneven:
            arrival = demand.instants(intent, (key >> np.uint64(_INTERVAL_BITS)).astype(np.int64), arrival)
        if path is None:
            return arrival, key, None
        begins, rates = path
        limit = volume[(key >> np.uint64(_INTERVAL_BITS)).astype(np.int64)]
        comes = height < limit * rates[np.searchsorted(begins, arrival, side="right") - 1]
        return arrival[comes], key[comes], None

    return within


def _numbers(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 0, 1, 2 ... below each count, one sequence after another."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def _counted(demand: Demand, intent: int, draw: Draw, *, spaced: bool) -> Callable[[range], Arrivals]:
    """Return a function that draws exactly as many as expected; fractions carry over to the next interval."""
    up_to = np.floor(np.cumsum(demand.volume[intent]) + 0.5).astype(np.int64)
    counts = up_to - np.r_[0, up_to[:-1]][: len(up_to)]

    def within(span: range) -> Arrivals:
        count = counts[span.start : span.stop]
        interval = np.repeat(np.arange(span.start, span.stop), count)
        number = _numbers(count)
        key: U8 = (interval.astype(np.uint64) << np.uint64(_INTERVAL_BITS)) | number.astype(np.uint64)
        position = (number + 0.5) / np.repeat(count, count) if spaced else draw(key, _TIME)
        return demand.instants(intent, interval, position), key, None

    return within


def _renewing(demand: Demand, intent: int, draw: Draw, seeds: tuple[int, int]) -> Callable[[range], Arrivals]:
    """Return a function that gives the arrivals of a renewal process, whose clock runs at the rate of the demand.

    ``seeds`` are the seed and the replication.
    """
    factors = volume_factors(demand, intent, *seeds)
    volume = demand.volume[intent] if factors is None else demand.volume[intent] * factors
    up_to = np.concatenate([[0.0], np.cumsum(volume)])
    value, mean = demand.variation.renewal_of(intent)
    instants: list[float] = []  # in expected arrivals
    now = 0.0
    while now < up_to[-1]:
        keys = np.arange(len(instants), len(instants) + _RENEWALS, dtype=np.uint64)
        for u in draw(keys, _TIME).tolist():
            now += value(u) / mean
            instants.append(now)
    at = np.array(instants)
    at = at[at < up_to[-1]]
    interval = np.searchsorted(up_to, at, side="right") - 1
    arrival = demand.instants(intent, interval, (at - up_to[interval]) / volume[interval])
    key: U8 = np.arange(len(at), dtype=np.uint64)

    def within(span: range) -> Arrivals:
        rows = slice(*np.searchsorted(interval, [span.start, span.stop]))
        return arrival[rows], key[rows], None

    return within


def _recorded(demand: Demand, intent: int) -> Callable[[range], Arrivals]:
    """Return a function that gives the recorded arrivals; those outside all intervals belong to the nearest one."""
    arrival, known = demand.variation.recorded_of(intent)
    key, intervals = _keys_of(arrival), demand.volume.shape[1]

    def within(span: range) -> Arrivals:
        begin, end = np.searchsorted(arrival, demand.origin + demand.interval * np.array([span.start, span.stop]))
        rows = slice(begin if span.start else 0, end if span.stop < intervals else None)
        return arrival[rows], key[rows], known[rows]

    return within


def _keys_of(arrival: F8) -> U8:
    """Return keys from the instants, to the millisecond; arrivals of the same millisecond are numbered."""
    instant = np.floor(arrival * 1000.0 + 0.5).astype(np.uint64)
    first = np.searchsorted(instant, instant, side="left")
    return (instant << np.uint64(_LAYER_BITS)) | (np.arange(len(instant)) - first).astype(np.uint64)
