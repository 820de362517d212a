"""The event log as columns: every visit of every customer. It is the only output of an engine.

One row is one *touchpoint*: one visit of a customer to a step. Its instants are the events. Rows are in order of
(began, customer, visit), so equal runs give equal logs, whatever the engine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.population import Population

__all__ = ["COLUMNS", "NAN", "Block", "Log", "log_of", "single_block"]

NAN = float("nan")

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Log:
    """Touchpoints, one per row. Instants are in seconds, NaN if the event did not happen.

    ``began <= started <= ended <= freed``. Self-service and pauses start at once: ``began == started``. A contact
    that is abandoned has no ``started``; its ``ended`` is the instant of giving up. If it rang then, ``group`` and
    ``agent`` are those where it rang, for ``rang`` seconds. ``talk`` is ``ended - started``
    less ``hold``; after-call work is ``freed - ended``. While somebody is inside when the run ends, ``ended`` is NaN.
    """

    customer: I4  # row of the population
    visit: I4  # 0, 1, 2 ... within the customer's journey
    step: I4  # index into plan.steps
    result: I4  # plan.Result
    next: I4  # next step, or -1 - plan.Outcome
    group: I4  # agent group that handled it, -1 = none
    agent: I4  # agent's number within the group, -1 = none
    began: F8  # the customer came to the step; a contact is offered to its queue
    started: F8  # service started; a contact is answered
    hold: F8  # seconds on hold within the service
    ended: F8  # the customer left the step
    freed: F8  # the agent finished the after-call work
    journey: I4  # 0, 1, 2 ... of the customer's lifetime; a step of another intent begins the next
    announced: F8  # wait that was announced on coming to the queue, NaN = none
    callback: I4  # 1 = waited in virtual hold
    repeat: F8  # seconds within the service that the customer repeated themself
    rang: F8  # seconds that it rang at the agent until the customer gave up, 0 = answered, or did not ring

    def __len__(self) -> int:
        """Return the number of touchpoints."""
        return len(self.customer)

    def same_as(self, other: Log) -> bool:
        """Return whether two logs are equal, bit for bit."""
        return all(
            np.array_equal(a := getattr(self, f.name), b := getattr(other, f.name), equal_nan=a.dtype.kind == "f")
            and a.dtype == b.dtype
            for f in fields(self)
        )


COLUMNS = {field.name: "i4" if field.type == "I4" else "f8" for field in fields(Log)}  # name to kind of number


@dataclass(frozen=True, eq=False)
class Block:
    """A stretch of a run; a run is a sequence of blocks, or one block.

    Parameters
    ----------
    population
        The customers of the block, and perhaps others.
    numbers
        Their numbers in the whole run, ascending; the logs count within the block's population.
    completed
        All touchpoints of the customers who have left for good, each customer in one block only.
    under_way
        All touchpoints that overlap with the stretch, as far as they are known at its end.
    begin, end
        The stretch, its end excluded; infinite before the first block and after the last one.
    """

    population: Population
    numbers: NDArray[np.int64]
    completed: Log
    under_way: Log
    begin: float
    end: float


def single_block(population: Population, log: Log) -> Block:
    """Return a run as one block.

    Parameters
    ----------
    population, log
        All of it.
    """
    return Block(population, np.arange(len(population)), log, log, -math.inf, math.inf)


def log_of(visits: Sequence[Any]) -> Log:
    """Return visits as columns.

    Parameters
    ----------
    visits
        Objects with an attribute for each column, in any order.

    Returns
    -------
    Log
        In order of (began, customer, visit).
    """
    columns: dict[str, Any] = {
        name: np.fromiter(map(attrgetter(name), visits), dtype, len(visits)) for name, dtype in COLUMNS.items()
    }
    order = np.lexsort((columns["visit"], columns["customer"], columns["began"]))
    return Log(**{name: column[order] for name, column in columns.items()})
