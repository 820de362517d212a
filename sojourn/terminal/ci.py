"""Output for GitHub Actions: annotations, and the summary of the step."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from loadtests.verdict import Verdict

__all__ = ["report_to_ci"]


def report_to_ci(verdict: Verdict) -> None:
    """Print annotations in GitHub Actions, and add the verdict to the summary of the step.

    Parameters
    ----------
    verdict
        Of a result.

    Raises
    ------
    CannotWrite
        The summary cannot be written.
    """
    from loadtests.verdict import markdown
    from loadtests.verdict.ci_reports import github_annotations
    from sim.core.errors import CannotWrite

    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in github_annotations(verdict):
            typer.echo(line)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(summary).open("a", encoding="utf-8") as opened:
                opened.write(markdown(verdict) + "\n")
        except OSError as error:
            raise CannotWrite(f"{summary}: the summary cannot be written: {error.strerror}") from None
