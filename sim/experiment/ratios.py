"""Ratios over replications: values, standard errors, confidence limits and p-values.

A symmetric interval may leave the range of its KPI: a share above 1, a wait below 0. Where it would, the limits are
found on the variance-stabilising scale and transformed back: the square root for what is not negative, the angular
transformation ``asin(sqrt(share))`` for shares, with standard errors by the delta method [1]_, [2]_. The survey package
of R offers the latter for the same kind of estimate, a ratio of clustered sums with linearised errors [3]_. Such limits
agree with the symmetric ones to first order, never leave the range, and grow with the square of a large error (limits
on a log scale grow exponentially).

References
----------
.. [1] F. J. Anscombe, The transformation of Poisson, binomial and negative-binomial data, Biometrika 35 (1948),
   246-254.
.. [2] M. F. Freeman, J. W. Tukey, Transformations related to the angular and the square root, Ann. Math. Statist. 21
   (1950), 607-611.
.. [3] T. Lumley, R package survey, function svyciprop, method "asin".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["divide", "half_width", "limits", "p_value", "ratio"]

F8 = NDArray[np.float64]


def divide(num: F8, den: F8) -> F8:
    """Divide, NaN where the denominator is 0."""
    quotient = np.full(num.shape, np.nan)
    np.divide(num, den, out=quotient, where=den != 0)
    return quotient


def ratio(num: F8, den: F8) -> tuple[F8, F8]:
    """Return the ratio of the sums, and each day's influence on it, [R, rows]; NaN where only one day has a ratio."""
    value = divide(num.sum(axis=0), den.sum(axis=0))
    mean = np.where(np.count_nonzero(den, axis=0) > 1, den.mean(axis=0), np.nan)
    return value, (num - value * den) / mean


def _standard_error(influence: F8) -> F8:
    """Return the standard error of an estimate from the influences of the days."""
    days = len(influence)
    if days < 2:
        return np.full(influence.shape[1], np.nan)
    return np.asarray(np.sqrt((influence**2).sum(axis=0) / (days * (days - 1))), dtype=np.float64)


def half_width(influence: F8, confidence: float) -> F8:
    """Return half the width of the Student interval, NaN with one day."""
    error = _standard_error(influence)
    if len(influence) < 2:
        return error
    from scipy.special import stdtrit

    return float(stdtrit(len(influence) - 1, 0.5 + confidence / 2)) * error


def _within(value: F8, half: F8, least: F8, most: F8) -> tuple[F8, F8]:
    """Return limits on the variance-stabilising scale, for values that are within their range and vary."""
    is_share = np.isfinite(most)
    scale = np.where(is_share, most - least, 1.0)
    share = (value - least) / scale
    spread = np.sqrt(share * np.where(is_share, 1.0 - share, 1.0))
    centre = np.where(is_share, np.arcsin(np.sqrt(np.minimum(share, 1.0))), np.sqrt(share))
    width = np.divide(half / scale, 2.0 * spread, out=np.zeros(len(half)), where=spread > 0.0)  # 0: rounding
    below, above = np.maximum(centre - width, 0.0), centre + width
    low = np.where(is_share, np.sin(below), below) ** 2
    high = np.where(is_share, np.sin(np.minimum(above, np.pi / 2)), above) ** 2
    return least + scale * low, least + scale * high


def limits(value: F8, half: F8, bounds: tuple[F8, F8]) -> tuple[F8, F8]:
    """Return the limits of the confidence intervals, within the range of each value.

    Parameters
    ----------
    value, half
        Estimates, and half the widths of their symmetric intervals.
    bounds
        The least and the greatest that each may be; infinite where there is no such.

    Returns
    -------
    tuple of ndarray
        Low, high.
    """
    low, high = value - half, value + half
    least, most = bounds
    outside = np.flatnonzero((value >= least) & (value <= most) & ((low < least) | (high > most)))
    low[outside], high[outside] = _within(value[outside], half[outside], least[outside], most[outside])
    return low, high


def p_value(difference: F8, influence: F8, rounding: F8) -> F8:
    """Return the two-sided p-value of no difference; 0 for a difference that is the same on all days."""
    from scipy.special import stdtr

    error = _standard_error(influence)
    t = np.full(len(difference), np.nan)
    np.divide(np.abs(difference), error, out=t, where=error > 0)
    p = np.asarray(2 * stdtr(max(len(influence) - 1, 1), -t), dtype=np.float64)
    constant = error <= rounding
    p[constant] = np.where(np.abs(difference) <= rounding, 1.0, 0.0)[constant]
    return p
