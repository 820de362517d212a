"""Own KPIs: a user's ratio of sums over the touchpoints of the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["OwnKpi", "kpi"]

Sums = Callable[[Any, Any], tuple[Any, Any]]


@dataclass(frozen=True)
class OwnKpi:
    """A KPI of a user's package.

    Parameters
    ----------
    sums
        Function of the log and the plan to two columns, with a number for each touchpoint: what is summed above and
        below the line. Touchpoints whose lower number is 0 do not count.
    title, unit, better, definition
        As those of `sim.kpis.Kpi`.
    by
        Dimensions that it is broken down by; None = all that touchpoints have.
    """

    sums: Sums
    title: str
    unit: str
    better: Literal["higher", "lower"] | None
    definition: str
    by: tuple[str, ...] | None


def kpi(
    *,
    title: str,
    unit: str,
    definition: str,
    better: Literal["higher", "lower"] | None = None,
    by: Sequence[str] | None = None,
) -> Callable[[Sums], OwnKpi]:
    """Make a KPI of a function of the log and the plan.

    Parameters
    ----------
    title
        As people read it.
    unit
        ``"share"`` is a fraction of 1; ``"s"`` seconds; otherwise what is counted.
    definition
        One sentence: what is divided by what.
    better
        Which way is better; None where neither is.
    by
        Dimensions, such as ``["all", "queue"]``; by default all that touchpoints have.

    Returns
    -------
    callable
        Decorator of a function ``(log, plan) -> (numerators, denominators)``: NumPy columns with a number for each
        touchpoint of the log.
    """
    dimensions = None if by is None else tuple(by)
    return lambda sums: OwnKpi(sums, title, unit, better, definition, dimensions)
