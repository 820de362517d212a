"""The digest of a log."""

from __future__ import annotations

from dataclasses import fields
from hashlib import sha256

from sim.engine import Log


def digest(log: Log) -> str:
    """Return a digest of every bit of a log, equal on machines of any byte order."""
    columns = [getattr(log, field.name) for field in fields(log)]
    little = [column.astype(column.dtype.newbyteorder("<")).tobytes() for column in columns]
    return sha256(b"".join(little)).hexdigest()[:16]
