"""Objectives of a scenario: bounds on its simulated KPIs and on its load test."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from loadtests.verdict.baseline import values_of
from loadtests.verdict.model import Check, Stage
from sim.core.errors import InvalidInput, Problem, near

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loadtests.verdict.baseline import KpiKey, KpiValues

__all__ = ["check_load", "check_simulation"]

# No scenario can allow these.
NEVER = ("phantom", "duplicate", "out_of_order", "context_wrong", "leak", "unbalanced", "unread")


def check_simulation(objectives: Sequence[Mapping[str, Any]], records: Sequence[Mapping[str, Any]]) -> Iterator[Check]:
    """Compare simulated KPIs with their bounds.

    Parameters
    ----------
    objectives
        Each with kpi, by, key, and at_least or at_most. Without a key, and for breakdowns by interval, day or
        weekday, the bound holds for every row that has a value.
    records
        The KPIs.

    Yields
    ------
    Check
        One per bound.

    Raises
    ------
    InvalidInput
        Objectives name unknown KPIs, breakdowns or keys; all at once.
    """
    values = values_of(records)
    selected = [_select(objective, values) for objective in objectives]
    problems = [
        Problem("scenario.json", f"objectives.simulation[{i}]", _unknown(objective, values))
        for i, (objective, rows) in enumerate(zip(objectives, selected, strict=True))
        if not rows
    ]
    if problems:
        raise InvalidInput(problems)
    for objective, rows in zip(objectives, selected, strict=True):
        if objective.get("at_least") is not None:
            yield _check_kpi(objective, rows, "at least", float(objective["at_least"]))
        if objective.get("at_most") is not None:
            yield _check_kpi(objective, rows, "at most", float(objective["at_most"]))


def check_load(objectives: Mapping[str, Any], load: Mapping[str, Any]) -> Iterator[Check]:
    """Compare a load test with its bounds, and with those that hold for every endpoint.

    Parameters
    ----------
    objectives
        Any of p95, p99 (seconds from the instant at which a request was due), error_rate, lost.
    load
        The content of ``load.json``.

    Yields
    ------
    Check
        One per bound, and one per check of the verification.
    """
    for name in ("p50", "p95", "p99"):
        if objectives.get(name) is not None:
            yield _check_at_most(f"load latency {name}", load["latency"].get(name), float(objectives[name]), " s")
    if objectives.get("error_rate") is not None:
        yield _check_at_most("load error rate", load.get("error_rate"), float(objectives["error_rate"]), "")
    allowed = objectives.get("lost")
    checks = _check_verification(load.get("verification"), 0 if allowed is None else int(allowed))
    optional = objectives.get("read_back") == "optional"
    yield from (_not_measured(check) if optional and _lacks(check) else check for check in checks)


def _lacks(check: Check) -> bool:
    """Tell whether a check of the read-back failed because nothing was measured, and not because of what was."""
    return not check.passed and (check.actual is None or check.name == "load verification")


def _not_measured(check: Check) -> Check:
    """Return a check that was not measured, which the scenario allows."""
    message = f"not measured: {check.message}; allowed by objectives.load.read_back"
    return replace(check, passed=True, measured=False, actual=None, message=message)


def _check_verification(verification: Mapping[str, Any] | None, lost: int) -> Iterator[Check]:
    """Check the findings of the read-back."""
    if verification is None:
        message = "the endpoint was not read back, so nothing shows that nothing was lost; let the load verify"
        yield Check(Stage.OBJECTIVE, "load verification", passed=False, actual=None, wanted="done", message=message)
        return
    if lacking := verification["not_verifiable"]:
        message = (
            f"the contract does not say how to read back: {', '.join(lacking)}; "
            "describe it, or write objectives.load.read_back: optional"
        )
        yield Check(Stage.OBJECTIVE, "load verification", passed=False, actual="partly", wanted="done", message=message)
    elif not verification["checked"]:
        message = "no journey was read back, so nothing shows that nothing was lost; send more requests"
        yield Check(Stage.OBJECTIVE, "load verification", passed=False, actual=0, wanted="done", message=message)
    for name, allowed in (("lost", lost), *((name, 0) for name in NEVER)):
        examples = verification["examples"].get(name, [])[:3]
        yield _check_at_most(f"load {name}", verification[name], allowed, "", examples=examples)


def _check_at_most(name: str, actual: float | None, wanted: float, unit: str, examples: Sequence[str] = ()) -> Check:
    """Check an upper bound of a load test."""
    if actual is None:
        message = f"{name} was not measured"
        return Check(Stage.OBJECTIVE, name, passed=False, actual=None, wanted=wanted, message=message)
    passed = actual <= wanted
    seconds = actual if unit == " s" else None
    message = f"{name} is {actual:g}{unit}, {'within' if passed else 'above'} {wanted:g}{unit}"
    if examples and not passed:
        message += f"; e.g. {'; '.join(examples)}"
    return Check(Stage.OBJECTIVE, name, passed=passed, actual=actual, wanted=wanted, message=message, seconds=seconds)


def _select(objective: Mapping[str, Any], values: KpiValues) -> KpiValues:
    """Return the values that an objective bounds."""
    kpi, by, member = objective["kpi"], objective.get("by") or "all", objective.get("key") or ""
    return {key: value for key, value in values.items() if key[:2] == (kpi, by) and (not member or key[2] == member)}


def _unknown(objective: Mapping[str, Any], values: KpiValues) -> str:
    """Say which name of an objective is unknown, and suggest similar ones."""
    kpi, by, member = objective["kpi"], objective.get("by") or "all", objective.get("key") or ""
    breakdowns = {key[1] for key in values if key[0] == kpi}
    if not breakdowns:
        return f'"{kpi}" is not a KPI of this result; {near(kpi, {key[0] for key in values})}'
    if by not in breakdowns:
        return f'{kpi} is not broken down by "{by}"; {near(by, breakdowns)}'
    return f'"{member}" is no {by} of this result; {near(member, {key[2] for key in values if key[1] == by})}'


def _check_kpi(objective: Mapping[str, Any], rows: KpiValues, side: str, wanted: float) -> Check:
    """Check a bound on the worst of some values."""
    by, member = objective.get("by") or "all", objective.get("key") or ""
    parts = (objective["kpi"], "" if by == "all" else f"{by} {member}".strip(), side, f"{wanted:g}")
    name = " ".join(part for part in parts if part)
    defined = {key: value for key, value in rows.items() if value is not None}
    if not defined:
        message = f"{name}: undefined, nothing came that could be measured"
        return Check(Stage.OBJECTIVE, name, passed=False, actual=None, wanted=wanted, message=message)
    worst = (min if side == "at least" else max)(defined, key=lambda key: defined[key])
    actual = defined[worst]
    passed = actual >= wanted if side == "at least" else actual <= wanted
    where = f" ({_row_name(worst)})" if len(rows) > 1 else ""
    message = f"{objective['kpi']} is {actual:.6g}{where}, {side} {wanted:g} is wanted"
    return Check(Stage.OBJECTIVE, name, passed=passed, actual=actual, wanted=wanted, message=message)


def _row_name(key: KpiKey) -> str:
    """Return the key of a value, and its interval, day or weekday."""
    _, by, member, position = key
    part = f"{by.rpartition('_')[2]} {position}" if isinstance(position, int) else position
    return ", ".join(text for text in (member, part) if text)
