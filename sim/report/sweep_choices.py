"""Choices of a sweep: its points, apart for each value of what nobody chooses, such as the demand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.report.path_scales import AS_IT_IS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.experiment.sweep_estimates import SweepValues
    from sim.scenario.sweep_points import SweepPoints

__all__ = [
    "MOST_CASES",
    "Case",
    "Choice",
    "cases_of",
    "cheapest_of",
    "chosen_name",
    "circumstances_of",
    "cost_row",
    "has_choices",
    "keeps",
    "standings",
]

CIRCUMSTANCES = frozenset({"demand", "arrivals", "patience"})  # paths with these names are of what nobody chooses

MOST_CASES = 8  # circumstances that are named one by one, and choices that are named at all


@dataclass(frozen=True, eq=False)
class Case:
    """Simulated points with the same circumstances, which ``name`` says; it is empty where none are varied."""

    name: str
    points: NDArray[np.int64]


def keeps(values: SweepValues, *, surely: bool = False) -> NDArray[np.bool_]:
    """Tell which points have bounds and keep all: by their values, or surely, with their whole intervals.

    One replication has no intervals, and its values are all that is known.
    """
    low, high = (values.low, values.high) if surely and values.replications > 1 else (values.value, values.value)
    known = np.isfinite(low) & np.isfinite(high)
    kept = known & ~(low < values.at_least) & ~(high > values.at_most)
    return np.asarray(values.done & values.bounded.any(axis=1) & (kept | ~values.bounded).all(axis=1), dtype=np.bool_)


def standings(values: SweepValues) -> list[str]:
    """Return for each point whether it keeps all bounds: "yes", "likely" where its interval reaches beyond, or "no"."""
    pairs = zip(keeps(values).tolist(), keeps(values, surely=True).tolist(), strict=True)
    return ["yes" if surely else "likely" if kept else "no" for kept, surely in pairs]


def circumstances_of(paths: Sequence[str]) -> list[int]:
    """Return which paths are of what nobody chooses."""
    return [i for i, path in enumerate(paths) if CIRCUMSTANCES & set(path.split("."))]


def cases_of(points: SweepPoints, values: SweepValues) -> list[Case]:
    """Return the simulated points for each value of what nobody chooses, in the order in which these come."""
    circumstances = circumstances_of(points.paths)
    cases: dict[str, list[int]] = {}
    for point in np.flatnonzero(values.done).tolist():
        texts = {points.paths[i]: points.values[point][i] for i in circumstances}
        name = ", ".join(f"{path} {AS_IT_IS}" if text is None else f"{path}={text}" for path, text in texts.items())
        cases.setdefault(name, []).append(point)
    return [Case(name, np.array(members)) for name, members in cases.items()]


def has_choices(points: SweepPoints, cases: Sequence[Case]) -> bool:
    """Tell whether points are chosen: something else is varied, and the circumstances are few, or those of several."""
    is_varied = len(circumstances_of(points.paths)) < len(points.paths)
    return is_varied and (len(cases) <= MOST_CASES or any(len(case.points) > 1 for case in cases))


def chosen_name(points: SweepPoints, point: int) -> str:
    """Return what is chosen at a point, without its circumstances."""
    unchosen = circumstances_of(points.paths)
    pairs = [(path, text) for i, (path, text) in enumerate(zip(points.paths, points.values[point], strict=True))
             if i not in unchosen and text is not None]  # fmt: skip
    return ", ".join(f"{path}={text}" for path, text in pairs) or "the scenario as it is"


@dataclass(frozen=True)
class Choice:
    """The cheapest point of a case that keeps the bounds; -1 = none. ``likely`` may be cheaper, and miss them."""

    point: int
    is_sure: bool
    likely: int


def cheapest_of(
    values: SweepValues, case: Case, kept: NDArray[np.bool_], surely: NDArray[np.bool_], cost: int
) -> Choice:
    """Return the cheapest point of a case that surely keeps the bounds, or else the cheapest that is likely to."""
    likely, sure = (
        min(
            case.points[judged[case.points]].tolist(),
            key=lambda point: (values.value[point, cost], -_first(values, point)),
            default=-1,
        )
        for judged in (kept, surely)
    )
    return Choice(sure, is_sure=True, likely=likely) if sure >= 0 else Choice(likely, is_sure=likely < 0, likely=-1)


def _first(values: SweepValues, point: int) -> float:
    """Return the value of the first row that has a bound, higher being better."""
    at = int(np.flatnonzero(values.bounded[point])[0])
    return float(values.value[point, at]) * (1 if math.isfinite(values.at_least[point, at]) else -1)


def cost_row(values: SweepValues) -> int | None:
    """Return the row of the cost, None where there is none."""
    return next((at for at, row in enumerate(values.rows) if row[:3] == ("cost", "all", "")), None)
