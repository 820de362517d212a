"""``sojourn store``: backup and retention of the reference endpoint's store."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Action(StrEnum):
    """The action on the store."""

    BACKUP = "backup"
    FORGET = "forget"


def store(
    action: Annotated[Action, typer.Argument(help="backup to a file, or forget old completed journeys.")],
    target: Annotated[Path | None, typer.Argument(help="File of the backup.")] = None,
    days: Annotated[float, typer.Option(min=0, help="Days for which completed journeys are kept.")] = 90,
    store: Annotated[
        str, typer.Option("--store", "--database", "-d", help="SQLite file or postgresql://...")
    ] = "journeys.db",
) -> None:
    """Back up the endpoint's store, or forget old journeys.

    Both work while the endpoint is served.
    """
    from sim.core.libraries import require_extras

    require_extras("sojourn store", "serve")
    from orchestrator.admin import commands

    match action:
        case Action.BACKUP:
            typer.echo(commands.back_up(store, target))
        case Action.FORGET:
            typer.echo(commands.forget(store, days))
