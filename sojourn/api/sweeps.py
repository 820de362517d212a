"""Sweep: many points of a scenario on the same customers, and a table of what each gives."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.core.errors import InvalidInput, Problem
from sim.core.files import refuse_foreign
from sim.core.units import counted, spell
from sim.engine import Plan, make_plan
from sim.experiment.goals import Goal, read_goals
from sim.experiment.manifest import manifest_of
from sim.experiment.replicate import common_engine
from sim.experiment.size_estimate import SizeEstimate, estimate_size, refuse_long
from sim.experiment.sweep import SweepWork, prepare_sweep, simulate_points
from sim.experiment.sweep_cache import SweepCache
from sim.experiment.sweep_estimates import SweepPoint, SweepValues
from sim.kpis import Row
from sim.kpis.selection import select_kpis
from sim.report.sweep_folder import write_sweep
from sim.report.sweep_records import sweep_records
from sim.scenario import Scenario, scenario_hash
from sim.scenario.reader import ScenarioFile, read_file
from sim.scenario.sweep_file import SweepFile, read_sweep_file
from sim.scenario.sweep_points import PointsWanted, SweepPoints, design_points
from sojourn.api.effects import rounding_notes
from sojourn.api.simulation import Progress, result_folder

__all__ = ["CACHE", "KPIS", "SweepResult", "sweep"]

KPIS = ("service_level",)
"""KPIs of a sweep that names none. The cost is added if the scenario has costs."""
CACHE = Path("results") / "sweep-cache"
SECONDS_EACH = 0.004  # of a replication, however short it is: measured
COST = Row("cost", "all", "", None)


@dataclass(frozen=True, eq=False)
class SweepResult:
    """A sweep, and the folder that holds its result; ``notes`` are sentences about headcounts that were rounded."""

    folder: Path
    manifest: dict[str, Any]
    plan: Plan
    points: SweepPoints
    values: SweepValues
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return what was simulated, and where the result is."""
        sizes = counted(len(self.points), "point"), counted(self.values.replications, "replication")
        return f"<SweepResult: {self.manifest['scenario']}, {' of '.join(sizes)}, {self.folder}>"

    @property
    def interrupted(self) -> bool:
        """Whether fewer points were simulated than asked for."""
        return not bool(self.values.done.all())

    def records(self) -> list[dict[str, Any]]:
        """Return a record per point and row: the values of the paths, and the estimates, with None for NaN."""
        return sweep_records(self.points, self.values)

    def as_dict(self) -> dict[str, Any]:
        """Return the manifest and the records, JSON-able."""
        return {"manifest": self.manifest, "notes": list(self.notes), "points": self.records()}


def sweep(
    scenario: Path | str | None = None,
    vary: Mapping[str, object] | None = None,
    *,
    points: PointsWanted | None = None,
    kpis: Sequence[str] = (),
    file: Path | str | None = None,
    overrides: Sequence[str] = (),
    replications: int | None = None,
    seed: int | None = None,
    processes: int | None = None,
    engine: str = "auto",
    out: Path | str | None = None,
    cache: Path | str = CACHE,
    resume: bool = True,
    yes: bool = True,
    allow_code: bool = False,
    announce: Callable[[str], None] = lambda _sentence: None,
    progress: Progress = lambda _done, _total: None,
) -> SweepResult:
    """Simulate many points of a scenario on the same customers, and write a table of what each gives.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it; None where ``file`` names it.
    vary
        Values by path: ``{"agents.phone.staff": "4..10", "demand.volume": ["*0.8", "*1.0", "*1.2"]}``. Paths are those
        of overrides, ``*`` included.
    points
        None = all combinations; a number = so many points of a Latin hypercube over the ranges; else the points, as a
        CSV or YAML file or as mappings from paths to values, without ``vary``.
    kpis
        What is measured, such as ``"voice.service_level"`` or, with a bound, ``"voice.service_level >= 80 %"``; by
        default the service level. The cost is added where there is one.
    file
        A YAML file with all of this (docs/guides/sweep.md); what is given here goes before it.
    overrides
        Changes of all points.
    replications, seed, processes, engine, out, yes, allow_code
        As for `sojourn.run`; replications are those of each point.
    cache
        Folder that keeps what was simulated, so that a larger sweep simulates only what is new.
    resume
        False simulates all anew, and replaces what was kept.
    announce
        Called with a sentence about the size of the sweep, before it begins.
    progress
        Called with the number of replications done, and their total.

    Returns
    -------
    SweepResult
        When interrupted (Ctrl-C), of the points that are complete; the same call goes on from there.

    Raises
    ------
    InvalidInput, CannotWrite
        Nothing was changed.
    """
    read = read_sweep_file(Path(file)) if file is not None else SweepFile()
    name = scenario if scenario is not None else read.scenario
    if name is None:
        raise InvalidInput([Problem("sojourn sweep", "", "needs a scenario, or --file FILE that names one")])
    common = [*read.set, *overrides]
    source = read_file(name, overrides=common, allow_code=allow_code)
    base = source.changed(common)
    seed = next(each for each in (seed, read.seed, base.run.seed) if each is not None)
    varied = {**read.vary, **(vary or {})}
    where = f"{file}: vary" if file is not None and not vary else "--vary"
    wanted = design_points(varied, read.points if points is None else points, seed, where)
    scenarios = _scenarios(source, common, wanted)
    measured = list(kpis or read.kpis or KPIS)
    simulated = _points(scenarios, wanted, measured)
    engine = common_engine([point.plan for point in simulated], engine)
    folder = Path(out) if out else result_folder("sweep", name, base, seed)
    refuse_foreign(folder)
    count = replications or read.replications or base.run.replications
    work = prepare_sweep(
        simulated, SweepCache(Path(cache), anew=not resume), seed=seed, replications=count, engine=engine
    )
    size = _size_of(work, engine, processes)
    if not yes:
        refuse_long(size, str(name), work.replications_left, "fewer points or --replications, or --yes")
    announce(_sentence(work, size))
    values = simulate_points(work, processes=processes, progress=progress)
    manifest = manifest_of(
        "sweep",
        base,
        seed=seed,
        replications=count,
        engine=engine,
        overrides=common,
        design=wanted.design,
        points=int(values.done.sum()),
        wanted=len(wanted),
        paths=list(wanted.paths),
        kpis=measured,
    )
    notes = rounding_notes(base, _staffed_apart(scenarios, wanted))
    write_sweep(folder, base, manifest, simulated[0].plan, wanted, values, notes)
    return SweepResult(folder, manifest, simulated[0].plan, wanted, values, tuple(notes))


