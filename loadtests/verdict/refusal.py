"""Verdict on a result that could not be judged, because it or something beside it cannot be read: invalid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from loadtests.verdict.model import Check, Stage, Verdict
from loadtests.verdict.results import CONTENT, read_json
from sim.core.files import MARK, is_folder, is_there

if TYPE_CHECKING:
    from sim.core.errors import InvalidInput, Problem

__all__ = ["has_verdict_files", "refusal"]

_LISTED = 20


def has_verdict_files(folder: Path) -> bool:
    """Tell whether the files of a verdict belong into a folder: the result of a run or a load, also a damaged one.

    Parameters
    ----------
    folder
        Any, or none. A duel keeps its own verdict, and a folder of anything else gets no files.
    """
    if not is_folder(folder) or not any(is_there(folder / name) for name in (MARK, *CONTENT.values())):
        return False
    problems: list[Problem] = []
    manifest = read_json(folder / MARK, dict, problems)
    return not is_there(folder / "duel.json") and (bool(problems) or manifest.get("kind") in CONTENT)


def refusal(folder: Path, error: InvalidInput) -> Verdict:
    """Return the verdict on a result that could not be judged.

    Parameters
    ----------
    folder
        Of the result.
    error
        Why.
    """
    checks = [
        Check(Stage.VALIDITY, f"input {number}", passed=False, actual=None, wanted=None, message=str(problem))
        for number, problem in enumerate(error.problems[:_LISTED], 1)
    ]
    return Verdict(str(folder), tuple(checks))
