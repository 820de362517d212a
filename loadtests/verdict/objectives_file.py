"""Reader of a file of objectives, in place of those of a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.core.errors import InvalidInput, Problem
from sim.scenario.document import read_yaml
from sim.scenario.objectives import Objectives

__all__ = ["read_objectives"]


def read_objectives(file: Path) -> dict[str, Any]:
    """Read objectives from a YAML file, with the keys of a scenario's ``objectives``.

    Parameters
    ----------
    file
        E.g. ``load: {p95: 250 ms}``.

    Returns
    -------
    dict
        As they stand in a result's ``scenario.json``.

    Raises
    ------
    InvalidInput
        The file cannot be read, or is of another form; all problems at once.
    """
    document = read_yaml(file, "load")
    try:
        return Objectives.model_validate(document.data).model_dump(mode="json")
    except ValidationError as error:
        problems = [
            Problem(
                str(file),
                ".".join(map(str, each["loc"])),
                each["msg"].removeprefix("Value error, "),
                document.line(each["loc"]),
            )
            for each in error.errors(include_url=False)
        ]
        raise InvalidInput(problems) from None
