"""Sweep: the same replications of many points of a scenario, of which only what is new is simulated.

All points meet the same customers, so that curves over them are smooth. What a point gives is what a run of its
scenario gives, bit for bit: a piece of ten replications is simulated, picked out and kept as it is, and estimated when
the point is complete.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from sim.core import interrupts
from sim.engine import Plan
from sim.experiment.replicate import measure_once, seconds_each
from sim.experiment.sweep_cache import Piece, SweepCache, Values
from sim.experiment.sweep_estimates import SweepPoint, SweepValues, estimate_points, rows_with_days
from sim.experiment.workers import in_order
from sim.kpis import index_of
from sim.kpis.model import Index

__all__ = ["SweepWork", "prepare_sweep", "simulate_points"]

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
    def replications_left(self) -> int:
        """The number of replications that are to be simulated."""
        return sum(piece.count for piece in self.left)

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
    done = total - work.replications_left
    progress(done, total)
    try:
        for piece, values in _simulated(work, left, processes or os.cpu_count() or 1):
            work.cache.write(piece, work.index(piece), values)
            work.kept[piece] = values
            done += piece.count
            if piece == work.pieces[work.owners[piece]][-1]:
                interrupts.allow(interrupts.GRACE)  # there is a point to be kept
            progress(done, total)
            interrupts.check()
    except KeyboardInterrupt:
        if interrupts.none_came() or not any(work.kept.keys() >= set(pieces) for pieces in work.pieces):
            raise
    interrupts.allow(interrupts.KEEPING)
    return estimate_points(work.points, [work.values(number) for number in range(len(work.points))], work.replications)


def _simulated(work: SweepWork, left: Sequence[Piece], workers: int) -> Iterator[tuple[Piece, Values]]:
    """Yield pieces and their values, in their order."""
    if not left:
        return
    seconds = sum(piece.count * seconds_each(work.plan(piece), None, piece.engine) for piece in left) / len(left)
    simulate = partial(_simulate, replace(work, kept={}), left)  # a cluster needs no values that are known
    with in_order(simulate, range(len(left)), seconds=seconds, workers=workers) as results:
        yield from zip(left, results, strict=True)


def _simulate(work: SweepWork, left: Sequence[Piece], number: int) -> Values:
    """Return the values of a piece, replication by replication."""
    piece = left[number]
    plan, replications = work.plan(piece), range(piece.first, piece.first + piece.count)
    rows = index_of(plan).places_of(work.index(piece))
    measured = [measure_once(plan, piece.seed, replication, piece.engine)[0] for replication in replications]
    return np.stack([each.num[rows] for each in measured]), np.stack([each.den[rows] for each in measured])
