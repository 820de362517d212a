"""The whole way in one call: demand to requirements to roster to simulated service, any step replaced by a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.core import interrupts
from sim.core.errors import InvalidInput, Problem
from sim.report.number_format import or_none
from sim.report.plans import PlanRecord, PlanSteps, write_plans
from sim.report.roster_folder import SHIFTS, write_roster
from sim.report.staffing_folder import REQUIREMENTS
from sim.roster import read_rules
from sim.scenario.document import read_yaml
from sojourn.api.integrated import Integrated, integrate
from sojourn.api.plan_shrinkage import planned_shrinkage, shift_changes
from sojourn.api.plan_verification import VerifiedPlan, verify_plan
from sojourn.api.rosters import RosterResult, make_roster
from sojourn.api.simulation import RunResult, read_plan, result_folder, run
from sojourn.api.staffing import StaffResult, find_staffing, read_targets

__all__ = ["IntegratedPlan", "ServicePlan", "budget_of", "plan_service", "write_table"]

BUDGET = ("cost", "paid_hours", "scheduled_hours", "staffed_hours", "fte_net", "fte_gross")
_KPIS = (*BUDGET, "service_level", "abandonment", "occupancy")
Steps = Callable[[str], AbstractContextManager[Any]]
"""Returns the progress of a step: "staffing", "roster", "integrated", "verification" or "service"."""


@dataclass(frozen=True, eq=False)
class IntegratedPlan:
    """Shifts chosen against simulated service, and what fresh days and a run say about them."""

    folder: Path
    choice: Integrated
    verification: VerifiedPlan
    service: RunResult

    def as_dict(self) -> dict[str, Any]:
        """Return what was found and how it serves, JSON-able."""
        return {
            **self.choice.as_dict(),
            "budget": budget_of(self.service),
            "verification": self.verification.as_dict(),
            "service": self.service.as_dict(),
        }


def budget_of(service: RunResult) -> dict[str, float]:
    """Return cost, paid, scheduled and staffed hours, FTE net and gross of a run.

    Parameters
    ----------
    service
        The run.
    """
    return {name: float(service.estimates.value_of(name, "all", "")) for name in BUDGET}


def _record(
    name: str,
    folder: str,
    headcounts: float | None,
    roster: float | None,
    verified: VerifiedPlan | None,
    service: RunResult | None,
) -> PlanRecord | None:
    if verified is None or service is None:
        return None
    level = service.estimates.row("service_level")
    return PlanRecord(
        name=name,
        folder=folder,
        headcount_cost=headcounts,
        roster_cost=roster,
        service_level=or_none(level.value),
        low=or_none(level.low),
        high=or_none(level.high),
        likely=verified.verification.probability,
        verdict=verified.verdict,
        **budget_of(service),
    )


@dataclass(frozen=True, eq=False)
class ServicePlan:
    """Results of the steps, each with a folder of its own; None = replaced by a file, or not reached.

    Parameters
    ----------
    folder
        Holds the folders of the steps.
    staffing, roster, verification, service
        Their results.
    notes
        Sentences about what a planner might not expect.
    integrated
        Shifts chosen against simulated service, if wanted.
    """

    folder: Path
    staffing: StaffResult | None
    roster: RosterResult | None
    verification: VerifiedPlan | None
    service: RunResult | None
    notes: tuple[str, ...]
    integrated: IntegratedPlan | None = None

    @property
    def budget(self) -> dict[str, float]:
        """Cost, paid, scheduled and staffed hours, FTE net and gross, as simulated; empty if it was not."""
        return {} if self.service is None else budget_of(self.service)

    @property
    def plans(self) -> tuple[ServicePlan, ...]:
        """Itself, as the plans of a frontier."""
        return (self,)

    @property
    def records(self) -> list[PlanRecord]:
        """The plan as a row of a table of plans, and the integrated one; none if they were not simulated to the end."""
        headcounts = None if self.staffing is None else self.staffing.staffing.cost
        first = None if self.roster is None else self.roster.roster.cost
        own = [_record("plan", "", headcounts, first, self.verification, self.service)]
        if self.integrated is not None:
            each = self.integrated
            cost = each.choice.cost
            own.append(_record("integrated", "integrated", None, cost, each.verification, each.service))
        return [record for record in own if record is not None]

    @property
    def steps(self) -> list[PlanSteps]:
        """What a page of the plan shows of its steps, and the files of the integrated way."""
        staffing = None if self.staffing is None else self.staffing.staffing
        own = [PlanSteps("", "", staffing, None if self.roster is None else self.roster.roster)]
        return own if self.integrated is None else [*own, PlanSteps("integrated", "integrated", None, None)]

    @property
    def holds(self) -> bool:
        """Whether all targets hold with these shifts and nobody is missing; or with the integrated ones."""
        short = self.roster is not None and any(group.shortages for group in self.roster.roster.groups)
        verified = self.verification is not None and self.verification.verdict == "holds"
        return (verified and not short) or (
            self.integrated is not None and self.integrated.verification.verdict == "holds"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return all steps, JSON-able."""
        steps: dict[str, Any] = {
            "staffing": self.staffing,
            "roster": self.roster,
            "verification": self.verification,
            "service": self.service,
        }
        if self.integrated is not None:
            steps["integrated"] = self.integrated
        records = {name: None if step is None else step.as_dict() for name, step in steps.items()}
        return {"notes": list(self.notes), "budget": self.budget, **records}


