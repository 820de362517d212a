"""``sojourn roster``: turn requirements into shifts of people."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Optional

import typer

from sojourn.terminal.options import Json, Out, Report

RequirementsFile = Annotated[
    Path,
    typer.Argument(metavar="REQUIREMENTS", help="CSV: a row per interval, a column per group, such as `staff` writes."),
]
RulesFile = Annotated[Path, typer.Option("--rules", help="YAML: kinds of shift, contracts and prices.")]
Gap = Annotated[
    float, typer.Option("--gap", help="Stop when the cost is at most this share above its lower bound, e.g. 0.01.")
]
Seconds = Annotated[
    Optional[float],  # noqa: UP045 - typer reads it at run time
    typer.Option("--seconds", min=0.1, help="Stop after so long for each group; another machine may then differ."),
]

_MISSED = 2  # exit code: somebody is missing


def roster(
    requirements: RequirementsFile,
    rules: RulesFile,
    gap: Gap = 1e-4,
    seconds: Seconds = None,
    report: Report = True,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Turn requirements into shifts of people at least cost."""
    from sim.core import interrupts
    from sim.report.roster_folder import SHIFTS
    from sim.report.roster_table import roster_sentences, roster_table, scenario_changes
    from sojourn.api.rosters import make_roster
    from sojourn.terminal.output import print_json, print_table
    from sojourn.terminal.progress import roster_progress

    with roster_progress() as show_progress:
        result = make_roster(
            requirements, rules, gap=gap, seconds=seconds, out=out, report=report, progress=show_progress
        )
    groups = result.roster.groups
    if as_json:
        print_json(result.as_dict())
    else:
        print_table(roster_table(result.roster))
        for sentence in roster_sentences(result.roster):
            typer.echo(sentence)
        file = (result.folder / SHIFTS).resolve() if result.folder.is_absolute() else result.folder / SHIFTS
        words = [word for change in scenario_changes(result.roster, file) for word in ("--set", change)]
        typer.echo(f"Simulate it: sojourn run SCENARIO {shlex.join(words)}")
    if result.interrupted or interrupts.presses():
        typer.echo("Interrupted; this is the best roster so far.", err=True)
        raise typer.Exit(interrupts.EXIT_CODE)
    if result.roster.broken or any(group.shortages for group in groups):
        raise typer.Exit(_MISSED)
