"""Cases of a time window, read in pages, so that an export of a year needs little memory.

The window selects journeys by their start, and each is complete, because half of a case would mislead a process mining
program. Identifiers of journeys ascend with time (UUID of version 7, RFC 9562), so that the key is the index.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from orchestrator.journeys.rows import Entry, Journey
from orchestrator.queues.rows import COMPLETED, OVER, Item
from orchestrator.store.unit import Unit

__all__ = ["Case", "ItemSteps", "Look", "Window", "cases"]

T = TypeVar("T")

JOURNEYS: Final = 50
"""Journeys read at a time; the service does other things in between."""

ENTRIES: Final = 500
"""Entries of one journey read at a time."""

_PREFIX: Final = "sojourn.item."
"""The beginning of the types of entries about work items."""


class Look(Protocol):
    """Reads what is committed, as `Service.look` does."""

    async def __call__(self, answer: Callable[[Unit], T], /) -> T:
        """Return the result of a query."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """Journeys of a tenant that started at ``since`` or later, and before ``until`` (seconds since the epoch)."""

    tenant: str
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Case:
    """A journey, some of its entries, and its work items.

    A long history comes as several cases; ``begins`` is true of the first, and ``ends`` of the last. ``new`` says that
    it is the customer's first journey in the window.
    """

    journey: Journey
    entries: Sequence[Entry]
    items: Sequence[Item]
    begins: bool
    ends: bool
    new: bool


class ItemSteps:
    """Steps of a journey's work items, each of which is exported once.

    The history of a journey has the steps of its items while it is open, also those that happened twice, such as a
    second acceptance. A step after its completion, or by a timeout, stands in the item only.
    """

    def __init__(self) -> None:
        self._in_history: set[tuple[str, str]] = set()

    def note(self, case: Case, entry: Entry) -> Item | None:
        """Note that an entry is exported; return the item that it is about, if it is about one."""
        if not entry.type.startswith(_PREFIX):
            return None
        name = json.loads(entry.data).get("item")
        self._in_history.add((str(name), entry.type.removeprefix(_PREFIX)))
        return next((item for item in case.items if item.id == name), None)

    def others(self, case: Case) -> Iterator[tuple[Item, str, float, str]]:
        """Yield the steps that no entry told, once the history is over: item, step, instant, and agent or nothing."""
        for item in case.items if case.ends else ():
            for step, at, agent in _steps(item):
                if (item.id, step) not in self._in_history:
                    yield item, step, at, agent
        if case.ends:
            self._in_history.clear()


def _steps(item: Item) -> Iterator[tuple[str, float, str]]:
    """Yield the steps that an item shows: name, instant, and agent or nothing."""
    yield "entered", item.entered, ""
    if item.answered:
        yield "accepted", item.accepted, item.agent
    if item.state in OVER:
        yield item.state, item.changed, item.agent if item.state == COMPLETED else ""


async def cases(look: Look, window: Window) -> AsyncIterator[Case]:
    """Yield the cases of a window, in the order of the journeys' starts.

    Parameters
    ----------
    look
        Reads what is committed.
    window
        Of the journeys.
    """
    after, end = identifier(window.since), identifier(window.until)
    while True:
        page = await look(lambda unit, after=after: _page(unit, window, after, end))  # type: ignore[misc]
        for case in page:
            yield case
            async for more in _rest(look, case):
                yield more
        if len(page) < JOURNEYS:
            return
        after = page[-1].journey.id


def identifier(seconds: float) -> str:
    """Return an identifier between all that were made before an instant and all that are made from then on."""
    digits = f"{max(0, int(seconds * 1000)):012x}"
    return f"{digits[:8]}-{digits[8:]}-0000-0000-000000000000"


def _page(unit: Unit, window: Window, after: str, end: str) -> list[Case]:
    """Return the next journeys, each with the beginning of its history."""
    journeys = unit.find(Journey, "key", window.tenant, after=(after,), limit=JOURNEYS)
    return [_case(unit, journey, window) for journey in journeys if journey.id < end]


def _case(unit: Unit, journey: Journey, window: Window) -> Case:
    """Return a journey with the beginning of its history."""
    entries = unit.find(Entry, "key", journey.tenant, journey.id, limit=ENTRIES)
    items = unit.find(Item, "journeys", journey.tenant, journey.id)
    first = unit.find(Journey, "of", journey.tenant, journey.customer, after=(identifier(window.since),), limit=1)
    new = not first or first[0].id == journey.id
    return Case(journey, entries, items, begins=True, ends=len(entries) < ENTRIES, new=new)


async def _rest(look: Look, case: Case) -> AsyncIterator[Case]:
    """Yield the rest of a long history."""
    entries, journey = case.entries, case.journey
    while len(entries) == ENTRIES:
        version = entries[-1].version

        def more(unit: Unit, version: Any = version) -> list[Entry]:
            return unit.find(Entry, "key", journey.tenant, journey.id, after=(version,), limit=ENTRIES)

        entries = await look(more)
        yield Case(journey, entries, case.items, begins=False, ends=len(entries) < ENTRIES, new=False)
