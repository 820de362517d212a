"""Models of customers: what requests send, and what answers show."""

from orchestrator.http.command import Body
from orchestrator.http.schemas import view
from orchestrator.http.types import Maybe, Name

__all__ = ["OtherName", "PersonView"]


class OtherName(Body):
    """Another name of a customer."""

    identity: Name
    reason: Maybe[Name] = None


PersonView = view("PersonView", customer=str, identities=list[str])
"""Customer, with all names."""
