"""Turn a scenario into a plan: names become indices, laws a table, graphs and staffing flat arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count, takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.channels import channels
from sim.core.calendar import Calendar
from sim.core.draws import stream
from sim.core.errors import InvalidInput, Problem
from sim.core.repeated import repeated
from sim.core.units import DAY
from sim.distributions import LawTable
from sim.engine.plan import Plan, Stay
from sim.engine.plan_tables import Feelings, StepProcess
from sim.engine.planning.arrays import DayValues, LawRows, cumulative, f8, flat, i4, ptr
from sim.engine.planning.carried_over import carried_over
from sim.engine.planning.crews import crews, dialers, queueing, ranked, shifts, staffing, stages_of
from sim.engine.planning.paths import Names, cases, routes, target
from sim.engine.planning.pay import pay
from sim.population import EntryCases, demand_parts, expected_demand, expected_stretches, expected_variation
from sim.scenario.dialed_calls import channels_of_call
from sim.scenario.now import Now
from sim.scenario.now_checks import at_once
from sim.scenario.own_code_checks import own_code_of
from sim.scenario.resources import Queue
from sim.scenario.routes import cases_of
from sim.scenario.run_days import run_day, run_days, spans_of
from sim.scenario.schema import Scenario, titled_parts
from sim.scenario.steps import Outbound

__all__ = ["make_plan"]


def make_plan(scenario: Scenario) -> Plan:
    """Turn a scenario into a plan.

    Parameters
    ----------
    scenario
        Checked, as `sim.scenario.read_scenario` returns it.

    Returns
    -------
    Plan
        The same as flat arrays.

    Raises
    ------
    InvalidInput
        Two names whose draws would coincide.
    """
    run = scenario.run
    days = run_days(scenario)
    end = days.end + run.drain
    nodes = [
        (name, step_name, step) for name, intent in scenario.intents.items() for step_name, step in intent.steps.items()
    ]
    used = tuple(dict.fromkeys(step.channel for _, _, step in nodes))
    day_values = DayValues(scenario.calendar, end)
    names = Names(nodes, tuple(scenario.segments), used, day_values)
    laws = LawRows(day_values)

    arrays = {
        **_customers(scenario, names),
        **_steps(scenario, nodes, names, laws, end),
        **_resumption(scenario, nodes, end),
        **_floor(scenario, end, laws),
        "repeat": laws.row(scenario.orchestration.repeat),
        "latency": laws.row(scenario.orchestration.latency),
    }
    plan = Plan(
        intents=tuple(scenario.intents),
        steps=tuple(f"{intent}.{name}" for intent, name, _ in nodes),
        channels=used,
        segments=tuple(scenario.segments),
        origin=days.origin,
        interval=run.interval,
        intervals=days.intervals,
        end=end,
        calendar=scenario.calendar,
        clock_changes=scenario.calendar.clock_changes(end),
        day_begins=days.begins,
        day_hours=f8((day.opens, day.closes) for day in days.days).reshape(-1, 2),
        nights=_nights(scenario),
        channel_kind=i4(channels()[name].step_kind for name in used),
        routing=scenario.routing,
        repeat_window=scenario.repeat_window,
        effort=f8(scenario.effort.model_dump().values()),
        feelings=Feelings(**scenario.feelings.model_dump()),
        context_kept=scenario.orchestration.context == "kept",
        error_rate=scenario.orchestration.error_rate,
        warm_up=run.warm_up,
        kpi_families=tuple(scenario.kpi_families),
        start_step=i4(names.steps[name] for name, count in run.start_with.items() for _ in range(count)),
        laws=LawTable.from_laws(laws.laws),
        day_laws=laws.day_laws(),
        day_values=day_values.table(),
        titles=_titles(scenario, _queues(scenario)),
        processes=tuple(_processes(nodes)),
        own_kpis=tuple(dict.fromkeys(scenario.kpis)),
        code=own_code_of(scenario),
        **arrays,
    )
    return plan if scenario.now == Now() else replace(plan, carried_over=carried_over(scenario, plan))


def _nights(scenario: Scenario) -> NDArray[np.float64]:
    """Return when the hours of the day before the first end, and when those of the day after the last begin."""
    before, after = (run_day(scenario.run, scenario.calendar, day) for day in (0, scenario.run.days + 1))
    return f8(
        (
            before.closes if before.opens < before.closes else -math.inf,
            after.opens if after.opens < after.closes else math.inf,
        )
    )


def _titles(scenario: Scenario, queues: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the titles of names, by the plan's fields; empty if nothing has a title."""

    def titles(owners: Mapping[str, Any], names: Iterable[str]) -> tuple[str, ...]:
        return tuple(getattr(owners.get(name), "title", "") or name for name in names)

    intents = dict(zip(scenario.intents, titles(scenario.intents, scenario.intents), strict=True))
    named = {
        "intents": tuple(intents.values()),
        "steps": tuple(
            f"{intents[name]}.{step.title or step_name}"
            for name, intent in scenario.intents.items()
            for step_name, step in intent.steps.items()
        ),
        "queues": titles(scenario.queues, queues),
        "groups": titles(scenario.agents, scenario.agents),
        "segments": titles(scenario.segments, scenario.segments),
        "line_names": titles(scenario.lines, scenario.lines),
    }
    return named if any(owner.title for owner in titled_parts(scenario)) else {}