def plan_service(
    scenario: Path | str,
    rules: Path | str | None = None,
    targets: Sequence[str] = (),
    *,
    per: str = "day",
    requirements: Path | str | None = None,
    shifts: Path | str | None = None,
    overrides: Sequence[str] = (),
    gap: float = 1e-4,
    seconds: float | None = None,
    days: int | None = None,
    fresh_days: int | None = None,
    replications: int | None = None,
    seed: int | None = None,
    processes: int | None = None,
    out: Path | str | None = None,
    report: bool = True,
    yes: bool = True,
    allow_code: bool = False,
    integrated: bool = False,
    steps: Steps = lambda _step: nullcontext(lambda *_state: None),
) -> ServicePlan:
    """Find requirements for targets, cover them by shifts, and simulate these: each step with a folder of its own.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it.
    rules
        Of the roster, as for `sojourn.make_roster`.
    targets, per, days, fresh_days
        As for `sojourn.find_staffing`.
    requirements
        A CSV table in place of the first step.
    shifts
        A YAML file with shifts for each group, in place of the first two steps.
    gap, seconds
        As for `sojourn.make_roster`.
    overrides, replications, seed, processes, report, yes, allow_code
        As for `sojourn.run`; without ``yes``, a step that would take long is refused when its turn comes.
    out
        Folder of the steps' folders; by default one in ``results/``.
    integrated
        Whether to choose shifts against simulated service, too, beside those that cover requirements.
    steps
        Called with the name of a step, returns a context of its progress.

    Raises
    ------
    InvalidInput, CannotWrite
        The folders of the steps before are kept.
    """
    checked, plan_of_scenario = read_plan(scenario, overrides, allow_code=allow_code)
    _check_files(rules, requirements, shifts, integrated=integrated)
    folder = Path(out) if out else result_folder("plan", scenario, checked, checked.run.seed if seed is None else seed)
    common: dict[str, Any] = {"seed": seed, "processes": processes, "yes": yes, "allow_code": allow_code}
    staffing = roster = verification = service = None

    def serve(own: Path, changes: Iterable[str]) -> tuple[VerifiedPlan, RunResult]:
        every = [*overrides, *changes]
        with steps("verification") as progress:
            verified = verify_plan(
                scenario, None, targets, per=per, overrides=every, days=fresh_days, out=own / "verification",
                report=report, progress=progress, **common,
            )  # fmt: skip
        with steps("service") as progress:
            simulated = run(
                scenario, overrides=every, replications=replications, kpis=_KPIS, out=own / "service", report=report,
                progress=progress, **common,
            )  # fmt: skip
        return verified, simulated

    if requirements is None and shifts is None:
        with steps("staffing") as progress:
            staffing = find_staffing(
                scenario, targets, per=per, overrides=overrides, days=days, fresh_days=fresh_days,
                out=folder / "staffing", report=report, progress=progress, **common,
            )  # fmt: skip
        requirements = folder / "staffing" / REQUIREMENTS
    shrinkage = planned_shrinkage(checked, None if rules is None else read_rules(Path(rules)))
    if shifts is None and requirements is not None and rules is not None and not interrupts.presses():
        with steps("roster") as progress:
            roster = make_roster(
                requirements, rules, shrinkage=shrinkage.shares, gap=gap, seconds=seconds, out=folder / "roster",
                report=report, progress=progress,
            )  # fmt: skip
        shifts = folder / "roster" / SHIFTS
    notes: tuple[str, ...] = ()
    if shifts is not None and not interrupts.presses():
        groups = [name for name in read_yaml(Path(shifts), "agents").data if name in checked.agents]
        kept = [name for name in checked.agents if name not in groups]
        notes = (shrinkage.sentence(groups), *(f"{name} has no shifts here, and keeps its staff." for name in kept))
        verification, service = serve(folder, shift_changes(checked, shrinkage.shares, groups, Path(shifts)))
    other = None
    if integrated and roster is not None and not interrupts.presses():
        first = ServicePlan(folder, staffing, roster, verification, service, notes)
        write_table(folder, [first], first.records, first.steps, report=report)  # Ctrl-C keeps it
        own = folder / "integrated"
        wanted = read_targets(plan_of_scenario, targets, per)
        with steps("integrated") as progress:
            choice = integrate(
                checked, roster.roster, wanted, seed=checked.run.seed if seed is None else seed, processes=processes,
                progress=progress,
            )  # fmt: skip
        write_roster(own / "roster", choice.roster, roster.manifest, choice.as_dict(), report=report)
        if not interrupts.presses():
            changes = shift_changes(checked, shrinkage.shares, groups, own / "roster" / SHIFTS)
            other = IntegratedPlan(own, choice, *serve(own, changes))
    plan = ServicePlan(folder, staffing, roster, verification, service, notes, other)
    write_table(folder, [plan], plan.records, plan.steps, report=report)
    return plan


