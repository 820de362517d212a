"""Numbers of entries and answers that a tenant keeps, counted in their transactions while there is a limit for them."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from orchestrator.journeys.rows import Entry
from orchestrator.service.command_context import CommandContext
from orchestrator.service.idempotency import AnswerCount, StoredAnswer
from orchestrator.service.storage import recount_bytes
from orchestrator.service.tenants import all_tenants
from orchestrator.store.database import Database
from orchestrator.store.unit import Unit, table

__all__ = ["Usage", "count_entry", "forget_entries", "recount"]

_ENDS = ("sojourn.journey.completed", "sojourn.item.abandoned")
"""Entries without which a journey could not be completed, and then deleted, or a queue removed."""


@table("kept_entries", key=("tenant",))
class Usage:
    """Entries of a tenant's journeys."""

    tenant: str
    entries: int


def count_entry(entry: Entry, _: Any, unit: Unit, context: CommandContext) -> None:
    """Count an entry; refuse it beyond the limit, unless it ends its journey or an item."""
    allowed = context.limits.entries
    if not allowed:
        return
    usage = unit.get(Usage, entry.tenant)
    # A tenant that is new has no row; its entries, this one included, are counted once.
    present = unit.count(Entry, "key", entry.tenant) - 1 if usage is None else usage.entries
    if entry.type not in _ENDS:
        context.limits.check("entries of journeys", present, allowed)
    unit.put(Usage(entry.tenant, present + 1))


def forget_entries(unit: Unit, tenant: str, entries: int) -> None:
    """Count deleted entries."""
    usage = unit.get(Usage, tenant)
    if usage is not None:
        unit.put(replace(usage, entries=max(0, usage.entries - entries)))


def recount(database: Database, tables: Iterable[type] = ()) -> None:
    """Count what all tenants keep anew, when a service starts that limits it.

    Parameters
    ----------
    database
        In which the entries and answers are counted.
    tables
        Classes of rows whose bytes are counted too; empty where those are not limited.
    """
    unit = database.begin(())
    try:
        for tenant in all_tenants(unit):
            unit.put(Usage(tenant, unit.count(Entry, "key", tenant)))
            unit.put(AnswerCount(tenant, unit.count(StoredAnswer, "key", tenant)))
        if tables:
            recount_bytes(unit, tables)
        database.flush()
        database.commit()
    finally:
        database.rollback()
