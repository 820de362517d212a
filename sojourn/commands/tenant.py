"""``sojourn tenant``: who may use the reference orchestration endpoint."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Action(StrEnum):
    """What is done."""

    ADD = "add"
    LIST = "list"
    REMOVE = "remove"


def tenant(
    action: Annotated[Action, typer.Argument(help="add a token, list tenants, or remove all tokens of one.")],
    name: Annotated[str, typer.Argument(help="The tenant.")] = "",
    store: Annotated[
        str, typer.Option("--store", "--database", "-d", help="SQLite file or postgresql://...")
    ] = "journeys.db",
) -> None:
    """Give tenants of the endpoint their tokens. A token is shown once; requests carry it as a bearer."""
    from orchestrator.admin import commands

    match action:
        case Action.ADD:
            typer.echo(commands.add(store, name))
        case Action.LIST:
            typer.echo(commands.listing(store))
        case Action.REMOVE:
            typer.echo(commands.remove(store, name))
