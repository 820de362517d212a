"""Errors that are meant for people: sentences that say what to do.

::

    SojournError              exit code 1: something failed that is not the input's fault
    ├── InvalidInput          exit code 2: the input, with all its problems at once
    ├── OwnCodeFailed         exit code 2: a user's own Python failed, with its traceback
    ├── CannotWrite           exit code 1: a full disk, a read-only folder; nothing that was there is lost
    ├── MissingLibrary        exit code 2: a library is not installed, or too old; the command that installs it
    └── Unreachable           exit code 2: no endpoint answers at the address given
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import ClassVar

__all__ = [
    "CannotWrite",
    "InvalidInput",
    "MissingLibrary",
    "OwnCodeFailed",
    "Problem",
    "SojournError",
    "Unreachable",
    "near",
    "printable",
]


_LONGEST_PATH = 400
_LONGEST_MESSAGE = 1200
"""Characters that are shown; a key or a value may be half the file."""


class SojournError(Exception):
    """Base class of errors that are meant for people: one sentence, no traceback."""

    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:
        """Return its lines, without characters by which a file or an endpoint could command a terminal."""
        return "\n".join(map(printable, super().__str__().split("\n")))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the input.

    Parameters
    ----------
    file
        File, as the user named it; ``"--set"`` for an override.
    path
        Path in the file, e.g. ``intents.lost_card.steps.desk.patience``; may be empty.
    message
        Sentence: what is wrong, with the value found, and what would be right.
    line
        Line, counted from 1; 0 where it is not known.
    code
        Short name of what is wrong, for programs.
    detail
        Lines that follow the sentence, such as the traceback of a user's own code.
    """

    file: str
    path: str
    message: str
    line: int = 0
    code: str = field(default="invalid", compare=False)
    detail: str = field(default="", compare=False)

    def __str__(self) -> str:
        file = _shortened(self.file, _LONGEST_PATH) + (f":{self.line}" if self.line else "")
        path, message = _shortened(self.path, _LONGEST_PATH), _shortened(self.message, _LONGEST_MESSAGE)
        sentence = printable(f"{file}: {path}: {message}" if path else f"{file}: {message}")
        return "\n".join([sentence, *map(printable, self.detail.splitlines())])


def _shortened(text: str, longest: int) -> str:
    """Return the beginning and the end of a long text; the end of a message says what to do."""
    return text if len(text) <= longest else f"{text[: longest // 2]} ... {text[-longest // 2 :]}"


def printable(text: str) -> str:
    """Return text on one line, without line breaks and other characters by which a file could command a terminal."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


class InvalidInput(SojournError):  # noqa: N818 - reads as what it is where it is raised
    """All problems of the input at once.

    Parameters
    ----------
    problems
        At least one.
    outcome
        What a command has not done because of them.
    """

    exit_code = 2

    def __init__(self, problems: Iterable[Problem], outcome: str = "nothing was run") -> None:
        self.problems = tuple(problems)
        self.outcome = outcome
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[InvalidInput], tuple[tuple[Problem, ...], str]]:
        """Return what another process makes it of."""
        return type(self), (self.problems, self.outcome)


class OwnCodeFailed(SojournError):  # noqa: N818
    """A user's own Python failed: a sentence with its place in the scenario, and then its traceback."""

    exit_code = 2


class CannotWrite(SojournError):  # noqa: N818
    """A result could not be written; an earlier one is still there."""


class MissingLibrary(SojournError):  # noqa: N818
    """A library that a command needs is not installed, or of a version that Sojourn does not work with."""

    exit_code = 2


class Unreachable(SojournError):  # noqa: N818
    """No endpoint answers at the address given."""

    exit_code = 2


def near(name: str, known: Iterable[str]) -> str:
    """Return a hint that lists the known names nearest to a misspelt one.

    Parameters
    ----------
    name
        Name found.
    known
        Names that would be right.

    Returns
    -------
    str
        ``'did you mean "desk"?'``, or the known names where none is near.
    """
    names = sorted(map(str, known))
    close = get_close_matches(str(name), names, n=3, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(f'"{c}"' for c in close) + "?"
    return "known are " + ", ".join(names) if names else "none is defined"
