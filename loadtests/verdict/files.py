"""Files of a verdict: for CI systems, and a page for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from loadtests.verdict.ci_reports import code_quality
from loadtests.verdict.model import Stage, Status
from loadtests.verdict.rendering import SENTENCES, cells, junit_xml, markdown
from sim.core.errors import CannotWrite
from sim.core.files import write_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from loadtests.verdict.model import Verdict
    from sim.report.verdict_page import StageRows

__all__ = ["PAGE", "remove_verdict", "write_verdict"]

PAGE: Final = "verdict.html"
_FILES: Final = (PAGE, "junit.xml", "verdict.md", "codequality.json")
_TITLES: Final = {
    Stage.VALIDITY: "Validity",
    Stage.OBJECTIVE: "Objectives",
    Stage.BASELINE: "Comparison",
}
_COLOURS: Final = {Status.PASS: "good", Status.INCONCLUSIVE: "open"}
"""Classes of the page's first words; a status that is not here is bad."""


def write_verdict(folder: Path, verdict: Verdict, manifest: Mapping[str, Any]) -> None:
    """Write ``junit.xml``, ``verdict.md``, ``codequality.json`` and ``verdict.html`` into a folder.

    Parameters
    ----------
    folder
        Of the result.
    verdict
        On it.
    manifest
        Of the result.

    Raises
    ------
    CannotWrite
        A file cannot be written.
    """
    from sim.report.verdict_page import PageSentence, verdict_page

    write_text(folder / "junit.xml", junit_xml(verdict))
    write_text(folder / "verdict.md", markdown(verdict))
    write_text(folder / "codequality.json", code_quality(verdict))
    stages = list(_stages(verdict))
    sentence = PageSentence(SENTENCES[verdict.status], _COLOURS.get(verdict.status, "bad"), verdict.outcome)
    page = verdict_page(verdict.title, sentence, stages, manifest, verdict.notes)
    write_text(folder / PAGE, page)


def remove_verdict(folder: Path) -> None:
    """Remove the files of an earlier verdict, so that nobody takes it for that of a check that ends early.

    Parameters
    ----------
    folder
        Of a result.

    Raises
    ------
    CannotWrite
        A file cannot be removed.
    """
    for name in _FILES:
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise CannotWrite(f"{folder / name}: cannot be replaced: {error.strerror}") from None


def _stages(verdict: Verdict) -> Iterator[StageRows]:
    """Yield the checks of each stage that has some, as text."""
    from sim.report.verdict_page import CheckRow, StageRows

    for stage in Stage:
        checks = [check for check in verdict.checks if check.stage == stage]
        rows = [CheckRow(check.name, *cells(check), str(check.mark), check.message) for check in checks]
        if rows:
            yield StageRows(_TITLES[stage], rows)
