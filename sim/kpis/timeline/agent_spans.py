"""Spans of agents in plain Python, slow and obvious: what each agent does, from coming on duty to leaving.

The compiled `sim.kpis.timeline.agent_time` must agree with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import StrEnum
from math import isnan
from types import SimpleNamespace
from typing import Any, NamedTuple

from sim.engine.log import Log, Table, columns_of
from sim.engine.plan import Plan, Result

__all__ = ["BUSY", "AgentSpan", "AgentState", "agent_spans"]


class AgentState(StrEnum):
    """State of an agent, or of a contact that the agent had."""

    PRESENT = "present"  # from coming on duty to leaving; all others but ASIDE lie within it
    RINGING = "ringing"  # a contact rings
    SERVING = "serving"  # talk and hold; when within the service the hold was, the log does not say
    STAYING = "staying"  # with a customer who was transferred warmly, or into a conference
    WRAPPING = "wrapping"  # after-call work
    ASIDE = "aside"  # a contact that the agent had lies aside, interrupted; the agent does something else
    RESTING = "resting"  # a break after a contact
    IDLE = "idle"  # present, and nothing of the above


BUSY = frozenset({AgentState.RINGING, AgentState.SERVING, AgentState.STAYING, AgentState.WRAPPING})


class AgentSpan(NamedTuple):
    """Span of time in which an agent does something, of some length."""

    group: int
    agent: int  # number within the group
    begin: float
    end: float
    state: AgentState
    customer: int = -1  # of the contact, -1 = none; as visit
    visit: int = -1


def agent_spans(plan: Plan, log: Log) -> list[AgentSpan]:
    """Return all spans of all agents, up to the end of the run.

    Parameters
    ----------
    plan, log
        What was planned, and what happened.

    Returns
    -------
    list of AgentSpan
        In order of group, agent, begin, end. Spans of contacts that one agent has at once overlap; without such
        contacts only PRESENT and ASIDE overlap others.
    """
    spans = [
        AgentSpan(row.group, row.agent, row.came, plan.end if isnan(row.left) else row.left, AgentState.PRESENT)
        for row in _rows(log.presence)
    ]
    interruptions = defaultdict(list)
    for row in _rows(log.interruptions):
        interruptions[row.customer, row.visit].append(row)
    for row in _rows(log):
        if row.agent >= 0 and plan.step_queue[row.step] >= 0:
            spans += _of_contact(plan, row, interruptions[row.customer, row.visit])
    begin = plan.first_opening  # a contact that is carried over began before
    spans = [span._replace(begin=max(span.begin, begin), end=min(span.end, plan.end)) for span in spans]
    spans = [span for span in spans if span.begin < span.end]
    return sorted([*spans, *_idle(spans)])


def _rows(table: Table) -> Iterator[Any]:
    names = list(columns_of(type(table)))
    for values in zip(*(getattr(table, name).tolist() for name in names), strict=True):
        yield SimpleNamespace(**dict(zip(names, values, strict=True)))


def _of_contact(plan: Plan, row: Any, interruptions: list[Any]) -> Iterator[AgentSpan]:
    """Yield the spans of the agents who had a contact."""

    def of_agent(begin: float, end: float, state: AgentState, agent: Any = row) -> AgentSpan:
        return AgentSpan(agent.group, agent.agent, begin, end, state, row.customer, row.visit)

    ring = float(plan.queueing.ring[plan.step_queue[row.step]])
    if isnan(row.started):
        rang = ring if row.result == Result.FAILED else row.rang  # a callback that nobody answered; or gave up
        yield of_agent(row.ended - rang, row.ended, AgentState.RINGING)
        return
    yield of_agent(row.started - ring, row.started, AgentState.RINGING, [*interruptions, row][0])
    since = row.started
    for interruption in interruptions:
        until = plan.end if isnan(interruption.ended) else interruption.ended
        yield of_agent(since, interruption.began, AgentState.SERVING, interruption)
        yield of_agent(interruption.began, until, AgentState.ASIDE, interruption)
        since = until
    if isnan(row.ended):
        yield of_agent(since, plan.end, AgentState.SERVING)
        return
    yield of_agent(since, row.ended, AgentState.SERVING)
    if isnan(row.freed):
        yield of_agent(row.ended, plan.end, AgentState.STAYING)
        return
    yield of_agent(row.ended, row.ended + row.stayed, AgentState.STAYING)
    yield of_agent(row.ended + row.stayed, row.freed, AgentState.WRAPPING)
    yield of_agent(row.freed, row.freed + row.rested, AgentState.RESTING)


def _idle(spans: Iterable[AgentSpan]) -> Iterator[AgentSpan]:
    """Yield the gaps in what agents do while they are present."""
    present, taken = defaultdict(list), defaultdict(list)
    for span in sorted(spans):
        if span.state == AgentState.PRESENT:
            present[span[:2]].append(span)
        elif span.state != AgentState.ASIDE:
            taken[span[:2]].append(span)
    for agent, stretches in present.items():
        for stretch in stretches:
            since = stretch.begin
            for span in taken[agent]:
                if since < span.begin < stretch.end:
                    yield AgentSpan(*agent, since, span.begin, AgentState.IDLE)
                if span.begin < stretch.end:
                    since = max(since, span.end)
            if since < stretch.end:
                yield AgentSpan(*agent, since, stretch.end, AgentState.IDLE)
