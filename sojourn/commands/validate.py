"""``sojourn validate``: check a scenario."""

from __future__ import annotations

from typing import Annotated

import typer

from sojourn.terminal.options import AllowCode, Json, Overrides, ScenarioFile

EXIT_CODE_OF_WARNINGS = 3


def validate(
    scenario: ScenarioFile,
    overrides: Overrides = [],  # noqa: B006 - typer reads it, nobody changes it
    allow_code: AllowCode = False,
    as_json: Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 if there are warnings.")] = False,
) -> None:
    """Check a scenario: every problem at once, and defaults that carry weight."""
    from sim.core.errors import InvalidInput
    from sim.core.units import counted
    from sojourn.api.validation import validate as validate_scenario
    from sojourn.api.validation import warning_lines
    from sojourn.terminal.output import print_json, scenario_line

    result = validate_scenario(scenario, overrides, allow_code=allow_code)
    if as_json:
        print_json(result.as_dict())
        if result.problems:
            raise typer.Exit(InvalidInput.exit_code)
    elif result.plan is None:
        raise InvalidInput(result.problems)
    else:
        for line in warning_lines(result):
            typer.echo(f"warning: {line}")
        typer.echo(scenario_line(str(scenario), result.plan, len(result.warnings)))
    if strict and result.warnings:
        typer.echo(f"{counted(len(result.warnings), 'warning')}, and --strict allows none.", err=True)
        raise typer.Exit(EXIT_CODE_OF_WARNINGS)
