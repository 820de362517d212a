"""Judge a result: validity first, then objectives, then the comparison with a baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loadtests.verdict.baseline import values_of, values_of_baseline
from loadtests.verdict.comparison import check_same
from loadtests.verdict.model import Verdict
from loadtests.verdict.objectives import check_load, check_simulation
from loadtests.verdict.validity import check_validity
from sim.core.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadtests.verdict.results import Result

__all__ = ["check"]


def check(
    result: Result, baseline: Mapping[str, Any] | None = None, objectives: Mapping[str, Any] | None = None
) -> Verdict:
    """Judge a result.

    Parameters
    ----------
    result
        As `loadtests.verdict.results.read_result` reads it.
    baseline
        As `loadtests.verdict.results.read_baseline` reads it; None = none to compare with.
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
    validity = tuple(check_validity(result, baseline))
    if not all(one.passed for one in validity):
        return Verdict(title, validity)
    wanted = result.objectives if objectives is None else objectives
    checks = list(validity)
    if result.kpis is not None:
        checks += check_simulation(wanted.get("simulation") or [], result.kpis)
    if result.load is not None:
        checks += check_load(wanted.get("load") or {}, result.load)
    if baseline is not None and result.kpis is not None:
        checks.append(check_same(values_of(result.kpis), values_of_baseline(baseline)))
    return Verdict(title, tuple(checks))
