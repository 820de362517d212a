"""A sweep as a YAML file, for what is repeated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from sim.core.errors import InvalidInput, Problem
from sim.core.model import Model
from sim.scenario.document import read_yaml
from sim.scenario.variants import Changes, problem_of

__all__ = ["SweepFile", "read_sweep_file"]


def _points(value: object) -> object:
    if value is None or isinstance(value, str | list) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError("should be a number of points, the name of a file of points, or a list of points")


class SweepFile(Model):
    """A sweep; what the command line says goes before it."""

    scenario: str | None = Field(default=None, description="File or folder of the scenario, relative to this file.")
    set: Changes = Field(default_factory=list, description="Changes of all points.")
    vary: dict[str, Any] = Field(default_factory=dict, description="Values by path.")
    points: Annotated[Any, BeforeValidator(_points)] = Field(
        default=None, description="Number of points to be drawn, a file of points relative to this one, or the points."
    )
    kpis: Annotated[list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)] = Field(
        default_factory=list, description="KPIs, with bounds if wanted."
    )
    replications: Annotated[int, Field(strict=True, ge=1)] | None = Field(default=None, description="Of each point.")
    seed: Annotated[int, Field(strict=True, ge=0, le=0xFFFF_FFFF)] | None = Field(default=None, description="Seed.")


def read_sweep_file(file: Path) -> SweepFile:
    """Read a sweep, with its files relative to where it stands.

    Raises
    ------
    InvalidInput
        All that is wrong with the file.
    """
    try:
        document = read_yaml(file, "vary")
    except InvalidInput as error:
        raise InvalidInput(_with_hint(each) for each in error.problems) from None
    try:
        read = SweepFile.model_validate(document.data)
    except ValidationError as error:
        raise InvalidInput(
            problem_of(str(file), dict(each), document.line(tuple(each["loc"]))) for each in error.errors()
        ) from None
    relative = {
        name: str(file.parent / value)
        for name in ("scenario", "points")
        if isinstance(value := getattr(read, name), str)
    }
    return read.model_copy(update=relative)


def _with_hint(problem: Problem) -> Problem:
    """Say that values with a star need quotes, if one has none: YAML takes them for aliases."""
    if "alias" not in problem.message:
        return problem
    return replace(problem, message=f'{problem.message}; put quotes around what begins with *, such as "*0.8"')
