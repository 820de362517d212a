"""Reader of contract files; it reports all problems of a file at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from loadtests.contract.lookups import unknown_lookups
from loadtests.contract.schema import Contract
from sim.core.errors import InvalidInput, Problem, near

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

__all__ = ["REFERENCE", "read_contract"]

REFERENCE: Final = Path(__file__).parent.parent / "contracts" / "reference.yaml"


def read_contract(path: Path = REFERENCE) -> Contract:
    """Read and check a contract.

    Parameters
    ----------
    path
        The YAML file; the reference endpoint's by default.

    Returns
    -------
    Contract
        Checked: all look-ups of its templates exist.

    Raises
    ------
    InvalidInput
        All problems at once, each with its path in the file and its line.
    """
    tree = _read_yaml(path)
    if not isinstance(tree, dict):
        raise InvalidInput([Problem(str(path), "", "a contract is a mapping with contract, info and verbs")])
    problems = [Problem(str(path), ".".join(at), text, _line(tree, at)) for at, text in unknown_lookups(tree)]
    try:
        contract = Contract.model_validate(tree)
    except ValidationError as error:
        raise InvalidInput([*_problems(path, tree, error), *problems]) from None
    if problems:
        raise InvalidInput(problems)
    return contract


def _read_yaml(path: Path) -> Any:
    """Read a YAML file, with the lines of its keys."""
    try:
        return YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        raise InvalidInput([Problem(str(path), "", f"cannot be read: {error}")]) from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InvalidInput([Problem(str(path), "", f"is not YAML: {error.problem}", line)]) from None
    except YAMLError as error:
        raise InvalidInput([Problem(str(path), "", f"is not YAML: {error}")]) from None


def _problems(path: Path, tree: Any, error: ValidationError) -> Iterable[Problem]:
    """Turn the errors of pydantic into problems."""
    for details in error.errors(include_url=False):
        where = [part for part in details["loc"] if part != "[key]"]
        yield Problem(str(path), ".".join(map(str, where)), _message(details), _line(tree, where))


def _message(details: ErrorDetails) -> str:
    """Say what is wrong, the value found, and what would be right."""
    if details["type"] == "extra_forbidden":
        return f'"{details["loc"][-1]}" is not known here; {near(str(details["loc"][-1]), _siblings(details["loc"]))}'
    if details["type"] == "missing":
        return "is missing"
    message = details["msg"].removeprefix("Value error, ")
    value = details["input"]
    shown = f"; found {value!r}" if isinstance(value, (str, int, float, bool)) and str(value) not in message else ""
    return message + shown


def _siblings(where: tuple[int | str, ...]) -> list[str]:
    """Return the keys that are known beside an unknown one."""
    model: Any = Contract
    for part in where[:-1]:
        if isinstance(model, type) and issubclass(model, BaseModel):
            fields = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
            if part in fields:  # otherwise a key of a mapping, or an index of a list
                model = _inner(fields[str(part)])
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _inner(annotation: Any) -> Any:
    """Return the model within ``dict[str, Model]``, ``tuple[Model, ...]`` or ``Model | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inside = [_inner(argument) for argument in get_args(annotation)]
    return next((model for model in inside if isinstance(model, type) and issubclass(model, BaseModel)), None)


def _line(tree: Any, where: Iterable[int | str]) -> int:
    """Return the line of a path, or of the part of it that exists; 0 = unknown."""
    line = 0
    for part in where:
        key = int(part) if isinstance(tree, list) and str(part).isdecimal() else part
        positions = getattr(getattr(tree, "lc", None), "data", None) or {}
        if key in positions:
            line = positions[key][0] + 1
        try:
            tree = tree[key]
        except (KeyError, IndexError, TypeError):
            break
    return line