def _staffed_apart(scenarios: Sequence[Scenario], points: SweepPoints) -> Iterator[Scenario]:
    """Yield the scenarios whose agents are changed in another way than those of the points before them."""
    paths = [i for i, path in enumerate(points.paths) if path.split(".")[0] == "agents"]
    apart = {
        tuple(values[i] for i in paths): scenario for scenario, values in zip(scenarios, points.values, strict=True)
    }
    yield from apart.values() if paths else ()


def _scenarios(source: ScenarioFile, common: Sequence[str], points: SweepPoints) -> list[Scenario]:
    """Return the scenario of each point, or raise all problems of all points, each once, whatever its numbers are."""
    scenarios: list[Scenario] = []
    problems: dict[tuple[str, str], list[tuple[int, Problem]]] = {}
    for number in range(len(points)):
        try:
            scenarios.append(source.changed([*common, *points.overrides(number)]))
        except InvalidInput as error:
            for problem in error.problems:
                problems.setdefault((problem.path, re.sub(r"[0-9.]+", "0", problem.message)), []).append(
                    (number, problem)
                )
    if problems:
        raise InvalidInput(_problem(points, cases) for cases in problems.values())
    return scenarios


def _problem(points: SweepPoints, cases: Sequence[tuple[int, Problem]]) -> Problem:
    """Return the problem of some points, as the first of them has it."""
    number, problem = cases[0]
    also = len({number for number, _ in cases}) - 1
    about = "" if problem.file.startswith("--set") else f"{problem.file}: "
    more = f"; likewise at {counted(also, 'other point')}" if also else ""
    return replace(
        problem, file=f"point {number + 1} ({points.name(number)})", message=about + problem.message + more, line=0
    )


def _points(scenarios: Iterable[Scenario], points: SweepPoints, kpis: Sequence[str]) -> list[SweepPoint]:
    """Return the points with their plans and rows; the cost is one of them where there is any."""
    made: list[SweepPoint] = []
    for scenario in scenarios:
        plan = make_plan(scenario)
        made.append(SweepPoint(plan, scenario_hash(scenario), read_goals(plan, scenario, kpis, "--kpi")))
    if any(point.plan.group_cost.any() for point in made) and all(goal.row != COST for goal in made[0].goals):
        made = [replace(point, goals=(*point.goals, Goal(COST))) for point in made]
    rows = [goal.row for goal in made[0].goals]
    problems = [
        Problem(f"point {number + 1} ({points.name(number)})", "", "has other queues or groups than the first point")
        for number, point in enumerate(made)
        if [goal.row for goal in point.goals] != rows
    ]
    if problems:
        raise InvalidInput(problems)
    return [replace(point, plan=_measuring(point.plan, rows)) for point in made]


def _measuring(plan: Plan, rows: Sequence[Row]) -> Plan:
    """Return a plan of which only some rows are measured, and the days that they are made of."""
    return select_kpis(plan, [row.kpi for row in rows], list(dict.fromkeys(row.by for row in rows)))


def _size_of(work: SweepWork, engine: str, processes: int | None) -> SizeEstimate:
    """Return what is left to simulate, and what it needs."""
    left: dict[int, int] = {}
    for piece in work.left:
        point = work.owners[piece]
        left[point] = left.get(point, 0) + piece.count
    sizes = [
        estimate_size(work.points[point].plan, replications=count, engine=engine, processes=processes)
        for point, count in left.items()
    ]
    workers = processes or os.cpu_count() or 1
    return SizeEstimate(
        max((size.touchpoints for size in sizes), default=0.0),
        sum(size.seconds for size in sizes) + SECONDS_EACH * sum(left.values()) / workers,
        max((size.memory for size in sizes), default=0.0),
    )


def _sentence(work: SweepWork, size: SizeEstimate) -> str:
    """Return how large a sweep is, how much of it is known, and how long the rest will take."""
    points, replications = counted(len(work.points), "point"), counted(work.replications, "replication")
    left = work.replications_left
    if not left:
        return f"{points}, {replications} of each: all kept from before."
    known = f"{work.total - left:,} of {work.total:,} kept from before, the others" if left < work.total else "all"
    return f"{points}, {replications} of each: {known} will take about {spell(max(1.0, float(f'{size.seconds:.1g}')))}."
