"""CSV event log of journeys (RFC 4180), which every process mining program reads.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-``, ``@`` (or the wide form of one of them), a tab, a
carriage return or a line feed for a formula, and clients choose the names of customers. So such a cell gets an
apostrophe in front, as OWASP recommends
(https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Final

from orchestrator.journeys.rows import Entry, Journey
from orchestrator.monitoring.exports.case_pages import Case, ItemSteps, Look, Window, cases
from orchestrator.queues.rows import Item

__all__ = ["COLUMNS", "csv_log", "without_formula"]

COLUMNS: Final = ("case_id", "activity", "timestamp", "resource", "customer", "intent", "channel", "step", "outcome",
                  "queue", "event_id", "source", "version")  # fmt: skip

_FORMULA: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # the last four are wide forms of the first


async def csv_log(look: Look, window: Window) -> AsyncIterator[bytes]:
    """Yield the event log of a window, one event a row, in pieces.

    Parameters
    ----------
    look
        Reads what is committed.
    window
        Of the journeys.
    """
    yield _rows([COLUMNS])
    steps = ItemSteps()
    async for case in cases(look, window):
        yield _rows(_events(case, steps))


def without_formula(cell: str) -> str:
    """Return a cell as a spreadsheet does not take it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _rows(rows: Iterator[tuple[str, ...]] | list[tuple[str, ...]]) -> bytes:
    """Return rows as text."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows([without_formula(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _events(case: Case, steps: ItemSteps) -> Iterator[tuple[str, ...]]:
    """Yield a case's events in the order of their times."""
    rows = [_entry(entry, case.journey, steps.note(case, entry)) for entry in case.entries]
    rows += [_item_step(*step, case.journey) for step in steps.others(case)]
    yield from sorted(rows, key=lambda row: row[2])


def _entry(entry: Entry, journey: Journey, item: Item | None) -> tuple[str, ...]:
    """Return the row of an entry; its resource is the client that sent it, or the agent that it names."""
    data = json.loads(entry.data)
    texts = {name: str(data[name]) if data.get(name) is not None else "" for name in ("agent", "step", "outcome")}
    queue = str(data["queue"]) if data.get("queue") is not None else item.queue if item else ""
    return (
        journey.id, entry.type, _time(entry.at), texts["agent"] or entry.source, journey.customer, journey.intent,
        entry.channel, texts["step"], texts["outcome"], queue, entry.id, entry.source, str(entry.version),
    )  # fmt: skip


def _item_step(item: Item, step: str, at: float, agent: str, journey: Journey) -> tuple[str, ...]:
    """Return the row of a step that only the work item shows."""
    return (
        journey.id, f"sojourn.item.{step}", _time(at), agent, journey.customer, journey.intent, journey.channel, "", "",
        item.queue, f"{item.id}/{step}", "", "",
    )  # fmt: skip


def _time(seconds: float) -> str:
    """Return an instant as ISO 8601 writes it, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
