"""Cases of a time window, read in pages, so that an export of a year needs little memory.

The window selects journeys by their start, and each is complete, because half of a case would mislead a process mining
program. Identifiers of journeys ascend with time (UUID of version 7, RFC 9562), so that the key is the index.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from orchestrator.journeys.rows import Entry, Journey
from orchestrator.queues.rows import Item
from orchestrator.store.unit import Unit

__all__ = ["Case", "Look", "Window", "cases"]

T = TypeVar("T")

JOURNEYS: Final = 50
"""Journeys read at a time; the service does other things in between."""

ENTRIES: Final = 500
"""Entries of one journey read at a time."""


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

    A long history comes as several cases; ``begins`` is true of the first, which alone has the items. ``new`` says
    that it is the customer's first journey in the window.
    """

    journey: Journey
    entries: Sequence[Entry]
    items: Sequence[Item]
    begins: bool
    new: bool


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
    return Case(journey, entries, items, begins=True, new=not first or first[0].id == journey.id)


async def _rest(look: Look, case: Case) -> AsyncIterator[Case]:
    """Yield the rest of a long history."""
    entries, journey = case.entries, case.journey
    while len(entries) == ENTRIES:
        version = entries[-1].version

        def more(unit: Unit, version: Any = version) -> list[Entry]:
            return unit.find(Entry, "key", journey.tenant, journey.id, after=(version,), limit=ENTRIES)

        entries = await look(more)
        if entries:
            yield Case(journey, entries, (), begins=False, new=False)
