"""Variants of a scenario, as a file or the command line names them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, field_validator

from sim.core.errors import InvalidInput, Problem, printable
from sim.core.model import Model
from sim.scenario.document import read_yaml
from sim.scenario.reader import read_scenario
from sim.scenario.schema import Scenario

__all__ = ["Changes", "Variant", "problem_of", "read_variants", "refuse_many", "variant_of"]

MAX_VARIANTS = 500
"""Some minutes of reading, before anything can be estimated."""
MAX_CHANGES = 50_000
"""In all variants; they take some 20 s."""


@dataclass(frozen=True)
class Variant:
    """A scenario under a name, and how it came about."""

    name: str
    file: str
    changes: tuple[str, ...]
    scenario: Scenario

    def __repr__(self) -> str:
        """Return the name and the changes."""
        return f"<Variant: {self.name}, {' '.join((self.file, *self.changes))}>"


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Changes = Annotated[list[str], BeforeValidator(_listed)]


class _Changed(Model):
    """A variant: another scenario, changes by path, or both."""

    scenario: str | None = Field(default=None, description="Its file or folder; that of the baseline if left out.")
    set: Changes = Field(default_factory=list, description="Changes by path.")


class _Variants(Model):
    """A file of variants."""

    scenario: str | None = Field(default=None, description="File or folder of the baseline.")
    set: Changes = Field(default_factory=list, description="Changes of the baseline, and so of all variants.")
    baseline: str = Field(default="baseline", min_length=1, description="Name of the baseline.")
    variants: dict[str, _Changed] = Field(min_length=1, description="Variants by name.")

    @field_validator("variants", mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        """Read a text or a list as changes."""
        if not isinstance(value, dict):
            return value
        return {name: {"set": each} if isinstance(each, str | list) else each for name, each in value.items()}


def variant_of(name: str, file: Path | str, changes: Sequence[str], *, allow_code: bool = False) -> Variant:
    """Read a scenario with changes.

    Parameters
    ----------
    name
        Of the variant.
    file, changes, allow_code
        As for `read_scenario`.

    Raises
    ------
    InvalidInput
        Everything that is wrong, with the variant's name.
    """
    try:
        read = read_scenario(file, changes, allow_code=allow_code)
        return Variant(printable(name), str(file), tuple(changes), read)
    except InvalidInput as error:
        raise InvalidInput(
            Problem(
                each.file,
                f'variant "{name}": {each.path}' if each.path else f'variant "{name}"',
                each.message,
                each.line,
                each.code,
                each.detail,
            )
            for each in error.problems
        ) from None


def read_variants(
    file: Path, scenario: Path | str | None, changes: Sequence[str] = (), *, allow_code: bool = False
) -> list[Variant]:
    """Read a file of variants.

    Parameters
    ----------
    file
        A YAML file with ``variants``: a name, and changes by path, for each.
    scenario
        File or folder of the baseline; None = that which the file names, relative to it.
    changes
        Changes of the baseline and of all variants, after those of the file.
    allow_code
        As for `read_scenario`.

    Returns
    -------
    list of Variant
        The baseline, and the variants.

    Raises
    ------
    InvalidInput
        All problems in all variants at once.
    """
    document = read_yaml(file, "variants")
    try:
        read = _Variants.model_validate(document.data)
    except ValidationError as error:
        raise InvalidInput(
            problem_of(str(file), dict(each), document.line(tuple(each["loc"]))) for each in error.errors()
        ) from None
    base = scenario if scenario is not None else read.scenario and file.parent / read.scenario
    if base is None:
        message = "names no scenario; write scenario: FOLDER, or give it on the command line"
        raise InvalidInput([Problem(str(file), "", message)])
    common = [*read.set, *changes]
    refuse_many(str(file), len(read.variants), sum(len(common) + len(each.set) for each in read.variants.values()))
    wanted: list[tuple[str, Path | str, Sequence[str]]] = [(read.baseline, base, common)]
    wanted += [
        (name, file.parent / each.scenario if each.scenario else base, [*common, *each.set])
        for name, each in read.variants.items()
    ]
    problems: list[Problem] = []
    variants = []
    if read.baseline in read.variants:
        problems.append(Problem(str(file), f"variants.{read.baseline}", "is the baseline's name; give it another"))
    for each in wanted:
        try:
            variants.append(variant_of(*each, allow_code=allow_code))
        except InvalidInput as error:
            problems += error.problems
            if len(variants) == 0:
                break  # the same is wrong in all others
    if problems:
        raise InvalidInput(dict.fromkeys(problems))
    return variants


def refuse_many(source: str, variants: int, changes: int) -> None:
    """Refuse more variants than can be read in reasonable time.

    Parameters
    ----------
    source
        The file or option that has them.
    variants, changes
        How many there are, and all their changes.

    Raises
    ------
    InvalidInput
        There are too many.
    """
    if variants > MAX_VARIANTS:
        message = f"{variants:,} variants are too many, and the limit is {MAX_VARIANTS:,}; compare them in parts"
        raise InvalidInput([Problem(source, "", message)])
    if changes > MAX_CHANGES:
        message = f"{changes:,} changes are too many, and the limit is {MAX_CHANGES:,}; write scenarios of their own"
        raise InvalidInput([Problem(source, "", message)])


def problem_of(file: str, detail: dict[str, Any], line: int) -> Problem:
    """Return the problem that an error of pydantic is, in a file of our own."""
    message = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if detail["type"] == "missing":
        message = "is missing"
    elif detail["type"] != "unknown_key":
        message = f"{str(detail['input'])[:60]!r} {message}"
    return Problem(file, ".".join(map(str, detail["loc"])), message, line)
