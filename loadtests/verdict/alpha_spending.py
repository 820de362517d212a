"""Significance levels of repeated looks at growing data, which together keep one false-alarm rate.

Who looks five times at a level of 5 % and stops at the first significant result has a false-alarm rate of 14 % [1]_.
Here each look may spend a share of the whole level, by the spending function of Lan and DeMets that resembles Pocock's
boundaries, ``alpha ln(1 + (e - 1) t)`` at the information fraction t [2]_. The boundary of a look follows from the
joint distribution of the test statistics, by the recursive integration of Armitage, McPherson and Rowe [1]_. Looks need
not be planned one by one: a boundary depends on the looks so far, and on the most data there can be.

The boundaries are of normal statistics. They are returned as nominal two-sided levels, which hold for t statistics to
a good approximation (the significance level approach, [3]_ sections 3.8 and 4.4; here tested by simulation).

References
----------
.. [1] P. Armitage, C. K. McPherson, B. C. Rowe, Repeated significance tests on accumulating data, J. Roy. Statist. Soc.
   A 132 (1969), 235-244.
.. [2] K. K. G. Lan, D. L. DeMets, Discrete sequential boundaries for clinical trials, Biometrika 70 (1983), 659-663.
.. [3] C. Jennison, B. W. Turnbull, Group Sequential Methods with Applications to Clinical Trials, Chapman & Hall, 2000.
"""

from __future__ import annotations

from functools import lru_cache
from math import e, log, sqrt

import numpy as np
from numpy.typing import NDArray

__all__ = ["crossing_probability", "look_level", "look_levels"]

F8 = NDArray[np.float64]
_NODES = 128  # of the quadrature between the boundaries; 256 change no level by 1e-12
_WIDEST = 38.0  # standard deviations; beyond, the normal tail is below the smallest number


def look_level(alpha: float, looks: tuple[int, ...], most: int) -> float:
    """Return the nominal two-sided level of the latest look.

    Parameters
    ----------
    alpha
        The level of all looks together.
    looks
        The numbers of observations at each look until now, growing.
    most
        The largest number of observations there can be.

    Returns
    -------
    float
        A result is significant if its two-sided p-value is at most this.

    Examples
    --------
    >>> round(look_level(0.05, (15,), 15), 6)
    0.05
    """
    return look_levels(alpha, tuple(each / most for each in looks))[-1]


@lru_cache(maxsize=1000)
def look_levels(alpha: float, fractions: tuple[float, ...]) -> tuple[float, ...]:
    """Return the nominal two-sided level of each look.

    Parameters
    ----------
    alpha
        The level of all looks together.
    fractions
        Information fractions of the looks, growing, at most 1.

    Returns
    -------
    tuple of float
        One per look.
    """
    from scipy.optimize import brentq

    levels: list[float] = []
    spent = 0.0
    walk = _Walk()
    for fraction in fractions:
        wanted = alpha * log(1.0 + (e - 1.0) * fraction)
        step = walk.step(fraction)
        bound = brentq(lambda z, step=step, spend=wanted - spent: step.beyond(z) - spend, 0.0, _WIDEST, xtol=1e-12)
        levels.append(2.0 * _tail(bound))
        walk, spent = step.within(bound), wanted
    return tuple(levels)


def crossing_probability(levels: tuple[float, ...], fractions: tuple[float, ...]) -> float:
    """Return the probability that a normal statistic without drift is significant at any look.

    Parameters
    ----------
    levels
        The nominal two-sided level of each look.
    fractions
        Information fractions of the looks, growing.

    Returns
    -------
    float
        The false-alarm rate of all looks together.
    """
    from scipy.special import ndtri

    walk, total = _Walk(), 0.0
    for level, fraction in zip(levels, fractions, strict=True):
        bound = -float(ndtri(level / 2.0))
        step = walk.step(fraction)
        total += step.beyond(bound)
        walk = step.within(bound)
    return total


class _Walk:
    """A Brownian motion at one look, as far as it was within the boundaries: weighted points of its density."""

    def __init__(self, time: float = 0.0, points: F8 | None = None, mass: F8 | None = None) -> None:
        self.time = time
        self.points = np.zeros(1) if points is None else points
        self.mass = np.ones(1) if mass is None else mass

    def step(self, time: float) -> _Step:
        """Return the step to a later look."""
        return _Step(self, time)


class _Step:
    """The way from one look to the next."""

    def __init__(self, walk: _Walk, time: float) -> None:
        self._walk, self._time, self._spread = walk, time, sqrt(time - walk.time)

    def beyond(self, z: float) -> float:
        """Return the probability of a statistic beyond +z or -z, within the boundaries until then; it is symmetric."""
        from scipy.special import ndtr

        distance = (z * sqrt(self._time) - self._walk.points) / self._spread
        return 2.0 * float(self._walk.mass @ ndtr(-distance))

    def within(self, z: float) -> _Walk:
        """Return the walk at the later look, as far as it is within +z and -z."""
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        half = z * sqrt(self._time)
        points = half * nodes
        distances = (points[:, None] - self._walk.points[None, :]) / self._spread
        density = np.exp(-0.5 * distances**2) @ self._walk.mass / (self._spread * sqrt(2.0 * np.pi))
        return _Walk(self._time, points, half * weights * density)


def _tail(z: float) -> float:
    """Return the probability of a normal variable beyond z."""
    from scipy.special import ndtr

    return float(ndtr(-z))
