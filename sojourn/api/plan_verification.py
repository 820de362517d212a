"""Verification of a staffing plan, wherever it comes from, on fresh days."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.core.errors import InvalidInput, Problem, near
from sim.core.files import refuse_foreign
from sim.core.units import parse_time_of_day
from sim.engine import Plan
from sim.experiment.manifest import manifest_of
from sim.experiment.replicate import choose_engine
from sim.experiment.size_estimate import refuse_long
from sim.experiment.staffing.load import load_of
from sim.experiment.staffing.overload import Overload, find_overloads
from sim.experiment.staffing.size import fresh_days_of, search_days, size_of_days
from sim.experiment.staffing.verification import Verdict, Verification, fresh_numbers
from sim.experiment.staffing.verification import verify_plan as verify_on_fresh_days
from sim.report.verification_folder import verification_records, write_verification
from sim.scenario import Scenario
from sim.scenario.csv_records import csv_records
from sim.scenario.document import read_text
from sim.scenario.interval_tables import read_table
from sojourn.api.simulation import read_plan, result_folder
from sojourn.api.staffing import check_confidence, read_targets

__all__ = ["VerifiedPlan", "verify_plan"]

_OPTION = "--staffing"


@dataclass(frozen=True, eq=False)
class VerifiedPlan:
    """What fresh days say about a plan, and the folder that holds it."""

    folder: Path
    manifest: dict[str, Any]
    scenario: Scenario
    plan: Plan
    verification: Verification
    overloads: tuple[Overload, ...]
    confidence: float | None
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """Return the verdict, and where the result is."""
        return f"<VerifiedPlan: {self.scenario.name}, {self.verdict}, {self.folder}>"

    @property
    def verdict(self) -> Verdict:
        """Whether the plan "holds", "fails", or is "in doubt"."""
        return self.verification.verdict(self.confidence)

    def as_dict(self) -> dict[str, Any]:
        """Return the manifest and the verification, JSON-able."""
        records = verification_records(self.plan, self.verification, self.overloads, self.confidence)
        return {"manifest": self.manifest, "notes": list(self.notes), **records}


def verify_plan(
    scenario: Path | str,
    staffing: Path | str | None = None,
    targets: Sequence[str] = (),
    *,
    per: str = "day",
    confidence: float | None = None,
    on_duty: bool = False,
    overrides: Sequence[str] = (),
    days: int | None = None,
    seed: int | None = None,
    processes: int | None = None,
    engine: str = "auto",
    report: bool = True,
    out: Path | str | None = None,
    yes: bool = True,
    allow_code: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> VerifiedPlan:
    """Simulate a plan on fresh days, and say where and how likely targets fail.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it.
    staffing
        A CSV file of groups by interval: a row per interval and a column per group, or a row per group. Groups without
        numbers keep the staff or the shifts of the scenario. None = all do.
    targets, per, confidence
        As for `sojourn.find_staffing`.
    on_duty
        Whether the numbers are agents on duty; otherwise they are agents to schedule, of whom the shrinkage is away.
    overrides, seed, engine, yes, allow_code
        As for `sojourn.run`.
    days
        Fresh replications; by default after the size of the scenario.
    processes
        Threads; by default one per core. The result does not depend on it.
    report
        Whether to write ``report.html`` and its tables.
    out
        Folder of the result; by default one in ``results/``.
    progress
        Called with the number of days done, and their total.

    Returns
    -------
    VerifiedPlan
        With a verdict.

    Raises
    ------
    InvalidInput, CannotWrite
        Nothing was changed.
    """
    check_confidence(confidence)
    with _staffed(scenario, staffing, overrides, on_duty=on_duty, allow_code=allow_code) as (changes, notes):
        checked, plan = read_plan(scenario, [*overrides, *changes], allow_code=allow_code)
    engine, _ = choose_engine(plan, engine)
    wanted = read_targets(plan, targets, per)
    seed = checked.run.seed if seed is None else seed
    folder = Path(out) if out else result_folder("verify", scenario, checked, seed)
    refuse_foreign(folder)
    total = days or fresh_days_of(search_days(plan))
    workers = processes or os.cpu_count() or 1
    if not yes:
        size = size_of_days(plan, targets=len(wanted), days=total, engine=engine, workers=workers)
        refuse_long(size, str(scenario), total, "fewer --days, less demand, or --yes")
    progress(0, total)
    verified = verify_on_fresh_days(
        plan,
        wanted,
        seed=seed,
        numbers=fresh_numbers(total),
        engine=engine,
        workers=workers,
        progress=lambda done: progress(done, total),
    )
    overloads = _overloads(checked, plan, seed, engine)
    manifest = manifest_of(
        "verify-plan",
        checked,
        seed=seed,
        replications=total,
        engine=engine,
        overrides=list(overrides),
        staffing=None if staffing is None else str(staffing),
        on_duty=on_duty,
        targets=[str(target) for target in wanted],
        confidence=confidence,
    )
    result = VerifiedPlan(folder, manifest, checked, plan, verified, overloads, confidence, notes)
    records = verification_records(plan, verified, overloads, confidence)

    def write_page(own: Path) -> None:
        from sim.report.verification_page import write_verification_report

        if report:
            write_verification_report(own, plan, manifest, verified, overloads, notes)

    write_verification(folder, checked, manifest, {"notes": list(notes), **records}, write_page=write_page)
    return result


def _overloads(scenario: Scenario, plan: Plan, seed: int, engine: str) -> tuple[Overload, ...]:
    """Return the intervals without enough agents; none is known where agents are on shifts."""
    if any(scenario.agents[name].shifts for name in plan.groups):
        return ()  # the load is simulated with more agents than anybody needs, and shifts have as many as they have
    load = load_of(scenario, plan, tuple(range(len(plan.groups))), seed=seed, engine=engine)
    return tuple(find_overloads(plan, load))


@contextmanager
def _staffed(
    scenario: Path | str, staffing: Path | str | None, overrides: Sequence[str], *, on_duty: bool, allow_code: bool
) -> Iterator[tuple[list[str], tuple[str, ...]]]:
    """Yield the changes of a scenario that staff it from a file, and notes about groups that keep their staff."""
    if staffing is None:
        if on_duty:
            raise InvalidInput([Problem("--on-duty", "", f"says what the numbers of {_OPTION} are; give both")])
        yield [], ()
        return
    before, plan = read_plan(scenario, overrides, allow_code=allow_code)
    with TemporaryDirectory() as folder:
        original = Path(staffing)
        file = _by_interval(original, Path(folder))
        try:
            groups = list(read_table(file).columns)
        except InvalidInput as error:
            raise _of_original(error, file, original) from None
        _check_groups(str(staffing), groups, before, plan)
        changes = [f"agents.{name}.staff={file.absolute()}" for name in groups]
        changes += [f"agents.{name}.shrinkage=0 %" for name in groups if on_duty]
        kept = [name for name in plan.groups if name not in groups]
        try:
            yield changes, tuple(f"{name} is not in {staffing}, and keeps its staff." for name in kept)
        except InvalidInput as error:
            raise _of_original(error, file, original) from None


def _check_groups(file: str, groups: Sequence[str], scenario: Scenario, plan: Plan) -> None:
    problems = [
        Problem(file, "", f'the column "{name}" is not a group of the scenario; {near(name, plan.groups)}', 1)
        for name in groups
        if name not in plan.groups
    ]
    problems += [
        Problem(file, "", f'"{name}" is on shifts in the scenario; leave its column out, or give it `staff` there', 1)
        for name in groups
        if name in plan.groups and scenario.agents[name].shifts
    ]
    if problems:
        raise InvalidInput(problems)


def _by_interval(file: Path, folder: Path) -> Path:
    """Return a table with a row per interval: the file, or a copy of it that is turned where it has a row per group."""
    try:
        records = [cells for _, cells in csv_records(read_text(file))]
    except csv.Error:
        return file  # what is wrong is said where tables are read
    header = records[0][1:] if records else []
    if not header or len({len(cells) for cells in records}) > 1 or not all(map(_is_time, header)):
        return file
    turned = folder / file.name
    with turned.open("w", encoding="utf-8", newline="") as copy:
        csv.writer(copy).writerows(zip(*[["time", *records[0][1:]], *records[1:]], strict=True))
    return turned


def _of_original(error: InvalidInput, file: Path, original: Path) -> InvalidInput:
    """Return problems of a table, or of its turned copy, as those of the file that was given."""
    is_copy = file != original

    def renamed(problem: Problem) -> Problem:
        is_of_table = problem.file == str(file)
        message = problem.message.replace(str(file.absolute()), str(original)).replace(str(file), str(original))
        line = 0 if is_of_table and is_copy else problem.line  # which is a column of the file
        return replace(problem, file=str(original) if is_of_table else problem.file, message=message, line=line)

    return InvalidInput(map(renamed, error.problems))


def _is_time(cell: str) -> bool:
    try:
        parse_time_of_day(cell)
    except ValueError:
        return False
    return True
