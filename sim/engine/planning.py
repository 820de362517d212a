"""Turn a scenario into a plan: names into indices, laws into a table, graphs and staffing into flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.channels import Kind, channels
from sim.core.draws import stream
from sim.core.errors import InvalidInput, Problem
from sim.core.units import DAY
from sim.distributions import Law, LawTable
from sim.engine.plan import OUTCOMES, Plan, Result
from sim.population import expected_variation, expected_volume
from sim.scenario.schema import Agents, Queue, Run, Scenario

__all__ = ["make_plan"]

I4 = NDArray[np.int32]
F8 = NDArray[np.float64]
_EXITS = {
    Result.PASSED: "next",
    Result.HANDLED: "next",
    Result.ABANDONED: "if_abandoned",
    Result.CLOSED: "if_closed",
}
NO_ROUTE: dict[str, float] = {}


def make_plan(scenario: Scenario) -> Plan:
    """Turn a scenario into a plan.

    Parameters
    ----------
    scenario
        Checked, as `sim.scenario.load` returns it.

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
    origin, (first, last) = run.hours[0], run.hours
    intervals = round(((run.days - 1) * DAY + last - first) / run.interval)
    nodes = [(intent, name, step) for intent, it in scenario.intents.items() for name, step in it.steps.items()]
    index = {(intent, name): i for i, (intent, name, _) in enumerate(nodes)}
    kinds = [channels()[step.channel].kind for _, _, step in nodes]
    used = tuple(dict.fromkeys(step.channel for _, _, step in nodes))
    queues = tuple(dict.fromkeys(queue for group in scenario.agents.values() for queue in group.serves))
    groups = tuple(scenario.agents)
    settings = [scenario.queues.get(name, Queue()) for name in queues]
    laws = _Laws()
    end = origin + intervals * run.interval + run.drain
    return Plan(
        intents=tuple(scenario.intents),
        steps=tuple(f"{intent}.{name}" for intent, name, _ in nodes),
        channels=used,
        queues=queues,
        groups=groups,
        segments=tuple(scenario.segments),
        origin=origin,
        interval=run.interval,
        intervals=intervals,
        end=end,
        volume=expected_volume(scenario),
        variation=expected_variation(scenario),
        segment_share=_cumulative(segment.share for segment in scenario.segments.values()),
        **_table("entry", [_entries(name, it.start, index) for name, it in scenario.intents.items()]),
        step_intent=_i4([scenario_index(scenario.intents, intent) for intent, _, _ in nodes]),
        step_channel=_i4([used.index(step.channel) for _, _, step in nodes]),
        step_kind=_i4(kinds),
        step_queue=_i4([queues.index(step.queue) if hasattr(step, "queue") else -1 for _, _, step in nodes]),
        step_stream=_streams([f"step/{intent}.{name}" for intent, name, _ in nodes]),
        step_time=_i4([laws.row(getattr(step, "time", None) or getattr(step, "talk", None)) for _, _, step in nodes]),
        step_hold=_i4([laws.row(getattr(step, "hold", None)) for _, _, step in nodes]),
        step_wrap=_i4([laws.row(getattr(step, "wrap_up", None)) for _, _, step in nodes]),
        step_patience=_i4([laws.row(getattr(step, "patience", None)) for _, _, step in nodes]),
        step_resume=_f8([_resume(step) for _, _, step in nodes]),
        **_routes(nodes, kinds, index),
        laws=LawTable.of(laws.laws),
        channel_kind=_i4([channels()[name].kind for name in used]),
        queue_open=_f8([queue.hours for queue in settings]).reshape(-1, 2),
        queue_within=_f8([queue.service_level.within for queue in settings]),
        queue_target=_f8([queue.service_level.target for queue in settings]),
        queue_groups_ptr=_ptr(
            queue_groups := [_groups_of(q, s, scenario) for q, s in zip(queues, settings, strict=True)]
        ),
        queue_groups=_flat_index(queue_groups, groups),
        group_concurrency=_i4([_at_once(group, scenario) for group in scenario.agents.values()]),
        group_cost=_f8([group.cost for group in scenario.agents.values()]),
        group_queues_ptr=_ptr(ranked := [_ranked(group) for group in scenario.agents.values()]),
        group_queues=_flat_index([list(ranks) for ranks in ranked], queues),
        group_ranks=_f8([rank for ranks in ranked for rank in ranks.values()]),
        **_staffing(scenario.agents.values(), run, end),
        short_abandon=_f8([queue.short_abandon for queue in settings]),
        routing=scenario.routing,
        repeat_window=scenario.repeat_window,
        effort=_f8(list(scenario.effort.model_dump().values())),
    )


class _Laws:
    """Collect the laws that steps name; equal ones are one row."""

    def __init__(self) -> None:
        self.laws: list[Law] = []

    def row(self, law: Law | None) -> int:
        if law is None:
            return -1
        if law not in self.laws:
            self.laws.append(law)
        return self.laws.index(law)


