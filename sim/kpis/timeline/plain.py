"""Agents' time in plain Python, slow and obvious: `sim.kpis.timeline.agent_time` must agree with it."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

import numpy as np

from sim.kpis.timeline.agent_spans import BUSY, AgentSpan, AgentState, agent_spans
from sim.kpis.timeline.agent_time import AgentTime
from sim.kpis.timeline.time_slice import TimeSlice

__all__ = ["plain_agent_time"]


def plain_agent_time(time_slice: TimeSlice) -> AgentTime:
    """Add up the spans of agents over a whole run, stretch by stretch in which nothing changes.

    Parameters
    ----------
    time_slice
        The whole run.
    """
    plan = time_slice.plan
    time = AgentTime(*np.zeros((4, len(plan.groups), plan.intervals + 1)))
    spans = agent_spans(plan, time_slice.log)
    for group in range(len(plan.groups)):
        _add_group(time_slice, group, [span for span in spans if span.group == group], time)
    return time


def _add_group(time_slice: TimeSlice, group: int, spans: list[AgentSpan], time: AgentTime) -> None:
    places, duty = _places(time_slice, group), _duty(time_slice, group)
    ends = {instant for span in spans for instant in (span.begin, span.end)}
    for begin, end in pairwise(sorted({*time_slice.edges.tolist(), time_slice.plan.end, *duty, *ends})):
        cell = _cell(time_slice, begin, duty)
        if cell < 0:
            continue
        now = [span for span in spans if span.begin <= begin < span.end]
        holding = [span for span in now if span.state in BUSY]
        there = sum(span.state == AgentState.PRESENT for span in now)
        time.present[group, cell] += (end - begin) * there
        time.overtime[group, cell] += (end - begin) * (there - _on_duty(duty, begin))
        time.busy[group, cell] += (end - begin) * len({span.agent for span in holding})
        time.slots[group, cell] += (end - begin) * sum(places[span.customer, span.visit] for span in holding)


def _cell(time_slice: TimeSlice, instant: float, duty: dict[float, float]) -> int:
    """Return the interval in which an instant is, the number of intervals if it counts after the last one, else -1."""
    plan, edges = time_slice.plan, time_slice.edges.tolist()
    interval = bisect_right(edges, instant) - 1
    if interval < plan.intervals:
        return interval if interval >= time_slice.first else -1
    changes = [edges[-1], *sorted(since for since in duty if since > edges[-1])]
    closed = [since for since in changes if not _on_duty(duty, since)]
    never = not duty or time_slice.first == plan.intervals
    if never or instant >= plan.end or not closed or closed[0] > plan.day_begins[-1]:
        return -1
    opened = min((since for since in changes if since > closed[0]), default=plan.end)
    return plan.intervals if closed[0] <= instant < opened else -1


def _places(time_slice: TimeSlice, group: int) -> dict[tuple[int, int], int]:
    """Return how many places of an agent of a group each contact takes."""
    plan, log = time_slice.plan, time_slice.log
    rows = slice(plan.group_queues_ptr[group], plan.group_queues_ptr[group + 1])
    takes = dict(zip(plan.group_queues[rows].tolist(), plan.crews.takes[rows].tolist(), strict=True))
    contacts = zip(log.customer.tolist(), log.visit.tolist(), plan.step_queue[log.step].tolist(), strict=True)
    return {(customer, visit): takes[queue] for customer, visit, queue in contacts if queue in takes}


def _duty(time_slice: TimeSlice, group: int) -> dict[float, float]:
    """Return how many agents are on duty from each instant on."""
    staffing = time_slice.staffing
    rows = zip(staffing.group.tolist(), staffing.begin.tolist(), staffing.agents.tolist(), strict=True)
    return {begin: agents for owner, begin, agents in rows if owner == group}


def _on_duty(duty: dict[float, float], instant: float) -> float:
    since = max((since for since in duty if since <= instant), default=None)
    return 0.0 if since is None else duty[since]
