"""Verdicts on result folders, and baselines."""

from __future__ import annotations

from pathlib import Path

from loadtests.verdict import (
    Verdict,
    baseline_text,
    code_quality,
    judge_result,
    junit_xml,
    make_baseline,
    markdown,
    read_baseline,
    read_result,
    refuse_no_baseline,
)
from sim.core.files import write_text

__all__ = ["judge", "keep_baseline"]


def judge(result: Path | str, baseline: Path | str | None = None) -> Verdict:
    """Judge a result folder, and write ``junit.xml``, ``verdict.md`` and ``codequality.json`` into it.

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
    folder = Path(result)
    verdict = judge_result(read_result(folder), None if baseline is None else read_baseline(Path(baseline)))
    write_text(folder / "junit.xml", junit_xml(verdict))
    write_text(folder / "verdict.md", markdown(verdict))
    write_text(folder / "codequality.json", code_quality(verdict))
    return verdict


def keep_baseline(result: Path | str, file: Path | str) -> int:
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
        A file cannot be read or written, or the file holds something that is not a baseline.
    """
    refuse_no_baseline(Path(file))
    baseline = make_baseline(Path(result))
    write_text(Path(file), baseline_text(baseline))
    return len(baseline["values"])
