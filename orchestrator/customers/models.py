"""Request models of customers: the command that a request asks for, and the JSON schemas."""

from orchestrator.core.request import LONGEST, Request
from orchestrator.customers.commands import Identify
from orchestrator.http.fields import Fields
from orchestrator.http.schemas import NAME, objects

__all__ = ["IDENTITY", "PERSON", "identify"]

_TEXT = {"type": "string"}

IDENTITY = objects({"identity": NAME}, {"reason": NAME})
PERSON = objects({"customer": _TEXT, "identities": {"type": "array", "items": _TEXT}})


def identify(request: Request) -> Identify:
    """Read which names are one customer's."""
    key = request.key()
    fields = Fields(request.json("application/json"))
    command = Identify(
        request.tenant, key, request.names["customer"], fields.text("identity"), fields.maybe_text("reason")
    )
    fields.only("identity", "reason")
    if len(command.name) > LONGEST:
        fields.errors.append(("customer", f"has {len(command.name)} characters; at most {LONGEST} are kept"))
    fields.check()
    return command