def _processes(nodes: Sequence[tuple[str, str, Any]]) -> Iterator[StepProcess]:
    """Yield the steps that have a process of the user's own."""
    for number, (intent, name, step) in enumerate(nodes):
        process = getattr(step, "process", None)
        if process is not None:
            settings = tuple((key, getattr(process, key)) for key in type(process).model_fields if key != "step")
            yield StepProcess(number, process.step, settings, f"intents.{intent}.steps.{name}.process")


def _customers(scenario: Scenario, names: Names) -> dict[str, Any]:
    intents = scenario.intents
    starts = [cases_of(intent.start) for intent in intents.values()]
    entries = [
        [names.steps[f"{name}.{step}"] for step in rows[-1].to] for name, rows in zip(intents, starts, strict=True)
    ]
    return {
        "demand_parts": demand_parts(scenario),
        "part_volume": expected_demand(scenario),
        "variation": expected_variation(scenario),
        "stretches": expected_stretches(scenario),
        "segment_share": cumulative(segment.share for segment in scenario.segments.values()),
        "segment_patience": f8(segment.patience for segment in scenario.segments.values()),
        "entry_ptr": ptr(entries),
        "entry_step": i4(flat(entries)),
        "entry_share": f8(flat(cumulative(rows[-1].to.values()) for rows in starts)),
        "entry_cases": _entry_cases(scenario, names),
    }


def _entry_cases(scenario: Scenario, names: Names) -> EntryCases:
    """Return the first steps under conditions: all cases but the last, which has none."""
    rows = [
        (number, name, case)
        for number, (name, intent) in enumerate(scenario.intents.items())
        for case in cases_of(intent.start)[:-1]
    ]
    conditions = cases(names, [case.when for _, _, case in rows])
    return EntryCases(
        intent=i4(number for number, _, _ in rows),
        segments=conditions.segments,
        time=conditions.time,
        days=conditions.days,
        ptr=ptr([case.to for _, _, case in rows]),
        step=i4(names.steps[f"{name}.{step}"] for _, name, case in rows for step in case.to),
        share=f8(flat(cumulative(case.to.values()) for _, _, case in rows)),
    )


def _steps(
    scenario: Scenario, nodes: Sequence[tuple[str, str, Any]], names: Names, laws: LawRows, end: float
) -> dict[str, Any]:
    queues = _queues(scenario)
    kinds = [channels()[step.channel].step_kind for _, _, step in nodes]
    intents = list(scenario.intents)

    def every(field: str, default: Any = None) -> list[Any]:
        return [getattr(step, field, default) for _, _, step in nodes]

    impatience = [step or [] for step in every("impatience")]
    transfers = [
        [(target(names, intent, to), Stay[how.upper()]) for to, how in getattr(step, "transfer", {}).items()]
        for intent, _, step in nodes
    ]
    notifications = every("notify") if scenario.orchestration.notifications else [None] * len(nodes)
    return {
        "step_intent": i4(intents.index(intent) for intent, _, _ in nodes),
        "begins_anew": i4(_begins_anew(scenario, intent, names) for intent, _, _ in nodes),
        "step_channel": i4(names.channels.index(step.channel) for _, _, step in nodes),
        "step_kind": i4(kinds),
        "step_queue": i4(-1 if queue is None else queues.index(queue) for queue in every("queue")),
        "step_stream": _streams([f"step/{name}" for name in names.steps]),
        "step_time": i4(laws.row(getattr(step, "time", None) or getattr(step, "talk", None)) for _, _, step in nodes),
        "step_hold": i4(map(laws.row, every("hold"))),
        "step_wrap": i4(map(laws.row, every("wrap_up"))),
        "step_patience": i4(map(laws.row, every("patience"))),
        "patience_kept": i4(map(bool, every("patience_kept"))),
        "step_handover": i4(map(laws.row, every("handover"))),
        "step_disconnect": f8(every("disconnect", 0.0)),
        "step_lines": i4(
            -1 if isinstance(step, Outbound) else _lines_of(scenario, {step.channel}) for _, _, step in nodes
        ),
        "routes": routes(names, nodes, kinds),
        "impatience_ptr": ptr(impatience),
        "impatience": cases(names, [case.when for case in flat(impatience)]),
        "impatience_factor": f8(case.times for case in flat(impatience)),
        "transfer_ptr": ptr(transfers),
        "transfer_step": i4(to for to, _ in flat(transfers)),
        "transfer_stays": i4(how for _, how in flat(transfers)),
        "notify": f8(math.nan if notification is None else notification.reach for notification in notifications),
        "notify_after": i4(laws.row(notification and notification.after) for notification in notifications),
        "dialers": dialers(
            scenario, nodes, names.days, end, lambda *step: _lines_of(scenario, channels_of_call(scenario, *step))
        ),
        "line_names": tuple(scenario.lines),
        "lines": i4(lines.capacity for lines in scenario.lines.values()),
    }


