"""Verdict of a sweep: the cheapest points that keep the bounds, or the best point."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.core.units import counted
from sim.kpis import kpi
from sim.report.number_format import number, quantities, quantity
from sim.report.path_scales import AS_IT_IS
from sim.report.sweep_choices import (
    MOST_CASES,
    Case,
    Choice,
    cases_of,
    cheapest_of,
    chosen_name,
    circumstances_of,
    cost_row,
    has_choices,
    keeps,
)
from sim.report.terminal_tables import row_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.experiment.sweep_estimates import SweepValues
    from sim.scenario.sweep_points import SweepPoints

__all__ = ["sweep_verdict"]


def sweep_verdict(points: SweepPoints, values: SweepValues) -> list[str]:
    """Return sentences: which points keep the bounds at the least cost, or which is best, and how sure that is."""
    if not values.done.any():
        return ["No point was simulated."]
    bounded = values.bounded[values.done].any(axis=0)
    first, *sentences = _cheapest(points, values) if bounded.any() else _best(points, values)
    if not values.done.all():
        first = f"Of the {_done(points, values)} that are done: {first}"
    return [first, *sentences, *_sizes(points, values)]


def _done(points: SweepPoints, values: SweepValues) -> str:
    return f"{int(values.done.sum()):,} of {len(points):,} points"


def _cheapest(points: SweepPoints, values: SweepValues) -> list[str]:
    """Return the cheapest point that keeps the bounds, for each value of what nobody chooses if that is varied."""
    kept, surely = keeps(values), keeps(values, surely=True)
    wanted, cost, cases = _wanted(values), cost_row(values), cases_of(points, values)
    if not kept.any():
        return [f"No point reaches {wanted}.", *_nearest(points, values)]
    if cost is None:
        return [_reached(kept, surely, values, wanted), *_best(points, values)[:1]]
    reached = _reached(kept, surely, values)
    if not has_choices(points, cases):
        return [_without_choices(cases, kept, surely, wanted, points), reached]
    return [*_cheapest_of_each(points, values, cases, (kept, surely), wanted, cost), reached]


def _cheapest_of_each(
    points: SweepPoints,
    values: SweepValues,
    cases: Sequence[Case],
    judged: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    wanted: str,
    cost: int,
) -> list[str]:
    """Return the cheapest points: one, one for each of few circumstances, or the circumstances of each."""
    chosen = [cheapest_of(values, case, *judged, cost) for case in cases]
    if not cases[0].name:
        return [*_single_choice(points, values, chosen[0], wanted, cost)]
    if len(cases) > MOST_CASES:
        return [_by_choice(points, cases, chosen, f"The cheapest points that reach {wanted}")]
    parts, further = [], []
    for case, best in zip(cases, chosen, strict=True):
        sure = "" if best.is_sure else " (likely)"
        fact = (
            "none" if best.point < 0 else f"{chosen_name(points, best.point)}{sure} {_facts(values, best.point, cost)}"
        )
        parts.append(f"with {case.name} {fact}")
        further += [f"With {case.name}: {each}" for each in _cheaper(points, values, best, cost)]
    return [f"The cheapest points that reach {wanted}: {'; '.join(parts)}.", *further]


def _single_choice(points: SweepPoints, values: SweepValues, best: Choice, wanted: str, cost: int) -> Iterator[str]:
    """Yield the cheapest point where all circumstances are the same."""
    reaches = "reaches" if best.is_sure else "is likely to reach"
    text = f"{chosen_name(points, best.point)} {_facts(values, best.point, cost)}"
    yield f"The cheapest point that {reaches} {wanted} is {text}."
    yield from _cheaper(points, values, best, cost)


def _reached(kept: NDArray[np.bool_], surely: NDArray[np.bool_], values: SweepValues, wanted: str = "it") -> str:
    """Return how many points reach the bounds, and how many more are likely to."""
    many = f"{int(surely.sum())} of {counted(int(values.done.sum()), 'point')} reach {wanted}"
    likely = int((kept & ~surely).sum())
    if not likely:
        return f"{many}."
    return f"{many}; {likely} more {'is' if likely == 1 else 'are'} likely to, with an interval that reaches beyond."


def _without_choices(
    cases: Sequence[Case], kept: NDArray[np.bool_], surely: NDArray[np.bool_], wanted: str, points: SweepPoints
) -> str:
    """Return which circumstances allow what is wanted, where nothing is chosen under the same ones."""
    if len(circumstances_of(points.paths)) < len(points.paths):
        return (
            f"No two points have the same {_circumstances(points)}, which nobody chooses, so none is the cheapest that "
            f"reaches {wanted}: vary it without --points, or list points."
        )
    words = ["reached" if surely[case.points[0]] else "likely" if kept[case.points[0]] else "missed" for case in cases]
    return f"By {_circumstances(points)}, {wanted} is {_by_outcome(points, cases, words)}."


def _cheaper(points: SweepPoints, values: SweepValues, best: Choice, cost: int) -> Iterator[str]:
    """Yield what is cheaper than the best choice, and only likely to reach the bounds."""
    if best.likely >= 0 and values.value[best.likely, cost] < values.value[best.point, cost]:
        yield f"{chosen_name(points, best.likely)} {_facts(values, best.likely, cost)} is cheaper, but may miss it."


def _by_choice(points: SweepPoints, cases: Sequence[Case], chosen: Sequence[Choice], about: str) -> str:
    """Return the choices, each with the many circumstances under which it is the one."""
    words = [
        "none" if best.point < 0 else f"{chosen_name(points, best.point)}{'' if best.is_sure else ' (likely)'}"
        for best in chosen
    ]
    if len(set(words)) > MOST_CASES:
        reached = sum(best.point >= 0 for best in chosen)
        return f"{about} differ by {_circumstances(points)}; there is one for {reached} of {len(cases)} values."
    return f"{about}, for each {_circumstances(points)}: {_by_outcome(points, cases, words)}."


def _by_outcome(points: SweepPoints, cases: Sequence[Case], words: Sequence[str]) -> str:
    """Return each outcome with the circumstances that have it, as ranges of their order, or their number."""
    paths = circumstances_of(points.paths)
    if len(paths) > 1:
        return "; ".join(f"{word} with {words.count(word)} of {len(words)}" for word in dict.fromkeys(words))
    texts = [AS_IT_IS if text is None else text for text in (points.values[case.points[0]][paths[0]] for case in cases)]
    parts = []
    for word in dict.fromkeys(words):
        ranges: list[list[str]] = []
        for i, text in enumerate(texts):
            if words[i] == word and i and words[i - 1] == word:
                ranges[-1][1:] = [text]
            elif words[i] == word:
                ranges.append([text])
        parts.append(f"{word} with {' and '.join(' to '.join(each) for each in ranges)}")
    return "; ".join(parts)


def _circumstances(points: SweepPoints) -> str:
    return " and ".join(points.paths[i] for i in circumstances_of(points.paths))


def _facts(values: SweepValues, point: int, cost: int) -> str:
    """Return the bounded values of a point and its cost."""
    texts = [
        quantity(float(values.value[point, at]), kpi(values.rows[at].kpi).unit)
        for at in np.flatnonzero(values.bounded[point]).tolist()
    ]
    return f"({', '.join(texts)}; cost {number(float(values.value[point, cost]))})"


def _whole_name(points: SweepPoints, point: int) -> str:
    return ", ".join(points.overrides(point)) or "the scenario as it is"


def _nearest(points: SweepPoints, values: SweepValues) -> Iterator[str]:
    """Yield for each bounded row the point that comes nearest to its bound."""
    for at in np.flatnonzero(values.bounded[values.done].any(axis=0)).tolist():
        sign = 1.0 if np.isfinite(values.at_least[:, at]).any() else -1.0
        if np.isfinite(values.value[:, at]).any():
            point = int(np.nanargmax(sign * values.value[:, at]))
            row = values.rows[at]
            value = quantity(float(values.value[point, at]), kpi(row.kpi).unit)
            yield (
                f"{row_name(row, kpi(row.kpi))} comes to {value} at most, with {_whole_name(points, point)}."
                if sign > 0
                else (f"{row_name(row, kpi(row.kpi))} is {value} at least, with {_whole_name(points, point)}.")
            )


def _best(points: SweepPoints, values: SweepValues) -> list[str]:
    """Return where the first row is best, for each value of what nobody chooses, and how far it ranges."""
    row = values.rows[0]
    shown, title = kpi(row.kpi), row_name(row, kpi(row.kpi))
    column = values.value[:, 0]
    if np.isnan(column).all():
        return [f"{title} is undefined at all points."]
    least, most = quantities([float(np.nanmin(column)), float(np.nanmax(column))], shown.unit)
    cases = cases_of(points, values)
    if shown.better is None or not has_choices(points, cases):
        return [f"{title} is from {least} to {most} over all points."]
    signed = np.where(np.isnan(column), -np.inf, column if shown.better == "higher" else -column)
    chosen = [
        int(case.points[np.argmax(signed[case.points])]) if np.isfinite(signed[case.points]).any() else -1
        for case in cases
    ]
    about, ranges = f"{title} is best", f"Over all points it is from {least} to {most}."
    if not cases[0].name:
        return [f"{about} with {chosen_name(points, chosen[0])}: {_best_value(values, chosen[0])}.", ranges]
    if len(cases) > MOST_CASES:
        choices = [Choice(point, is_sure=True, likely=-1) for point in chosen]
        return [_by_choice(points, cases, choices, f"The points at which {about}"), ranges]
    facts = (
        "undefined" if point < 0 else f"{chosen_name(points, point)}: {_best_value(values, point)}" for point in chosen
    )
    parts = (f"with {case.name} {fact}" for case, fact in zip(cases, facts, strict=True))
    return [f"{about}, {'; '.join(parts)}.", ranges]


def _best_value(values: SweepValues, point: int) -> str:
    """Return the first row at a point with its interval, if there is one."""
    limits = [float(each[point, 0]) for each in (values.value, values.low, values.high)]
    value, low, high = quantities(limits, kpi(values.rows[0].kpi).unit)
    return f"{value} (from {low} to {high})" if math.isfinite(limits[1]) else value


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


def _sizes(points: SweepPoints, values: SweepValues) -> list[str]:
    """Return the number of points and replications, and what the intervals are."""
    done = counted(int(values.done.sum()), "point")
    first = done if values.done.all() else f"{_done(points, values)} were simulated before an interrupt"
    if values.replications < 2:
        return [f"{first}, one replication of each: the role of chance is unknown."]
    sure = f"the {100 * values.confidence:g} % intervals are of each point by itself"
    return [f"{first}, {values.replications} replications of each, of the same customers; {sure}."]
