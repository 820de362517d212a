"""What the commands do, for Python programs: each one function, each returning a frozen result with its folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sim.core.errors import InvalidInput, Problem, near
from sim.core.files import refuse_foreign
from sim.engine import Plan, make_plan
from sim.experiment.estimate import Differences, Estimates, compare
from sim.experiment.manifest import manifest_of
from sim.experiment.replicate import Replications, choose_engine, replicate, simulate_once
from sim.kpis.objectives import check_objectives
from sim.report.apart import Apart, Here, drawing_apart
from sim.report.records import difference_records, records
from sim.report.result_folder import write_run, write_whatif
from sim.scenario import Scenario, read_scenario, scenario_hash

__all__ = ["RunResult", "WhatIfResult", "result_folder", "run", "whatif"]

LOGS = ("first", "none")
Progress = Callable[[int, int], None]  # (done, of)


@dataclass(frozen=True, eq=False)
class RunResult:
    """A run, and where it was written."""

    folder: Path
    manifest: dict[str, Any]
    scenario: Scenario
    plan: Plan
    replications: Replications
    estimates: Estimates

    @property
    def interrupted(self) -> bool:
        """Whether fewer replications were done than asked for."""
        return len(self.replications) < self.replications.wanted

    def as_dict(self) -> dict[str, Any]:
        """Return the manifest and the KPIs, JSON-able."""
        return {"manifest": self.manifest, "kpis": records(self.plan, self.estimates)}


@dataclass(frozen=True, eq=False)
class WhatIfResult:
    """A comparison, and where it was written."""

    folder: Path
    manifest: dict[str, Any]
    plan: Plan
    differences: Differences

    def as_dict(self) -> dict[str, Any]:
        """Return the manifest and the differences, JSON-able."""
        return {"manifest": self.manifest, "differences": difference_records(self.plan, self.differences)}


def run(
    scenario: Path | str,
    *,
    overrides: Sequence[str] = (),
    replications: int | None = None,
    seed: int | None = None,
    processes: int | None = None,
    engine: str = "auto",
    log: str = "first",
    report: bool | Apart | Here = True,
    out: Path | None = None,
    progress: Progress = lambda _done, _of: None,
) -> RunResult:
    """Simulate a scenario and write the result.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it.
    overrides
        Changes by path, such as ``"agents.cards.staff=+4"``.
    replications, seed
        As the scenario says, where not given.
    processes
        One per core, where not given; the result does not depend on it.
    engine
        Its name; "auto" takes the compiled one where it can run the scenario. The log is the same.
    log
        "first" writes the log of the first replication; "none" keeps none: some 20 bytes a customer in the place of
        all touchpoints, and the same KPIs up to the rounding of sums. The simpy engine keeps it all the same.
    report
        Whether to draw a report for people, in a process of its own; or which process is ready to.
    out
        Folder of the result; one in ``results/`` named after what was run, where not given.
    progress
        Called with (replications done, of how many).

    Returns
    -------
    RunResult
        Fewer replications than asked for when interrupted (Ctrl-C), and then it says so.

    Raises
    ------
    InvalidInput, CannotWrite
        Nothing was changed.
    """
    if log not in LOGS:
        raise InvalidInput([Problem("--log", "", f'"{log}" is not a choice of logs; {near(log, LOGS)}')])
    if report is True:
        chosen: AbstractContextManager[Apart | Here | None] = drawing_apart()
    else:
        chosen = nullcontext(report or None)
    with chosen as apart:
        given = read_scenario(scenario, overrides)
        plan = make_plan(given)
        check_objectives(given, plan, str(scenario))
        engine, _ = choose_engine(plan, engine)
        seed = given.run.seed if seed is None else seed
        wanted = replications or given.run.replications
        folder = out or result_folder("run", scenario, given, seed)
        refuse_foreign(folder)
        first = None if log == "none" else simulate_once(plan, seed, 0, engine)
        done = replicate(
            plan,
            seed=seed,
            replications=wanted,
            engine=engine,
            first=first,
            forgetting=log == "none",
            processes=processes,
            progress=lambda so_far: progress(so_far, wanted),
        )
        manifest = manifest_of(
            "run",
            given,
            seed=seed,
            replications=len(done),
            wanted=wanted,
            engine=engine,
            log=log,
            overrides=list(overrides),
        )
        write_run(folder, given, manifest, done, first[1] if first else None, apart)
    return RunResult(folder, manifest, given, plan, done, done.estimates())


def whatif(
    scenario: Path | str,
    overrides: Sequence[str],
    *,
    replications: int | None = None,
    seed: int | None = None,
    processes: int | None = None,
    engine: str = "auto",
    out: Path | None = None,
    progress: Progress = lambda _done, _of: None,
) -> WhatIfResult:
    """Compare a scenario with a changed one on the same customers, and write the result.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it: the baseline.
    overrides
        At least one change by path; all together are the variant.
    replications, seed, processes, engine, out, progress
        As for `run`.

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
    engine = _one_engine(plans, engine)
    seed = scenarios[0].run.seed if seed is None else seed
    wanted = replications or scenarios[0].run.replications
    folder = out or result_folder("whatif", scenario, scenarios[1], seed)
    refuse_foreign(folder)
    both = [
        _all_of(plan, seed, wanted, engine, processes, partial(_half_done, progress, before, 2 * wanted))
        for before, plan in zip((0, wanted), plans, strict=True)
    ]
    differences = compare(both[0].index, (both[0].num, both[0].den), (both[1].num, both[1].den))
    manifest = manifest_of(
        "whatif", scenarios[0], seed=seed, replications=wanted, engine=engine, overrides=list(overrides)
    ) | {"variant_hash": scenario_hash(scenarios[1])}
    write_whatif(folder, scenarios, manifest, plans[0], differences, overrides)
    return WhatIfResult(folder, manifest, plans[0], differences)


def _one_engine(plans: tuple[Plan, Plan], engine: str) -> str:
    """Return the engine that simulates both."""
    names = {choose_engine(plan, engine)[0] for plan in plans}
    return names.pop() if len(names) == 1 else "simpy"


def _half_done(progress: Progress, before: int, of: int, done: int) -> None:
    progress(before + done, of)


def _all_of(
    plan: Plan, seed: int, wanted: int, engine: str, processes: int | None, progress: Callable[[int], None]
) -> Replications:
    """Replicate, and do not go on with fewer when interrupted."""
    done = replicate(plan, seed=seed, replications=wanted, engine=engine, processes=processes, progress=progress)
    if len(done) < wanted:
        raise KeyboardInterrupt
    return done


def _refuse_other_rows(plans: tuple[Plan, Plan]) -> None:
    """Refuse a variant whose KPIs are not those of the baseline."""
    baseline, variant = (
        (plan.origin, plan.interval, plan.intervals, plan.queues, plan.groups, plan.intents) for plan in plans
    )
    if baseline != variant:
        what = "changes the reporting intervals, queues, groups or intents, so there is nothing to compare; run both"
        raise InvalidInput([Problem("--set", "", what)])


def result_folder(kind: str, file: Path | str, scenario: Scenario, seed: int) -> Path:
    """Name a folder after what was run, so that the same run takes the same place.

    Parameters
    ----------
    kind
        What was done.
    file, scenario, seed
        With what.

    Returns
    -------
    Path
        In ``results/``.
    """
    path = Path(file)
    name = path.name if path.is_dir() else path.parent.name if path.name == "scenario.yaml" else path.stem
    return Path("results") / f"{name}-{kind}-{scenario_hash(scenario)[:8]}-seed{seed}"
