"""``sojourn plan``: demand to requirements to roster to simulated service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from sojourn.terminal.options import (
    AllowCode,
    Json,
    Out,
    Overrides,
    Processes,
    Replications,
    Report,
    ScenarioFile,
    Seed,
    Yes,
)

if TYPE_CHECKING:
    from sojourn.api.plan_frontier import Frontier
    from sojourn.api.service_plan import IntegratedPlan, ServicePlan

RulesFile = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads it at run time
    typer.Option("--rules", help="YAML: kinds of shift, contracts and prices, as for `roster`."),
]
Targets = Annotated[
    list[str], typer.Option("--target", metavar="TARGET", help="As for `staff`; else what the scenario wants.")
]
PerOption = Annotated[str, typer.Option("--per", help="Targets hold per interval, day or run.")]
RequirementsFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--requirements", help="CSV of agents on duty, in place of the search for headcounts."),
]
ShiftsFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--shifts", help="YAML of shifts for each group, in place of headcounts and roster."),
]
Levels = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--levels",
        metavar="SHARES",
        help='A plan for each of these service levels, e.g. "70 %, 80 %, 90 %", and cost against service as a plot.',
    ),
]
IntegratedOption = Annotated[
    bool, typer.Option("--integrated", help="Choose shifts against simulated service, too, and compare both ways.")
]
Gap = Annotated[float, typer.Option("--gap", help="Of the roster, as for `roster`.")]
Seconds = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option("--seconds", min=0.1, help="Of the roster, as for `roster`."),
]
DaysOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--days", min=2, help="Simulated days of the search for headcounts."),
]
FreshDays = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--fresh-days", min=2, help="Days of each verification."),
]

_MISSED = 2  # exit code: somebody is missing, or a target fails


def plan(
    scenario: ScenarioFile,
    rules: RulesFile = None,
    targets: Targets = [],  # noqa: B006 - typer reads it, nobody changes it
    per: PerOption = "day",
    requirements: RequirementsFile = None,
    shifts: ShiftsFile = None,
    levels: Levels = None,
    integrated: IntegratedOption = False,
    overrides: Overrides = [],  # noqa: B006
    gap: Gap = 0.01,
    seconds: Seconds = None,
    days: DaysOption = None,
    fresh_days: FreshDays = None,
    replications: Replications = None,
    seed: Seed = None,
    processes: Processes = None,
    report: Report = True,
    out: Out = None,
    yes: Yes = False,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Plan from demand to headcounts, shifts and the service that they give."""
    from sim.core import interrupts
    from sojourn.terminal.output import print_json

    options: dict[str, Any] = {
        "per": per,
        "requirements": requirements,
        "shifts": shifts,
        "overrides": overrides,
        "gap": gap,
        "seconds": seconds,
        "days": days,
        "fresh_days": fresh_days,
        "replications": replications,
        "seed": seed,
        "processes": processes,
        "out": out,
        "report": report,
        "yes": yes,
        "allow_code": allow_code,
        "integrated": integrated,
        "steps": _progress,
    }
    result = _planned(scenario, rules, targets, levels, options)
    if as_json:
        print_json(result.as_dict())
    else:
        _print(result)
    if interrupts.presses():
        typer.echo("Interrupted; the steps that were done are kept.", err=True)
        raise typer.Exit(interrupts.EXIT_CODE)
    if not all(plan.holds for plan in result.plans):
        raise typer.Exit(_MISSED)


def _planned(
    scenario: Path, rules: Path | None, targets: list[str], levels: str | None, options: dict[str, Any]
) -> ServicePlan | Frontier:
    """Make one plan, or one for each service level."""
    from sim.core.errors import InvalidInput, Problem
    from sojourn.api.plan_frontier import plan_frontier, read_levels
    from sojourn.api.service_plan import plan_service

    if levels is None:
        return plan_service(scenario, rules, targets, **options)
    files = [name for name in ("requirements", "shifts") if options.pop(name) is not None]
    if files:
        message = "takes the place of the headcounts, which are searched for each of --levels; give one of both"
        raise InvalidInput(Problem(f"--{name}", "", message) for name in files)
    return plan_frontier(scenario, rules, targets, levels=read_levels(levels), **options)


@contextmanager
def _progress(step: str) -> Iterator[Any]:
    from sojourn.terminal.progress import progress, roster_progress, staffing_progress

    contexts: dict[str, Any] = {"staffing": staffing_progress, "roster": roster_progress}
    make = contexts.get(step)
    with make() if make else progress(step) as show:
        yield show


def _print(result: ServicePlan | Frontier) -> None:
    from sim.report.plans_table import plans_table
    from sojourn.terminal.output import print_table

    for plan in result.plans:
        if len(result.plans) == 1:
            for sentence in _sentences(plan):
                typer.echo(sentence)
    if len(result.records) > 1:
        print_table(plans_table(result.records))
        typer.echo(f"A folder for each plan, and all together: {result.folder}")


def _sentences(result: ServicePlan) -> Iterator[str]:
    """Yield a section for each step: what it found, and its folder."""
    from sim.report.roster_table import roster_sentences
    from sim.report.staffing_table import staffing_sentences
    from sim.report.verification_table import verdict_sentences

    if result.staffing is not None:
        yield f"1. Headcounts ({result.staffing.folder})"
        yield from staffing_sentences(result.staffing.staffing)
        yield from result.staffing.notes
    if result.roster is not None:
        yield f"2. Roster ({result.roster.folder})"
        yield from roster_sentences(result.roster.roster)
    verified = result.verification
    if verified is not None:
        yield f"3. Service of the shifts on fresh days ({verified.folder})"
        yield from verdict_sentences(verified.plan, verified.verification, verified.overloads, verified.confidence)
        yield from result.notes
    if result.service is not None:
        yield f"4. Budget of a run ({result.service.folder})"
        yield from _budget_sentences(result)
    if result.integrated is not None:
        yield from _integrated_sentences(result.integrated)


def _budget_sentences(result: ServicePlan) -> Iterator[str]:
    """Yield what a run costs in prices of the scenario, what the shifts cost in those of the contracts, and hours."""
    budget = result.budget
    of_contracts = ""
    if result.roster is not None:
        paid = sum(group.costs.paid for group in result.roster.roster.groups)
        of_contracts = f"; without overtime, {paid:,.0f} at the contracts' prices"
    yield f"Cost {budget['cost']:,.0f} at the scenario's prices, overtime included{of_contracts}."
    yield (
        f"{budget['paid_hours']:,.1f} hours paid, {budget['scheduled_hours']:,.1f} scheduled on the queues, "
        f"{budget['staffed_hours']:,.1f} staffed; FTE net {budget['fte_net']:.1f} (staffed), gross "
        f"{budget['fte_gross']:.1f} (paid)."
    )


def _integrated_sentences(plan: IntegratedPlan) -> Iterator[str]:
    from sim.report.verification_table import verdict_sentence

    choice, verified = plan.choice, plan.verification
    yield f"5. Shifts chosen against simulated service ({plan.folder})"
    tried = f"{choice.evaluations:,} rosters were simulated on {choice.days:,} days."
    if choice.cost == choice.cost_before:
        yield f"Cost {choice.cost:,.0f}: nothing cheaper was found that holds; {tried}"
    else:
        share = 100.0 * abs(1.0 - choice.cost / choice.cost_before)
        change = "less" if choice.cost < choice.cost_before else "more"
        yield f"Cost {choice.cost:,.0f}, {share:.1f} % {change} than the {choice.cost_before:,.0f} above; {tried}"
    yield verdict_sentence(verified.verification, verified.confidence)
