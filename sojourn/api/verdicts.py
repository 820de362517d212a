"""Verdicts on result folders, and baselines."""

from __future__ import annotations

from pathlib import Path

from loadtests.verdict import (
    Verdict,
    baseline_text,
    judge_result,
    junit_xml,
    make_baseline,
    markdown,
    read_baseline,
    read_result,
)
from sim.core.files import write_text

__all__ = ["judge", "keep_baseline"]


def judge(result: Path, baseline: Path | None = None) -> Verdict:
    """Judge a result folder, and write ``junit.xml`` and ``verdict.md`` into it.

    Parameters
    ----------
    result
        The folder of a run or a load test.
    baseline
        A baseline to compare with.

    Returns
    -------
    Verdict
        With its exit code.

    Raises
    ------
    InvalidInput, CannotWrite
        A file cannot be read or written.
    """
    verdict = judge_result(read_result(result), None if baseline is None else read_baseline(baseline))
    write_text(result / "junit.xml", junit_xml(verdict))
    write_text(result / "verdict.md", markdown(verdict))
    return verdict


def keep_baseline(result: Path, file: Path) -> int:
    """Keep the simulated KPIs of a run as a baseline.

    Parameters
    ----------
    result
        The folder of a run.
    file
        The file of the baseline.

    Returns
    -------
    int
        The number of its KPIs.

    Raises
    ------
    InvalidInput, CannotWrite
        A file cannot be read or written.
    """
    baseline = make_baseline(result)
    write_text(file, baseline_text(baseline))
    return len(baseline["values"])