def _begins_anew(scenario: Scenario, intent: str, names: Names) -> int:
    """Return the first step of an intent whose journeys are endless, -1 if they are not."""
    graph = scenario.intents[intent]
    return names.steps[f"{intent}.{next(iter(cases_of(graph.start)[-1].to))}"] if graph.endless else -1


def _resumption(scenario: Scenario, nodes: Sequence[tuple[str, str, Any]], end: float) -> dict[str, Any]:
    rows = [_resumptions(getattr(step, "resume_at", None), scenario.calendar, end) for _, _, step in nodes]
    return {
        "resume_ptr": ptr(rows),
        "resume_until": f8(until for until, _ in flat(rows)),
        "resume_at": f8(at for _, at in flat(rows)),
    }


def _resumptions(time: float | None, calendar: Calendar, end: float) -> list[tuple[float, float]]:
    """Return when a pause may end, each with the last instant of beginning one that ends then."""
    if time is None:
        return []
    days = takewhile(lambda day: calendar.midnight(day - 1) < end, count(1))
    rows = []
    for day in days:
        at, last = calendar.instant(day, time), math.nextafter(calendar.midnight(day + 1), -math.inf)
        rows.append((at if time < DAY else last, at))
    return rows


def _floor(scenario: Scenario, end: float, laws: LawRows) -> dict[str, Any]:
    groups = list(scenario.agents.values())
    order = list(scenario.agents)
    queues = _queues(scenario)
    settings = [scenario.queues.get(name, Queue()) for name in queues]
    stages = [stages_of(name, queue, scenario) for name, queue in zip(queues, settings, strict=True)]
    serving = [ranked(group) for group in groups]
    places = [at_once(group, scenario) for group in groups]
    group_rows = [(order.index(stage.group), name) for name, row in zip(queues, stages, strict=True) for stage in row]
    first = ptr(serving)
    return {
        "queues": tuple(queues),
        "groups": tuple(order),
        **_opening(settings, scenario.calendar, end),
        "queue_within": f8(queue.service_level.within for queue in settings),
        "queue_target": f8(queue.service_level.target for queue in settings),
        "short_abandon": f8(queue.short_abandon for queue in settings),
        "queue_groups_ptr": ptr(stages),
        "queue_groups": i4(group for group, _ in group_rows),
        "queue_serving": i4(first[group] + list(serving[group]).index(name) for group, name in group_rows),
        "queue_routing": tuple(queue.routing or "" for queue in settings),
        "queueing": queueing(scenario, queues, stages, laws),
        "group_concurrency": i4(places),
        "group_cost": f8(group.cost for group in groups),
        "group_queues_ptr": first,
        "group_queues": i4(queues.index(name) for name in flat(serving)),
        "group_ranks": f8(served.rank for queues_served in serving for served in queues_served.values()),
        "crews": crews(groups, places, laws),
        "shifts": shifts(groups, scenario, end, laws),
        "pay": pay(groups, scenario, end),
        **staffing(groups, scenario, end),
    }


def _opening(queues: Sequence[Queue], calendar: Calendar, end: float) -> dict[str, Any]:
    rows = [spans_of(queue.hours, calendar, end) for queue in queues]
    return {
        "open_ptr": ptr(rows),
        "open_from": f8(begin for begin, _ in flat(rows)),
        "open_until": f8(until for _, until in flat(rows)),
    }


def _queues(scenario: Scenario) -> list[str]:
    return list(dict.fromkeys(queue for group in scenario.agents.values() for queue in group.serves))


def _lines_of(scenario: Scenario, used: set[str]) -> int:
    """Return the lines of a step that uses some channels, -1 for none."""
    return next((i for i, lines in enumerate(scenario.lines.values()) if used.intersection(lines.channels)), -1)


def _streams(names: list[str]) -> NDArray[np.uint32]:
    keys = [stream(name) for name in names]
    shared = set(repeated(keys))
    twins = [name for name, key in zip(names, keys, strict=True) if key in shared]
    if twins:
        problem = f"{' and '.join(twins)} would share their random numbers, by a rare chance; rename one"
        raise InvalidInput([Problem("scenario", "", problem)])
    return np.array(keys, dtype=np.uint32)
