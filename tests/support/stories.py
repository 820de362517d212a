"""Small days without randomness, and their logs as sentences."""

from __future__ import annotations

from math import isnan
from string import ascii_uppercase
from typing import Any

import numpy as np

from sim.channels import Kind
from sim.engine import Log, Plan, make_plan
from sim.engine.plan import Outcome, Result
from sim.engine.reference import run
from sim.population import Population
from sim.scenario import Scenario

__all__ = ["call", "people", "plan_of", "sentences", "tell"]

MINUTES = 1440


def call(**fields: Any) -> dict[str, Any]:
    """Return a step: by default a call of a minute that resolves everything."""
    return {"channel": "voice", "queue": "calls", "talk": "60 s", "next": "resolved"} | fields


def plan_of(steps: dict[str, Any], agents: dict[str, Any] | None = None, **more: Any) -> Plan:
    """Plan a day from midnight to midnight, in minutes; a headcount that is a list stays at its last value."""
    groups = {name: dict(group) for name, group in (agents or {"desk": {"serves": ["calls"], "staff": 1}}).items()}
    for group in groups.values():
        if isinstance(staff := group["staff"], list):
            group["staff"] = staff + staff[-1:] * (MINUTES - len(staff))
    data = {
        "name": "story",
        "run": {"interval": "1 min", "drain": "0 s"} | more.pop("run", {}),
        "agents": groups,
        "intents": {"it": {"demand": 0, "start": next(iter(steps)), "steps": steps}},
    }
    return make_plan(Scenario.model_validate(data | more))


def people(plan: Plan, *arrivals: float | tuple[float, str]) -> Population:
    """Return customers who arrive at instants, each at the first step or at a named one."""
    pairs = [
        arrival if isinstance(arrival, tuple) else (arrival, plan.steps[0].removeprefix("it.")) for arrival in arrivals
    ]
    nothing = np.zeros(len(pairs), dtype=np.int32)
    return Population(
        seed=1,
        replication=0,
        arrival=np.array([instant for instant, _ in pairs], dtype=np.float64),
        intent=nothing,
        segment=nothing,
        entry=np.array([plan.steps.index(f"it.{step}") for _, step in pairs], dtype=np.int32),
        key=np.arange(len(pairs), dtype=np.uint64),
    )


def tell(plan: Plan, *arrivals: float | tuple[float, str]) -> list[str]:
    """Simulate, and return a sentence for each touchpoint; customers are A, B, C ... in order of arrival."""
    return sentences(plan, run(plan, people(plan, *arrivals)))


def sentences(plan: Plan, log: Log) -> list[str]:
    """Return a sentence for each row of a log."""
    return [_sentence(plan, log, row) for row in range(len(log))]


def _sentence(plan: Plan, log: Log, row: int) -> str:
    step, target = log.step[row], log.next[row]
    leads = plan.steps[target].removeprefix("it.") if target >= 0 else Outcome(-1 - target).name.lower()
    parts = [_service(plan, log, row)] if not isnan(log.started[row]) else []
    result = Result(log.result[row])
    if result in {Result.ABANDONED, Result.CLOSED, Result.TIMED_OUT}:
        parts.append(f"{result.name.lower().replace('_', ' ')} {log.ended[row]:g}")
    elif not isnan(log.ended[row]):
        parts.append(f"left {log.ended[row]:g}")
    if log.freed[row] > log.ended[row]:
        parts.append(f"freed {log.freed[row]:g}")
    who = ascii_uppercase[log.customer[row]] + (f"'{log.visit[row]}" if log.visit[row] else "")
    name = plan.steps[step].removeprefix("it.")
    return f"{who} {name} {log.began[row]:g}: " + ", ".join([part for part in parts if part] + [leads])


def _service(plan: Plan, log: Log, row: int) -> str:
    """Return when an agent answered, and which; self-service answers at once."""
    if plan.step_kind[log.step[row]] in {Kind.SELF_SERVICE, Kind.PAUSE}:
        assert log.started[row] == log.began[row]
        return ""
    hold = f", {log.hold[row]:g} on hold" if log.hold[row] else ""
    return f"answered {log.started[row]:g} by {plan.groups[log.group[row]]} {log.agent[row]}{hold}"
