"""Records of compiled code as annotated classes: one declaration gives layout, type and comment.

    class Visit(Record):
        key: u8  # of the customer's draws
        waits: flag  # in a queue

``Visit.dtype`` has the fields in their order. What `rows_at` and `record_at` return is for compiled code, and gives a
type checker the declared types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Protocol, TypeVar, get_type_hints

import numpy as np

from sim.jit import pointers

__all__ = ["Column", "Record", "address", "f8", "flag", "i8", "record_at", "rows_at", "u8"]

f8 = Annotated[float, "f8"]
i8 = Annotated[int, "i8"]
u8 = Annotated[int, "u8"]
flag = Annotated[bool, "i8"]
address = Annotated[int, "i8"]  # of a function, or of a column or rows

N = TypeVar("N", int, float)


class Record:
    """Fields at an address, in compiled code; never made in Python."""

    dtype: ClassVar[np.dtype[Any]]

    def __init_subclass__(cls) -> None:
        """Lay the fields out."""
        hints = get_type_hints(cls, include_extras=True)
        kinds = [(name, hint.__metadata__[0]) for name, hint in hints.items() if hasattr(hint, "__metadata__")]
        cls.dtype = np.dtype(kinds, align=True)


R = TypeVar("R", bound=Record)
Owner = TypeVar("Owner", bound=Record)


class Column(Protocol[N]):
    """Numbers at an address, in compiled code."""

    def __getitem__(self, index: int, /) -> N: ...
    def __setitem__(self, index: int, value: N, /) -> None: ...


def rows_at(owner: type[Owner], field: str, record: type[R]) -> Callable[[Owner, int], R]:
    """Return the function that gives a row of an array whose address is a field of another record.

    Parameters
    ----------
    owner, field
        Record and field that hold the address. Nobody may change it while a kernel runs: it is read once.
    record
        Of the array.

    Returns
    -------
    callable
        (owner, index) to the record itself, whose fields can be read and set.
    """
    return pointers.row_at(owner.dtype, field, record.dtype)  # type: ignore[no-any-return]


def record_at(record: type[R]) -> Callable[[int, int], R]:
    """Return the function that gives a row of an array.

    Parameters
    ----------
    record
        Of the array.

    Returns
    -------
    callable
        (address, index) to the record itself, whose fields can be read and set.
    """
    return pointers.record_at(record.dtype)  # type: ignore[no-any-return]
