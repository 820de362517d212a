"""The empirical law: a survival table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from sim.core.units import Duration, Share, spell
from sim.distributions.law import SIGNATURE, Law
from sim.jit.functions import compiled
from sim.numerics.portable_math import log

__all__ = ["LAW", "kaplan_meier"]


@compiled(SIGNATURE)
def _quantile(u: float, p: NDArray[np.float64]) -> float:
    n = int(p[0])
    left = 1.0 - u
    low, high = 0, n - 1
    if left <= p[2 + n + high]:
        if p[1] < 0.0:
            return p[2 + high]  # type: ignore[no-any-return]
        return p[2 + high] - p[1] * log(left / p[2 + n + high])  # type: ignore[no-any-return]
    while high - low > 1:
        middle = (low + high) // 2
        if left <= p[2 + n + middle]:
            low = middle
        else:
            high = middle
    above, below = p[2 + n + low], p[2 + n + high]
    return p[2 + low] + (p[2 + high] - p[2 + low]) * (above - left) / (above - below)  # type: ignore[no-any-return]


def _seconds(key: object) -> object:
    """Keys are text in YAML as we read it and in JSON, so a bare number counts as one: of seconds, as elsewhere."""
    try:
        return float(key) if isinstance(key, str) else key
    except ValueError:
        return key


def kaplan_meier(durations: Sequence[float], observed: Sequence[bool]) -> dict[str, Any]:
    """Estimate an empirical law from durations of which some were cut short.

    Parameters
    ----------
    durations
        Seconds.
    observed
        For each, whether it ended by itself; at least one above 0 did.

    Returns
    -------
    dict
        ``zero``, the share that ended at once; ``survival``, of the others, at 0 and wherever a duration ended; and
        ``beyond``, the mean further time of those still there at the last end, or None where nobody is: that of an
        exponential law from the median end on, which is all the time spent there over the ends there.

    References
    ----------
    .. [1] E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", Journal of the American
       Statistical Association 53 (1958) 457-481.
    """
    time = np.array(durations, dtype=np.float64)
    ended = np.array(observed, dtype=np.bool_)
    ends, count = np.unique(time[ended], return_counts=True)
    # A duration that is cut short at the instant of an end is still running then.
    at_risk = len(time) - np.searchsorted(np.sort(time), ends, side="left")
    share = np.cumprod(1.0 - count / at_risk)
    stayed = float(share[0]) if ends[0] == 0.0 else 1.0
    later = ends > 0.0
    survival = dict(zip(ends[later].tolist(), (share[later] / stayed).tolist(), strict=True))
    middle = float(np.median(time[ended]))
    late = ended & (time > middle)
    if not late.any():
        middle, late = 0.0, ended & (time > 0.0)
    beyond = float(np.maximum(time - middle, 0.0).sum() / late.sum()) if share[-1] > 0.0 else None
    return {"zero": 1.0 - stayed, "survival": {0.0: 1.0, **survival}, "beyond": beyond}


class Empirical(Law):
    """A survival table, such as a Kaplan-Meier estimate of patience, with linear interpolation.

    When the last point is above 0 % (the rest was censored), the rest goes on exponentially with the mean `beyond`,
    or sits at the last point where `beyond` is not given. With `durations` it always goes on: its mean is all time
    spent after the median end, censored durations included, over the number of ends after it.
    """

    quantile: ClassVar = staticmethod(_quantile)

    law: Literal["empirical"]
    survival: dict[Annotated[Duration, BeforeValidator(_seconds)], Share] = Field(
        default_factory=dict,
        description='Share of values above each time, e.g. {"0 s": 100 %, "20 s": 92.6 %}.',
    )
    durations: str | None = Field(
        default=None,
        description="CSV beside the scenario, with the columns seconds and observed (yes or no), that the table is "
        "estimated from (Kaplan-Meier).",
    )
    beyond: Duration | None = Field(default=None, description="Mean remaining time beyond the last point.")

    def check(self) -> None:
        """Raise a ValueError where the table does not begin with everybody and fall."""
        points = list(self.survival.items())
        if self.durations is not None:
            raise ValueError("durations were not read; they stand in a scenario's file, without a survival table")
        if len(points) < 2:
            raise ValueError("give the survival at two times at least, or durations to estimate it from")
        if points[0] != (0.0, 1.0):
            raise ValueError(f"begin with 0 s: 100 %; found {spell(points[0][0])}: {points[0][1]:.4g}")
        for (t, share), (later, less) in pairwise(points):
            if later <= t or less > share:
                raise ValueError(
                    f"{spell(later)}: {less:.4g} follows {spell(t)}: {share:.4g}; times must rise and shares must fall"
                )

    def parameters(self) -> list[float]:
        """Return the parameters of the quantile function."""
        beyond = -1.0 if self.beyond is None else self.beyond
        return [float(len(self.survival)), beyond, *self.survival.keys(), *self.survival.values()]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        area = math.fsum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(self.survival.items()))
        return area + list(self.survival.values())[-1] * (self.beyond or 0.0)


LAW = Empirical
