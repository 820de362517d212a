"""Files of a verdict: for CI systems, and a page for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from loadtests.verdict.ci_reports import code_quality
from loadtests.verdict.model import Stage
from loadtests.verdict.rendering import SENTENCES, cell_text, junit_xml, mark_of, markdown
from sim.core.files import write_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from loadtests.verdict.model import Verdict
    from sim.report.verdict_page import StageRows

__all__ = ["PAGE", "write_verdict"]

PAGE: Final = "verdict.html"
_TITLES: Final = {
    Stage.VALIDITY: "Validity",
    Stage.OBJECTIVE: "Objectives",
    Stage.BASELINE: "Comparison",
    Stage.EVIDENCE: "Evidence",
}


def write_verdict(folder: Path, verdict: Verdict, manifest: Mapping[str, Any], outcome: Sequence[str] = ()) -> None:
    """Write ``junit.xml``, ``verdict.md``, ``codequality.json`` and ``verdict.html`` into a folder.

    Parameters
    ----------
    folder
        Of the result.
    verdict
        On it.
    manifest
        Of the result.
    outcome
        Sentences with which the page begins; else it begins with the status.

    Raises
    ------
    CannotWrite
        A file cannot be written.
    """
    from sim.report.verdict_page import verdict_page

    write_text(folder / "junit.xml", junit_xml(verdict))
    write_text(folder / "verdict.md", markdown(verdict))
    write_text(folder / "codequality.json", code_quality(verdict))
    stages = list(_stages(verdict))
    page = verdict_page(verdict.title, SENTENCES[verdict.status], stages, manifest, verdict.notes, outcome)
    write_text(folder / PAGE, page)


def _stages(verdict: Verdict) -> Iterator[StageRows]:
    """Yield the checks of each stage that has some, as text."""
    from sim.report.verdict_page import CheckRow, StageRows

    for stage in Stage:
        checks = [check for check in verdict.checks if check.stage == stage]
        rows = [
            CheckRow(check.name, cell_text(check.actual), cell_text(check.wanted), mark_of(check), check.message)
            for check in checks
        ]
        if rows:
            yield StageRows(_TITLES[stage], rows)
