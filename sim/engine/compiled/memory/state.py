"""The state of a replication: every array that the kernel works on, and the `World` that holds their addresses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.draws import uniform
from sim.engine.agent_keys import AgentKeys
from sim.engine.compiled.memory.changes import changes_of
from sim.engine.compiled.memory.columns import SPARSE, grown, new_columns
from sim.engine.compiled.memory.customers import Customers
from sim.engine.compiled.memory.interruptions import interruptions_of, room_for_interruptions
from sim.engine.compiled.memory.records import Carried, Customer, Event, Heap, Stretch, Visit
from sim.engine.compiled.memory.room import MARGIN
from sim.engine.compiled.memory.stretches import forget_stretches, presence_of
from sim.engine.compiled.memory.tables import Tables, start_of
from sim.engine.compiled.memory.world import AHEAD
from sim.engine.log import Block, Interruptions, Log, Presence
from sim.engine.plan import Plan
from sim.numerics.portable_math import exp, normal_quantile
from sim.population import Population

__all__ = ["State"]

_CHANGING = ("queues", "groups", "lanes", "agents", "dialers", "lines", "worked_order")


class State:
    """The state of a replication, of a plan and a population in parts, at least one.

    Memory that nobody writes to costs nothing, so there is generous room for rows of the log and for events.
    """

    def __init__(self, plan: Plan, parts: Iterator[Population], room: int) -> None:
        self._plan, self._parts, self._start = plan, parts, start_of(plan)
        first = next(parts)
        self._customers = Customers(first)
        self._tables = self._first_tables(first)
        self._log = new_columns(room)
        self._events = [np.empty(max(room, 4 * MARGIN), Event.dtype) for _ in range(2)]
        self._interruptions = room_for_interruptions(plan, room)
        self._block_begin = -math.inf
        self.record: Any = self._start.record.copy()  # a World
        self._set_scalars(first)
        self._set_addresses()

    @property
    def rows(self) -> int:
        """Number of rows of the log so far."""
        return int(self.record["rows"][0])

    @property
    def now(self) -> float:
        """Instant that the run has reached, in seconds."""
        return float(self.record["now"][0])

    @property
    def circle(self) -> int:
        """Step at which a journey goes round in circles."""
        return int(self.record["circle"][0])

    @property
    def fully_busy(self) -> int:
        """Group of unlimited agents of whom nobody is free."""
        groups = self._tables["groups"]
        free = self._tables["lanes"]["count"][groups["first_lane"]]
        return int(np.flatnonzero((groups["most"] > 0) & (free == 0))[0])

    @property
    def is_half_full(self) -> bool:
        """Whether so much of the room is taken that it would soon be full again."""
        heaps, interrupted = self._tables["heaps"], len(self._interruptions)
        return (
            2 * (self.rows + MARGIN) > len(self._log["customer"])
            or bool((2 * (heaps["size"] + MARGIN) > heaps["room"]).any())
            or bool(interrupted and 2 * (len(self._so_far()) + MARGIN) > interrupted)
        )

    def grow(self) -> None:
        """Make room for as much again."""
        self._log = grown(self._log, self.rows)
        used = self._tables["heaps"]["size"].tolist()
        self._events = [
            _with_room(events, size, 2 * len(events)) for events, size in zip(self._events, used, strict=True)
        ]
        interrupted = len(self._interruptions)
        self._interruptions = _with_room(self._interruptions, len(self._so_far()), 2 * interrupted)
        self._set_addresses()

    def add_part(self) -> None:
        """Add the next part of the population, if there is one."""
        before, part = int(self.record["part_end"][0]), next(self._parts, None)
        self.record["more_parts"] = part is not None
        if part is None:
            return
        self._customers.add(part, before)
        self.record["part_begin"], self.record["part_end"] = before, before + len(part)
        self._tables |= _columns_of(part)
        there, visits = int(self.record["customer_high"][0]), int(self.record["visit_high"][0])
        steps, customers = len(self._plan.steps), there + len(part) + 1
        for name, used, size in (
            ("customers", there, customers),
            ("visits", visits, customers + self._places),
            ("visit_counts", there * steps, customers * steps),
        ):
            self._tables[name] = _with_room(self._tables[name], used, size)
        self._set_addresses()

    def log(self) -> Log:
        """Return the log, in order."""
        columns = {name: column[: self.rows] for name, column in self._log.items()}
        _put_in_order(columns, carried=bool(self.record["carried_count"]))
        return Log(**columns, presence=self._presence(), interruptions=interruptions_of(self._so_far()))

    def take_block(self) -> Block:
        """Return what happened since the last block, and forget the touchpoints of customers who have left."""
        rows, visits = self.rows, self._tables["visits"][: int(self.record["visit_high"][0])]
        going = visits[visits["row"] >= 0]
        stays = np.isin(self._log["customer"][:rows], going["customer_number"])
        block = self._block(stays, self.now)
        self._forget_stretches()
        self._forget_interruptions(visits)
        left = np.flatnonzero(stays)
        for name, column in self._log.items():
            column[: len(left)] = column[left]
            if name in SPARSE:
                column[len(left) : rows] = 0
        self._customers.keep(self._log["customer"][: len(left)], int(self.record["part_begin"][0]))
        new_row = np.cumsum(stays) - 1
        visits["row"][visits["row"] >= 0] = new_row[going["row"]]
        self.record["rows"] = len(left)
        self._block_begin = self.now
        return block

    def last_block(self) -> Block:
        """Return what happened since the last block, when the run is over."""
        return self._block(np.zeros(self.rows, np.bool_), math.inf)

    def _block(self, stays: NDArray[np.bool_], until: float) -> Block:
        columns = {name: column[: self.rows].copy() for name, column in self._log.items()} | {"stays": stays.copy()}
        _put_in_order(columns, carried=bool(self.record["carried_count"]))
        gone = ~columns.pop("stays")
        columns["customer"] = self._customers.rows(columns["customer"])
        completed = {name: column[gone] for name, column in columns.items()}
        customers, presence = self._customers, self._presence()
        over = Presence(**presence.rows((presence.left < until) | (until == math.inf)))
        interruptions = self._interruptions_of_block()
        ended = Interruptions(**interruptions.rows(np.isin(interruptions.customer, completed["customer"])))
        logs = (
            Log(**completed, presence=over, interruptions=ended),
            Log(**columns, presence=presence, interruptions=interruptions),
        )
        return Block(customers.population, customers.numbers, *logs, self._block_begin, until)

    def _presence(self) -> Presence:
        """Return when agents were there; in a run without a log, those who were since the last block."""
        stretches = self._tables["stretches"][: int(self.record["stretch_count"][0])]
        return presence_of(stretches, self._tables["groups"]["first_agent"])

    def _so_far(self) -> NDArray[np.void]:
        """Return the records of interruptions so far."""
        return self._interruptions[: int(self.record["interruption_count"][0])]

    def _interruptions_of_block(self) -> Interruptions:
        """Return the interruptions that are kept, of customers within the block's population."""
        interruptions = interruptions_of(self._so_far())
        return replace(interruptions, customer=self._customers.rows(interruptions.customer))

    def _forget_interruptions(self, visits: NDArray[Any]) -> None:
        """Forget the interruptions of customers who have left."""
        rows, going = self._so_far(), visits[visits["row"] >= 0]
        stays = np.isin(rows["customer"], going["customer_number"])
        rows[: np.count_nonzero(stays)] = rows[stays]
        self.record["interruption_count"] = np.count_nonzero(stays)
        aside = (visits["row"] >= 0) & visits["works"].astype(bool) & (visits["rate"] == 0.0)
        visits["interruption"][aside] = (np.cumsum(stays) - 1)[visits["interruption"][aside]]

    def _forget_stretches(self) -> None:
        count, tables = int(self.record["stretch_count"][0]), self._tables
        self.record["stretch_count"] = forget_stretches(tables["stretches"], count, self.now, tables["agents"])

    def _first_tables(self, population: Population) -> Tables:
        plan, tables = self._plan, self._start.tables
        self._places = int(  # of all agents: each may hold a visit whose customer has left
            tables["groups"]["places"] @ np.bincount(_group_of_agents(tables), minlength=len(plan.groups))
        )
        customers = len(population) + 1
        own = {name: tables[name].copy() for name in _CHANGING}
        _set_speeds(plan, population.seed, own)
        return own | {
            "changes": changes_of(plan, population.seed, population.replication),
            "carried": _carried(population),
            "customers": np.empty(customers, Customer.dtype),
            "visits": np.empty(customers + self._places, Visit.dtype),
            "visit_counts": np.empty(customers * len(plan.steps), np.int16),
            "heaps": np.zeros(2, Heap.dtype),
            "stretches": np.empty(self._start.stretches, Stretch.dtype),
            "first_stream": np.empty(AHEAD, np.uint64),
            "first_time": np.empty(AHEAD),
            "first_patience_u": np.empty(AHEAD),
            **_columns_of(population),
        }

    def _set_scalars(self, population: Population) -> None:
        scalars = {
            "seed": population.seed,
            "replication": population.replication,
            "part_end": len(population),
            "change_count": len(self._tables["changes"]),
            "carried_count": len(self._tables["carried"]),
        }
        for name, value in scalars.items():
            self.record[name] = value

    def _set_addresses(self) -> None:
        heaps = self._tables["heaps"]
        heaps["events"] = [events.ctypes.data for events in self._events]
        heaps["room"] = [len(events) for events in self._events]
        self.record["room"] = len(self._log["customer"])
        self.record["interruptions"] = self._interruptions.ctypes.data
        self.record["interruption_room"] = len(self._interruptions)
        for name, table in self._tables.items():
            self.record[name] = table.ctypes.data
        for name, column in self._log.items():
            self.record[f"log_{name}"] = column.ctypes.data


