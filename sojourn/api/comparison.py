"""Comparison of a scenario with a changed one, on the same customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.core import interrupts
from sim.core.errors import InvalidInput, Problem
from sim.core.files import refuse_foreign
from sim.core.units import counted
from sim.engine import Plan, make_plan
from sim.experiment.estimate import Differences, compare
from sim.experiment.manifest import manifest_of
from sim.experiment.replicate import Replications, choose_engine, replicate
from sim.experiment.size_estimate import estimate_size, refuse_long
from sim.report.records import difference_records
from sim.report.result_folder import write_whatif
from sim.scenario import read_scenario, scenario_hash
from sojourn.api.effects import effect_notes
from sojourn.api.simulation import Progress, result_folder

__all__ = ["WhatIfResult", "whatif"]


@dataclass(frozen=True, eq=False)
class WhatIfResult:
    """A comparison, and the folder that holds its result.

    ``notes`` are sentences about changes without effect, or whose headcounts were rounded.
    """

    folder: Path
    manifest: dict[str, Any]
    plan: Plan
    differences: Differences
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return what was compared, and where the result is."""
        changes = ", ".join(self.manifest["overrides"])
        done = counted(self.differences.replications, "replication")
        return f"<WhatIfResult: {self.manifest['scenario']} with {changes}, {done}, {self.folder}>"

    def as_dict(self) -> dict[str, Any]:
        """Return the manifest and the differences, JSON-able."""
        return {
            "manifest": self.manifest,
            "notes": list(self.notes),
            "differences": difference_records(self.plan, self.differences),
        }


def whatif(
    scenario: Path | str,
    overrides: Sequence[str],
    *,
    replications: int | None = None,
    seed: int | None = None,
    processes: int | None = None,
    engine: str = "auto",
    out: Path | str | None = None,
    yes: bool = True,
    progress: Progress = lambda _done, _total: None,
) -> WhatIfResult:
    """Compare a scenario with a changed one on the same customers, and write the result.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it: the baseline.
    overrides
        At least one change by path; all together are the variant.
    replications, seed, processes, engine, out, yes, progress
        As for `sojourn.run`; time and progress are those of both.

    Returns
    -------
    WhatIfResult
        The differences, variant - baseline.

    Raises
    ------
    InvalidInput, CannotWrite
        Nothing was changed.
    """
    if not overrides:
        raise InvalidInput([Problem("--set", "", 'is missing; say what to change, such as --set "demand.volume=*1.1"')])
    scenarios = read_scenario(scenario), read_scenario(scenario, overrides)
    plans = make_plan(scenarios[0]), make_plan(scenarios[1])
    _refuse_other_rows(plans)
    engine = _common_engine(plans, engine)
    seed = scenarios[0].run.seed if seed is None else seed
    wanted = replications or scenarios[0].run.replications
    folder = Path(out) if out else result_folder("whatif", scenario, scenarios[1], seed)
    refuse_foreign(folder)
    if not yes:
        _refuse_long(plans, str(scenario), wanted, engine, processes)
    progress(0, 2 * wanted)

    def simulate(plan: Plan, before: int) -> Replications:
        simulated = replicate(
            plan,
            seed=seed,
            replications=wanted,
            engine=engine,
            processes=processes,
            progress=lambda done: progress(before + done, 2 * wanted),
        )
        if len(simulated) < wanted:  # a comparison of fewer would not be the one that was asked for
            raise KeyboardInterrupt
        interrupts.allow(0)  # nothing of it is kept before all is done
        return simulated

    baseline, variant = simulate(plans[0], 0), simulate(plans[1], wanted)
    differences = compare(baseline.index, (baseline.num, baseline.den), (variant.num, variant.den))
    manifest = manifest_of(
        "whatif", scenarios[0], seed=seed, replications=wanted, engine=engine, overrides=list(overrides)
    ) | {"variant_hash": scenario_hash(scenarios[1])}
    notes = effect_notes(scenarios, baseline, variant)
    write_whatif(folder, scenarios, manifest, plans[0], differences, overrides, notes)
    return WhatIfResult(folder, manifest, plans[0], differences, tuple(notes))


def _refuse_long(plans: tuple[Plan, Plan], name: str, wanted: int, engine: str, processes: int | None) -> None:
    """Refuse a comparison that would take long or much memory."""
    sizes = [estimate_size(plan, replications=wanted, engine=engine, processes=processes) for plan in plans]
    largest = max(sizes, key=lambda size: size.touchpoints)
    together = replace(largest, seconds=sum(size.seconds for size in sizes))
    refuse_long(together, name, 2 * wanted, "fewer --replications, less demand, or --yes")


def _common_engine(plans: tuple[Plan, Plan], engine: str) -> str:
    """Return the engine that simulates both."""
    names = {choose_engine(plan, engine)[0] for plan in plans}
    return names.pop() if len(names) == 1 else "simpy"


def _refuse_other_rows(plans: tuple[Plan, Plan]) -> None:
    """Refuse a variant whose KPIs are not those of the baseline."""
    baseline, variant = (
        (plan.origin, plan.interval, plan.intervals, plan.queues, plan.groups, plan.intents) for plan in plans
    )
    if baseline != variant:
        message = "changes the reporting intervals, queues, groups or intents, so there is nothing to compare; run both"
        raise InvalidInput([Problem("--set", "", message)])
