"""Results of load tests side by side in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.core.errors import InvalidInput, Problem
from sim.core.files import is_there

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["are_loads", "print_loads"]


def are_loads(folders: Sequence[Path]) -> bool:
    """Tell whether all of some folders are results of load tests."""
    return bool(folders) and all(is_there(folder / "load.json") for folder in folders)


def print_loads(folders: Sequence[Path], settings: Mapping[str, object], *, as_json: bool) -> None:
    """Print the figures of load tests side by side.

    Parameters
    ----------
    folders
        Their results.
    settings
        Options of the command that mean nothing here, with their values.
    as_json
        Print them as JSON.

    Raises
    ------
    InvalidInput
        A result is damaged, or an option was given; all problems at once.
    """
    from dataclasses import asdict

    from loadtests.run.side_by_side import figures_of, read_load, text_rows
    from sojourn.terminal.output import print_json, print_table, text_table

    message = "means nothing for results of load tests, which are compared as they are; leave it out"
    if problems := [Problem(f"--{name}", "", message) for name, value in settings.items() if value]:
        raise InvalidInput(problems)
    results = [read_load(folder) for folder in folders]
    if as_json:
        figures = [asdict(figure) | {"change": figure.change} for figure in figures_of(results)]
        print_json({"results": [result.name for result in results], "figures": figures})
    else:
        print_table(text_table("Side by side", *text_rows(results)))
