"""Commands of the rules."""

from dataclasses import dataclass

__all__ = ["Activate", "Deactivate", "PutRules"]


@dataclass(frozen=True, slots=True)
class PutRules:
    """Store a new version of a tenant's rules, which were checked; and make it the active one, if that is asked."""

    tenant: str
    rules: str
    activate: bool


@dataclass(frozen=True, slots=True)
class Activate:
    """Make a version the active one."""

    tenant: str
    version: int


@dataclass(frozen=True, slots=True)
class Deactivate:
    """Have no rules active."""

    tenant: str
