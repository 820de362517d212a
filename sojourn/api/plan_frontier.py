"""The efficient frontier: a whole plan for each of several service levels, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.core import interrupts
from sim.core.errors import InvalidInput, Problem
from sim.core.units import parse_share
from sim.engine import Plan
from sim.experiment.staffing import Target
from sim.report.plans import PlanRecord, PlanSteps
from sojourn.api.service_plan import ServicePlan, plan_service, write_table
from sojourn.api.simulation import read_plan, result_folder
from sojourn.api.staffing import read_targets

__all__ = ["Frontier", "plan_frontier", "read_levels"]

_OPTION = "--levels"


@dataclass(frozen=True, eq=False)
class Frontier:
    """Plans for several service levels.

    Parameters
    ----------
    folder
        Holds a folder for each plan, their table ``plans.csv``, and the page with cost against service level.
    levels
        That were asked for.
    plans
        One for each.
    records
        Rows of their table.
    """

    folder: Path
    levels: tuple[float, ...]
    plans: tuple[ServicePlan, ...]
    records: tuple[PlanRecord, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return all plans, JSON-able."""
        plans = zip(self.levels, self.plans, strict=False)  # fewer after an interrupt
        return {"plans": [{"level": level, **plan.as_dict()} for level, plan in plans]}


def read_levels(text: str) -> tuple[float, ...]:
    """Read service levels such as ``"70 %, 80 %, 90 %"``; each once, the lowest first.

    Parameters
    ----------
    text
        At least one share, with commas between.

    Raises
    ------
    InvalidInput
        One of them is no service level.
    """
    levels, problems = set(), []
    for part in text.split(","):
        try:
            level = parse_share(part.strip())
        except ValueError as error:
            problems.append(Problem(_OPTION, "", f'"{part.strip()}": {error}'))
            continue
        if not 0.0 < level < 1.0:
            problems.append(Problem(_OPTION, "", f'"{part.strip()}" lies not between 0 % and 100 %'))
        levels.add(level)
    if problems:
        raise InvalidInput(problems)
    return tuple(sorted(levels))


def plan_frontier(
    scenario: Path | str,
    rules: Path | str | None,
    targets: Sequence[str] = (),
    *,
    levels: Sequence[float],
    per: str = "day",
    overrides: Sequence[str] = (),
    seed: int | None = None,
    out: Path | str | None = None,
    report: bool = True,
    allow_code: bool = False,
    **options: Any,
) -> Frontier:
    """Make a whole plan for each of several service levels, and compare what they cost with what they give.

    Parameters
    ----------
    scenario, rules, per, overrides, seed, report, allow_code
        As for `plan_service`.
    targets
        As for `plan_service`; the bounds of service levels are replaced, others stay.
    levels
        Shares that are to be answered in time.
    out
        Folder of the plans' folders; by default one in ``results/``.
    **options
        Of `plan_service`: gap, seconds, days, fresh_days, replications, processes, integrated, yes, steps.

    Raises
    ------
    InvalidInput, CannotWrite
        The plans before are kept.
    """
    checked, plan = read_plan(scenario, overrides, allow_code=allow_code)
    texts = {level: _at_level(plan, targets, per, level) for level in levels}
    folder = Path(out) if out else result_folder("plan", scenario, checked, checked.run.seed if seed is None else seed)
    plans: list[ServicePlan] = []
    records: list[PlanRecord] = []
    shown: list[PlanSteps] = []
    for level, own in texts.items():
        if interrupts.presses():
            break
        name = f"{100 * level:g}"
        made = plan_service(
            scenario, rules, own, per=per, overrides=overrides, seed=seed, out=folder / f"level-{name}", report=report,
            allow_code=allow_code, **options,
        )  # fmt: skip
        plans.append(made)
        records += (_at(record, name) for record in made.records)
        shown += (
            replace(each, name=_name(each.name, name), folder=_folder(each.folder, name), staffing=None)
            for each in made.steps
        )
        write_table(folder, plans, records, shown, report=report)
    return Frontier(folder, tuple(texts), tuple(plans), tuple(records))


def _at(record: PlanRecord, level: str) -> PlanRecord:
    """Return the row of a plan in the table of all levels."""
    way = "" if record.name == "plan" else record.name
    return replace(record, name=_name(way, level), folder=_folder(record.folder, level))


def _name(way: str, level: str) -> str:
    return f"{level} %{way and f', {way}'}"


def _folder(folder: str, level: str) -> str:
    return f"level-{level}/{folder}".rstrip("/")


def _at_level(plan: Plan, targets: Sequence[str], per: str, level: float) -> list[str]:
    """Return targets with another service level."""
    wanted = read_targets(plan, targets, per)
    if not any(map(_is_level, wanted)):
        message = "no target is a service level; add one, such as --target 'voice.service_level >= 80 %'"
        raise InvalidInput([Problem(_OPTION, "", message)])
    return [str(replace(target, bound=level) if _is_level(target) else target) for target in wanted]


def _is_level(target: Target) -> bool:
    return target.row.kpi.startswith("service_level")
