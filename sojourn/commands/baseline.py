"""``sojourn baseline``: keep the KPIs of a run, to compare later runs with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def baseline(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="Folder of a run or a calibration.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Baseline, e.g. results/baselines/bank.json.")],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why it is a new one; kept in the file.")
    ] = "",
) -> None:
    """Keep a run's KPIs, or a calibration's runs, as a baseline."""
    from loadtests.verdict import read_baseline
    from sojourn.api.verdicts import keep_baseline

    count = keep_baseline(result, file, reason)
    kept = read_baseline(file)
    runs = {len(each) for each in kept["values"].values()} if kept.get("of") == "load" else set()
    typer.echo(f"{file}: {count} measures of {max(runs)} runs kept." if runs else f"{file}: {count} KPIs kept.")
    differences = kept["history"][-1].get("differences") or {}
    if differences:
        typer.echo("Paired differences from the earlier baseline, with 95 % intervals, each by itself:")
    for kpi, values in differences.items():
        typer.echo(
            f"  {kpi}: {values['before']:.6g}, now {values['after']:.6g}: {values['difference']:+.4g} "
            f"({values['low']:+.4g} to {values['high']:+.4g})"
        )
