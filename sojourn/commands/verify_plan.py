"""``sojourn verify-plan``: simulate a staffing plan, wherever it comes from, and say where and how likely it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from sojourn.commands.staff import Confidence, PerOption, Targets
from sojourn.terminal.options import AllowCode, Engine, Json, Out, Overrides, Processes, Report, ScenarioFile, Seed, Yes

StaffingFile = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads it at run time
    typer.Option(
        "--staffing",
        metavar="FILE.csv",
        help="Agents per group and interval, as `sojourn staff` or another tool writes them; else the scenario's own.",
    ),
]
OnDuty = Annotated[
    bool, typer.Option("--on-duty", help="The file has agents on duty; else agents to schedule, before shrinkage.")
]
FreshDays = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--days", min=2, help="Fresh simulated days (replications); else after the scenario's size."),
]


def verify_plan(
    scenario: ScenarioFile,
    staffing: StaffingFile = None,
    targets: Targets = [],  # noqa: B006 - typer reads it, nobody changes it
    per: PerOption = "day",
    confidence: Confidence = None,
    on_duty: OnDuty = False,
    overrides: Overrides = [],  # noqa: B006
    days: FreshDays = None,
    seed: Seed = None,
    processes: Processes = None,
    engine: Engine = "auto",
    report: Report = True,
    out: Out = None,
    yes: Yes = False,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Simulate a staffing plan, wherever it comes from, and say where and how likely it fails."""
    from sim.report.verification_table import verdict_sentences, verification_table
    from sojourn.api.plan_verification import verify_plan as verify
    from sojourn.api.staffing import read_confidence
    from sojourn.terminal.output import VERDICT_CODES, print_engine, print_json, print_table
    from sojourn.terminal.progress import progress

    with progress("verifying") as show_progress:
        result = verify(
            scenario,
            staffing,
            targets,
            per=per,
            confidence=read_confidence(confidence),
            on_duty=on_duty,
            overrides=overrides,
            days=days,
            seed=seed,
            processes=processes,
            engine=engine,
            report=report,
            out=out,
            yes=yes,
            allow_code=allow_code,
            progress=show_progress,
        )
    print_engine(result.plan, engine)
    if as_json:
        print_json(result.as_dict())
    else:
        sentences = verdict_sentences(result.plan, result.verification, result.overloads, result.confidence)
        for sentence in (*sentences, *result.notes):
            typer.echo(sentence)
        print_table(verification_table(result.plan, result.verification))
        typer.echo(f"All requirements: {result.folder / 'verification.csv'}")
    raise typer.Exit(VERDICT_CODES[result.verdict])