def write_table(
    folder: Path,
    plans: Sequence[ServicePlan],
    records: Sequence[PlanRecord],
    shown: Sequence[PlanSteps],
    *,
    report: bool,
) -> None:
    """Write the table of plans, and their page.

    Parameters
    ----------
    folder
        Where they are.
    plans, records
        Of them; without records, nothing is written.
    shown
        Their steps.
    report
        Whether to write ``report.html``.
    """
    if not records:
        return
    write_plans(folder, records)
    service = next(plan.service for plan in plans if plan.service is not None)
    if report:
        from sim.report.plans_page import write_plans_page

        notes = dict.fromkeys(note for plan in plans for note in plan.notes)
        write_plans_page(folder, service.plan, service.manifest, records, shown, list(notes))


def _check_files(
    rules: Path | str | None, requirements: Path | str | None, shifts: Path | str | None, *, integrated: bool
) -> None:
    """Refuse files that contradict each other, before anything is searched."""
    problems = []
    if shifts is not None and (requirements is not None or rules is not None):
        problems.append(Problem("--shifts", "", "takes the place of the other steps; give it without their files"))
    if shifts is not None and integrated:
        problems.append(Problem("--integrated", "", "changes the shifts of a roster; give --rules, and not --shifts"))
    if shifts is None and rules is None:
        problems.append(Problem("--rules", "", "is missing: a file of shifts and contracts; or give --shifts"))
    if problems:
        raise InvalidInput(problems)
    if rules is not None:
        read_rules(Path(rules))
