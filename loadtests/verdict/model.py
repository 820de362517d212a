"""What a verdict is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Check", "Stage", "Status", "Verdict"]


class Status(StrEnum):
    """How a result was judged, the gravest of what was found."""

    PASS = "pass"  # noqa: S105 - a word, not a password
    OBJECTIVE_MISSED = "objective_missed"
    REGRESSION = "regression"
    INVALID = "invalid"


EXIT_CODES = {Status.PASS: 0, Status.OBJECTIVE_MISSED: 2, Status.REGRESSION: 3, Status.INVALID: 4}


class Stage(StrEnum):
    """What a check is about, in the order in which verdicts look: an invalid result is judged no further."""

    VALIDITY = "validity"
    OBJECTIVE = "objective"
    BASELINE = "baseline"


FAILED = {
    Stage.VALIDITY: Status.INVALID,
    Stage.OBJECTIVE: Status.OBJECTIVE_MISSED,
    Stage.BASELINE: Status.REGRESSION,
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    stage
        What it is about.
    name
        Unique within the verdict.
    passed
        Whether it is as it should be.
    found, wanted
        Numbers or words; None where there is none.
    message
        One sentence: what was found and, where it failed, what to do.
    """

    stage: Stage
    name: str
    passed: bool
    found: Any
    wanted: Any
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that was looked at.

    Parameters
    ----------
    title
        What was judged.
    checks
        In the order of the stages.
    """

    title: str
    checks: tuple[Check, ...]

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def status(self) -> Status:
        """The status: that of the first stage at which a check failed."""
        failed = {check.stage for check in self.failures}
        return next((FAILED[stage] for stage in Stage if stage in failed), Status.PASS)

    @property
    def exit_code(self) -> int:
        """The exit code of ``sojourn check``: 0 pass, 2 objective missed, 3 regression, 4 invalid."""
        return EXIT_CODES[self.status]
