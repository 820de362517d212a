"""``sojourn store``: upkeep of what the reference orchestration endpoint keeps."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Action(StrEnum):
    """What is done."""

    BACKUP = "backup"
    FORGET = "forget"


def store(
    action: Annotated[Action, typer.Argument(help="backup to a file, or forget old completed journeys.")],
    target: Annotated[Path | None, typer.Argument(help="The file that a backup is written to.")] = None,
    days: Annotated[float, typer.Option(min=0, help="Days that completed journeys are kept.")] = 90,
    store: Annotated[
        str, typer.Option("--store", "--database", "-d", help="SQLite file or postgresql://...")
    ] = "journeys.db",
) -> None:
    """Back up the endpoint's store, or forget what is long over, also while it is served."""
    from orchestrator.admin import commands

    match action:
        case Action.BACKUP:
            typer.echo(commands.back_up(store, target))
        case Action.FORGET:
            typer.echo(commands.forget(store, days))
