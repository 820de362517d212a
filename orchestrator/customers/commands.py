"""Commands of customers."""

from dataclasses import dataclass

from orchestrator.core.answer import Key

__all__ = ["Identify"]


@dataclass(frozen=True, slots=True)
class Identify:
    """Say that a name belongs to the customer with another name."""

    tenant: str
    key: Key
    name: str
    other: str
    reason: str | None
