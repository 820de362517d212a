r"""The primitive of a piecewise smooth function, to about fourteen digits.

The interval is cut into panels. In each one a Chebyshev series interpolates the function at the extreme points, ends
included, and is integrated term by term [1]_. A panel whose last coefficients still matter is halved; so a jump that
nobody declared is closed in on, and what remains of it is too narrow to count. Coefficients below the function's own
rounding errors say nothing, and halving would never end for them.

References
----------
.. [1] L. N. Trefethen, Approximation Theory and Approximation Practice, SIAM, 2013, chapters 4 (interpolants), 7 and 8
   (how fast they converge) and 19 (Clenshaw-Curtis quadrature).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Primitive", "primitive"]

F8 = NDArray[np.float64]

_DEGREE = 24
_NODES = chebyshev.chebpts2(_DEGREE + 1)
_FIT = np.linalg.inv(chebyshev.chebvander(_NODES, _DEGREE))  # values at the nodes to coefficients
_TOLERANCE = 1e-15
_HALVINGS = 50
_MOST = 1 << 14  # panels to halve at a time; a function rougher than that gets no better
_PANELS = 32  # at first, so that a narrow feature is met by some node


@dataclass(frozen=True, eq=False)
class Primitive:
    """The integral of a function from the left end of an interval to any point of it.

    Parameters
    ----------
    edges
        [P + 1] ends of the panels, ascending.
    before
        [P + 1] the integral up to each edge.
    series
        [D, P] Chebyshev coefficients of the integral within each panel, from its left edge.
    """

    edges: F8
    before: F8
    series: F8

    @property
    def total(self) -> float:
        """Return the integral over the whole interval."""
        return float(self.before[-1])

    def __call__(self, points: F8) -> F8:
        """Return the integral up to points of any shape; beyond the interval's ends it stays what it is there."""
        flat = np.clip(np.ravel(np.asarray(points, dtype=np.float64)), self.edges[0], self.edges[-1])
        panel = np.clip(np.searchsorted(self.edges, flat, side="right") - 1, 0, len(self.before) - 2)
        left, right = self.edges[panel], self.edges[panel + 1]
        inside = (2.0 * flat - left - right) / (right - left)
        values = self.before[panel] + chebyshev.chebval(inside, self.series[:, panel], tensor=False)
        return np.asarray(values.reshape(np.shape(points)), dtype=np.float64)


def primitive(
    function: Callable[[F8], F8],
    end: float,
    breaks: Sequence[float] = (),
    *,
    noise: float = _TOLERANCE,
    least: float = 0.0,
) -> Primitive:
    """Integrate a function of a vector from 0 up to every point of an interval.

    Parameters
    ----------
    function
        Vectorised, continuous from the right.
    end
        Where the interval ends; it begins at 0.
    breaks
        Where the function jumps or bends, as far as known; only speed and the last digits depend on it.
    noise
        The function's own rounding error, relative to its values.
    least
        What matters to nobody, in the integral over a panel.

    Returns
    -------
    Primitive
        The integral.
    """
    inner = [point for point in breaks if 0.0 < point < end]
    edges = np.unique(np.concatenate([np.linspace(0.0, end, _PANELS + 1), np.asarray(inner, dtype=np.float64)]))
    left, right = edges[:-1], edges[1:]
    done: list[tuple[F8, F8, F8]] = []
    area = 0.0  # of the absolute value, over the panels that are done
    for _ in range(_HALVINGS):
        coefficients = _interpolate(function, left, right)
        width, tail = right - left, np.abs(coefficients[-3:]).max(axis=0)
        size = width * np.abs(coefficients[0])
        fine = width * tail <= max(least, _TOLERANCE * (area + float(size.sum())))
        fine |= tail <= noise * np.abs(coefficients).max(axis=0)
        done.append((left[fine], right[fine], coefficients[:, fine]))
        area += float(size[fine].sum())
        left, right = left[~fine], right[~fine]
        if not 0 < len(left) < _MOST:
            break
        middle = 0.5 * (left + right)
        left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
    if len(left):
        done.append((left, right, _interpolate(function, left, right)))
    return _assemble(done)


def _interpolate(function: Callable[[F8], F8], left: F8, right: F8) -> F8:
    """Return the Chebyshev coefficients of a function on each panel, [D, P]."""
    points = 0.5 * (left + right) + 0.5 * (right - left) * _NODES[:, np.newaxis]
    points[0] = left
    points[-1] = np.nextafter(right, left)  # the limit from the left, where the function jumps at the edge
    return np.asarray(_FIT @ function(points), dtype=np.float64)


def _assemble(done: list[tuple[F8, F8, F8]]) -> Primitive:
    """Return the primitive from panels in any order."""
    left, right, coefficients = (np.concatenate(part, axis=-1) for part in zip(*done, strict=True))
    order = np.argsort(left)
    left, right, coefficients = left[order], right[order], coefficients[:, order]
    series = chebyshev.chebint(coefficients, lbnd=-1.0, axis=0) * (0.5 * (right - left))
    before = np.concatenate([np.zeros(1), np.cumsum(series.sum(axis=0))])  # all polynomials are 1 at the right edge
    return Primitive(np.append(left, right[-1]), before, series)
