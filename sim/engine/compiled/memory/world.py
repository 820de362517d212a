"""The world that a kernel gets: scalars, and the addresses of everything else."""

from __future__ import annotations

from collections.abc import Callable

from sim.engine.compiled.memory import records
from sim.jit.pointers import column_at
from sim.jit.records import Column, Record, address, f8, flag, i8, record_at, rows_at, u8

__all__ = [
    "AHEAD", "PURPOSES", "World", "agent_at", "break_at", "callback_time_at", "carried_at", "case_at", "change_at",
    "customer_at", "day_draw_at", "dialer_at", "draw_at", "event_at", "f8_at", "group_at", "heap_at", "i2_at", "i4_at",
    "interruption_at", "lane_at", "queue_at", "served_at", "stage_at", "step_at", "stretch_at", "u8_at", "visit_at",
]  # fmt: skip


AHEAD = 64  # customers for whom is drawn ahead: enough that draws overlap, few enough to stay in the cache
PURPOSES = 32  # of draws, at most


class World(Record):
    """Everything that the kernel works on."""

    now: f8
    end: f8
    error_rate: f8
    seed: u8
    replication: u8
    contact_score: address  # of the routing policy
    context_kept: flag
    step_count: i8
    group_count: i8
    queue_count: i8
    dialer_count: i8
    staying: i8  # groups whose last agents stay until nobody waits
    part_begin: i8  # the customers of the present part of the population, by their number in the run
    part_end: i8
    more_parts: flag
    arrived: i8  # customers
    carried_count: i8  # the first customers: those who were there before the run
    drawn_from: i8  # customers for whom was drawn ahead
    drawn_until: i8
    change_count: i8
    changed: i8  # changes that have happened
    rows: i8  # of the log
    room: i8  # rows that there is memory for
    stretch_count: i8
    interruption_count: i8
    interruption_room: i8  # interruptions that there is memory for
    ticket: i8  # of the next event
    pending_first: i8  # visits that go on at once, linked
    pending_last: i8
    customer_high: i8  # records that were used so far
    customer_free: i8  # records that may be used again, linked
    visit_high: i8
    visit_free: i8
    stop: i8  # why the kernel returns, 0 = it does not
    circle: i8  # the step at which a journey goes round in circles
    heaps: address  # Heap: of services, of giving up
    changes: address  # Change
    carried: address  # Carried
    steps: address  # Step
    draws: address  # Draw, by step and purpose
    day_ptr: address  # i4, rows of day_draws
    day_law_days: address  # i4, as day_ptr: row of day_values, -1 = all days
    day_values: address  # i4, as in `Plan`
    days: i8  # numbers of a row of day_values
    day_draws: address  # Draw, by the time of day
    clock_since: address  # f8, as `ClockChanges`
    clock_ahead: address  # f8
    clock_changes: i8
    day_begin: address  # f8, as day_draws: seconds after midnight
    breaks: address  # Draw, by group
    callback_times: address  # Draw, by queue
    cases: address  # Case, of routes
    queues: address  # Queue
    stages: address  # Stage
    served: address  # Served
    groups: address  # Group
    lanes: address  # Lane
    agents: address  # Agent
    stretches: address  # Stretch
    interruptions: address  # Interruption
    dialers: address  # Dialer
    group_dialers: address  # i4, by groups: the dialers that watch them
    idle_groups: address  # i4, by dialers
    dials_from: address  # f8, of spans in which a dialer dials
    dials_until: address  # f8
    reach_ptr: address  # i4, rows of reach
    reach_begin: address  # f8, seconds after midnight
    reach: address  # f8, probability of an answer from then on
    customers: address  # Customer
    visits: address  # Visit
    laws: address
    route_ptr: address  # i4, by step and result: first case
    targets: address  # i4
    shares: address  # f8, of targets
    impatience: address  # Case
    transfer_step: address  # i4
    transfer_stays: address  # i4
    open_from: address  # f8, of spans in which a queue is open
    open_until: address  # f8
    resume_until: address  # f8, last instant of beginning a pause that waits for `resume_at`
    resume_at: address  # f8
    balk_waiting: address  # i4
    balk_wait: address  # f8
    balk_probability: address  # f8
    announce_wait: address  # f8
    announce_factor: address  # f8
    slower: address  # f8
    segment_patience: address  # f8
    lines: address  # i4, free ones
    line_ptr: address  # i4, by lines: the first of the groups that call back on them
    line_groups: address  # i4
    visit_counts: address  # i2, by customer and step
    worked_order: address  # i4, agents in the order of their first contact
    effort: address  # f8
    arrival: address  # f8, of the present part, as the three that follow
    entry: address  # i4
    key: address  # u8
    segment: address  # i4
    first_stream: address  # u8, of the next customers' first visits, as the two that follow
    first_time: address  # f8
    first_patience_u: address  # f8
    log_customer: address  # i4 or f8, as `LOG` has them
    log_visit: address
    log_step: address
    log_result: address
    log_next: address
    log_group: address
    log_agent: address
    log_began: address
    log_started: address
    log_hold: address
    log_ended: address
    log_freed: address
    log_journey: address
    log_announced: address
    log_callback: address
    log_repeat: address
    log_rang: address
    log_interrupted: address
    log_stayed: address
    log_rested: address


event_at = record_at(records.Event)
case_at = record_at(records.Case)
heap_at = rows_at(World, "heaps", records.Heap)
carried_at = rows_at(World, "carried", records.Carried)
change_at = rows_at(World, "changes", records.Change)
step_at = rows_at(World, "steps", records.Step)
draw_at = rows_at(World, "draws", records.Draw)
day_draw_at = rows_at(World, "day_draws", records.Draw)
break_at = rows_at(World, "breaks", records.Draw)
callback_time_at = rows_at(World, "callback_times", records.Draw)
queue_at = rows_at(World, "queues", records.Queue)
stage_at = rows_at(World, "stages", records.Stage)
served_at = rows_at(World, "served", records.Served)
group_at = rows_at(World, "groups", records.Group)
lane_at = rows_at(World, "lanes", records.Lane)
agent_at = rows_at(World, "agents", records.Agent)
stretch_at = rows_at(World, "stretches", records.Stretch)
interruption_at = rows_at(World, "interruptions", records.Interruption)
dialer_at = rows_at(World, "dialers", records.Dialer)
customer_at = rows_at(World, "customers", records.Customer)
visit_at = rows_at(World, "visits", records.Visit)
f8_at: Callable[[int], Column[float]] = column_at("f8")
i4_at: Callable[[int], Column[int]] = column_at("i4")
u8_at: Callable[[int], Column[int]] = column_at("u8")
i2_at: Callable[[int], Column[int]] = column_at("i2")
