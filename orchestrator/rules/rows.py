"""Rows of the rules: versions that never change, the active one, and the decisions."""

from orchestrator.store.unit import table

__all__ = ["ActiveRules", "Decision", "StoredRules"]


@table("rule_sets", key=("tenant", "version"))
class StoredRules:
    """A version of a tenant's rules; ``rules`` is the text that `ruleset.checked` made."""

    tenant: str
    version: int
    rules: str
    fingerprint: str
    created: float


@table("active_rules", key=("tenant",))
class ActiveRules:
    """The active version, with the fingerprint of its rules, by which a process finds them compiled."""

    tenant: str
    version: int
    fingerprint: str
    activated: float


@table("decisions", key=("tenant", "journey", "version"), renamed={"input": "given"})
class Decision:
    """The decision of the rules on one entry of a journey; it has the version of the entry.

    ``input`` and ``excesses`` are the values that the rules had read, and ``fingerprint`` is that of ``input``: enough
    to decide again. ``decided`` names the rules that held, ``failed`` those without a result, each with the reason. All
    are JSON. The conditions and the actions stand in the version (``rules``), which never changes.
    """

    tenant: str
    journey: str
    version: int
    rules: int
    at: float
    input: str
    excesses: str
    fingerprint: str
    decided: str
    failed: str
