"""What a verification may find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["CHECKS", "Finding"]

CHECKS: Final = ("lost", "phantom", "duplicate", "out_of_order", "context_wrong", "leak", "unbalanced")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    check: str
    customer: str  # or whose it is, e.g. a queue's name
    detail: str
