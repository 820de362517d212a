"""Parameters of routes, as the OpenAPI document has them."""

from collections.abc import Mapping
from typing import Any

from orchestrator.core.request import LONGEST
from orchestrator.http.paging import LARGEST_PAGE

__all__ = ["KEY", "PAGE", "Parameter", "query"]

Parameter = Mapping[str, Any]

KEY: Parameter = {
    "name": "Idempotency-Key", "in": "header", "required": True,
    "description": "The same key with the same request gets the same answer, and is applied once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]([ -~]*[!-~])?$"},
}  # fmt: skip
"""The parameter of requests that may be sent again."""

PAGE: tuple[Parameter, ...] = (
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE}},
)
"""The parameter that every list takes beside its own ``after``."""


def query(name: str, schema: Mapping[str, Any], description: str = "") -> Parameter:
    """Return an optional parameter of the query."""
    return {"name": name, "in": "query", "schema": schema, **({"description": description} if description else {})}
