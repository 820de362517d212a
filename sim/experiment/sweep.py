"""Sweep: the same replications of many points of a scenario, of which only what is new is simulated.

All points meet the same customers, so that curves over them are smooth. What a point gives is what a run of its
scenario gives, bit for bit: a piece of ten replications is simulated, picked out and kept as it is, and estimated when
the point is complete.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from sim.core import interrupts
from sim.engine import Plan
from sim.experiment.replicate import GRACE, KEEPING, measure_once, seconds_each
from sim.experiment.sweep_cache import Piece, SweepCache
from sim.experiment.sweep_estimates import SweepPoint, SweepValues, Values, estimate_points, rows_with_days
from sim.experiment.workers import in_order
from sim.kpis import index_of
from sim.kpis.model import Index

__all__ = ["SweepWork", "prepare_sweep", "simulate_points"]

I8 = NDArray[np.int64]

BLOCK = 1.0
"""Seconds of work that a process is given at a time."""
_REPLICATIONS = 10  # of a piece
_LONGEST = 2.0  # seconds of a piece, roughly, unless a replication takes longer


@dataclass(frozen=True, eq=False)
class SweepWork:
    """What a sweep has to simulate, and what the cache has.

    Parameters
    ----------
    points
        At least one; all have the same rows.
    replications
        Of each.
    cache
        Keeps each piece as soon as it is simulated.
    pieces
        Of each point.
    owners
        The first point that has a piece: points may be the same in all but their names.
    indexes
        Rows of each point.
    kept
        Values of the pieces that were simulated.
    """

    points: Sequence[SweepPoint]
    replications: int
    cache: SweepCache
    pieces: Sequence[Sequence[Piece]]
    owners: Mapping[Piece, int]
    indexes: Sequence[Index]
    kept: dict[Piece, Values]

    def __repr__(self) -> str:
        """Return the sizes."""
        return f"<SweepWork: {len(self.points)} points, {len(self.left)} of {len(self.owners)} pieces left>"

    @property
    def left(self) -> list[Piece]:
        """The pieces that are to be simulated."""
        return [piece for piece in self.owners if piece not in self.kept]

    @property
    def total(self) -> int:
        """The number of replications, those of points that are the same counted once."""
        return sum(piece.count for piece in self.owners)

    def plan(self, piece: Piece) -> Plan:
        """Return the plan of a piece."""
        return self.points[self.owners[piece]].plan

    def index(self, piece: Piece) -> Index:
        """Return the rows of a piece."""
        return self.indexes[self.owners[piece]]

    def values(self, point: int) -> Values | None:
        """Return the values of a point; None if a piece of it is missing."""
        pieces = self.pieces[point]
        if not self.kept.keys() >= set(pieces):
            return None
        num, den = (np.concatenate([self.kept[piece][part] for piece in pieces]) for part in (0, 1))
        return num, den


def prepare_sweep(
    points: Sequence[SweepPoint], cache: SweepCache, *, seed: int, replications: int, engine: str
) -> SweepWork:
    """Look up what the cache has of a sweep.

    Parameters
    ----------
    points, cache
        As of `SweepWork`.
    seed, replications, engine
        As for `sim.experiment.replicate.replicate`; the engine is one that can run all plans.
    """
    pieces = [_pieces_of(point, seed, replications, engine) for point in points]
    indexes = [rows_with_days(point.plan, [goal.row for goal in point.goals]) for point in points]
    owners: dict[Piece, int] = {}
    for number, of_point in enumerate(pieces):
        for piece in of_point:
            owners.setdefault(piece, number)
    kept = {piece: values for piece, number in owners.items() if (values := cache.read(piece, indexes[number]))}
    return SweepWork(points, replications, cache, pieces, owners, indexes, kept)


def _pieces_of(point: SweepPoint, seed: int, replications: int, engine: str) -> list[Piece]:
    """Return the pieces of a point; their lengths do not depend on the number of replications, nor on the machine."""
    seconds = max(seconds_each(point.plan, None, engine), 1e-9)
    step = max(1, min(_REPLICATIONS, int(_LONGEST / seconds)))
    return [
        Piece(point.scenario, seed, engine, first, min(step, replications - first))
        for first in range(0, replications, step)
    ]


def simulate_points(
    work: SweepWork,
    *,
    processes: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> SweepValues:
    """Simulate what is left of a sweep.

    Parameters
    ----------
    work
        The sweep.
    processes
        How many to use at most; by default one per core.
    progress
        Function of the number of replications that are done, and of all.

    Returns
    -------
    SweepValues
        After an interrupt (Ctrl-C), of the points that are complete.
    """
    left, total = work.left, work.total
    done = total - sum(piece.count for piece in left)
    progress(done, total)
    try:
        for piece, values in _simulated(work, left, processes or os.cpu_count() or 1):
            work.cache.write(piece, work.index(piece), values)
            work.kept[piece] = values
            done += piece.count
            if piece == work.pieces[work.owners[piece]][-1]:
                interrupts.allow(GRACE)  # there is a point to be kept
            progress(done, total)
            interrupts.check()
    except KeyboardInterrupt:
        if interrupts.none_came() or not any(work.kept.keys() >= set(pieces) for pieces in work.pieces):
            raise
    interrupts.allow(KEEPING)
    return estimate_points(work.points, [work.values(number) for number in range(len(work.points))], work.replications)


def _simulated(work: SweepWork, left: Sequence[Piece], workers: int) -> Iterator[tuple[Piece, Values]]:
    """Yield pieces and their values, in their order."""
    if not left:
        return
    first, *others = left
    values, seconds = _timed(work, first)  # here: it loads the compiled code, which the processes then share
    yield first, values
    pace = seconds / _size(work, first)
    blocks = _blocks(others, [pace * piece.count * _size(work, piece) for piece in others])
    if len(blocks) < 2:
        for piece in others:
            yield piece, _simulate(work, piece)
        return
    tasks = range(len(blocks))
    with in_order(partial(_simulate_block, work, blocks), tasks, seconds=BLOCK, workers=workers) as results:
        for block, simulated in zip(blocks, results, strict=True):
            yield from zip(block, simulated, strict=True)


def _size(work: SweepWork, piece: Piece) -> float:
    """Return a measure of the work of a replication."""
    return max(seconds_each(work.plan(piece), None, piece.engine), 1e-9)


def _blocks(pieces: Sequence[Piece], seconds: Sequence[float]) -> list[list[Piece]]:
    """Divide pieces into blocks of at least a second."""
    blocks: list[list[Piece]] = [[]]
    spent = 0.0
    for piece, needed in zip(pieces, seconds, strict=True):
        if spent >= BLOCK:
            blocks.append([])
            spent = 0.0
        blocks[-1].append(piece)
        spent += needed
    return blocks


def _simulate_block(work: SweepWork, blocks: Sequence[Sequence[Piece]], number: int) -> list[Values]:
    return [_simulate(work, piece) for piece in blocks[number]]


def _simulate(work: SweepWork, piece: Piece) -> Values:
    return _stacked(work, piece, range(piece.first, piece.first + piece.count))


def _timed(work: SweepWork, piece: Piece) -> tuple[Values, float]:
    """Simulate a piece, and return the seconds of a replication; the first one may load compiled code, too."""
    edges = piece.first, piece.first + min(1, piece.count - 1), piece.first + piece.count
    parts, seconds = [], 0.0
    for begin, end in pairwise(edges):
        if begin < end:
            began = perf_counter()
            parts.append(_stacked(work, piece, range(begin, end)))
            seconds = (perf_counter() - began) / (end - begin)
    num, den = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return (num, den), seconds


def _stacked(work: SweepWork, piece: Piece, replications: range) -> Values:
    """Return the values of the rows, replication by replication."""
    plan, index = work.plan(piece), work.index(piece)
    at = _positions(index_of(plan), index)
    measured = [measure_once(plan, piece.seed, number, piece.engine)[0] for number in replications]
    return np.stack([each.num[at] for each in measured]), np.stack([each.den[at] for each in measured])


def _positions(whole: Index, index: Index) -> I8:
    """Return where rows are in an index of all."""
    keys = {(name, by): keys for name, by, keys in whole.blocks}
    places = {block: {key: number for number, key in enumerate(keys[block])} for block in index.slices}
    return np.array(
        [whole.slices[name, by].start + places[name, by][key] for name, by, own in index.blocks for key in own],
        dtype=np.int64,
    )
