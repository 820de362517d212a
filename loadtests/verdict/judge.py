"""Judge a result: validity first, then objectives, then the comparison with a baseline."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from loadtests.verdict.baseline import values_of, values_of_baseline
from loadtests.verdict.inputs import IDENTITY
from loadtests.verdict.model import Check, Stage, Verdict
from loadtests.verdict.objectives import check_load, check_simulation
from sim.core.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from loadtests.verdict.baseline import Place
    from loadtests.verdict.inputs import Result

__all__ = ["LISTED", "check"]

LISTED = 20  # differing rows that a regression lists
ROUNDING = 1e-12  # relative; all else is exact
REMEDY = {
    "scenario": "compare a run of that scenario, or keep this run as the new baseline",
    "scenario_hash": "the scenario's content has changed since; if that was meant, keep this run as the new baseline",
    "seed": "run it again with --seed {wanted}",
    "replications": "run it again with --replications {wanted}",
}


def check(
    result: Result, baseline: Mapping[str, Any] | None = None, objectives: Mapping[str, Any] | None = None
) -> Verdict:
    """Judge a result.

    Parameters
    ----------
    result
        As `loadtests.verdict.inputs.read_result` reads it.
    baseline
        As `loadtests.verdict.inputs.read_baseline` reads it; None = none to compare with.
    objectives
        In the place of those of the result's scenario.

    Returns
    -------
    Verdict
        An invalid result is judged no further.

    Raises
    ------
    InvalidInput
        The objectives speak of what there is not, or the baseline is of simulated KPIs and the result has none.
    """
    if baseline is not None and result.kpis is None:
        what = "has no kpis.json to compare with the baseline; check the result of a run, or leave out the baseline"
        raise InvalidInput([Problem(result.folder, "", what)])
    title = f"{result.manifest['scenario']} ({result.folder})"
    validity = tuple(_validity(result, baseline))
    if not all(one.passed for one in validity):
        return Verdict(title, validity)
    wanted = result.objectives if objectives is None else objectives
    checks = list(validity)
    if result.kpis is not None:
        checks += check_simulation(wanted.get("simulation") or [], result.kpis)
    if result.load is not None:
        checks += check_load(wanted.get("load") or {}, result.load)
    if baseline is not None and result.kpis is not None:
        checks.append(_same(values_of(result.kpis), values_of_baseline(baseline)))
    return Verdict(title, tuple(checks))


def _validity(result: Result, baseline: Mapping[str, Any] | None) -> Iterator[Check]:
    """Check that the result says anything at all, and that the baseline is comparable."""
    if result.load is not None:
        yield _load_is_valid(result.load)
    if baseline is not None:
        for name in IDENTITY:
            found, wanted = result.manifest.get(name), baseline[name]
            passed = found == wanted
            message = f"result and baseline have the same {name}: {wanted}"
            if not passed:
                remedy = REMEDY[name].format(wanted=wanted)
                message = f"the baseline is of another {name}: {wanted}, the result of {found}; {remedy}"
            yield Check(Stage.VALIDITY, f"baseline {name}", passed, found, wanted, message)


def _load_is_valid(load: Mapping[str, Any]) -> Check:
    """Check that the load generator kept its schedule and sent something."""
    lag = (load.get("lag") or {}).get("p99")
    requests = load.get("requests", 0)
    passed = bool(load.get("valid")) and requests > 0
    if passed:
        message = f"{requests} requests were sent on time" + ("" if lag is None else f", lag p99 {1e3 * lag:.1f} ms")
    else:
        why = load.get("why") or ("nothing was sent" if not requests else "the load generator calls it invalid")
        message = f"this load says nothing about the endpoint: {why}"
    return Check(Stage.VALIDITY, "load generator", passed=passed, found=lag, wanted=None, message=message)


def _same(found: Mapping[Place, float | None], kept: Mapping[Place, float | None]) -> Check:
    """Compare simulated KPIs with the baseline: they are deterministic, so any difference is one of the model."""
    differing = [place for place in kept if place not in found or _differ(found[place], kept[place])]
    new = len(found.keys() - kept.keys())
    if not differing:
        message = f"all {len(kept)} values are those of the baseline" + (f"; {new} are new" if new else "")
    else:
        lines = [f"{_named(place)}: {_shown(found, place)}, was {kept[place]!r}" for place in differing[:LISTED]]
        more = f"\nand {len(differing) - LISTED} more" if len(differing) > LISTED else ""
        message = f"{len(differing)} of {len(kept)} values differ from the baseline:\n" + "\n".join(lines) + more
    return Check(Stage.BASELINE, "simulated KPIs", not differing, len(differing), 0, message)


def _differ(found: float | None, kept: float | None) -> bool:
    """Tell whether two values differ by more than the order in which another processor adds numbers."""
    if found is None or kept is None:
        return found is not kept
    return not math.isclose(found, kept, rel_tol=ROUNDING, abs_tol=ROUNDING)


def _named(place: Place) -> str:
    """Return the words of a row."""
    kpi, by, key, interval = place
    return " ".join(
        part
        for part in (kpi, f"by {by}" if by != "all" else "", key, "" if interval is None else f"#{interval}")
        if part
    )


def _shown(found: Mapping[Place, float | None], place: Place) -> str:
    """Return a value that was found, in full."""
    return repr(found[place]) if place in found else "missing"
