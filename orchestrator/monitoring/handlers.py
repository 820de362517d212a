"""Counts of journeys, kept as rows: exact after a restart, and the same for every process of a database.

Only entries that start, pause, resume or end a journey are counted, so that an ordinary event costs nothing here. The
last step of a customer is looked up in the journey's history when they pause or give up.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from orchestrator.journeys.commands import Move
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.monitoring.rows import DAY, MINUTE, Drop, Paused, Span, Totals
from orchestrator.service.command_context import CommandContext
from orchestrator.store.unit import Need, Unit

__all__ = ["GAVE_UP", "NOWHERE", "OTHERS", "STEPS", "count", "count_needs"]

GAVE_UP: Final = frozenset({"gave_up", "gave-up", "abandoned", "unresolved"})
"""Outcomes of journeys whose customers left without success."""

NOWHERE: Final = "(no step yet)"
OTHERS: Final = "(other steps)"
STEPS: Final = 200
"""Steps that are counted separately; their number is limited because clients name them."""

KEPT_MINUTES: Final = 24 * 60
KEPT_DAYS: Final = 31
LOOK_BACK: Final = 20
"""Entries of a history in which the last step is sought."""

_MOVES: Final = {
    "sojourn.journey.started": "started",
    "sojourn.journey.resumed": "resumed",
    "sojourn.journey.paused": "paused",
    "sojourn.journey.completed": "completed",
}


def count_needs(command: Move) -> Sequence[Need]:
    """Return the row that tells whether a journey that moves is paused."""
    return (Need(Paused, "key", (command.tenant, command.journey)),)


def count(entry: Entry, journey: Journey, unit: Unit, context: CommandContext) -> None:
    """Count an entry, if it starts, pauses, resumes or ends its journey.

    Parameters
    ----------
    entry, journey
        As just written.
    unit, context
        Of the command, with which the counts are undone.
    """
    happened = _MOVES.get(entry.type)
    if happened is None or not entry.source.startswith("/v1/journeys/"):
        return
    paused = None
    if happened in {"resumed", "completed"}:
        paused = unit.get(Paused, journey.tenant, journey.id)
    if happened == "resumed" and paused is None:
        return  # a start that found its journey active
    gave_up = happened == "completed" and json.loads(entry.data).get("outcome") in GAVE_UP
    _total(unit, journey.tenant, happened, context, was_paused=paused is not None)
    for length in (MINUTE, DAY):
        _span(unit, journey.tenant, length, int(context.now) // length * length, happened, gave_up=gave_up)
    today = int(context.now) // DAY * DAY
    if paused is not None:
        unit.delete(paused)
        if happened == "resumed":
            _drop(unit, journey.tenant, today, paused.step, "returned")
        else:
            _end_pause(unit, paused)
    if happened == "paused":
        step = _drop(unit, journey.tenant, today, _last_step(unit, entry), "paused")
        unit.put(Paused(journey.tenant, journey.id, step))
    elif gave_up:
        _drop(unit, journey.tenant, today, _last_step(unit, entry), "gave_up")


def _total(unit: Unit, tenant: str, happened: str, context: CommandContext, *, was_paused: bool) -> None:
    """Move a journey from one total to another; refuse a new one when as many as allowed are open."""
    before = unit.get(Totals, tenant) or Totals(tenant)
    if happened == "started":
        context.limits.check("open journeys", before.active + before.paused, context.limits.journeys)
    is_active, is_paused = happened in {"started", "resumed"}, happened == "paused"
    was_active = happened != "started" and not was_paused
    active, paused = before.active + is_active - was_active, before.paused + is_paused - was_paused
    unit.put(Totals(tenant, active, paused, before.completed + (happened == "completed")))


def _span(unit: Unit, tenant: str, length: int, began: int, happened: str, *, gave_up: bool) -> None:
    """Count in a minute or a day; delete minutes that are not shown any more."""
    span = unit.get(Span, tenant, length, began)
    if span is None:
        span = Span(tenant, length, began)
        if length == MINUTE:
            for old in unit.find(Span, "key", tenant, MINUTE, limit=2):
                if old.began < began - KEPT_MINUTES * MINUTE:
                    unit.delete(old)
    more: dict[str, Any] = {happened: getattr(span, happened) + 1}
    unit.put(replace(span, gave_up=span.gave_up + gave_up, **more))


def _drop(unit: Unit, tenant: str, today: int, step: str, how: str) -> str:
    """Count at a step, for today and overall; return the name under which it was counted."""
    if unit.get(Drop, tenant, 0, step) is None and unit.count(Drop, "key", tenant, 0) >= STEPS:
        step = OTHERS
    for began in (0, today):
        drop = unit.get(Drop, tenant, began, step)
        if drop is None:
            drop = Drop(tenant, began, step)
            for old in unit.find(Drop, "key", tenant, after=(0,), limit=2) if began else ():
                if old.began < today - KEPT_DAYS * DAY:
                    unit.delete(old)
        more: dict[str, Any] = {how: getattr(drop, how) + 1}
        unit.put(replace(drop, **more))
    return step


def _end_pause(unit: Unit, paused: Paused) -> None:
    """Count a journey that has ended while it was paused as away no more."""
    overall = unit.get(Drop, paused.tenant, 0, paused.step)
    if overall is not None:
        unit.put(replace(overall, paused=overall.paused - 1))


def _last_step(unit: Unit, entry: Entry) -> str:
    """Return the last step of a journey before an entry."""
    before = unit.find(
        Entry, "key", entry.tenant, entry.journey, after=(entry.version,), limit=LOOK_BACK, descending=True
    )
    for earlier in before:
        if '"step"' in earlier.data and (step := json.loads(earlier.data).get("step")):
            return str(step)
    return NOWHERE
