"""A plan as tables of records: those that the kernel reads, and those with which it starts."""

from __future__ import annotations

import itertools
from functools import lru_cache
from math import inf, nan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.draws import Purpose
from sim.distributions import quantiles_of
from sim.distributions.draw import law_rows
from sim.engine.compiled.memory import records
from sim.engine.compiled.memory.scores import scores_of
from sim.engine.compiled.memory.stretches import most_stretches
from sim.engine.compiled.memory.world import PURPOSES, World
from sim.engine.plan import Kind, Plan
from sim.engine.plan_tables import Cases
from sim.jit.records import Record
from sim.numerics.time_grid import at_least

__all__ = ["Start", "Tables", "start_of"]

Tables = dict[str, NDArray[Any]]
_EVERYBODY = np.uint64(2**64 - 1)


class Start(NamedTuple):
    """How every run of a plan begins."""

    tables: Tables
    record: NDArray[np.void]  # the world as far as it follows from the plan alone; it points to the tables
    stretches: int  # in which agents are there, at most


@lru_cache(maxsize=8)
def start_of(plan: Plan) -> Start:
    """Return how every run of a plan begins."""
    tables = _tables(plan)
    values = {
        "end": plan.end,
        "error_rate": plan.error_rate,
        "context_kept": plan.context_kept,
        "step_count": len(plan.steps),
        "clock_changes": len(plan.clock_changes.since),
        "days": plan.day_values.shape[1],
        "group_count": len(plan.groups),
        "queue_count": len(plan.queues),
        "dialer_count": len(plan.dialers.step),
        "more_parts": 1,
        "contact_score": scores_of(plan.routing).contact,
        **dict.fromkeys(("pending_first", "pending_last", "customer_free", "visit_free"), -1),
        **{name: table.ctypes.data for name, table in tables.items()},
    }
    return Start(tables, _filled(World, 1, **values), most_stretches(plan))


def _tables(plan: Plan) -> Tables:
    """Return the tables of a plan by the name of their address in the world, as they are when nothing has happened."""
    groups, lanes, agents, served = _groups(plan)
    of_plan = (
        *("transfer_step", "transfer_stays", "segment_patience", "lines", "effort"),
        *("open_from", "open_until", "resume_until", "resume_at"),
    )
    of_queues = ("balk_waiting", "balk_probability", "announce_factor")
    return {
        "steps": _steps(plan),
        "draws": _draws(plan),
        "breaks": _one_draw_each(plan, plan.crews.break_law),
        "callback_times": _one_draw_each(plan, plan.queueing.callback_talk),
        "cases": _cases(plan.routes.cases, **_ends("target", plan.routes.case_ptr)),
        "route_ptr": plan.routes.ptr,
        "targets": plan.routes.next,
        "shares": plan.routes.share,
        "impatience": _cases(plan.impatience, factor=plan.impatience_factor),
        "queues": _queues(plan),
        "stages": _stages(plan),
        "served": served,
        **_called_back_by(plan),
        "groups": groups,
        "lanes": lanes,
        "agents": agents,
        "worked_order": np.full(len(agents), -1, np.int32),
        "slower": plan.crews.slower,
        "dialers": _dialers(plan),
        "group_dialers": np.array(list(itertools.chain(*_dialers_of(plan))), np.int32),
        "idle_groups": plan.dialers.idle_groups,
        "dials_from": plan.dialers.open_from,
        "dials_until": plan.dialers.open_until,
        "reach_ptr": plan.dialers.reach_ptr,
        "reach_begin": plan.dialers.reach_begin,
        "reach": plan.dialers.reach,
        "day_ptr": plan.day_laws.ptr,
        "day_law_days": plan.day_laws.days,
        "day_values": plan.day_values.ravel(),
        "day_draws": _day_draws(plan),
        "day_begin": plan.day_laws.begin,
        "clock_since": plan.clock_changes.since,
        "clock_ahead": plan.clock_changes.ahead,
        "laws": law_rows(plan.laws, quantiles_of(plan.laws.families)),
        **{name: getattr(plan, name) for name in of_plan},
        **{name: getattr(plan.queueing, name) for name in of_queues},
        **{name: at_least(getattr(plan.queueing, name)) for name in ("balk_wait", "announce_wait")},
    }


