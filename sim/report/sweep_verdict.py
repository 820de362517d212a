"""Verdict of a sweep: the cheapest points that keep the bounds, or the best point."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from sim.core.units import counted
from sim.kpis import kpi
from sim.report.number_format import number, quantities, quantity
from sim.report.path_scales import AS_IT_IS
from sim.report.terminal_tables import row_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.experiment.sweep_estimates import SweepValues
    from sim.scenario.sweep_points import SweepPoints

__all__ = ["keeps", "sweep_verdict"]

DEMAND = "demand"  # a path with this name is a circumstance, which nobody chooses
MOST_CASES = 8  # values of circumstances that have a sentence each


def keeps(values: SweepValues, *, surely: bool = False) -> NDArray[np.bool_]:
    """Tell which points have bounds and keep all: by their values, or surely, with their whole intervals."""
    low, high = (values.low, values.high) if surely else (values.value, values.value)
    known = np.isfinite(low) & np.isfinite(high)
    kept = known & ~(low < values.at_least) & ~(high > values.at_most)
    return np.asarray(values.done & values.bounded.any(axis=1) & (kept | ~values.bounded).all(axis=1), dtype=np.bool_)


def sweep_verdict(points: SweepPoints, values: SweepValues) -> list[str]:
    """Return sentences: which points keep the bounds at the least cost, or which is best, and how sure that is."""
    if not values.done.any():
        return ["No point was simulated."]
    bounded = values.bounded[values.done].any(axis=0)
    sentences = _cheapest(points, values) if bounded.any() else _best(points, values)
    return [*sentences, *_sizes(points, values)]


def _cheapest(points: SweepPoints, values: SweepValues) -> list[str]:
    """Return the cheapest point that keeps the bounds, for each value of the demand if that is varied."""
    kept, surely = keeps(values), keeps(values, surely=values.replications > 1)
    wanted = _wanted(values)
    cost = _cost(values)
    many = f"{int(kept.sum())} of {counted(int(values.done.sum()), 'point')}"
    if not kept.any():
        return [f"No point reaches {wanted}.", *_nearest(points, values)]
    if cost is None:
        return [f"{many} reach {wanted}.", *_best(points, values)[:1]]
    groups = _groups(points, values)
    if groups is None:
        sentence, more = _cheapest_of(points, values, np.flatnonzero(kept), np.flatnonzero(surely), cost)
        return [f"The cheapest point that reaches {wanted} is {sentence}.", *more, f"{many} reach it."]
    parts, further = [], []
    for case, members in groups:
        sentence, more = _cheapest_of(
            points, values, members[kept[members]], members[surely[members]], cost, without=case
        )
        parts.append(f"with {case} {sentence}")
        further += [f"With {case}: {each}" for each in more]
    return [f"The cheapest points that reach {wanted}: {'; '.join(parts)}.", *further, f"{many} reach it."]


def _cheapest_of(
    points: SweepPoints,
    values: SweepValues,
    kept: NDArray[np.int64],
    surely: NDArray[np.int64],
    cost: int,
    without: str = "",
) -> tuple[str, list[str]]:
    """Return the cheapest of the points that surely keep the bounds, and what else may do of those that keep them."""
    if not len(kept):
        return "none", []
    spent = values.value[:, cost]
    likely = min(kept.tolist(), key=lambda point: (spent[point], -_first(values, point)))
    if not len(surely):
        return (
            f"{_named(points, likely, without)}, {_facts(values, likely, cost)}, though its interval reaches beyond",
            [],
        )
    best = min(surely.tolist(), key=lambda point: (spent[point], -_first(values, point)))
    more = []
    if spent[likely] < spent[best]:
        more = [f"{_named(points, likely, without)} {_facts(values, likely, cost)} is cheaper, but may miss it."]
    return f"{_named(points, best, without)} {_facts(values, best, cost)}", more


def _first(values: SweepValues, point: int) -> float:
    """Return the value of the first row that has a bound, higher being better."""
    at = int(np.flatnonzero(values.bounded[point])[0])
    return float(values.value[point, at]) * (1 if math.isfinite(values.at_least[point, at]) else -1)


def _facts(values: SweepValues, point: int, cost: int) -> str:
    """Return the bounded values of a point and its cost."""
    texts = [
        quantity(float(values.value[point, at]), kpi(values.rows[at].kpi).unit)
        for at in np.flatnonzero(values.bounded[point]).tolist()
    ]
    return f"({', '.join(texts)}; cost {number(float(values.value[point, cost]))})"


def _groups(points: SweepPoints, values: SweepValues) -> list[tuple[str, NDArray[np.int64]]] | None:
    """Return the points for each value of the demand, in words; None where it is not varied, or has many values."""
    circumstances = [i for i, path in enumerate(points.paths) if DEMAND in path.split(".")]
    if not circumstances or len(circumstances) == len(points.paths):
        return None
    cases: dict[str, list[int]] = {}
    for point in np.flatnonzero(values.done).tolist():
        texts = {points.paths[i]: points.values[point][i] for i in circumstances}
        case = ", ".join(f"{path} {AS_IT_IS}" if text is None else f"{path}={text}" for path, text in texts.items())
        cases.setdefault(case, []).append(point)
    if not 1 < len(cases) <= MOST_CASES:
        return None
    return [(case, np.array(members)) for case, members in cases.items()]


def _named(points: SweepPoints, point: int, without: str = "") -> str:
    """Return the name of a point, without what was said of it before."""
    named = set(without.split(", "))
    return ", ".join(each for each in points.overrides(point) if each not in named) or "the scenario as it is"


def _nearest(points: SweepPoints, values: SweepValues) -> Iterator[str]:
    """Yield for each bounded row the point that comes nearest to its bound."""
    for at in np.flatnonzero(values.bounded[values.done].any(axis=0)).tolist():
        sign = 1.0 if np.isfinite(values.at_least[:, at]).any() else -1.0
        if np.isfinite(values.value[:, at]).any():
            point = int(np.nanargmax(sign * values.value[:, at]))
            row = values.rows[at]
            value = quantity(float(values.value[point, at]), kpi(row.kpi).unit)
            yield (
                f"{row_name(row, kpi(row.kpi))} comes to {value} at most, with {_named(points, point)}."
                if sign > 0
                else (f"{row_name(row, kpi(row.kpi))} is {value} at least, with {_named(points, point)}.")
            )


def _best(points: SweepPoints, values: SweepValues) -> list[str]:
    """Return where the first row is best, and how far it ranges."""
    row = values.rows[0]
    shown, title = kpi(row.kpi), row_name(row, kpi(row.kpi))
    column = values.value[:, 0]
    if np.isnan(column).all():
        return [f"{title} is undefined at all points."]
    least, most = quantities([float(np.nanmin(column)), float(np.nanmax(column))], shown.unit)
    if shown.better is None:
        return [f"{title} is from {least} to {most} over all points."]
    point = int(np.nanargmax(column if shown.better == "higher" else -column))
    limits = [float(each[point, 0]) for each in (values.value, values.low, values.high)]
    value, low, high = quantities(limits, shown.unit)
    between = f" (from {low} to {high})" if math.isfinite(limits[1]) else ""
    return [
        f"{title} is best with {_named(points, point)}: {value}{between}.",
        f"Over all points it is from {least} to {most}.",
    ]


def _wanted(values: SweepValues) -> str:
    """Return the bounds in words; those that differ from point to point without their numbers."""
    texts = []
    for at, row in enumerate(values.rows):
        for bounds, sign in ((values.at_least, "at least"), (values.at_most, "at most")):
            known = np.unique(bounds[np.isfinite(bounds[:, at]), at])
            if len(known):
                unit = kpi(row.kpi).unit
                bound = f"{sign} {quantity(float(known[0]), unit)}" if len(known) == 1 else "its target"
                texts.append(f"{row_name(row, kpi(row.kpi))} of {bound}")
    return " and ".join(texts)


def _cost(values: SweepValues) -> int | None:
    """Return the row of the cost, None where there is none."""
    return next((at for at, row in enumerate(values.rows) if row[:3] == ("cost", "all", "")), None)


def _sizes(points: SweepPoints, values: SweepValues) -> list[str]:
    """Return the number of points and replications, and what the intervals are."""
    done, wanted = int(values.done.sum()), len(points)
    first = (
        f"{done:,} of {wanted:,} points were simulated before an interrupt" if done < wanted else counted(done, "point")
    )
    if values.replications < 2:
        return [f"{first}, one replication of each: the role of chance is unknown."]
    sure = f"the {100 * values.confidence:g} % intervals are of each point by itself"
    return [f"{first}, {values.replications} replications of each, of the same customers; {sure}."]
