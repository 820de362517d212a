"""Verdicts on result folders, and baselines."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadtests.verdict import (
    Check,
    Verdict,
    baseline_text,
    judge_result,
    make_baseline,
    make_load_baseline,
    read_baseline,
    read_result,
    refuse_no_baseline,
    write_verdict,
)
from loadtests.verdict.baseline import differences_from, sealed
from loadtests.verdict.files import remove_verdict
from loadtests.verdict.history import note_in_history
from loadtests.verdict.objectives_file import read_objectives
from loadtests.verdict.refusal import has_verdict_files, refusal, unread_checks
from sim.core.errors import InvalidInput
from sim.core.files import is_there, write_text

__all__ = ["judge", "keep_baseline"]


def judge(
    result: Path | str,
    baseline: Path | str | None = None,
    *,
    objectives: Path | str | None = None,
    strict: bool = False,
    history: Path | str | None = None,
) -> Verdict:
    """Judge a result folder, and write the verdict into it: ``verdict.html``, ``verdict.md``, and files for CI systems.

    Parameters
    ----------
    result
        The folder of a run or a load test.
    baseline
        A baseline to compare with. One that cannot be read makes the verdict invalid.
    objectives
        A YAML file of objectives, in place of those of the scenario.
    strict
        Whether a comparison of load tests that is inconclusive fails.
    history
        A file with a line for each earlier result, such as one per branch; this one is added, unless it is invalid.
        The verdict's notes say where measures changed.

    Returns
    -------
    Verdict
        With its exit code.

    Raises
    ------
    InvalidInput
        The result or the objectives cannot be read. The verdict that is written says so: invalid.
    CannotWrite
        A file cannot be written; then no earlier verdict is left.
    """
    folder = Path(result)
    if not has_verdict_files(folder):
        return _judged(folder, baseline, objectives, history, strict=strict)
    remove_verdict(folder)
    try:
        return _judged(folder, baseline, objectives, history, strict=strict)
    except InvalidInput as error:
        write_verdict(folder, refusal(folder, error), {})
        raise


def _judged(
    folder: Path,
    baseline: Path | str | None,
    objectives: Path | str | None,
    history: Path | str | None,
    *,
    strict: bool,
) -> Verdict:
    """Judge a result folder, and write the verdict into it."""
    content = read_result(folder)
    known, unread = _read_baseline(baseline)
    if objectives is not None:
        content = replace(content, objectives=read_objectives(Path(objectives)))
    verdict = judge_result(content, known, unread=unread, strict=strict)
    if history is not None:
        verdict = replace(verdict, notes=tuple(note_in_history(Path(history), content, verdict, _commit())))
    write_verdict(folder, verdict, content.manifest)
    return verdict


def _read_baseline(file: Path | str | None) -> tuple[dict[str, Any] | None, tuple[Check, ...]]:
    """Return a baseline, if there is one, or failed checks that say why it cannot be read."""
    try:
        return (None if file is None else read_baseline(Path(file))), ()
    except InvalidInput as error:
        return None, unread_checks("baseline", error.problems)


def _commit() -> str:
    """Return the commit that a CI system builds; empty = not known."""
    return next((value for name in _COMMITS if (value := os.environ.get(name))), "")[:12]


def keep_baseline(result: Path | str, file: Path | str, reason: str = "") -> int:
    """Keep the simulated KPIs of a run, or the runs of a calibration, as a baseline.

    Parameters
    ----------
    result
        The folder of a run, or of ``sojourn duel --calibrate``.
    file
        The file of the baseline. It says who wrote it, when, on which machine and why, and keeps what it said before.
    reason
        Why the baseline is a new one.

    Returns
    -------
    int
        The number of its KPIs or measures.

    Raises
    ------
    InvalidInput, CannotWrite
        A file cannot be read or written, or the file holds something that is not a baseline.
    """
    folder, target = Path(result), Path(file)
    refuse_no_baseline(target)
    is_duel = is_there(folder / "duel.json")
    baseline = make_load_baseline(folder) if is_duel else make_baseline(folder)
    earlier = _earlier(target)
    written = _written(reason, baseline)
    if differences := differences_from(earlier, baseline):
        written["differences"] = differences
    history = [*_history(earlier), written][-_REMEMBERED:]
    write_text(target, baseline_text(sealed({**baseline, "history": history})))
    return len(baseline["values"])


_COMMITS = ("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT")  # GitHub, GitLab, Jenkins
_REMEMBERED = 50  # earlier baselines of a file


def _written(reason: str, baseline: Mapping[str, Any]) -> dict[str, Any]:
    """Return who writes a baseline, when, where and why."""
    try:
        author = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in containers
        author = ""
    return {
        "by": author,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "on": platform.node(),
        "reason": reason,
        "scenario_hash": baseline["scenario_hash"],
    }


def _earlier(file: Path) -> dict[str, Any] | None:
    """Return an earlier baseline; None if there is none, or a damaged one."""
    try:
        return read_baseline(file) if is_there(file) else None
    except InvalidInput:
        return None


def _history(earlier: Mapping[str, Any] | None) -> list[Any]:
    """Return what an earlier baseline says about those before it."""
    history = (earlier or {}).get("history")
    return history if isinstance(history, list) else []
