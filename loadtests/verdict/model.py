"""Model of a verdict: checks, their stages, and the status that follows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Check", "Mark", "Stage", "Status", "Verdict"]


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
    """The stages of a verdict, in order: of an invalid result, only what is wrong for certain is judged."""

    VALIDITY = "validity"
    OBJECTIVE = "objective"
    BASELINE = "baseline"


# What comes first decides. An objective that an invalid result misses is missed for certain.
FAILED = {
    Stage.OBJECTIVE: Status.OBJECTIVE_MISSED,
    Stage.VALIDITY: Status.INVALID,
    Stage.BASELINE: Status.REGRESSION,
}


class Mark(StrEnum):
    """What a check found, in words."""

    OK = "ok"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    NOT_MEASURED = "not measured"
    NOT_JUDGED = "not judged"


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
    settled
        False = the measurements are too few or too noisy to tell: neither passed nor failed.
    judged
        False = shown for information, because it cannot be judged: neither passed nor failed.
    file, line
        What CI systems show it beside; empty = the scenario's file.
    """

    stage: Stage
    name: str
    passed: bool
    actual: Any
    wanted: Any
    message: str
    measured: bool = True
    seconds: float | None = None
    settled: bool = True
    judged: bool = True
    file: str = ""
    line: int = 0

    @property
    def mark(self) -> Mark:
        """What it found."""
        if not self.judged:
            return Mark.NOT_JUDGED
        if not self.measured:
            return Mark.NOT_MEASURED
        if not self.settled:
            return Mark.INCONCLUSIVE
        return Mark.OK if self.passed else Mark.FAILED

    @property
    def status(self) -> Status:
        """The status of a verdict on it alone."""
        by_mark = {Mark.FAILED: FAILED[self.stage], Mark.INCONCLUSIVE: Status.INCONCLUSIVE}
        return by_mark.get(self.mark, Status.PASS)


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
    strict
        Whether a verdict that is inconclusive fails.
    outcome
        Sentences that say more than the status, such as which endpoint is slower.
    """

    title: str
    checks: tuple[Check, ...]
    file: str = "scenario.yaml"
    notes: tuple[str, ...] = ()
    strict: bool = False
    outcome: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return the title and the status, with the checks that failed."""
        failed = "".join(f"; {check.name}: {check.message}" for check in self.failures)
        return f"<Verdict: {self.title}, {self.status}{failed}>"

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.mark == Mark.FAILED)

    @property
    def unsettled(self) -> tuple[Check, ...]:
        """The checks that are inconclusive."""
        return tuple(check for check in self.checks if check.mark == Mark.INCONCLUSIVE)

    @property
    def status(self) -> Status:
        """The status: a missed objective, an invalid result or a regression; else whether all checks were settled."""
        failed = {check.stage for check in self.failures}
        settled = Status.INCONCLUSIVE if self.unsettled else Status.PASS
        return next((status for stage, status in FAILED.items() if stage in failed), settled)

    @property
    def exit_code(self) -> int:
        """The exit code: 0 pass, 2 objective missed, 3 regression, 4 invalid; inconclusive 5 if strict, or else 0."""
        return 0 if self.status == Status.INCONCLUSIVE and not self.strict else EXIT_CODES[self.status]
