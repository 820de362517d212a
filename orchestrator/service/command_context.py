"""Command context: the instant, new identifiers, and hooks, which a handler gets from outside."""

from collections.abc import Callable
from typing import Any

from orchestrator.core.value_class import value_class
from orchestrator.service.limits import Limits

__all__ = ["CommandContext", "Hook", "Spend"]

Hook = Callable[[Any, Any, Any, "CommandContext"], "dict[str, Any] | None"]
"""``hook(entry, journey, unit, context)``, called for each new entry of a journey, in the same savepoint.

It stores its decisions as rows of its own. It returns the journey's next step as a JSON object with at least ``step``,
or ``None`` to leave the next step as it is. A journey keeps the last one.
"""


Spend = Callable[[str, float], None]
"""Pays for a tenant's work, or refuses it."""


NONE = Limits()


def _free(tenant: str, cost: float) -> None:
    """Charge nothing."""


@value_class
class CommandContext:
    """Context in which a command is applied.

    Attributes
    ----------
    now
        Seconds since the epoch (UTC).
    new_id
        Makes an identifier (UUID of version 7) that is greater than all before.
    hooks
        Called after each entry of a journey.
    spend
        Called with a tenant and a cost before rules are evaluated.
    owe
        Called with a tenant and the cost of what is done in any case; the tenant waits for it afterwards.
    limits
        Of each tenant.
    """

    now: float
    new_id: Callable[[], str]
    hooks: tuple[Hook, ...] = ()
    spend: Spend = _free
    owe: Spend = _free
    limits: Limits = NONE
