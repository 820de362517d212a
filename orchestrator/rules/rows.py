"""The rows of the rules: sets that never change, which one is active, and what was decided."""

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
    """Which version is active; with the fingerprint of its rules, by which a process finds them compiled."""

    tenant: str
    version: int
    fingerprint: str
    activated: float


@table("decisions", key=("tenant", "journey", "version"))
class Decision:
    """What the rules decided on one entry of a journey, whose version it has.

    ``given`` and ``excesses`` are what the rules had read, and ``fingerprint`` is that of the former: enough to decide
    again. ``decided`` names the rules that did, ``failed`` those that could not be told, each with why. They are JSON;
    the conditions and the actions stand in the version (``rules``), which never changes.
    """

    tenant: str
    journey: str
    version: int
    rules: int
    at: float
    given: str
    excesses: str
    fingerprint: str
    decided: str
    failed: str