def scenario_index(names: Iterable[str], name: str) -> int:
    """Return the place of a name."""
    return list(names).index(name)


def _i4(values: Sequence[Any]) -> I4:
    return np.array(values, dtype=np.int32)


def _f8(values: Sequence[Any]) -> F8:
    return np.array(values, dtype=np.float64)


def _ptr(rows: Sequence[Sequence[Any] | Mapping[Any, Any]]) -> I4:
    return np.cumsum([0, *map(len, rows)], dtype=np.int32)


def _flat_index(rows: list[list[str]], names: tuple[str, ...]) -> I4:
    return _i4([names.index(name) for row in rows for name in row])


def _cumulative(shares: Iterable[float]) -> F8:
    total = list(accumulate(shares))
    return _f8([*total[:-1], 1.0])  # the last is exactly 1, whatever the rounding


def _table(name: str, rows: list[tuple[list[int], F8]]) -> dict[str, Any]:
    ends = "next" if name == "route" else "step"
    return {
        f"{name}_ptr": _ptr([targets for targets, _ in rows]),
        f"{name}_{ends}": _i4([target for targets, _ in rows for target in targets]),
        f"{name}_share": np.concatenate([np.empty(0), *(shares for _, shares in rows)]),
    }


def _entries(intent: str, start: dict[str, float], index: dict[tuple[str, str], int]) -> tuple[list[int], F8]:
    return [index[intent, name] for name in start], _cumulative(start.values())


def _routes(nodes: list[Any], kinds: list[Kind], index: dict[tuple[str, str], int]) -> dict[str, Any]:
    def row(intent: str, step: Any, kind: Kind, result: Result) -> tuple[list[int], F8]:
        waits = kind in {Kind.ASSISTED, Kind.DEFERRED}
        if result == (Result.PASSED if waits else Result.HANDLED):
            return [], np.empty(0)
        shares = getattr(step, _EXITS[result], NO_ROUTE)
        targets = [-1 - OUTCOMES[name] if name in OUTCOMES else index[intent, name] for name in shares]
        return targets, _cumulative(shares.values()) if shares else np.empty(0)

    rows = [
        row(intent, step, kind, result)
        for (intent, _, step), kind in zip(nodes, kinds, strict=True)
        for result in _EXITS
    ]
    return _table("route", rows)


def _streams(names: list[str]) -> NDArray[np.uint32]:
    keys = [stream(name) for name in names]
    twins = [name for name, key in zip(names, keys, strict=True) if keys.count(key) > 1]
    if twins:
        what = f"{' and '.join(twins)} would share their random numbers, by a rare chance; rename one"
        raise InvalidInput([Problem("scenario", "", what)])
    return np.array(keys, dtype=np.uint32)


def _resume(step: Any) -> float:
    at = getattr(step, "resume_at", None)
    return float("nan") if at is None else float(at)


def _per_interval(values: Any, run: Run) -> list[float]:
    count = round((run.hours[1] - run.hours[0]) / run.interval)
    return [float(values)] * count if isinstance(values, int | float) else list(map(float, values))


def _groups_of(name: str, queue: Queue, scenario: Scenario) -> list[str]:
    return queue.agents or [group for group, it in scenario.agents.items() if name in it.serves]


def _ranked(group: Agents) -> dict[str, float]:
    if isinstance(group.serves, dict):
        return dict(sorted(group.serves.items(), key=lambda item: item[1]))
    return {name: float(rank) for rank, name in enumerate(group.serves)}


def _at_once(group: Agents, scenario: Scenario) -> int:
    """Where it is not said, as many as the least concurrent of the channels that the group serves."""
    if group.at_once is not None:
        return group.at_once
    steps = [step for it in scenario.intents.values() for step in it.steps.values()]
    served = [step.channel for step in steps if getattr(step, "queue", None) in group.serves]
    return min((channels()[name].concurrency for name in served), default=1)


def _staffing(groups: Iterable[Agents], run: Run, end: float) -> dict[str, Any]:
    rows = [list(_changes(group, run, end)) for group in groups]
    return {
        "staff_ptr": _ptr(rows),
        "staff_time": _f8([time for row in rows for time, _ in row]),
        "staff_count": _i4([count for row in rows for _, count in row]),
    }


def _changes(group: Agents, run: Run, end: float) -> Iterator[tuple[float, int]]:
    """Go through the days until the run's end; outside its hours nobody is on duty, but those who stay to the last."""
    before = 0
    for day in range(ceil(end / DAY)):
        begin = day * DAY + run.hours[0]
        for i, value in enumerate(_per_interval(group.staff, run)):
            if int(value) != before:
                before = int(value)
                yield begin + i * run.interval, before
        if group.stay_until_empty and day == run.days - 1:
            return
        if before and run.hours[1] - run.hours[0] < DAY:
            before = 0
            yield day * DAY + run.hours[1], 0
