"""The digest of a table of a log."""

from __future__ import annotations

from hashlib import sha256

from sim.engine.log import Table, columns_of


def digest(table: Table) -> str:
    """Return a digest of every bit of a table, but for those beside it; equal on machines of any byte order."""
    columns = [getattr(table, name) for name in columns_of(type(table))]
    little = [column.astype(column.dtype.newbyteorder("<")).tobytes() for column in columns]
    return sha256(b"".join(little)).hexdigest()[:16]
