"""Customers: flags and sums with definitions, and the compiled code that fills them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Outcome, Plan
from sim.jit.kernels import numbers, part
from sim.jit.pointers import row_at
from sim.kpis.aggregate.cells import add_to_cell
from sim.kpis.aggregate.cube import CodeColumn, Cube
from sim.kpis.aggregate.declaration import bits_of, flag, state_of, sums_of, total
from sim.kpis.aggregate.scan import Scan, f8_at, i4_at, step_at, table_at
from sim.kpis.aggregate.tables import CellTable
from sim.kpis.dimensions import Dimension

__all__ = ["CUSTOMER", "Customers", "begin_customer", "customer_at", "customer_sizes", "customers_of", "end_customer"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Customers:
    """Customers whose first journey counts; each row is a cell. Their intent is that of the first journey."""

    cube: Cube
    over: B1 = flag(lambda customer: customer.all_journeys[-1].outcome != Outcome.INSIDE)  # no journey goes on
    journeys: F8 = total(lambda customer: len(customer.all_journeys))  # up to the run's end
    lasted: F8 = total(  # seconds from the beginning of the first journey to the end of the last
        lambda customer: customer.all_journeys[-1].ended - customer.all_journeys[0].began if customer.over else 0.0
    )


def customer_sizes(plan: Plan) -> tuple[int, ...]:
    """Return the numbers of codes of a customer: intent of the first journey, and segment."""
    return len(plan.intents), len(plan.segments)


def customers_of(plan: Plan, table: CellTable) -> Customers:
    """Return the customers that the pass recorded."""
    intent, segment = np.unravel_index(table.codes, customer_sizes(plan))
    dimensions: dict[Dimension, tuple[CodeColumn, ...]] = {
        "all": (),
        "intent": (CodeColumn(intent, len(plan.intents)),),
        "segment": (CodeColumn(segment, len(plan.segments)),),
    }
    return Customers(cube=Cube.build(table.number, dimensions), **table.columns())


ARE = bits_of(Customers)
CUSTOMER = state_of(Customers, channel="i8", channel_journey="i8", line="i8", counts="i8")
customer_at = row_at(Scan.dtype, "customer", CUSTOMER)

_UNFINISHED, _NO_FLAG, _NONE, _SUMS = numbers(Outcome.INSIDE, 0, -1, len(sums_of(Customers)))


@part
def begin_customer(scan: Scan) -> Any:
    """Begin a customer."""
    customer = customer_at(scan, 0)
    customer.channel = customer.channel_journey = customer.line = _NONE
    customer.journeys = customer.lasted = 0.0
    customer.counts = 0
    return customer


@part
def end_customer(scan: Scan, first: int, last: int) -> None:
    """Add a customer whose first journey counts to its cell, after all visits."""
    customer, following = customer_at(scan, 0), i4_at(scan.log_next)[last]
    over = following < 0 and following != -1 - _UNFINISHED
    if over:
        customer.lasted = f8_at(scan.log_ended)[last] - f8_at(scan.log_began)[first]
    segment = int(i4_at(scan.segment)[i4_at(scan.log_customer)[first]])
    codes = step_at(scan, int(i4_at(scan.log_step)[first])).intent * scan.segments + segment
    add_to_cell(table_at(scan.customers, 0), ARE.over if over else _NO_FLAG, codes, f8_at(scan.customer), _SUMS)
