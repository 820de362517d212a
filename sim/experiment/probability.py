"""Confidence intervals of probabilities: shares of days, which may come several to a replication.

The interval of a share of independent days is Wilson's score interval [1]_. Days of one run are not independent: a
backlog, an error of the forecast or an outage reaches from one to the next. They count as the number of independent
days whose share would vary as much as this one does from run to run [2]_, less what is not known about that variation
[3]_; where the share did not vary, as the number of runs.

References
----------
.. [1] E. B. Wilson, Probable inference, the law of succession, and statistical inference, J. Amer. Statist. Assoc. 22
   (1927), 209-212.
.. [2] L. Kish, Survey Sampling, Wiley, 1965, sections 5.4 and 8.2 (effective size of a sample of clusters).
.. [3] E. L. Korn, B. I. Graubard, Confidence intervals for proportions with small expected number of positive counts
   estimated from survey data, Survey Methodology 24 (1998), 193-201.
"""

from __future__ import annotations

from math import isnan, nan, sqrt

import numpy as np
from numpy.typing import NDArray

__all__ = ["effective_days", "wilson"]

F8 = NDArray[np.float64]
_CONFIDENCE = 0.95


def wilson(share: float, days: float, confidence: float = _CONFIDENCE) -> tuple[float, float]:
    """Return the limits of the interval of a share, NaN where there is none.

    Parameters
    ----------
    share
        Share of the days.
    days
        Number of independent days.
    confidence
        Of the interval.
    """
    if isnan(share) or isnan(days) or days <= 0:
        return nan, nan
    from scipy.special import ndtri

    z = float(ndtri(0.5 + confidence / 2))
    weight = 1.0 + z * z / days
    centre = (share + z * z / (2.0 * days)) / weight
    half = z * sqrt(share * (1.0 - share) / days + (z / (2.0 * days)) ** 2) / weight
    return max(0.0, centre - half), min(1.0, centre + half)


def effective_days(met: F8, days: F8) -> F8:
    """Return how many independent days tell as much about a share as the days of runs do.

    Parameters
    ----------
    met, days
        Days of each run that met the target, and all of them, [R, rows].

    Returns
    -------
    ndarray
        At most the number of days; NaN with one run of several days, from which nobody knows how runs differ.
    """
    runs, total = np.count_nonzero(days, axis=0).astype(np.float64), days.sum(axis=0)
    if days.max(initial=0.0) <= 1:
        return np.asarray(total)
    if len(days) < 2:
        return np.asarray(np.where(total <= 1, total, np.nan))
    from scipy.special import ndtri, stdtrit

    share = np.divide(met.sum(axis=0), total, out=np.full(len(total), np.nan), where=total > 0)
    variance = ((met - share * days) ** 2).sum(axis=0) * len(days) / (len(days) - 1)
    unknown = float(ndtri(0.5 + _CONFIDENCE / 2) / stdtrit(len(days) - 1, 0.5 + _CONFIDENCE / 2)) ** 2
    alike = np.divide(
        share * (1.0 - share) * total**2, variance, out=np.full(len(total), np.inf), where=variance > 1e-12
    )
    return np.asarray(np.where(np.isinf(alike), runs, np.minimum(alike * unknown, total)))
