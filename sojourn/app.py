"""Command line: one file per command, found by name; each imports heavy libraries only when it runs."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated

import typer

import sojourn.commands
from sojourn.terminal.command import Command

__all__ = ["app", "only"]

_ORDER = (
    "validate",
    "run",
    "whatif",
    "compare",
    "sweep",
    "staff",
    "verify-plan",
    "roster",
    "plan",
    "serve",
    "tenant",
    "store",
    "load",
    "duel",
    "check",
    "baseline",
    "migrate",
    "schema",
    "demo",
)

app = typer.Typer(
    name="sojourn",
    help="Simulate customers' journeys; load-test the service that orchestrates them with the same customers.",
    epilog="COMMAND --help explains a command. Exit codes: 0 passed, 1 internal error or full disk, "
    "2 wrong input or objective missed, 3 regression or warnings, 4 invalid run, 5 inconclusive.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _position(name: str) -> tuple[int, str]:
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)


for _name in sorted(
    (module.name.replace("_", "-") for module in iter_modules(sojourn.commands.__path__)), key=_position
):
    _function = _name.replace("-", "_")
    app.command(_name, cls=Command)(getattr(import_module(f"sojourn.commands.{_function}"), _function))


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"sojourn {version('sojourn')}")
        raise typer.Exit


def only(whole: typer.Typer, arguments: Sequence[str]) -> typer.Typer:
    """Return the command line with the command that is called alone: making all takes a twentieth of a short run.

    Parameters
    ----------
    whole
        With all commands.
    arguments
        Of the command line; where they do not begin with the name of a command, all remain.
    """
    called = [command for command in whole.registered_commands if arguments and command.name == arguments[0]]
    if not called:
        return whole
    alone = copy(whole)
    alone.registered_commands = called
    return alone


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass
