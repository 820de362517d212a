"""``sojourn tenant``: tenants of the reference endpoint, and their tokens."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Action(StrEnum):
    """The action on a tenant."""

    ADD = "add"
    LIST = "list"
    REMOVE = "remove"
    ROTATE = "rotate"


def tenant(
    action: Annotated[
        Action,
        typer.Argument(help="add a token, list tenants, remove all tokens of one, or rotate them: a new one instead."),
    ],
    name: Annotated[str, typer.Argument(help="The tenant.")] = "",
    store: Annotated[
        str, typer.Option("--store", "--database", "-d", help="SQLite file or postgresql://...")
    ] = "journeys.db",
) -> None:
    """Manage tenants of the endpoint. A token is shown once; requests send it as a bearer token."""
    from sim.core.libraries import require_extras

    require_extras("sojourn tenant", "serve")
    from orchestrator.admin import commands

    match action:
        case Action.ADD:
            typer.echo(commands.add(store, name))
        case Action.LIST:
            typer.echo(commands.listing(store))
        case Action.REMOVE:
            typer.echo(commands.remove(store, name))
        case Action.ROTATE:
            typer.echo(commands.rotate(store, name))
