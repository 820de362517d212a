"""``sojourn demo``: all steps on one scenario."""

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
        typer.Option("--baseline", "-b", help="Baseline; else results/baselines/<scenario>.json, if it exists."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the results.")] = Path("results/demo"),
) -> None:
    """Run every step on one scenario, in two minutes."""
    from sim.core.libraries import require_extras

    require_extras("sojourn demo", "load", "serve")
    from sim.core.files import is_there
    from sim.report.terminal_tables import summary_table
    from sim.report.titles import with_titles
    from sojourn.api.demo import demo as run_demo
    from sojourn.commands.validate import validate
    from sojourn.terminal.output import load_table, print_table, verdict_lines

    validate(scenario)
    kept = Path("results/baselines") / f"{scenario.name if scenario.is_dir() else scenario.parent.name}.json"
    results = run_demo(scenario, baseline or (kept if is_there(kept) else None), out, say=typer.echo)
    print_table(summary_table(with_titles(results.run.plan, results.run.estimates)[1], results.run.plan.calendar))
    print_table(load_table(results.load.result))
    for verdict in results.verdicts:
        for line in verdict_lines(verdict):
            typer.echo(line)
    if results.slow:
        typer.echo("Missed because this machine is slow or busy; the demo passes all the same.")
    typer.echo(f"\nReport of the simulation  {results.run.folder / 'report.html'}")
    typer.echo(f"Report of the load test   {results.load.folder / 'report.html'}")
    folders = (results.run.folder, results.load.folder)[-len(results.verdicts) :]
    typer.echo(f"Verdicts                  {', '.join(str(folder / 'verdict.html') for folder in folders)}")
    raise typer.Exit(results.exit_code)
