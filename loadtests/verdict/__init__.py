"""Verdicts: validity, objectives, and the exact comparison of simulated KPIs with a baseline."""

from loadtests.verdict.baseline import baseline_text, make_baseline
from loadtests.verdict.inputs import Result, read_baseline, read_result
from loadtests.verdict.judge import check
from loadtests.verdict.model import Check, Stage, Status, Verdict
from loadtests.verdict.render import junit_xml, markdown

__all__ = [
    "Check",
    "Result",
    "Stage",
    "Status",
    "Verdict",
    "baseline_text",
    "check",
    "junit_xml",
    "make_baseline",
    "markdown",
    "read_baseline",
    "read_result",
]
