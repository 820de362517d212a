"""Validation of a scenario: all its problems, and the warnings about a valid one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sim.advice import ScenarioWarning, warnings_of
from sim.core.errors import InvalidInput, Problem
from sim.core.files import is_folder
from sim.engine import Plan
from sim.scenario.document import Document, read_yaml
from sojourn.api.simulation import read_plan

__all__ = ["Validation", "validate", "warning_lines"]


@dataclass(frozen=True, eq=False)
class Validation:
    """What is wrong with a scenario, or what it assumes.

    Parameters
    ----------
    file
        The scenario's file.
    plan
        None if there are problems.
    problems
        Everything that is wrong.
    warnings
        Assumptions that carry weight; only of a valid scenario.
    """

    file: Path
    plan: Plan | None
    problems: tuple[Problem, ...]
    warnings: tuple[ScenarioWarning, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, JSON-able; the hint of a problem is what its message says after the semicolon."""
        document = _document(self)
        return {
            "scenario": str(self.file),
            "valid": self.plan is not None,
            "problems": [_problem_record(problem) for problem in self.problems],
            "warnings": [_warning_record(self.file, warning, document) for warning in self.warnings],
        }


def validate(scenario: Path | str, overrides: Sequence[str] = (), *, allow_code: bool = False) -> Validation:
    """Check a scenario.

    Parameters
    ----------
    scenario
        A ``scenario.yaml``, or the folder that holds it.
    overrides
        Changes by path, such as ``"agents.cards.staff=+4"``.
    allow_code
        As for `sojourn.run`.

    Returns
    -------
    Validation
        Its problems; if there are none, its plan and the warnings about it.
    """
    path = Path(scenario)
    file = path / "scenario.yaml" if is_folder(path) else path
    try:
        checked, plan = read_plan(scenario, overrides, allow_code=allow_code)
    except InvalidInput as error:
        return Validation(file, None, error.problems, ())
    return Validation(file, plan, (), tuple(warnings_of(checked, plan)))


def warning_lines(validation: Validation) -> list[str]:
    """Return a text for each warning: its place and message, and what to write on the next line.

    Parameters
    ----------
    validation
        What `validate` returns.
    """
    document = _document(validation)
    return [_lines(validation.file, warning, document) for warning in validation.warnings]


def _document(validation: Validation) -> Document | None:
    return read_yaml(validation.file) if validation.warnings else None


def _lines(file: Path, warning: ScenarioWarning, document: Document | None) -> str:
    first, *others = (".".join(map(str, path)) for path in warning.paths)
    line = document.line(warning.paths[0]) if document else 0
    more = f", and {len(others)} more places such as {others[0]}" if len(others) > 1 else ""
    more = f", and {others[0]}" if len(others) == 1 else more
    return f"{Problem(str(file), first + more, warning.message, line)}\n    {warning.hint}"


def _problem_record(problem: Problem) -> dict[str, Any]:
    message, _, hint = problem.message.partition("; ")
    record = asdict(problem) | {"line": problem.line or None, "message": message, "hint": hint}
    return record if problem.detail else {name: value for name, value in record.items() if name != "detail"}


def _warning_record(file: Path, warning: ScenarioWarning, document: Document | None) -> dict[str, Any]:
    places = [".".join(map(str, path)) for path in warning.paths]
    return {
        "file": str(file),
        "path": places[0],
        "line": (document.line(warning.paths[0]) if document else 0) or None,
        "code": warning.code,
        "message": warning.message,
        "hint": warning.hint,
        "paths": places,
        "contacts_a_day": round(warning.contacts, 3),
    }
