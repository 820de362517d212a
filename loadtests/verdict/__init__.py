"""Verdicts on results: validity, objectives, and the exact comparison of simulated KPIs with a baseline."""

from loadtests.verdict.baseline import baseline_text, make_baseline
from loadtests.verdict.ci_reports import code_quality
from loadtests.verdict.files import write_verdict
from loadtests.verdict.judgement import judge_result, scenario_file
from loadtests.verdict.load_baseline import make_load_baseline
from loadtests.verdict.model import Check, Stage, Status, Verdict
from loadtests.verdict.rendering import junit_xml, markdown
from loadtests.verdict.results import Result, read_baseline, read_result, refuse_no_baseline

__all__ = [
    "Check",
    "Result",
    "Stage",
    "Status",
    "Verdict",
    "baseline_text",
    "code_quality",
    "judge_result",
    "junit_xml",
    "make_baseline",
    "make_load_baseline",
    "markdown",
    "read_baseline",
    "read_result",
    "refuse_no_baseline",
    "scenario_file",
    "write_verdict",
]
