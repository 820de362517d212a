"""Routing policies: which agent for this item, which item for this agent; one file each, found by its name.

Their names and meanings are those of the simulator, so that what was simulated can be run.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from orchestrator.queues.policies.policy import Offer, Policy, Seat

__all__ = ["Offer", "Policy", "Seat", "policies"]


@cache
def policies() -> dict[str, Policy]:
    """Return every routing policy by its name, sorted."""
    modules = {name: import_module(f"{__name__}.{name}") for name in sorted(it.name for it in iter_modules(__path__))}
    return {name: module.POLICY for name, module in modules.items() if hasattr(module, "POLICY")}
