"""``sojourn migrate``: rewrite a scenario of an earlier version."""

from __future__ import annotations

from typing import Annotated

import typer

from sojourn.terminal.options import ScenarioFile

_NOTHING = "nothing was written"


def migrate(
    scenario: ScenarioFile,
    write: Annotated[
        bool, typer.Option("--write", help="Replace the file; else only the difference is shown.")
    ] = False,
    days_from_0: Annotated[
        bool, typer.Option("--days-from-0", help="The days of shifts count from 0, as they did.")
    ] = False,
) -> None:
    """Rewrite a scenario of an earlier version, and say what."""
    from sim.core.errors import InvalidInput, printable
    from sim.core.units import counted
    from sojourn.api.migration import migrate as migrate_file

    try:
        result = migrate_file(scenario, write=write, days_from_0=days_from_0)
    except InvalidInput as error:
        raise InvalidInput(error.problems, _NOTHING) from None
    if result.diff:
        typer.echo(result.diff, nl=False)
    for change in result.changes:
        typer.echo(f"changed: {printable(change)}")
    for note in result.notes:
        typer.echo(f"note: {printable(note)}")
    if not result.changes:
        typer.echo(f"{result.file}: nothing to rewrite.")
    elif write:
        typer.echo(f"{result.file}: {counted(len(result.changes), 'change')} written.")
    else:
        typer.echo(f"{result.file}: {counted(len(result.changes), 'change')}; --write makes them.")
    if result.problems:
        raise InvalidInput(result.problems, "mend the file by hand" if write and result.changes else _NOTHING)
