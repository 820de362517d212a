"""The draw of a value as a compiled kernel makes it: the same bits as `LawTable.value_of` gives.

Each law's row holds the address of its quantile function. So a kernel that is cached on disk calls the laws as they are
now, and another file in this package needs no other kernel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import from_dtype, types
from numpy.typing import NDArray

from sim.core.compiling import compiled
from sim.core.pointers import address_of, call_at
from sim.distributions.table import HIGHEST, LOWEST, LawTable

__all__ = ["LAW_ROW", "ROWS", "draw_value", "law_rows"]

_COLUMNS = ("zero", "never", "begin", "width", "shift", "least", "most")
LAW_ROW = np.dtype(
    [("quantile", np.int64), ("first", np.int32), ("last", np.int32), *((name, np.float64) for name in _COLUMNS)]
)
ROWS = types.Array(from_dtype(LAW_ROW), 1, "C")  # for the signatures of kernels
_PARAMETERS = types.Array(types.float64, 1, "C")


def law_rows(table: LawTable, quantiles: dict[str, Any]) -> NDArray[np.void]:
    """Return the laws as one row each, which is what `draw_value` reads.

    Parameters
    ----------
    table
        The laws.
    quantiles
        Quantile function of each kind, by name.

    Returns
    -------
    ndarray
        Structured as `LAW_ROW`, shape (L,), for this process alone: `quantile` is an address in it; `first` and `last`
        bound the parameters in ``table.params``.
    """
    addresses = np.array([address_of(quantiles[kind]) for kind in table.kinds], dtype=np.int64)
    rows = np.zeros(len(table.kind), dtype=LAW_ROW)
    rows["quantile"] = addresses[table.kind]
    rows["first"], rows["last"] = table.ptr[:-1], table.ptr[1:]
    for name in _COLUMNS:
        rows[name] = getattr(table, name)
    return rows


_call = call_at(types.float64(types.float64, _PARAMETERS))


@compiled()
def draw_value(rows: NDArray[np.void], params: NDArray[np.float64], law: int, u: float) -> float:
    """Draw a value from a law.

    Parameters
    ----------
    rows
        `law_rows` of a table.
    params
        The table's parameters.
    law
        Row of the table.
    u
        Probability, open interval (0, 1).

    Returns
    -------
    float
        Seconds, possibly infinite.
    """
    row = rows[law]
    if u < row.zero:
        return 0.0
    between = 1.0 - row.zero - row.never
    if u >= row.zero + between:
        return math.inf
    share = row.begin + (u - row.zero) / between * row.width
    given = min(max(share, LOWEST), HIGHEST), params[row.first : row.last]
    value = row.shift + _call(row.quantile, given)
    return min(max(value, row.least), row.most)  # type: ignore[no-any-return]
