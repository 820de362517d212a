"""Bytes that a tenant keeps, counted in their transactions while there is a limit for them.

A row counts with what its values hold: the bytes of texts and byte strings, and 8 for a number. The store adds its own
to that, such as indexes and pages that are not full.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from orchestrator.service.limits import Limits
from orchestrator.service.tenants import NOBODY, all_tenants
from orchestrator.store.unit import Unit, schema_of, table

__all__ = ["MeteredUnit", "StoredBytes", "recount_bytes"]

R = TypeVar("R")

_COUNTS = "kept_"  # begins the names of tables that hold such counts, which do not count themselves
_NUMBER = 8
_PAGE = 1000  # rows that are in memory at a time


@table("kept_bytes", key=("tenant",))
class StoredBytes:
    """Bytes of all rows of a tenant."""

    tenant: str
    size: int


class MeteredUnit:
    """Unit that tells by how many bytes its writes change what each tenant keeps.

    Parameters
    ----------
    unit
        Of which all rows are.
    """

    def __init__(self, unit: Unit) -> None:
        self._unit, self._first = unit, unit.mark()
        self._growths: list[tuple[str, int]] = []  # of each write

    def get(self, row_type: type[R], *key: Any) -> R | None:
        """Return the row with a key, or ``None``."""
        return self._unit.get(row_type, *key)

    def find(
        self, row_type: type[R], index: str, *values: Any,
        after: tuple[Any, ...] = (), limit: int | None = None, descending: bool = False,
    ) -> list[R]:  # fmt: skip
        """Return the rows whose index begins with some values, see `Unit`."""
        return self._unit.find(row_type, index, *values, after=after, limit=limit, descending=descending)

    def count(self, row_type: type, index: str, *values: Any) -> int:
        """Return how many rows `find` would."""
        return self._unit.count(row_type, index, *values)

    def put(self, row: Any) -> None:
        """Insert a row, or replace the one that has its key."""
        self._growths.append((row.tenant, _size(row) - self._size_before(row)))
        self._unit.put(row)

    def delete(self, row: Any) -> None:
        """Remove the row that has this one's key."""
        self._growths.append((row.tenant, -self._size_before(row)))
        self._unit.delete(row)

    def mark(self) -> int:
        """Return the number of writes so far."""
        return self._unit.mark()

    def undo(self, mark: int) -> None:
        """Undo every write since a mark."""
        self._unit.undo(mark)
        del self._growths[mark - self._first :]

    def _size_before(self, row: Any) -> int:
        before = self._unit.get(type(row), *schema_of(type(row)).key_of(row))
        return 0 if before is None else _size(before)

    def count_bytes(self, limits: Limits) -> None:
        """Write down what each tenant keeps now; without a limit, only where it was written down before.

        Raises
        ------
        Refused
            ``limit`` when a tenant would keep more than it may; nothing is undone.
        """
        growths: dict[str, int] = {}
        for tenant, growth in self._growths:
            growths[tenant] = growths.get(tenant, 0) + growth
        growths.pop(NOBODY, None)
        for tenant, growth in growths.items():
            kept = self._unit.get(StoredBytes, tenant)
            if growth and (kept or limits.bytes):
                present = kept.size if kept else 0
                limits.check_bytes(present, growth)
                self._unit.put(StoredBytes(tenant, max(0, present + growth)))


def recount_bytes(unit: Unit, tables: Iterable[type]) -> None:
    """Count the bytes of all tenants anew, in all rows of some classes."""
    tables = [row_type for row_type in tables if not _is_count(row_type)]
    for tenant in all_tenants(unit):
        size = sum(_size(row) for row_type in tables for row in _rows(unit, row_type, tenant))
        unit.put(StoredBytes(tenant, size))


def _rows(unit: Unit, row_type: type[Any], tenant: str) -> Iterator[Any]:
    """Go through all rows of a tenant."""
    after: tuple[Any, ...] = ()
    while page := unit.find(row_type, "key", tenant, after=after, limit=_PAGE):
        yield from page
        after = schema_of(row_type).key_of(page[-1])[1:]
        if len(page) < _PAGE:
            return


def _size(row: Any) -> int:
    """Return the bytes of a row's values; 0 for a row of counts."""
    return 0 if _is_count(type(row)) else sum(map(_size_of, schema_of(type(row)).values(row)))


def _is_count(row_type: type) -> bool:
    return schema_of(row_type).name.startswith(_COUNTS)


def _size_of(value: str | bytes | float | None) -> int:
    if value is None:
        return 0
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode())
    return len(value) if isinstance(value, bytes) else _NUMBER
