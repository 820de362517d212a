"""The draw of a value as a compiled kernel makes it: the same bits as `LawTable.value_of` gives.

Each law's row holds the address of its quantile function. So a kernel that is kept on disk calls the laws as they are
now, and another law needs no other kernel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.draws import further_uniform
from sim.distributions.table import HIGHEST, LOWEST, LawTable
from sim.jit.functions import address_of, compiled
from sim.jit.pointers import call_at, carray, column_at, record_at
from sim.jit.signatures import F8, array

__all__ = ["LAW_ROW", "draw_value", "law_rows"]

_COLUMNS = ("zero", "never", "begin", "width", "shift", "least", "most")
_NUMBERS = ("quantile", "params", "count", "plain", "part", "parts")
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
        `plain` laws have no atoms, bounds or shift, and are no minimum; `part` is the address of the row of a minimum's
        first part, so these rows must not be moved.
    """
    addresses = np.array([address_of(quantiles[family]) for family in table.families], dtype=np.int64)
    rows = np.zeros(len(table.family), dtype=LAW_ROW)
    rows["quantile"] = addresses[table.family]
    rows["params"] = table.params.ctypes.data + table.params.itemsize * table.ptr[:-1].astype(np.int64)
    rows["count"] = np.diff(table.ptr)
    rows["part"] = rows.ctypes.data + rows.itemsize * table.part.astype(np.int64)
    rows["parts"] = table.parts
    for name in _COLUMNS:
        rows[name] = getattr(table, name)
    modifiers = (table.zero, table.never, table.begin, table.width - 1.0, table.shift)
    rows["plain"] = ~np.any(modifiers, axis=0) & (table.parts == 0)
    return rows


_call = call_at(F8(F8, array(np.float64)))
_params_at = column_at(np.float64)
_part_at = record_at(LAW_ROW)


@compiled()
def _draw(row: Any, u: float) -> float:
    """Draw a value from a law that has a quantile function."""
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


@compiled()
def _least(row: Any, u: float) -> float:
    """Draw the least value of a minimum's parts; the first takes the probability, the others further numbers."""
    least = _draw(_part_at(row.part, 0), u)
    for number in range(1, row.parts):
        least = min(least, _draw(_part_at(row.part, number), further_uniform(u, np.uint64(number))))
    return least


@compiled()
def draw_value(row: Any, u: float) -> float:
    """Draw a value from a law, which may be a minimum.

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
    return _draw(row, u) if row.parts == 0 else row.shift + _least(row, u)