def _filled(record: type[Record], size: int, **columns: Any) -> NDArray[Any]:
    rows = np.zeros(size, record.dtype)
    for name, values in columns.items():
        rows[name] = values
    return rows


def _ends(name: str, ptr: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Return the first and the last row of something that belong to each record."""
    return {f"{name}_first": ptr[:-1], f"{name}_last": ptr[1:]}


def _steps(plan: Plan) -> NDArray[Any]:
    channel_kind, queue, announces = plan.step_kind, plan.step_queue, plan.queueing.announces
    dialer = np.full(len(plan.steps), -1, np.int32)
    dialer[plan.dialers.step[plan.dialers.in_order()]] = np.arange(len(plan.dialers.step))
    return _filled(
        records.Step, len(plan.steps), stream=plan.step_stream, reacts=plan.notify,
        disconnect=plan.step_disconnect, channel_kind=channel_kind, intent=plan.step_intent,
        begins_anew=plan.begins_anew, channel=plan.step_channel,
        queue=queue, is_pause=channel_kind == Kind.PAUSE, is_deferred=channel_kind == Kind.DEFERRED,
        announces_wait=[k == Kind.ASSISTED and announces[q] for k, q in zip(channel_kind, queue, strict=True)],
        line=plan.step_lines, dialer=dialer, patience_kept=plan.patience_kept,
        **_ends("resume", plan.resume_ptr),
        **_ends("impatience", plan.impatience_ptr), **_ends("transfer", plan.transfer_ptr),
    )  # fmt: skip


def _draw_of(plan: Plan, law: int, missing: float) -> tuple[float, int]:
    """Return the constant value, or the law, as the reference engine decides it; a `records.Draw`."""
    table = plan.laws
    if law < -1:
        return nan, law
    if law < 0:
        return missing, -1
    if table.is_constant(law):
        return float(table.value_of(law, quantiles_of(table.families))(0.5)), -1
    return 0.0, law


def _draws(plan: Plan) -> NDArray[Any]:
    steps = len(plan.steps)
    laws = {
        Purpose.TIME: plan.step_time, Purpose.HOLD: plan.step_hold, Purpose.WRAP: plan.step_wrap,
        Purpose.PATIENCE: plan.step_patience, Purpose.HANDOVER: plan.step_handover, Purpose.NOTIFY: plan.notify_after,
        Purpose.REPEAT: np.full(steps, plan.repeat), Purpose.LATENCY: np.full(steps, plan.latency),
    }  # fmt: skip
    draws = np.zeros((steps, PURPOSES), records.Draw.dtype)
    for purpose, law in laws.items():
        missing = inf if purpose in {Purpose.PATIENCE, Purpose.NOTIFY} else 0.0
        for step, row in enumerate(law.tolist()):
            draws[step, purpose] = _draw_of(plan, row, missing)
    return draws.ravel()


def _day_draws(plan: Plan) -> NDArray[Any]:
    return np.array([_draw_of(plan, law, 0.0) for law in plan.day_laws.law.tolist()], dtype=records.Draw.dtype)


def _one_draw_each(plan: Plan, laws: NDArray[np.int32]) -> NDArray[Any]:
    return np.array([_draw_of(plan, law, 0.0) for law in laws.tolist()], dtype=records.Draw.dtype)


def _cases(cases: Cases, **columns: Any) -> NDArray[Any]:
    ranges = {name: getattr(cases, name) for name in ("attempt", "waited", "effort", "time")}
    is_any = {name: (bounds[:, 0] == -inf) & (bounds[:, 1] == inf) for name, bounds in ranges.items()}
    is_any["time"] &= cases.days < 0
    everybody = (cases.segments == _EVERYBODY) & (cases.channels == _EVERYBODY) & (cases.context < 0)
    return _filled(
        records.Case, len(cases.context), segments=cases.segments, channels=cases.channels, context=cases.context,
        days=cases.days,
        always=everybody & is_any["attempt"] & is_any["waited"] & is_any["effort"] & is_any["time"],
        any_effort=is_any["effort"], any_time=is_any["time"],
        **{f"{name}_from": bounds[:, 0] for name, bounds in ranges.items()},
        **{f"{name}_until": bounds[:, 1] for name, bounds in ranges.items()}, **columns,
    )  # fmt: skip


def _queues(plan: Plan) -> NDArray[Any]:
    queueing, stages, ptr = plan.queueing, _stages(plan), plan.queue_groups_ptr
    scores = [scores_of(name or plan.routing) for name in plan.queue_routing]
    simple = [
        bool((stages["unconditional"][a:b] & ~stages["interrupts"][a:b]).all()) for a, b in itertools.pairwise(ptr)
    ]
    return _filled(
        records.Queue, len(plan.queues), opens=_first(plan.open_ptr, plan.open_from),
        closes=_first(plan.open_ptr, plan.open_until), ring=queueing.ring,
        group_score=[score.group for score in scores], by_chance=[score.by_chance for score in scores],
        weight=queueing.weight, callback_from=at_least(queueing.callback[:, 0]),
        callback_accepted=queueing.callback[:, 1], callback_reached=queueing.callback[:, 2],
        callback_waiting=queueing.callback[:, 3], callback_last=queueing.callback_last,
        callback_talk=queueing.callback_talk >= 0, room=queueing.room, room_capacity=queueing.room_capacity,
        balks_first=queueing.balks_first,
        capacity=queueing.capacity, longest_wait=queueing.longest_wait,
        head_start=queueing.head_start, simple=simple, first=-1, last=-1,
        calls_back=np.isin(np.arange(len(plan.queues)), plan.step_queue[_calls_back(plan)])
        | (queueing.callback_last != 0),
        **_ends("open", plan.open_ptr),
        **_ends("stage", ptr), **_ends("balk", queueing.balk_ptr), **_ends("announce", queueing.announce_ptr),
    )  # fmt: skip


def _first(ptr: NDArray[np.int32], instants: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the first instant of each row, infinite where it has none."""
    return np.append(instants, inf)[np.where(ptr[:-1] < ptr[1:], ptr[:-1], -1)]


def _calls_back(plan: Plan) -> NDArray[np.bool_]:
    """Return whether customers of each step may be called back on lines."""
    offers = plan.queueing.callback[:, 0] < inf
    no_queue = False  # is the last one, which -1 stands for
    return np.asarray((plan.step_lines >= 0) & np.append(offers, no_queue)[plan.step_queue], dtype=np.bool_)


def _called_back_by(plan: Plan) -> dict[str, NDArray[np.int32]]:
    """Return for all lines the groups that call back on them."""
    queues = [
        np.unique(plan.step_queue[_calls_back(plan) & (plan.step_lines == line)]) for line in range(len(plan.lines))
    ]
    ptr = plan.queue_groups_ptr
    groups = [
        np.unique(
            np.concatenate([np.zeros(0, np.int32), *(plan.queue_groups[ptr[queue] : ptr[queue + 1]] for queue in row)])
        )
        for row in queues
    ]
    return {
        "line_ptr": np.cumsum([0, *map(len, groups)], dtype=np.int32),
        "line_groups": np.concatenate([np.zeros(0, np.int32), *groups]).astype(np.int32),
    }


def _stages(plan: Plan) -> NDArray[Any]:
    queueing, crews, group = plan.queueing, plan.crews, plan.queue_groups
    queue = np.repeat(np.arange(len(plan.queues)), np.diff(plan.queue_groups_ptr))
    serving = plan.queue_serving
    interrupts = crews.interrupts[serving] != 0
    at_once = (queueing.after == 0) & (queueing.idle == 0)
    return _filled(
        records.Stage, len(group), queue=queue, group=group,
        position=np.arange(len(group)) - plan.queue_groups_ptr[queue], after=queueing.after, idle=queueing.idle,
        waiting=queueing.waiting, unconditional=at_once & (queueing.waiting == 0), rank=plan.group_ranks[serving],
        aht=crews.aht[serving], places=crews.takes[serving], interrupts=interrupts,
        interrupts_at_once=interrupts & at_once & (queueing.waiting <= 1),
    )  # fmt: skip


def _groups(plan: Plan) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    crews, places = plan.crews, plan.group_concurrency
    served = [
        (queue, row)
        for group in range(len(plan.groups))
        for queue in plan.group_queues[plan.group_queues_ptr[group] : plan.group_queues_ptr[group + 1]].tolist()
        for row in range(plan.queue_groups_ptr[queue], plan.queue_groups_ptr[queue + 1])
        if plan.queue_groups[row] == group
    ]
    served_groups = [int(plan.queue_groups[row]) for _, row in served]
    every_group = np.arange(len(plan.groups) + 1)
    size = [_most_agents(plan, group) for group in range(len(plan.groups))]
    interrupted = bool(crews.interrupts.any())
    one_rate = [
        bool((crews.slower[a:b] == 1).all()) for a, b in zip(crews.slower_ptr, crews.slower_ptr[1:], strict=False)
    ]
    first_agent, first_lane = np.cumsum([0, *size]), np.cumsum([0, *(places + 1)])
    groups = _filled(
        records.Group, len(plan.groups), places=places, fill_up=crews.fill_up, break_share=crews.break_share,
        leave_own=crews.leave_own, stays=crews.stays, most=crews.unlimited,
        fatigue_above=crews.fatigue[:, 0], fatigue_factor=crews.fatigue[:, 1], fatigue_memory=crews.fatigue[:, 2],
        end_known=np.array(one_rate, bool) & (not interrupted), slower=crews.slower_ptr[:-1],
        constant_speed=(crews.speed_sd == 0) & (crews.fatigue[:, 0] == inf), first_agent=first_agent[:-1],
        first_lane=first_lane[:-1], **_ends("served", np.searchsorted(served_groups, every_group)),
        **_ends("dialer", np.cumsum([0, *map(len, _dialers_of(plan))])),
    )  # fmt: skip
    agents = _filled(
        records.Agent, int(first_agent[-1]), recent_at=np.nan, first_work=-1, last_work=-1, previous=-1, next=-1,
        speed=1.0, stretch=-1,
    )  # fmt: skip
    lanes = _filled(records.Lane, int(first_lane[-1]), first=-1, last=-1)
    unlimited = np.flatnonzero(crews.unlimited)  # they begin with one agent, who is free
    groups["count"][unlimited] = groups["agents"][unlimited] = 1
    for name, value in {"first": first_agent[unlimited], "last": first_agent[unlimited], "count": 1}.items():
        lanes[name][first_lane[unlimited]] = value
    return groups, lanes, agents, np.array(served, dtype=records.Served.dtype)


def _most_agents(plan: Plan, group: int) -> int:
    """Return how many agents of a group can have a number: those on shifts, or the highest headcount."""
    if most := int(plan.crews.unlimited[group]):
        return most
    on_shifts = plan.shifts.agent[plan.shifts.group == group]
    counts = plan.staff_count[plan.staff_ptr[group] : plan.staff_ptr[group + 1]]
    return max(int(on_shifts.max()) + 1 if len(on_shifts) else 0, int(counts.max()) if len(counts) else 0)


def _dialers_of(plan: Plan) -> list[list[int]]:
    """Return for each group the dialers that watch it, by their rows in the table."""
    sorted_rows = np.argsort(plan.dialers.in_order()).tolist()
    return [
        [number for row, number in enumerate(sorted_rows) if group in plan.dialers.watched_groups(row)]
        for group in range(len(plan.groups))
    ]


def _dialers(plan: Plan) -> NDArray[Any]:
    dialers, order = plan.dialers, plan.dialers.in_order()
    return _filled(
        records.Dialer, len(order), opens=_first(dialers.open_ptr, dialers.open_from)[order],
        closes=_first(dialers.open_ptr, dialers.open_until)[order],
        open_first=dialers.open_ptr[:-1][order], open_last=dialers.open_ptr[1:][order],
        when_freed=dialers.when_freed[order], least=dialers.least[order],
        per_idle=dialers.per[order], group=dialers.group[order],
        reach_days=dialers.reach_days[order],
        reach_first=dialers.reach_ptr[:-1][order], reach_last=dialers.reach_ptr[1:][order],
        idle_first=dialers.idle_ptr[:-1][order], idle_last=dialers.idle_ptr[1:][order],
        keep=dialers.keep[order], extra=dialers.extra[order], line=dialers.line[order], first=-1, last=-1,
    )  # fmt: skip
