"""Checks of inputs that cannot be read, and the verdict on a result that could not be judged because of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadtests.verdict.judgement import scenario_file, title_of
from loadtests.verdict.model import Check, Stage, Verdict
from loadtests.verdict.results import CONTENT, read_json
from sim.core.files import MARK, is_folder, is_there

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.core.errors import InvalidInput, Problem

__all__ = ["has_verdict_files", "refusal", "unread_checks"]

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
        Why: of its files, or of the objectives that it was to be judged by.
    """
    in_result = [problem for problem in error.problems if Path(problem.file).is_relative_to(folder)]
    others = [problem for problem in error.problems if problem not in in_result]
    checks = [*unread_checks("result", in_result), *unread_checks("objectives", others)]
    manifest: dict[str, Any] = read_json(folder / MARK, dict, []) or {}
    return Verdict(title_of(manifest, str(folder)), tuple(checks), scenario_file(manifest))


def unread_checks(name: str, problems: Sequence[Problem]) -> tuple[Check, ...]:
    """Return a failed check for each problem of an input, the first of them with its bare name.

    Parameters
    ----------
    name
        Of the input, such as ``baseline``.
    problems
        Of reading it.
    """
    return tuple(
        Check(
            Stage.VALIDITY,
            name if number == 1 else f"{name} {number}",
            passed=False,
            actual=None,
            wanted=None,
            message=str(problem),
            file=problem.file if is_there(Path(problem.file)) else "",
            line=problem.line,
        )
        for number, problem in enumerate(problems[:_LISTED], 1)
    )
