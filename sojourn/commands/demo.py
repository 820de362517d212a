"""``sojourn demo``: see the whole line at work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer


def demo(
    scenario: Annotated[Path, typer.Argument(metavar="[SCENARIO]", help="The scenario.")] = Path(
        "scenarios/retail_bank"
    ),
    baseline: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads it at run time
        typer.Option("--baseline", "-b", help="Kept KPIs; else results/baselines/<scenario>.json, where there is one."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the results.")] = Path("results/demo"),
) -> None:
    """See the whole line at work, in two minutes."""
    from rich.console import Console

    from sim.report.terminal_tables import summary_table
    from sojourn.api.demo import demo as whole_line
    from sojourn.commands.validate import validate
    from sojourn.terminal.output import load_table, verdict_lines

    validate(scenario)
    kept = Path("results/baselines") / f"{scenario.name if scenario.is_dir() else scenario.parent.name}.json"
    done = whole_line(scenario, baseline or (kept if kept.exists() else None), out, say=typer.echo)
    console = Console()
    console.print(summary_table(done.run.estimates))
    console.print(load_table(done.load.result))
    for verdict in done.verdicts:
        for line in verdict_lines(verdict):
            typer.echo(line)
    if done.slow:
        typer.echo("Missed on this machine, which may be busy; the demo does not fail for it.")
    typer.echo(f"\nReport of the simulation  {done.run.folder / 'report.html'}")
    typer.echo(f"Report of the load test   {done.load.folder / 'report.html'}")
    typer.echo(f"Verdicts                  {done.run.folder / 'verdict.md'}, {done.load.folder / 'verdict.md'}")
    raise typer.Exit(done.exit_code)
