"""Model of a verdict: checks, their stages, and the status that follows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Check", "Stage", "Status", "Verdict"]


class Status(StrEnum):
    """The status of a verdict."""

    PASS = "pass"  # noqa: S105 - a word, not a password
    OBJECTIVE_MISSED = "objective_missed"
    REGRESSION = "regression"
    INVALID = "invalid"
    INCONCLUSIVE = "inconclusive"


EXIT_CODES = {
    Status.PASS: 0,
    Status.OBJECTIVE_MISSED: 2,
    Status.REGRESSION: 3,
    Status.INVALID: 4,
    Status.INCONCLUSIVE: 5,
}


class Stage(StrEnum):
    """The stages of a verdict, in order: an invalid result is judged no further."""

    VALIDITY = "validity"
    OBJECTIVE = "objective"
    BASELINE = "baseline"
    EVIDENCE = "evidence"


FAILED = {
    Stage.VALIDITY: Status.INVALID,
    Stage.OBJECTIVE: Status.OBJECTIVE_MISSED,
    Stage.BASELINE: Status.REGRESSION,
    Stage.EVIDENCE: Status.INCONCLUSIVE,
}


@dataclass(frozen=True, slots=True)
class Check:
    """The check of one value.

    Parameters
    ----------
    stage
        Its stage.
    name
        Unique within the verdict.
    passed
        Whether the value is as wanted.
    actual, wanted
        The value and its bound, numbers or text; None = undefined.
    message
        One sentence: the value and, if the check failed, what to do.
    seconds
        The measured time, if the value is one: JUnit's time of the test case.
    measured
        False = it was not measured, and the scenario allows that: neither passed nor failed.
    """

    stage: Stage
    name: str
    passed: bool
    actual: Any
    wanted: Any
    message: str
    measured: bool = True
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks of a result.

    Parameters
    ----------
    title
        The name of the result.
    checks
        In the order of the stages.
    file
        The scenario's file, as the command had it, for CI systems that show a verdict beside a file.
    notes
        Sentences that decide nothing.
    """

    title: str
    checks: tuple[Check, ...]
    file: str = "scenario.yaml"
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return the title and the status, with the checks that failed."""
        failed = "".join(f"; {check.name}: {check.message}" for check in self.failures)
        return f"<Verdict: {self.title}, {self.status}{failed}>"

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
        """The exit code of ``sojourn check``: 0 pass, 2 objective missed, 3 regression, 4 invalid, 5 inconclusive."""
        return EXIT_CODES[self.status]
