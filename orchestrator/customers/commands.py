"""Commands of customers."""

from orchestrator.core.answer import Key
from orchestrator.customers.models import OtherName
from orchestrator.http.command import Command
from orchestrator.http.types import Name

__all__ = ["Identify"]


class Identify(Command):
    """Say that a name belongs to the customer with another name."""

    key: Key
    customer: Name
    body: OtherName
