"""Selection of KPIs and dimensions: only what is asked is measured, which is where most of the time goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from sim.core.errors import InvalidInput, Problem, near
from sim.engine.plan import Plan
from sim.kpis.dimensions import BY_INTERVAL, by_days, by_weekdays, keys_of
from sim.kpis.model import Row
from sim.kpis.registry import available_kpis, further_families, index_of

__all__ = ["select_kpis", "selection_record"]

KPIS, BY = "--kpis", "--by"  # the options, for errors


def select_kpis(plan: Plan, kpis: Sequence[str] = (), by: Sequence[str] = (), rows: Iterable[Row] = ()) -> Plan:
    """Return a plan of which some KPIs are measured by some dimensions, and nothing else.

    The values are those of a plan of which all is measured, bit for bit.

    Parameters
    ----------
    plan
        With everything that the scenario measures.
    kpis
        Names and patterns, such as ``"service_level"``, ``"wait_*"`` or ``"offered,abandonment"``; none = all. A KPI
        that is measured only where a scenario asks for it is asked for by its full name.
    by
        Dimensions and patterns, such as ``"all"``, ``"queue"`` or ``"queue*"``; none = all. Of a run of several days,
        one that is broken down by day comes with its days, which the spread over the days is made of.
    rows
        Rows that are measured, too, as other parts of a command need them.

    Raises
    ------
    InvalidInput
        Names and dimensions that there are none of, with the near ones; all at once.
    """
    wanted, dimensions, also = _split(kpis), _split(by), list(rows)
    if not wanted and not dimensions:
        return plan
    asked = [family.name for family in further_families() if any(kpi.name in wanted for kpi in family.kpis)]
    plan = replace(plan, kpi_families=tuple(dict.fromkeys((*plan.kpi_families, *asked))))
    problems: list[Problem] = []
    names = _matching(wanted, [kpi.name for kpi in available_kpis(plan)], KPIS, "a KPI", problems)
    known = dict.fromkeys(name for kpi in available_kpis(plan) for name in kpi.dimensions if keys_of(plan, name))
    chosen = _matching(dimensions, list(known), BY, "a dimension of this run", problems)
    if problems:
        raise InvalidInput(problems)
    chosen += [row.by for row in also if chosen]
    chosen = list(dict.fromkeys((*chosen, *_days(plan, chosen))))
    names += [row.kpi for row in also if names and row.kpi not in names]
    selected = replace(plan, only_kpis=tuple(names), only_dimensions=tuple(chosen))
    if not len(index_of(selected)):
        raise InvalidInput([_empty(plan, names, dimensions)])
    return selected


def selection_record(plan: Plan) -> dict[str, list[str]]:
    """Return the KPIs and dimensions that were chosen, for the manifest; nothing where all are measured."""
    chosen = {"kpis": plan.only_kpis, "by": plan.only_dimensions}
    return {name: list(values) for name, values in chosen.items() if values}


def _empty(plan: Plan, names: Sequence[str], dimensions: Sequence[str]) -> Problem:
    """Return why there are no rows of KPIs by dimensions."""
    kpis = [kpi for kpi in available_kpis(plan) if kpi.name in names]
    theirs = dict.fromkeys(by for kpi in kpis for by in kpi.dimensions if keys_of(plan, by))
    verb = "has" if len(names) == 1 else "have"
    if not theirs:
        return Problem(KPIS, "", f"{', '.join(names)} {verb} nothing to measure in this scenario; choose other KPIs")
    message = f"{', '.join(names)} {verb} no dimension {', '.join(dimensions)}; give one of {', '.join(theirs)}"
    return Problem(BY, "", message)


def _split(texts: Sequence[str]) -> list[str]:
    """Return the names in texts, of which each may have several."""
    texts = [texts] if isinstance(texts, str) else texts
    return [name.strip() for text in texts for name in text.split(",") if name.strip()]


def _matching(
    patterns: Iterable[str], known: Sequence[str], option: str, noun: str, problems: list[Problem]
) -> list[str]:
    """Return the names that patterns match, in the order of the names; note those that match none."""
    matched: set[str] = set()
    for pattern in patterns:
        names = {name for name in known if fnmatchcase(name, pattern)}
        matched |= names
        if not names:
            problems.append(Problem(option, "", f'"{pattern}" is not {noun}; {_hint(pattern, known)}'))
    return [name for name in known if name in matched]


def _hint(pattern: str, known: Sequence[str]) -> str:
    """Return what would be right: near names, or the KPI without the key that stands before it."""
    owner, _, name = pattern.rpartition(".")
    if owner and name in known:
        return f"give {name} alone, and the dimension of {owner} by {BY}"
    return near(pattern, known)


def _days(plan: Plan, chosen: Iterable[str]) -> Iterator[str]:
    """Yield the dimensions by day of some dimensions, and of those by weekday."""
    of_week = {weekday: day for day, weekday in by_weekdays().items()}
    totals = by_days(BY_INTERVAL)
    for name in chosen:
        day = of_week.get(name) or totals.get(name)  # type: ignore[call-overload]
        if day is not None and keys_of(plan, day):
            yield day
