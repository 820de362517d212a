"""Least-cost headcounts such that targets hold, and their result folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InvalidInput, Problem, near
from sim.core.files import refuse_foreign
from sim.core.units import clock, parse_hours, parse_share
from sim.engine import Plan
from sim.experiment.manifest import manifest_of
from sim.experiment.replicate import choose_engine
from sim.experiment.size_estimate import refuse_long
from sim.experiment.staffing import Limits, Staffing, Target, default_targets, find_headcounts, parse_targets
from sim.experiment.staffing import Progress as StaffingProgress
from sim.experiment.staffing.size import fresh_days_of, search_days, size_of_search
from sim.experiment.staffing.verification import Verdict
from sim.report.staffing_folder import staffing_records, write_staffing
from sim.scenario import Scenario
from sim.scenario.size_checks import MAX_AGENTS
from sojourn.api.simulation import read_plan, result_folder

__all__ = ["StaffResult", "check_confidence", "find_staffing", "read_confidence", "read_targets"]

I8 = NDArray[np.int64]
_LIMIT = re.compile(r"\s*(?P<group>[^@=]+?)\s*(?:@\s*(?P<hours>[^=]+?)\s*)?=\s*(?P<agents>[0-9]{1,9})\s*")


@dataclass(frozen=True, eq=False)
class StaffResult:
    """The cheapest headcounts that were found, and the folder that holds them."""

    folder: Path
    manifest: dict[str, Any]
    scenario: Scenario
    staffing: Staffing
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """Return what was found, and where the result is."""
        return f"<StaffResult: {self.manifest['scenario']}, cost {self.staffing.cost:,.0f}, {self.folder}>"

    @property
    def interrupted(self) -> bool:
        """Whether the search was ended by hand; the best plan so far is kept."""
        return self.staffing.interrupted

    @property
    def verdict(self) -> Verdict | None:
        """Whether the plan keeps its targets on fresh days; None after an interrupt."""
        return self.staffing.verdict

    def as_dict(self) -> dict[str, Any]:
        """Return the manifest and the staffing, JSON-able."""
        return {"manifest": self.manifest, "notes": list(self.notes), **staffing_records(self.scenario, self.staffing)}


def find_staffing(
    scenario: Path | str,
    targets: Sequence[str] = (),
    *,
    per: str = "day",
    confidence: float | None = None,
    least: Sequence[str] = (),
    most: Sequence[str] = (),
    frozen: Sequence[str] = (),
    overrides: Sequence[str] = (),
    days: int | None = None,
    fresh_days: int | None = None,
    seed: int | None = None,
    processes: int | None = None,
    engine: str = "auto",
    report: bool = True,
    out: Path | str | None = None,
    yes: bool = True,
    allow_code: bool = False,
    progress: Callable[[StaffingProgress], None] = lambda _progress: None,
) -> StaffResult:
    """Find the cheapest headcounts per group and interval that keep targets, and write the result.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it.
    targets
        Such as ``"voice.service_level >= 80 %"`` or ``"abandonment <= 5 % per run"``; by default the service level that
        the scenario wants of each queue.
    per
        What a target is for that does not say it: "interval", "day" or "run".
    confidence
        Share of the days on which all targets are to hold at once; None = they are to hold over all days together.
    least, most
        Limits of agents on duty: ``"phone=2"``, or ``"phone@12:00-13:30=6"`` in some hours of every day.
    frozen
        Groups that keep the staff of the scenario. So do groups on shifts, and those that serve no queue with a target.
    overrides, seed, engine, yes, allow_code
        As for `sojourn.run`.
    days, fresh_days
        Replications of the search, and of each verification; by default after the size of the scenario.
    processes
        Threads; by default one per core. The result does not depend on it.
    report
        Whether to write ``report.html``.
    out
        Folder of the result; by default one in ``results/``.
    progress
        Called with the state of the search.

    Returns
    -------
    StaffResult
        The best that was found; after an interrupt (Ctrl-C), the best so far.

    Raises
    ------
    InvalidInput, CannotWrite
        Nothing was changed.
    """
    checked, plan = read_plan(scenario, overrides, allow_code=allow_code)
    engine, _ = choose_engine(plan, engine)
    wanted = read_targets(plan, targets, per)
    check_confidence(confidence)
    limits, notes = _limits(checked, plan, wanted, least, most, frozen)
    seed = checked.run.seed if seed is None else seed
    folder = Path(out) if out else result_folder("staff", scenario, checked, seed)
    refuse_foreign(folder)
    workers = processes or os.cpu_count() or 1
    if not yes:
        _refuse_long(plan, str(scenario), len(wanted), days, fresh_days, engine, workers)
    staffing = find_headcounts(
        checked,
        plan,
        wanted,
        limits,
        seed=seed,
        engine=engine,
        workers=workers,
        days=days,
        fresh_days=fresh_days,
        confidence=confidence,
        progress=progress,
    )
    manifest = manifest_of(
        "staff",
        checked,
        seed=seed,
        replications=staffing.search_days,
        engine=engine,
        overrides=list(overrides),
        targets=[str(target) for target in wanted],
        confidence=confidence,
        least=list(least),
        most=list(most),
        frozen=list(frozen),
    )
    write_staffing(folder, checked, manifest, staffing, notes, report=report)
    return StaffResult(folder, manifest, checked, staffing, notes)


def read_confidence(text: str | None) -> float | None:
    """Return a probability that is written as "90 %" or .9; None stays None.

    Parameters
    ----------
    text
        As it is written.

    Raises
    ------
    InvalidInput
        It is neither.
    """
    if text is None:
        return None
    try:
        return parse_share(text)
    except ValueError:
        message = f'"{text}" is no probability; write it as "90 %" or 0.9'
        raise InvalidInput([Problem("--confidence", "", message)]) from None


def _refuse_long(
    plan: Plan, name: str, targets: int, days: int | None, fresh_days: int | None, engine: str, workers: int
) -> None:
    """Refuse a search that would take long or much memory."""
    days = days or search_days(plan)
    fresh_days = fresh_days or fresh_days_of(days)
    size = size_of_search(plan, targets=targets, days=days, fresh_days=fresh_days, engine=engine, workers=workers)
    refuse_long(size, name, days + fresh_days, "fewer --days, less demand, or --yes")


def read_targets(plan: Plan, texts: Sequence[str], per: str) -> tuple[Target, ...]:
    """Read targets; without any, return the service level that the scenario wants of each queue.

    Parameters
    ----------
    plan
        Has the queues and groups.
    texts, per
        As for `find_staffing`.
    """
    wanted = parse_targets(plan, texts, per)
    return wanted if texts else default_targets(plan, per)  # type: ignore[arg-type]


def check_confidence(confidence: float | None) -> None:
    """Refuse a share of the days that is none.

    Parameters
    ----------
    confidence
        None = not asked for.
    """
    if confidence is not None and not 0.0 < confidence < 1.0:
        message = f"{confidence:g} is no probability; give a share of the days between 0 % and 100 %, such as 90 %"
        raise InvalidInput([Problem("--confidence", "", message)])


def _limits(
    scenario: Scenario,
    plan: Plan,
    targets: Sequence[Target],
    least: Sequence[str],
    most: Sequence[str],
    frozen: Sequence[str],
) -> tuple[Limits, tuple[str, ...]]:
    """Return the limits of the free groups, and notes about those that keep their staff."""
    problems = [
        Problem("--freeze", "", f'"{name}" is not a group; {near(name, plan.groups)}')
        for name in frozen
        if name not in plan.groups
    ]
    groups, notes = _free_groups(scenario, plan, targets, frozen)
    shape = len(groups), plan.intervals
    lower, upper = np.zeros(shape, dtype=np.int64), np.full(shape, MAX_AGENTS, dtype=np.int64)
    names = [plan.groups[group] for group in groups]
    for option, texts, values in (("--min", least, lower), ("--max", most, upper)):
        for text in texts:
            try:
                _set_limit(plan, names, text, values)
            except ValueError as error:
                problems.append(Problem(option, "", f'"{text}": {error}'))
    if not problems:
        problems += _crossed(plan, names, lower, upper)
    if not groups and not problems:
        problems.append(Problem("--target", "", "no group is left whose staff may change: " + " ".join(notes)))
    if problems:
        raise InvalidInput(problems)
    return Limits(groups, lower, upper), notes


def _free_groups(
    scenario: Scenario, plan: Plan, targets: Sequence[Target], frozen: Sequence[str]
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    queues = {target.row.key for target in targets if target.row.by == "queue"}
    queues = set(plan.queues) if any(target.row.by == "all" for target in targets) else queues
    wanted = {target.row.key for target in targets if target.row.by == "group"}
    free, notes = [], []
    for number, name in enumerate(plan.groups):
        group = scenario.agents[name]
        if name in frozen:
            continue
        if group.shifts:
            notes.append(f"{name} is on shifts, which stay as they are.")
        elif group.is_unlimited:
            notes.append(f"{name} has unlimited agents, and keeps them.")
        elif group.shrinkage == 1:
            notes.append(f"{name} has a shrinkage of 100 %, so nobody of it is on duty, however many are scheduled.")
        elif not queues.intersection(group.serves) and name not in wanted:
            notes.append(f"{name} serves no queue with a target, and keeps its staff.")
        else:
            free.append(number)
    return tuple(free), tuple(notes)


def _set_limit(plan: Plan, names: Sequence[str], text: str, values: I8) -> None:
    """Set the limit of a group in all intervals, or in those that overlap with hours of the day."""
    match = _LIMIT.fullmatch(text)
    if match is None:
        raise ValueError(
            'is no limit; write a group and a number of agents, such as "phone=2" or "phone@12:00-13:30=6"'
        )
    if match["group"] not in names:
        raise ValueError(f'"{match["group"]}" is not a group whose staff may change; {near(match["group"], names)}')
    chosen = np.ones(plan.intervals, dtype=np.bool_)
    if match["hours"]:
        begin, until = parse_hours(match["hours"])
        starts = np.array([plan.calendar.local(instant)[1] for instant in _begins(plan)])
        chosen = (starts + plan.interval > begin) & (starts < until)
        if not chosen.any():
            raise ValueError(f"no interval of the run lies within {match['hours']}")
    if int(match["agents"]) > MAX_AGENTS:
        raise ValueError(f"{int(match['agents']):,} is too many agents; give at most {MAX_AGENTS:,}")
    values[names.index(match["group"]), chosen] = int(match["agents"])


def _begins(plan: Plan) -> Iterable[float]:
    return (plan.origin + plan.interval * number for number in range(plan.intervals))


def _crossed(plan: Plan, names: Sequence[str], lower: I8, upper: I8) -> list[Problem]:
    rows, intervals = np.nonzero(lower > upper)
    begins = list(_begins(plan))
    return [
        Problem(
            "--min",
            "",
            f"{names[row]} at {clock(plan.calendar.local(begins[at])[1])}: at least {lower[row, at]} agents"
            f" and at most {upper[row, at]} cannot both be; change one of the limits",
        )
        for row, at in list(zip(rows.tolist(), intervals.tolist(), strict=True))[:5]
    ]
