"""Simulation of one scenario: its replications, and their result folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.core.errors import InvalidInput, Problem, near
from sim.core.files import refuse_foreign
from sim.core.units import counted
from sim.engine import Plan, make_plan
from sim.experiment.estimate import Estimates
from sim.experiment.kept_replications import Origin, read_kept
from sim.experiment.manifest import manifest_of
from sim.experiment.precision import AT_MOST, Precision, reached_sentence, read_precision
from sim.experiment.replicate import FirstReplications, Replications, choose_engine, replicate, simulate_once
from sim.experiment.size_estimate import estimate_size, refuse_long
from sim.experiment.steady_state import by_intervals, find_steady_state, row_by_interval, steady_rows
from sim.kpis import Row
from sim.kpis.objectives import check_objectives
from sim.kpis.selection import select_kpis, selection_record
from sim.report.background import background_report
from sim.report.records import records
from sim.report.result_folder import write_run
from sim.report.steady import steady_record
from sim.scenario import Scenario, read_scenario, scenario_hash

__all__ = [
    "Progress",
    "RunResult",
    "fewer",
    "most_replications",
    "precision_record",
    "read_plan",
    "result_folder",
    "run",
]

LOGS = ("first", "none")
Progress = Callable[[int, int], None]  # (done, total)


@dataclass(frozen=True, eq=False)
class RunResult:
    """A run, and the folder that holds its result."""

    folder: Path
    manifest: dict[str, Any]
    scenario: Scenario
    plan: Plan
    replications: Replications

    def __repr__(self) -> str:
        """Return what was simulated, and where the result is."""
        done = f"{len(self.replications)} of {counted(self.replications.wanted, 'replication')}"
        return f"<RunResult: {self.scenario.name}, {done}, {self.folder}>"

    @property
    def estimates(self) -> Estimates:
        """Each KPI with its 95 % interval."""
        return self.replications.estimates

    @property
    def interrupted(self) -> bool:
        """Whether fewer replications were simulated than asked for."""
        return len(self.replications) < self.replications.wanted

    def as_dict(self) -> dict[str, Any]:
        """Return the manifest and the KPIs, JSON-able."""
        return {"manifest": self.manifest, "kpis": records(self.plan, self.estimates)}


def run(
    scenario: Path | str,
    *,
    overrides: Sequence[str] = (),
    kpis: Sequence[str] = (),
    by: Sequence[str] = (),
    replications: int | None = None,
    precision: Sequence[str] = (),
    at_most: int | None = None,
    seed: int | None = None,
    processes: int | None = None,
    engine: str = "auto",
    log: str = "first",
    report: bool = True,
    out: Path | str | None = None,
    resume: bool = False,
    steady: Sequence[str] = (),
    yes: bool = True,
    allow_code: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> RunResult:
    """Simulate a scenario and write the result.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it.
    overrides
        Changes by path, such as ``"agents.cards.staff=+4"``.
    kpis, by
        KPIs and dimensions, names or patterns, that alone are measured (`sim.kpis.selection.select_kpis`); by default
        all. It saves most of the time that a short run takes.
    replications, seed
        By default those of the scenario.
    precision
        Half the widths that the intervals of some rows shall have, such as ``"voice.service_level: 1 %"``, in place of
        a number of replications (`sim.experiment.precision`).
    at_most
        Replications at which that ends in any case; by default 1,000.
    processes
        By default one per core; the result does not depend on it.
    engine
        Its name; "auto" takes the compiled one where it can run the scenario. The log is the same.
    log
        "first" writes the log of the first replication; "none" keeps none: some 20 bytes a customer in the place of
        all touchpoints, and the same KPIs up to the rounding of sums. The simpy engine keeps it all the same.
    report
        Whether to write ``report.html``.
    out
        Folder of the result; by default one in ``results/``, named after the scenario and the seed.
    resume
        Whether to go on from the replications that an interrupted run has left in that folder.
    steady
        KPIs whose steady state is looked for in the first replication, such as ``"calls.asa"``: a warm-up that the run
        shows, and an interval by batch means (`sim.experiment.steady_state`).
    yes
        False refuses a run that would take more than half an hour, or 8 GB of memory, with the estimate.
    allow_code
        Whether modules may be imported that the scenario names, for laws, policies, steps and KPIs of one's own.
    progress
        Called with the number of replications done, and their total; first with 0.

    Returns
    -------
    RunResult
        With fewer replications than asked for when interrupted (Ctrl-C).

    Raises
    ------
    InvalidInput, CannotWrite
        Nothing was changed.
    """
    if log not in LOGS:
        raise InvalidInput([Problem("--log", "", f'"{log}" is not a choice of logs; {near(log, LOGS)}')])
    with background_report() if report else nullcontext() as drawing:
        checked, plan = read_plan(scenario, overrides, allow_code=allow_code)
        narrow = read_precision(plan, precision)
        settled = steady_rows(plan, steady)
        plan = select_kpis(plan, kpis, by, [*(each.row for each in narrow), *map(row_by_interval, settled)])
        engine, _ = choose_engine(plan, engine)
        seed = checked.run.seed if seed is None else seed
        wanted = most_replications(narrow, replications, at_most) or checked.run.replications
        folder = Path(out) if out else result_folder("run", scenario, checked, seed)
        refuse_foreign(folder)
        origin = Origin("run", (scenario_hash(checked),), seed, engine, log)
        kept = read_kept(folder, origin, [plan], wanted)[0] if resume else FirstReplications()
        left = wanted - len(kept)
        if not yes:
            size = estimate_size(plan, replications=left, engine=engine, processes=processes, logged=log == "first")
            refuse_long(size, str(scenario), left, f"{fewer(narrow)}, less demand, or --yes")
        progress(len(kept), wanted)
        first = None if log == "none" else simulate_once(plan, seed, 0, engine)
        simulated = replicate(
            plan,
            seed=seed,
            replications=wanted,
            engine=engine,
            first=first,
            kept=kept,
            forgetting=log == "none",
            precision=narrow,
            processes=processes,
            progress=lambda done: progress(done, wanted),
        )
        manifest = manifest_of(
            "run",
            checked,
            seed=seed,
            replications=len(simulated),
            wanted=simulated.wanted,
            engine=engine,
            log=log,
            overrides=list(overrides),
            **selection_record(plan),
            **precision_record(simulated, wanted),
            **_steady_record(simulated, settled),
        )
        write_run(folder, checked, manifest, simulated, first[1] if first else None, drawing, origin)
    return RunResult(folder, manifest, checked, plan, simulated)


def most_replications(precision: Sequence[Precision], replications: int | None, at_most: int | None) -> int | None:
    """Return the number of replications, or the most where a precision is wanted; None = that of the scenario."""
    if precision and replications is not None:
        message = "says another number than --precision; leave it out, or give --at-most in its place"
        raise InvalidInput([Problem("--replications", "", message)])
    if not precision and at_most is not None:
        raise InvalidInput([Problem("--at-most", "", "goes with --precision only; give --replications in its place")])
    return (at_most or AT_MOST) if precision else replications


def fewer(precision: Sequence[Precision]) -> str:
    """Return what to give for fewer replications."""
    return "a smaller --at-most" if precision else "fewer --replications"


def precision_record(simulated: Replications, at_most: int) -> dict[str, Any]:
    """Return the precision that was asked for and what became of it, for the manifest; nothing without one."""
    if not simulated.reached:
        return {}
    wanted = [each.precision.text for each in simulated.reached]
    reached = all(each.is_narrow for each in simulated.reached)
    sentence = reached_sentence(simulated.reached, len(simulated))
    return {"precision": {"wanted": wanted, "at_most": at_most, "reached": reached, "sentence": sentence}}


def _steady_record(simulated: Replications, rows: Sequence[Row]) -> dict[str, Any]:
    """Return the steady state of each row, for the manifest; nothing if none is asked for."""
    plan = simulated.plan
    states = [find_steady_state(row, *by_intervals(simulated.columns, plan, row)) for row in rows]
    return {"steady": [steady_record(plan, each) for each in states]} if states else {}


def read_plan(
    scenario: Path | str, overrides: Sequence[str] = (), *, allow_code: bool = False
) -> tuple[Scenario, Plan]:
    """Read a scenario and make its plan.

    Parameters
    ----------
    scenario, overrides, allow_code
        As for `run`.

    Returns
    -------
    tuple[Scenario, Plan]
        Both checked, the scenario's objectives too.

    Raises
    ------
    InvalidInput
        Everything that is wrong.
    """
    checked = read_scenario(scenario, overrides, allow_code=allow_code)
    plan = make_plan(checked)
    check_objectives(checked, plan, str(scenario))
    return checked, plan


def result_folder(command: str, file: Path | str, scenario: Scenario, seed: int) -> Path:
    """Return the default folder of a result; the same command, scenario and seed give the same one.

    Parameters
    ----------
    command
        E.g. "run".
    file, scenario, seed
        The scenario's file or folder, its content, and the seed.

    Returns
    -------
    Path
        In ``results/``.
    """
    path = Path(file)
    name = path.name if path.is_dir() else path.parent.name if path.name == "scenario.yaml" else path.stem
    return Path("results") / f"{name}-{command}-{scenario_hash(scenario)[:8]}-seed{seed}"
