"""``sojourn staff``: find the cheapest headcounts that keep targets."""

from __future__ import annotations

import os
import shlex
from typing import Annotated, Optional

import typer

from sojourn.terminal.options import (
    AllowCode,
    Engine,
    Json,
    Out,
    Overrides,
    Processes,
    Report,
    ScenarioFile,
    Seed,
    Yes,
)

Targets = Annotated[
    list[str],
    typer.Option(
        "--target",
        metavar="TARGET",
        help='E.g. "voice.service_level >= 80 %", "abandonment <= 5 % per run", "*.asa <= 30 s"; repeatable. '
        "Else the service levels that the scenario wants.",
    ),
]
PerOption = Annotated[
    str, typer.Option("--per", help="Targets hold per interval, day or run, unless they say it themselves.")
]
Confidence = Annotated[
    Optional[str],  # noqa: UP045 - typer reads it at run time
    typer.Option("--confidence", help="Share of the days on which all targets hold at once, e.g. 90 %."),
]
Least = Annotated[
    list[str], typer.Option("--min", metavar="GROUP[@HOURS]=N", help="Least agents on duty, e.g. phone@12:00-13:30=6.")
]
Most = Annotated[list[str], typer.Option("--max", metavar="GROUP[@HOURS]=N", help="Most agents on duty.")]
Frozen = Annotated[list[str], typer.Option("--freeze", metavar="GROUP", help="A group that keeps its staff.")]
DaysOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--days", min=2, help="Simulated days (replications) of the search; else after the scenario's size."),
]
FreshDays = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--fresh-days", min=2, help="Days of the verification, which the search never saw."),
]


def staff(
    scenario: ScenarioFile,
    targets: Targets = [],  # noqa: B006 - typer reads it, nobody changes it
    per: PerOption = "day",
    confidence: Confidence = None,
    least: Least = [],  # noqa: B006
    most: Most = [],  # noqa: B006
    frozen: Frozen = [],  # noqa: B006
    overrides: Overrides = [],  # noqa: B006
    days: DaysOption = None,
    fresh_days: FreshDays = None,
    seed: Seed = None,
    processes: Processes = None,
    engine: Engine = "auto",
    report: Report = True,
    out: Out = None,
    yes: Yes = False,
    allow_code: AllowCode = False,
    as_json: Json = False,
) -> None:
    """Find the cheapest headcounts per group and interval that keep targets."""
    from sim.core import interrupts
    from sim.report.staffing_folder import STAFFING
    from sim.report.staffing_table import staffing_sentences, staffing_table
    from sojourn.api.staffing import find_staffing, read_confidence
    from sojourn.terminal.output import VERDICT_CODES, print_engine, print_json, print_table
    from sojourn.terminal.progress import staffing_progress

    with staffing_progress() as show_progress:
        result = find_staffing(
            scenario,
            targets,
            per=per,
            confidence=read_confidence(confidence),
            least=least,
            most=most,
            frozen=frozen,
            overrides=overrides,
            days=days,
            fresh_days=fresh_days,
            seed=seed,
            processes=processes,
            engine=engine,
            report=report,
            out=out,
            yes=yes,
            allow_code=allow_code,
            progress=show_progress,
        )
    print_engine(result.staffing.grid.plan, engine)
    if as_json:
        print_json(result.as_dict())
    else:
        print_table(staffing_table(result.staffing))
        for sentence in (*staffing_sentences(result.staffing), *result.notes):
            typer.echo(sentence)
        folder = scenario if scenario.is_dir() else scenario.parent
        file = os.path.relpath(result.folder / STAFFING, folder)
        changes = [*overrides, *(f"agents.{name}.staff={file}" for name in result.staffing.grid.names)]
        words = ["sojourn", "run", str(scenario), *(word for each in changes for word in ("--set", each))]
        typer.echo(f"Simulate it: {shlex.join(words)}")
    if result.verdict is None or interrupts.presses():
        typer.echo("Interrupted; this is the best plan so far.", err=True)
        raise typer.Exit(interrupts.EXIT_CODE)
    raise typer.Exit(VERDICT_CODES[result.verdict])
