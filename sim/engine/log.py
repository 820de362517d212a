"""The event log as columns: every visit of every customer, and what agents did. An engine returns nothing else.

One row is one *touchpoint*: one visit of a customer to a step. Its instants are the events. Rows are in order of
(began, customer, visit), so equal runs give equal logs, whatever the engine. Beside the touchpoints stand small tables:
when agents were there, and when they were interrupted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.population import Population

__all__ = [
    "COLUMNS", "NAN", "TABLES", "Block", "Interruptions", "Log", "Presence", "Table", "columns_of", "single_block",
    "table_of",
]  # fmt: skip

NAN = float("nan")

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of one length, and perhaps further tables beside them."""

    order: ClassVar[tuple[str, ...]]  # columns by which rows are in order, the first one first

    def __init_subclass__(cls) -> None:
        """Keep the short representation, which `dataclass` would replace."""
        cls.__repr__ = Table.__repr__  # type: ignore[method-assign]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(getattr(self, fields(self)[0].name))

    def __repr__(self) -> str:
        """Return the kind of table and its size."""
        return f"<{type(self).__name__}: {len(self):,} rows>"

    def rows(self, wanted: NDArray[np.bool_] | NDArray[np.intp]) -> dict[str, NDArray[Any]]:
        """Return the columns of some rows, by name."""
        return {name: getattr(self, name)[wanted] for name in columns_of(type(self))}

    def same_as(self, other: Table) -> bool:
        """Return whether two tables are equal, bit for bit."""
        return all(_same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))


def _same(mine: Any, other: Any) -> bool:
    if isinstance(mine, Table):
        return mine.same_as(other)
    return mine.dtype == other.dtype and np.array_equal(mine, other, equal_nan=mine.dtype.kind == "f")


def columns_of(table: type[Table]) -> dict[str, str]:
    """Return the columns of a table: name to kind of number."""
    return {f.name: _KINDS[str(f.type)] for f in fields(table) if str(f.type) in _KINDS}


_KINDS = {"I4": "i4", "F8": "f8"}
T = TypeVar("T", bound=Table)


@dataclass(frozen=True, eq=False)
class Presence(Table):
    """Stretches in which agents are there, overtime included, one per row.

    An agent comes on duty, and leaves when duty has ended and all contacts are finished. Who is called back before they
    left, or at the instant at which they leave, stays on.
    """

    order = ("group", "agent", "came")

    group: I4  # of agents
    agent: I4  # number within the group
    came: F8  # the agent came on duty
    left: F8  # the agent left; NaN = was there when the run ended


@dataclass(frozen=True, eq=False)
class Interruptions(Table):
    """Interruptions of contacts, one per row: deferred work waits while its agent has something more urgent.

    ``group`` and ``agent`` are those who had the contact before. Who goes on with it stands in the next row of the
    same contact, or, after its last interruption, in its touchpoint.
    """

    order = ("customer", "visit", "began", "ended")

    customer: I4  # of the touchpoint, as visit
    visit: I4
    group: I4  # that had the contact until then
    agent: I4  # number within the group
    began: F8  # the agent put the contact aside
    ended: F8  # an agent went on with it; NaN = nobody did before the run ended


@dataclass(frozen=True, eq=False)
class Log(Table):
    """Touchpoints, one per row, and tables beside them. Instants are in seconds, NaN if the event did not happen.

    ``began <= started <= ended <= freed``. Self-service and pauses start at once: ``began == started``. A contact
    that is abandoned has no ``started``; its ``ended`` is the instant of giving up. If it rang then, ``group`` and
    ``agent`` are those where it rang, for ``rang`` seconds. ``talk`` is ``ended - started``
    less ``hold`` and ``interrupted``; after-call work is ``freed - ended`` less ``stayed``. While somebody is inside
    when the run ends, ``ended`` is NaN. An agent who still stays with a customer then has no ``freed``.
    """

    order = ("began", "customer", "visit")

    customer: I4  # row of the population
    visit: I4  # 0, 1, 2 ... within the customer's journey
    step: I4  # index into plan.steps
    result: I4  # plan.Result
    next: I4  # next step, or -1 - plan.Outcome
    group: I4  # agent group that handled it, the last one of several; -1 = none
    agent: I4  # agent's number within the group, -1 = none
    began: F8  # the customer came to the step; a contact is offered to its queue
    started: F8  # service started; a contact is answered
    hold: F8  # seconds on hold within the service
    ended: F8  # the customer left the step
    freed: F8  # the agent finished the after-call work
    journey: I4  # 0, 1, 2 ... of the customer's lifetime; a step of another intent begins the next
    announced: F8  # wait that was announced on coming to the queue, NaN = none
    callback: I4  # plan.Offer: 1 = waited in virtual hold, 2 = declined to, where the queue offers it by its length
    repeat: F8  # seconds within the service that the customer repeated themself
    rang: F8  # seconds that it rang at the agent until the customer gave up, 0 = answered, or did not ring
    interrupted: F8  # seconds within the service that the work lay aside, as far as interruptions are over
    stayed: F8  # seconds that the agent stayed on after `ended`, for a warm transfer or a conference
    rested: F8  # seconds of break that the agent took after `freed`
    presence: Presence = field(default_factory=lambda: table_of(Presence, []))
    interruptions: Interruptions = field(default_factory=lambda: table_of(Interruptions, []))


COLUMNS = columns_of(Log)  # of touchpoints: name to kind of number
TABLES: dict[str, type[Table]] = {"presence": Presence, "interruptions": Interruptions}  # beside the touchpoints


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
        All touchpoints of the customers who have left for good, each customer in one block only; so too the rows of the
        tables beside them.
    under_way
        All touchpoints that overlap with the stretch, as far as they are known at its end; so too the rows of the
        tables beside them.
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


def table_of(table: type[T], rows: Sequence[Any], **beside: Table) -> T:
    """Return rows as a table, in its order.

    Parameters
    ----------
    table
        The kind of table.
    rows
        Objects with an attribute for each column, in any order.
    beside
        The tables beside it.
    """
    columns: dict[str, Any] = {
        name: np.fromiter(map(attrgetter(name), rows), dtype, len(rows)) for name, dtype in columns_of(table).items()
    }
    order = np.lexsort([columns[name] for name in reversed(table.order)])
    return table(**{name: column[order] for name, column in columns.items()}, **beside)
