"""Findings of a verification, and its result."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sim.core.units import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CHECKS", "Finding", "Verification"]

CHECKS: Final = ("lost", "phantom", "duplicate", "out_of_order", "context_wrong", "leak", "unbalanced")


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between the endpoint and the ledger."""

    check: str
    customer: str  # or the name of a queue or agent
    detail: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The comparison of what the endpoint has stored with what it acknowledged."""

    checked: int  # journeys that were read back
    items: int  # contacts in queues that were read back
    acknowledged: int  # requests
    unknown: int  # requests without an answer
    counts: Mapping[str, int]  # by check; a check is left out if nothing was read that could show it
    examples: tuple[Finding, ...] = ()  # at most ten of each check
    not_read: Mapping[str, int] = field(default_factory=dict)  # journeys, contacts, queues and lists without an answer
    not_verifiable: tuple[str, ...] = ()  # sections of ``readback`` that the contract lacks
    limit: float | None = None  # seconds for reading back, at most; None = there was nothing to ask
    in_time: bool = True  # False: it was ended because the time was over

    @property
    def unread(self) -> int:
        """Return the number of all that could not be read."""
        return sum(self.not_read.values())

    @property
    def rest(self) -> str:
        """Say what could not be read; empty if all could."""
        return ", ".join(counted(count, things[:-1]) for things, count in self.not_read.items() if count)

    @property
    def ok(self) -> bool:
        """Tell whether something was verified, all of it could be read, and nothing is wrong."""
        return self.checked > 0 and not (self.not_verifiable or self.unread or any(self.counts.values()))

    def as_json(self) -> dict[str, Any]:
        """Return the content of ``verification`` in ``load.json``."""
        examples: dict[str, list[str]] = defaultdict(list)
        for finding in self.examples:
            examples[finding.check].append(f"{finding.customer}: {finding.detail}")
        return {
            "ok": self.ok,
            "checked": self.checked,
            "items": self.items,
            "acknowledged": self.acknowledged,
            "unknown": self.unknown,
            **{check: self.counts.get(check) for check in CHECKS},
            "unread": self.unread,
            "not_read": dict(self.not_read),
            "limit": self.limit,
            "in_time": self.in_time,
            "not_verifiable": list(self.not_verifiable),
            "examples": dict(examples),
        }
