"""Types of arguments and results, for signatures of compiled functions such as ``F8(F8, array(dtype))``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import from_dtype, types
from numpy.typing import DTypeLike

__all__ = ["F8", "array", "named"]

F8: Any = types.float64


def array(dtype: DTypeLike) -> Any:
    """Return the type of a contiguous column.

    Parameters
    ----------
    dtype
        Type of its numbers or records.
    """
    return types.Array(from_dtype(np.dtype(dtype)), 1, "C")


def named(fields: Any) -> Any:
    """Return the type of a named tuple of floats; compiled code takes it in registers, like as many floats.

    Parameters
    ----------
    fields
        Its class.
    """
    return types.NamedUniTuple(F8, len(fields._fields), fields)  # type: ignore[no-untyped-call]
