"""Reader of contract files; it reports all problems of a file at once."""

from __future__ import annotations

from itertools import chain, islice
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic import BaseModel, ValidationError

from loadtests.contract.lookups import unknown_lookups
from loadtests.contract.schema import Contract
from sim.core.errors import InvalidInput, Problem, near
from sim.scenario.document import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic_core import ErrorDetails

    from sim.scenario.document import Document

__all__ = ["REFERENCE", "read_contract"]

_MAX_BYTES: Final = 128_000
_MAX_PROBLEMS: Final = 100
_MAX_SHOWN: Final = 500
"""Characters of a message or a path."""

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
    document = _read(path)
    lookups = (
        Problem(str(path), _dotted(where), text, document.line(where)) for where, text in unknown_lookups(document.data)
    )
    try:
        contract = Contract.model_validate(document.data)
    except ValidationError as error:
        raise _refusal(path, chain(_problems(document, error), lookups)) from None
    if first := list(islice(lookups, 1)):
        raise _refusal(path, chain(first, lookups))
    return contract


def _read(path: Path) -> Document:
    """Read a YAML file of reasonable size; no device or pipe, which may have no end."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise InvalidInput([Problem(str(path), "", "there is no such file")]) from None
    except (OSError, ValueError) as error:
        raise InvalidInput([Problem(str(path), "", f"cannot be read: {error}")]) from None
    if not S_ISREG(status.st_mode):
        raise InvalidInput([Problem(str(path), "", "is not a file; give a YAML file with a contract")])
    if status.st_size > _MAX_BYTES:
        limit = _MAX_BYTES // 1000
        raise InvalidInput([Problem(str(path), "", f"is larger than {limit} kB; a contract has some 10 kB")])
    return read_yaml(path, "contract")


def _refusal(path: Path, problems: Iterable[Problem]) -> InvalidInput:
    """Return an error with the first problems, and the number of the others."""
    shown = list(islice(problems, _MAX_PROBLEMS + 1))
    if len(shown) > _MAX_PROBLEMS:
        shown[-1] = Problem(str(path), "", f"has more problems than the first {_MAX_PROBLEMS}, which stand above")
    return InvalidInput(shown)


def _problems(document: Document, error: ValidationError) -> Iterator[Problem]:
    """Turn the errors of pydantic into problems."""
    for details in error.errors(include_url=False):
        where = tuple(part for part in details["loc"] if part != "[key]")
        yield Problem(str(document.file), _dotted(where), _message(details), document.line(where))


def _dotted(where: Iterable[int | str]) -> str:
    """Return a path as text."""
    return _shortened(".".join(map(str, where)))


def _shortened(text: str) -> str:
    """Return a text of reasonable length for an error."""
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]} ..."


def _message(details: ErrorDetails) -> str:
    """Say what is wrong, the value found, and what would be right."""
    if details["type"] == "extra_forbidden":
        key = str(details["loc"][-1])
        return _shortened(f'"{key}" is not known here; {near(key, _siblings(details["loc"]))}')
    if details["type"] == "missing":
        return "is missing"
    message = details["msg"].removeprefix("Value error, ")
    value = details["input"]
    shown = f"; found {value!r}" if isinstance(value, (str, int, float, bool)) and str(value) not in message else ""
    return _shortened(message + shown)


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
