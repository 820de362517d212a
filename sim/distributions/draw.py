"""The draw of a value as a compiled kernel makes it: the same bits as `LawTable.value_of` gives.

Each law's row holds the address of its quantile function. So a kernel that is kept on disk calls the laws as they are
now, and another law needs no other kernel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.distributions.table import HIGHEST, LOWEST, LawTable
from sim.jit.functions import address_of, compiled
from sim.jit.pointers import call_at, carray, column_at
from sim.jit.signatures import F8, array

__all__ = ["LAW_ROW", "draw_value", "law_rows"]

_COLUMNS = ("zero", "never", "begin", "width", "shift", "least", "most")
_NUMBERS = ("quantile", "params", "count", "plain")
LAW_ROW = np.dtype([*((name, np.int64) for name in _NUMBERS), *((name, np.float64) for name in _COLUMNS)])


def law_rows(table: LawTable, quantiles: dict[str, Any]) -> NDArray[np.void]:
    """Return the laws as one row each, which is what `draw_value` reads.

    Parameters
    ----------
    table
        The laws; the rows hold for as long as it is there.
    quantiles
        Quantile function of each family, by name.

    Returns
    -------
    ndarray
        Structured as `LAW_ROW`, shape (L,), for this process alone: `quantile` and `params` are addresses in it;
        `plain` laws have no atoms, bounds or shift.
    """
    addresses = np.array([address_of(quantiles[family]) for family in table.families], dtype=np.int64)
    rows = np.zeros(len(table.family), dtype=LAW_ROW)
    rows["quantile"] = addresses[table.family]
    rows["params"] = table.params.ctypes.data + table.params.itemsize * table.ptr[:-1].astype(np.int64)
    rows["count"] = np.diff(table.ptr)
    for name in _COLUMNS:
        rows[name] = getattr(table, name)
    rows["plain"] = ~np.any([table.zero, table.never, table.begin, table.width - 1.0, table.shift], axis=0)
    return rows


_call = call_at(F8(F8, array(np.float64)))
_params_at = column_at(np.float64)


@compiled()
def draw_value(row: Any, u: float) -> float:
    """Draw a value from a law.

    Parameters
    ----------
    row
        Of `law_rows`.
    u
        Probability, open interval (0, 1).

    Returns
    -------
    float
        Seconds, possibly infinite.
    """
    params = carray(_params_at(row.params), (row.count,))
    if row.plain:
        return _call(row.quantile, (u, params))  # type: ignore[no-any-return]
    if u < row.zero:
        return 0.0
    between = 1.0 - row.zero - row.never
    if u >= row.zero + between:
        return math.inf
    share = row.begin + (u - row.zero) / between * row.width
    value = row.shift + _call(row.quantile, (min(max(share, LOWEST), HIGHEST), params))
    return min(max(value, row.least), row.most)  # type: ignore[no-any-return]