def _columns_of(population: Population) -> Tables:
    return {name: np.ascontiguousarray(getattr(population, name)) for name in ("arrival", "entry", "key", "segment")}


def _carried(population: Population) -> NDArray[Any]:
    rows = np.zeros(len(population.present.began), Carried.dtype)
    for name, column in population.present._asdict().items():
        rows[name] = column
    return rows


def _with_room(column: NDArray[Any], used: int, size: int) -> NDArray[Any]:
    """Return a column with room for so many rows at least; memory that nobody writes to costs nothing."""
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
    groups, keys = _group_of_agents(tables), AgentKeys(plan)
    for group in np.flatnonzero(plan.crews.speed_sd).tolist():
        sd = float(plan.crews.speed_sd[group])
        agents = np.flatnonzero(groups == group)
        for number, agent in enumerate(agents.tolist()):
            z = normal_quantile(uniform(seed, 0, *keys.key_of(group, number), 0, 0))
            tables["agents"]["speed"][agent] = exp(sd * (z - sd / 2))


def _put_in_order(columns: dict[str, NDArray[Any]], *, carried: bool) -> None:
    """Sort rows by (began, customer, visit): they are written as they begin, so only ties may be out of order.

    Those of contacts carried over from before the run, the first ones, are not.
    """
    began = columns["began"]
    if carried and (began[1:] < began[:-1]).any():
        order = np.lexsort((columns["visit"], columns["customer"], began))
        columns |= {name: column[order] for name, column in columns.items()}
        return
    same = began[1:] == began[:-1]
    if not same.any():
        return
    tied = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False))
    order = tied[np.lexsort((columns["visit"][tied], columns["customer"][tied], began[tied]))]
    if not np.array_equal(order, tied):
        for column in columns.values():
            column[tied] = column[order]
