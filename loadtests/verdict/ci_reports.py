"""Reports of a verdict for CI systems: annotations of GitHub Actions, and code quality of GitLab.

The forms are those of GitHub's workflow commands [1]_ and of GitLab's code quality reports [2]_.

References
----------
.. [1] GitHub, Workflow commands for GitHub Actions, "Setting an error message".
.. [2] GitLab, Code Quality, "Code Quality report format".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from loadtests.verdict.model import Mark, Stage

if TYPE_CHECKING:
    from loadtests.verdict.model import Check, Verdict

__all__ = ["code_quality", "github_annotations"]

_SEVERITY: Final = {
    Stage.VALIDITY: "blocker",
    Stage.OBJECTIVE: "major",
    Stage.BASELINE: "critical",
}
_IN_MESSAGES: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTIES: Final = {**_IN_MESSAGES, ":": "%3A", ",": "%2C"}


def github_annotations(verdict: Verdict) -> Iterator[str]:
    """Yield a line for each check that is not ok, for standard output in GitHub Actions: an error, or a notice.

    Parameters
    ----------
    verdict
        Of a result.
    """
    for check in verdict.checks:
        if check.mark == Mark.OK:
            continue
        failed = check.mark == Mark.FAILED or (check.mark == Mark.INCONCLUSIVE and verdict.strict)
        command = "error" if failed else "notice"
        title = f"{check.status.replace('_', ' ') if failed else check.mark}: {check.name}"
        line = f",line={check.line}" if check.line else ""
        file = _escaped(check.file or verdict.file, _IN_PROPERTIES)
        properties = f"file={file}{line},title={_escaped(title, _IN_PROPERTIES)}"
        yield f"::{command} {properties}::{_escaped(check.message, _IN_MESSAGES)}"


def code_quality(verdict: Verdict) -> str:
    """Return the checks that failed or are inconclusive as JSON, the content of GitLab's artifact ``codequality``.

    Parameters
    ----------
    verdict
        Of a result.
    """
    unsettled = "minor" if verdict.strict else "info"
    issues = [
        {
            "description": check.message,
            "check_name": f"sojourn.{check.stage}",
            "fingerprint": _fingerprint(check, verdict.file),
            "severity": _SEVERITY[check.stage] if check.mark == Mark.FAILED else unsettled,
            "location": {"path": check.file or verdict.file, "lines": {"begin": max(check.line, 1)}},
        }
        for check in (*verdict.failures, *verdict.unsettled)
    ]
    return json.dumps(issues, indent=1) + "\n"


def _fingerprint(check: Check, file: str) -> str:
    """Return what identifies a check: the same in the next run, whatever its value."""
    return sha256(f"{file}\n{check.stage}\n{check.name}".encode()).hexdigest()


def _escaped(text: str, escapes: dict[str, str]) -> str:
    """Escape text for a workflow command."""
    return "".join(escapes.get(character, character) for character in text)
