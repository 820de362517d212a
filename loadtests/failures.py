"""Failures of a load: how often each cause of failure came, why, and a few samples with secrets masked."""

from __future__ import annotations

import html
import json
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Failure", "FailureLog", "Mask", "Sample", "merge"]

_MOST: Final = 100
"""Kinds of failures that are told apart; all others are counted together."""
_SAMPLES: Final = 3
"""Of each cause."""
_REASON: Final = 200
_SHOWN: Final = 1_000
"""Characters of a reason, and of a request or an answer."""
_LOOKED_AT: Final = 64_000
_OTHERS: Final = "others"
_PHRASES: Final[dict[int, str]] = {status.value: status.phrase for status in HTTPStatus}
_MASKED: Final = "***"
_HEADER: Final = re.compile(
    r"^(?P<name>[\w-]*(?:authorization|cookie|token|secret|password|api-?key)[\w-]*:)[^\r\n]*",
    re.IGNORECASE | re.MULTILINE,
)
_VALUE: Final = re.compile(
    r'(?P<name>"[^"]{0,60}(?:authorization|token|secret|password|api_?-?key)[^"]{0,60}"\s*:\s*)"(?:[^"\\]|\\.)*"?',
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One attempt that failed, with secrets masked and long texts cut."""

    at: float  # seconds since the run's start
    request: str
    answer: str  # empty = there was none


@dataclass(frozen=True, slots=True)
class Failure:
    """One cause of failure, and how often it came."""

    verb: str
    answer_class: str
    status: int  # 0 = no answer
    reason: str  # the condition that failed, or what became of the connection
    count: int
    first: float  # seconds since the run's start
    last: float
    samples: tuple[Sample, ...] = ()

    def __str__(self) -> str:
        """Return a line for people."""
        status = f" {self.status} {_PHRASES.get(self.status, '')}".rstrip() if self.status else ""
        return f"{self.count:,} times {self.verb}: {self.answer_class}{status}, {self.reason}"


class Cause(NamedTuple):
    """What is told apart."""

    verb: str
    answer_class: str
    status: int
    reason: str


class Mask:
    """Masks secrets: the values of environment variables in headers, and what is named like a secret.

    Parameters
    ----------
    secrets
        The values, which are also found as a URL, JSON or HTML writes them.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        written = {
            form
            for secret in secrets
            if secret
            for form in (secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], html.escape(secret))
        }
        self._secrets = sorted(written, key=len, reverse=True)

    def __call__(self, content: bytes | str) -> str:
        """Return the beginning of a message as text without secrets."""
        text = content[:_LOOKED_AT].decode("utf-8", "replace") if isinstance(content, bytes) else content[:_LOOKED_AT]
        for secret in self._secrets:
            text = text.replace(secret, _MASKED)
        text = _VALUE.sub(rf'\g<name>"{_MASKED}"', _HEADER.sub(rf"\g<name> {_MASKED}", text))
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."


class FailureLog:
    """Counts failures by cause, in bounded memory, and keeps the first samples of each.

    Parameters
    ----------
    mask
        Applied to everything that is kept.
    """

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._failures: dict[Cause, Failure] = {}

    def note(self, cause: Cause, at: float, request: bytes, answer: bytes | None) -> None:
        """Count a failure; keep its request and answer, if it is one of the first of its cause."""
        cause = cause._replace(reason=self._mask(cause.reason)[:_REASON])
        if cause not in self._failures and len(self._failures) >= _MOST:
            cause = cause._replace(status=0, reason=_OTHERS)
        known = self._failures.get(cause) or Failure(*cause, count=0, first=at, last=at)
        samples = known.samples
        if len(samples) < _SAMPLES:
            samples += (Sample(at, self._mask(request), "" if answer is None else self._mask(answer)),)
        self._failures[cause] = replace(known, count=known.count + 1, last=at, samples=samples)

    def failures(self) -> tuple[Failure, ...]:
        """Return all kinds."""
        return tuple(self._failures.values())


def merge(logs: Iterable[Iterable[Failure]]) -> tuple[Failure, ...]:
    """Add the failures of several generators up, the most frequent cause first."""
    of_cause: Mapping[Cause, list[Failure]] = defaultdict(list)
    for log in logs:
        for failure in log:
            of_cause[Cause(failure.verb, failure.answer_class, failure.status, failure.reason)].append(failure)
    merged = [
        replace(
            failures[0],
            count=sum(failure.count for failure in failures),
            first=min(failure.first for failure in failures),
            last=max(failure.last for failure in failures),
            samples=tuple(sample for failure in failures for sample in failure.samples)[:_SAMPLES],
        )
        for failures in of_cause.values()
    ]
    return tuple(sorted(merged, key=lambda failure: (-failure.count, failure.first)))
