"""Memory of the compiled pass over a log. ``-1`` means none."""

from __future__ import annotations

from collections.abc import Callable

from sim.jit.pointers import column_at
from sim.jit.records import Column, Record, address, f8, flag, i8, record_at, rows_at

__all__ = [
    "CODES", "COLUMNS", "FLAGS", "INSTANTS", "NUMBER", "SUMS", "Queue", "Scan", "Step", "Store", "Table",
    "f8_at", "i4_at", "i8_at", "queue_at", "step_at", "store_at", "table_at",
]  # fmt: skip

FLAGS, CODES, NUMBER, SUMS = range(4)  # columns of a cell's row, the sums from the last one on
COLUMNS = ("customer", "step", "result", "next", "group", "journey", "callback")
INSTANTS = ("began", "started", "hold", "ended", "freed", "announced", "repeat", "interrupted", "stayed", "rang")


class Step(Record):
    """A step of the journey graph."""

    queue: i8
    is_pause: flag
    is_assisted: flag
    intent: i8
    channel: i8
    lines: i8
    dials_on: i8  # lines of which a dialer's call takes one
    notifies: flag  # a notification may end the pause


class Queue(Record):
    """A queue."""

    within: f8  # acceptable waiting time, seconds
    short: f8  # abandonments before are short, seconds
    ring: f8  # seconds
    callback: f8  # offered from this announced wait on, seconds
    by_length: i8  # 1 = and from a length of the queue on
    journey: i8  # number of the journey that came to it last
    journey_offered: i8  # number of the journey that last had an offered contact


class Table(Record):
    """A table of cells (`CellTable`)."""

    size: i8  # cells
    room: i8  # cells that there is memory for
    width: i8  # columns of a row
    slots: address  # i4, hash table
    rows: address  # flags and codes are i8, number and sums f8


class Store(Record):
    """Values for order statistics (`ValueStore`)."""

    size: i8  # values
    room: i8  # values that there is memory for
    values: address  # f8
    cell: address  # i4


class Scan(Record):
    """A pass over a log: what it reads, whom it follows, and what it fills."""

    end: f8  # of the run
    since: f8  # what begins from here on counts,
    until: f8  # if it begins before this
    per_second: f8  # intervals
    repeat_window: f8  # seconds
    first_interval: i8  # that counts
    intervals: i8
    edges: address  # f8, of the intervals
    steps: i8
    segments: i8
    groups: i8
    intents: i8
    context_kept: flag
    start: f8  # the mood in which journeys begin; from here on weights of feelings
    per_second_waited: f8
    per_channel_switch: f8
    per_transfer: f8
    per_repetition: f8
    per_failure: f8
    resolved: f8
    unresolved: f8
    peak: f8
    of_step: address  # Step
    of_queue: address  # Queue
    of_result: address  # i8, the flag of each result
    rows: i8  # of the log
    order: address  # i8, rows of the log, customer by customer
    segment: address  # i4, of customers
    customer: address  # the one that is followed, as the two below
    journey: address
    contact: address
    journey_handled: i8  # number of the journey that last had a handled contact
    contacts: address  # Table, as the two below
    journeys: address
    customers: address
    waits: address  # Store, as the one below
    durations: address
    results: address  # f8, as all below
    moves: address
    moods: address
    tries: address
    failures: address
    log_customer: address  # i4
    log_step: address  # i4
    log_result: address  # i4
    log_next: address  # i4
    log_group: address  # i4
    log_journey: address  # i4
    log_callback: address  # i4
    log_began: address  # f8, as all below
    log_counted: address  # `counted_instants`
    log_started: address
    log_hold: address
    log_ended: address
    log_freed: address
    log_announced: address
    log_repeat: address
    log_interrupted: address
    log_stayed: address
    log_rang: address


step_at = rows_at(Scan, "of_step", Step)
queue_at = rows_at(Scan, "of_queue", Queue)
table_at = record_at(Table)
store_at = record_at(Store)
f8_at: Callable[[int], Column[float]] = column_at("f8")
i8_at: Callable[[int], Column[int]] = column_at("i8")
i4_at: Callable[[int], Column[int]] = column_at("i4")
