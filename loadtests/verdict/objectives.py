"""Hold a result to the objectives of its scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loadtests.verdict.baseline import values_of
from loadtests.verdict.model import Check, Stage
from sim.core.errors import InvalidInput, Problem, near

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loadtests.verdict.baseline import Place

__all__ = ["check_load", "check_simulation"]

Values = dict["Place", float | None]
NEVER = (
    "phantom",
    "duplicate",
    "out_of_order",
    "context_wrong",
    "leak",
    "unbalanced",
    "unread",
)  # no scenario can allow these


def check_simulation(objectives: Sequence[Mapping[str, Any]], records: Sequence[Mapping[str, Any]]) -> Iterator[Check]:
    """Hold simulated KPIs to their bounds.

    Parameters
    ----------
    objectives
        Each with kpi, by, key, and at_least or at_most. Without a key, and for cuts by interval, the bound holds for
        every row that has a value.
    records
        The KPIs.

    Yields
    ------
    Check
        One per bound.

    Raises
    ------
    InvalidInput
        Objectives speak of KPIs, cuts or keys that there are none of; all at once.
    """
    values = values_of(records)
    chosen = [_chosen(one, values) for one in objectives]
    problems = [
        Problem("scenario.json", f"objectives.simulation[{i}]", _unknown(one, values))
        for i, (one, rows) in enumerate(zip(objectives, chosen, strict=True))
        if not rows
    ]
    if problems:
        raise InvalidInput(problems)
    for one, rows in zip(objectives, chosen, strict=True):
        if one.get("at_least") is not None:
            yield _bound(one, rows, "at least", float(one["at_least"]))
        if one.get("at_most") is not None:
            yield _bound(one, rows, "at most", float(one["at_most"]))


def check_load(objectives: Mapping[str, Any], load: Mapping[str, Any]) -> Iterator[Check]:
    """Hold a load test to its bounds, and to what no endpoint may ever do.

    Parameters
    ----------
    objectives
        Any of p95, p99 (seconds from when a request was due), error_rate, lost.
    load
        The content of ``load.json``.

    Yields
    ------
    Check
        One per bound, and one per way of going wrong that was looked for.
    """
    for name in ("p50", "p95", "p99"):
        if objectives.get(name) is not None:
            yield _at_most(f"load latency {name}", load["latency"].get(name), float(objectives[name]), " s")
    if objectives.get("error_rate") is not None:
        yield _at_most("load error rate", load.get("error_rate"), float(objectives["error_rate"]), "")
    allowed = objectives.get("lost")
    yield from _verified(load.get("verification"), 0 if allowed is None else int(allowed))


def _verified(verification: Mapping[str, Any] | None, lost: int) -> Iterator[Check]:
    """Check what reading the endpoint back has shown."""
    if verification is None:
        what = "the endpoint was not read back, so nothing shows that nothing was lost; let the load verify"
        yield Check(Stage.OBJECTIVE, "load verification", passed=False, found=None, wanted="done", message=what)
        return
    cannot = verification.get("not_verifiable") or []
    if cannot:
        what = f"the contract does not say how to read back: {', '.join(map(str, cannot))}"
        yield Check(Stage.OBJECTIVE, "load verification", passed=False, found="partly", wanted="done", message=what)
    yield _at_most("load lost", verification.get("lost"), lost, "", examples=_examples(verification, "lost"))
    for name in NEVER:
        if name in verification:
            yield _at_most(f"load {name}", verification[name], 0, "", examples=_examples(verification, name))


def _examples(verification: Mapping[str, Any], name: str) -> Sequence[str]:
    """Return examples of what went wrong."""
    examples = verification.get("examples") or {}
    return [str(one) for one in examples.get(name, [])][:3]


def _at_most(name: str, found: float | None, wanted: float, unit: str, examples: Sequence[str] = ()) -> Check:
    """Check an upper bound of a load test."""
    if found is None:
        message = f"{name} is undefined: nothing was measured"
        return Check(Stage.OBJECTIVE, name, passed=False, found=None, wanted=wanted, message=message)
    passed = found <= wanted
    message = f"{name} is {found:g}{unit}, {'within' if passed else 'above'} {wanted:g}{unit}"
    if examples and not passed:
        message += f"; e.g. {'; '.join(examples)}"
    return Check(Stage.OBJECTIVE, name, passed=passed, found=found, wanted=wanted, message=message)


def _chosen(one: Mapping[str, Any], values: Values) -> Values:
    """Return the rows that an objective speaks of."""
    kpi, by, key = one["kpi"], one.get("by") or "all", one.get("key") or ""
    return {place: v for place, v in values.items() if place[:2] == (kpi, by) and (not key or place[2] == key)}


def _unknown(one: Mapping[str, Any], values: Values) -> str:
    """Say what an objective's words might have been meant to be."""
    kpi, by, key = one["kpi"], one.get("by") or "all", one.get("key") or ""
    cuts = {place[1] for place in values if place[0] == kpi}
    if not cuts:
        return f'"{kpi}" is not a KPI of this result; {near(kpi, {place[0] for place in values})}'
    if by not in cuts:
        return f'{kpi} is not broken down by "{by}"; {near(by, cuts)}'
    return f'"{key}" is no {by} of this result; {near(key, {place[2] for place in values if place[1] == by})}'


def _bound(one: Mapping[str, Any], rows: Values, side: str, wanted: float) -> Check:
    """Check a bound on the row that comes off worst."""
    by, key = one.get("by") or "all", one.get("key") or ""
    name = " ".join(
        part for part in (one["kpi"], "" if by == "all" else f"{by} {key}".strip(), side, f"{wanted:g}") if part
    )
    defined = {place: value for place, value in rows.items() if value is not None}
    if not defined:
        message = f"{name}: undefined, nothing came that could be measured"
        return Check(Stage.OBJECTIVE, name, passed=False, found=None, wanted=wanted, message=message)
    worst = (min if side == "at least" else max)(defined, key=lambda place: defined[place])
    found = defined[worst]
    passed = found >= wanted if side == "at least" else found <= wanted
    where = f" ({_where(worst)})" if len(rows) > 1 else ""
    message = f"{one['kpi']} is {found:.6g}{where}, {side} {wanted:g} is wanted"
    return Check(Stage.OBJECTIVE, name, passed=passed, found=found, wanted=wanted, message=message)


def _where(place: Place) -> str:
    """Return the key and interval of a row."""
    _, _, key, interval = place
    return ", ".join(part for part in (key, "" if interval is None else f"interval {interval}") if part)
