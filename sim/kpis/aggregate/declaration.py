"""Declaration of flags and sums: a dataclass with a field for each.

A field holds its definition in plain Python. The bits of flags and the places of sums are generated from the fields, so
that their order means nothing, and a new one is declared once.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from dataclasses import field, fields
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

__all__ = ["PlainRecord", "bits_of", "flag", "flags_of", "state_of", "sums_of", "total"]

Definition = Callable[[Any], Any]


def flag(definition: Definition) -> Any:
    """Declare a flag: records either have it or not."""
    return field(metadata={"flag": definition})


def total(definition: Definition) -> Any:
    """Declare a quantity that is summed over records."""
    return field(metadata={"sum": definition})


@cache
def flags_of(declaration: Any) -> dict[str, Definition]:
    """Return the flags that a class declares; the first is the lowest bit."""
    return {column.name: column.metadata["flag"] for column in fields(declaration) if "flag" in column.metadata}


@cache
def sums_of(declaration: Any) -> dict[str, Definition]:
    """Return the sums that a class declares, in the order in which a cell holds them."""
    return {column.name: column.metadata["sum"] for column in fields(declaration) if "sum" in column.metadata}


def bits_of(declaration: Any) -> Any:
    """Return the bit of each flag by its name, as constants of compiled code."""
    names = flags_of(declaration)
    return namedtuple(f"{declaration.__name__}Bits", names)(*np.left_shift(1, np.arange(len(names))))  # noqa: PYI024


def state_of(declaration: Any, **others: str) -> np.dtype[Any]:
    """Return the record of what the compiled pass follows: the sums first, then others, each with its type."""
    columns = dict.fromkeys(sums_of(declaration), "f8") | others
    return np.dtype(list(columns.items()), align=True)


class PlainRecord(SimpleNamespace):
    """A record in plain Python: some facts, and the flags and sums that its declaration defines by them."""

    def __init__(self, declaration: Any, **facts: Any) -> None:
        super().__init__(declaration=declaration, **facts)

    def __getattr__(self, name: str) -> Any:
        """Return a flag or a sum."""
        return (flags_of(self.declaration) | sums_of(self.declaration))[name](self)
