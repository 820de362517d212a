r"""Mt/G/∞: how many customers are in service at a given time, when everybody is served at once.

From empty, their number at time :math:`t` has a Poisson law with mean [1]_

.. math:: m(t) = \int_{-\infty}^t \lambda(u) \, P(S > t - u) \, du
               = \sum_i \lambda_i \bigl(M(t - t_i) - M(t - t_{i+1})\bigr), \qquad
          M(x) = E[\min(S, x)] = \int_0^x P(S > u) \, du,

the sum for a rate that is :math:`\lambda_i` from :math:`t_i` to :math:`t_{i+1}`. It is the load that staff would have
to carry if nobody had to wait: the basis of staffing rules for demand that changes faster than services end [2]_.

References
----------
.. [1] S. G. Eick, W. A. Massey and W. Whitt, "The physics of the Mt/G/∞ queue", Operations Research 41(4), 731-742,
   1993.
.. [2] L. V. Green, P. J. Kolesar and W. Whitt, "Coping with time-varying demand when setting staffing requirements
   for a service system", Production and Operations Management 16(1), 13-39, 2007.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.theory.primitive import primitive

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["offered_load"]

F8 = NDArray[np.float64]


def offered_load(times: F8, *, edges: F8, rates: F8, survival: Callable[[F8], F8]) -> F8:
    """Return the mean number of customers in service, were there always an idle server.

    Parameters
    ----------
    times
        When to look, of any shape.
    edges
        [N + 1] where the arrival rate changes, ascending; the system is empty at the first, and nobody comes after
        the last.
    rates
        [N] arrivals per unit of time between the edges.
    survival
        The fraction of service times greater than each of the given times, vectorised.

    Returns
    -------
    numpy.ndarray
        Mean numbers, in the shape of ``times``.

    Examples
    --------
    >>> import numpy as np
    >>> load = offered_load(
    ...     np.array([5.0]), edges=np.array([0.0, 30.0]), rates=np.array([4.0]), survival=lambda t: np.exp(-t / 6)
    ... )
    >>> round(float(load[0]), 6)
    13.569643
    """
    times, edges, rates = (np.asarray(values, dtype=np.float64) for values in (times, edges, rates))
    if edges.shape != (rates.size + 1,) or rates.ndim != 1 or not rates.size:
        raise ValueError(f"{edges.size} edges and {rates.size} rates; there must be one edge more than there are rates")
    if not (np.diff(edges) > 0.0).all():
        raise ValueError("the edges must ascend")
    if not (np.isfinite(rates).all() and (rates >= 0.0).all()):
        raise ValueError("the rates must be 0 or more, and finite")
    age = times[..., np.newaxis] - edges  # of a customer who came at that edge
    oldest = float(age.max(initial=0.0))
    if oldest <= 0.0:
        return np.zeros(times.shape)
    spent = primitive(survival, oldest)(np.maximum(age, 0.0))
    return np.asarray((spent[..., :-1] - spent[..., 1:]) @ rates, dtype=np.float64)
