"""``sojourn baseline``: keep the KPIs of a run, to compare later runs with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def baseline(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="Folder of a run.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Baseline, e.g. results/baselines/bank.json.")],
) -> None:
    """Keep a run's KPIs as a baseline."""
    from sojourn.api.verdicts import keep_baseline

    count = keep_baseline(result, file)
    typer.echo(f"{file}: {count} KPIs kept.")
