"""The world of one replication: every array that the kernel works on, and the one record that tells where they are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.draws import stream, uniform
from sim.engine.compiled.draws import AHEAD
from sim.engine.compiled.memory import records
from sim.engine.compiled.memory.changes import changes_of
from sim.engine.compiled.memory.columns import grown, new_columns
from sim.engine.compiled.memory.customers import People
from sim.engine.compiled.memory.tables import Tables, start_of
from sim.engine.compiled.phases import MARGIN
from sim.engine.log import Block, Log
from sim.engine.plan import Plan
from sim.numerics.portable_math import exp, normal_quantile
from sim.population import Population

__all__ = ["World"]

_CHANGING = ("queues", "groups", "lanes", "agents", "dialers", "lines", "worked_order")


class World:
    """The state of a run.

    Parameters
    ----------
    plan
        What the scenario says.
    parts
        Who comes, part by part, at least one.
    room
        Rows of the log and events that there is room for at first. What is not written to costs no memory.
    """

    def __init__(self, plan: Plan, parts: Iterator[Population], room: int) -> None:
        self._plan, self._parts, self._start = plan, parts, start_of(plan)
        first = next(parts)
        self._people = People(first)
        self._tables = self._tables_at_first(first)
        self._log = new_columns(room)
        self._events = [np.empty(max(room, 4 * MARGIN), records.EVENT) for _ in range(2)]
        self._settled = -math.inf
        self.record = self._start.record.copy()
        self._say_scalars(first)
        self._say_addresses()

    @property
    def rows(self) -> int:
        """Rows of the log so far."""
        return int(self.record["rows"][0])

    @property
    def now(self) -> float:
        """The instant, in seconds."""
        return float(self.record["now"][0])

    @property
    def circle(self) -> int:
        """The step at which a journey goes round in circles."""
        return int(self.record["circle"][0])

    @property
    def is_tight(self) -> bool:
        """Whether so much of the room is taken that it would soon be full again."""
        heaps, taken = self._tables["heaps"], self.rows + MARGIN
        return 2 * taken > len(self._log["customer"]) or bool((2 * (heaps["size"] + MARGIN) > heaps["room"]).any())

    def grow(self) -> None:
        """Make room for as much again."""
        self._log = grown(self._log, self.rows)
        used = self._tables["heaps"]["size"].tolist()
        self._events = [_with_room(it, size, 2 * len(it)) for it, size in zip(self._events, used, strict=True)]
        self._say_addresses()

    def next_part(self) -> None:
        """Let the next part of the population come, if there is one."""
        before, part = int(self.record["coming"][0]), next(self._parts, None)
        self.record["more"] = part is not None
        if part is None:
            return
        self._people.add(part, before)
        self.record["before"], self.record["coming"] = before, before + len(part)
        self._tables |= _columns_of(part)
        there, visits = int(self.record["customer_high"][0]), int(self.record["visit_high"][0])
        steps, customers = len(self._plan.steps), there + len(part) + 1
        for name, used, size in (
            ("customers", there, customers),
            ("visits", visits, customers + self._places),
            ("been", there * steps, customers * steps),
        ):
            self._tables[name] = _with_room(self._tables[name], used, size)
        self._say_addresses()

    def log(self) -> Log:
        """Return the log, in order."""
        columns = {name: column[: self.rows] for name, column in self._log.items()}
        _put_in_order(columns)
        return Log(**columns)

    def settle(self) -> Block:
        """Return what happened since the last time, and forget the touchpoints of customers who are through."""
        rows, visits = self.rows, self._tables["visits"][: int(self.record["visit_high"][0])]
        going = visits[visits["row"] >= 0]
        stays = np.isin(self._log["customer"][:rows], going["who"])
        block = self._block(stays, self.now)
        left = np.flatnonzero(stays)
        for name, column in self._log.items():
            column[: len(left)] = column[left]
            if name in records.SPARSE:
                column[len(left) : rows] = 0
        self._people.keep(self._log["customer"][: len(left)], int(self.record["before"][0]))
        place = np.cumsum(stays) - 1
        visits["row"][visits["row"] >= 0] = place[going["row"]]
        self.record["rows"] = len(left)
        self._settled = self.now
        return block

    def rest(self) -> Block:
        """Return what happened since the last time, when the run is over."""
        return self._block(np.zeros(self.rows, np.bool_), math.inf)

    def _block(self, stays: NDArray[np.bool_], until: float) -> Block:
        columns = {name: column[: self.rows].copy() for name, column in self._log.items()} | {"stays": stays.copy()}
        _put_in_order(columns)
        gone = ~columns.pop("stays")
        columns["customer"] = self._people.places(columns["customer"])
        through = {name: column[gone] for name, column in columns.items()}
        people = self._people
        return Block(people.population, people.numbers, Log(**through), Log(**columns), self._settled, until)

    def _tables_at_first(self, population: Population) -> Tables:
        plan, tables = self._plan, self._start.tables
        self._places = int(
            tables["groups"]["places"] @ np.bincount(_group_of_agents(tables), minlength=len(plan.groups))
        )
        customers = len(population) + 1
        own = {name: tables[name].copy() for name in _CHANGING}
        _set_speeds(plan, population.seed, own)
        return own | {
            "changes": changes_of(plan, population.seed, population.replication),
            "customers": np.empty(customers, records.CUSTOMER),
            "visits": np.empty(customers + self._places, records.VISIT),
            "been": np.empty(customers * len(plan.steps), np.int16),
            "heaps": np.zeros(2, records.HEAP),
            "first_stream": np.empty(AHEAD, np.uint64),
            "first_time": np.empty(AHEAD),
            "first_luck": np.empty(AHEAD),
            **_columns_of(population),
        }

    def _say_scalars(self, population: Population) -> None:
        scalars = {
            "seed": population.seed,
            "replication": population.replication,
            "coming": len(population),
            "changing": len(self._tables["changes"]),
        }
        for name, value in scalars.items():
            self.record[name] = value

    def _say_addresses(self) -> None:
        heaps = self._tables["heaps"]
        heaps["events"] = [it.ctypes.data for it in self._events]
        heaps["room"] = [len(it) for it in self._events]
        self.record["room"] = len(self._log["customer"])
        for name, table in self._tables.items():
            self.record[name] = table.ctypes.data
        for name, column in self._log.items():
            self.record[f"log_{name}"] = column.ctypes.data


def _columns_of(population: Population) -> Tables:
    return {name: np.ascontiguousarray(getattr(population, name)) for name in ("arrival", "entry", "key", "segment")}


def _with_room(column: NDArray[Any], used: int, size: int) -> NDArray[Any]:
    """Return a column with room for so many at least; what nobody has used yet costs no memory."""
    if len(column) >= size:
        return column
    grown = np.empty(max(size, 2 * len(column)), column.dtype)
    grown[:used] = column[:used]
    return grown


def _group_of_agents(tables: Tables) -> NDArray[np.intp]:
    firsts = tables["groups"]["first_agent"]
    return np.searchsorted(firsts, np.arange(len(tables["agents"])), side="right") - 1


def _set_speeds(plan: Plan, seed: int, tables: Tables) -> None:
    """Set the agents' own factors; the same person is as fast in each replication."""
    of = _group_of_agents(tables)
    for group in np.flatnonzero(plan.crews.speed_sd).tolist():
        sd, key = float(plan.crews.speed_sd[group]), stream(f"agents/{plan.groups[group]}")
        agents = np.flatnonzero(of == group)
        for number, agent in enumerate(agents.tolist()):
            z = normal_quantile(uniform(seed, 0, key, number, 0, 0))
            tables["agents"]["speed"][agent] = exp(sd * (z - sd / 2))


def _put_in_order(columns: dict[str, NDArray[Any]]) -> None:
    """Put rows in order of (began, customer, visit): written as they begin, only ties may be out of it."""
    began = columns["began"]
    same = began[1:] == began[:-1]
    if not same.any():
        return
    tied = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False))
    order = tied[np.lexsort((columns["visit"][tied], columns["customer"][tied], began[tied]))]
    if not np.array_equal(order, tied):
        for column in columns.values():
            column[tied] = column[order]
