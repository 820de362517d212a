"""JSON schemas that the routes of several parts share, for the OpenAPI document."""

from collections.abc import Mapping
from typing import Any

from orchestrator.core.request import LONGEST
from orchestrator.http.paging import LARGEST_PAGE

__all__ = ["KEY", "NAME", "PAGE", "TIME", "nullable", "objects", "paged", "query"]

Schema = Mapping[str, Any]

NAME: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[^\\u0000]*$"}
"""A name, a channel or an identifier."""

TIME: Schema = {"type": "string", "format": "date-time"}
"""An instant."""

KEY: Schema = {
    "name": "Idempotency-Key", "in": "header", "required": True,
    "description": "The same key with the same request gets the same answer, and is applied once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]([ -~]*[!-~])?$"},
}  # fmt: skip
"""The parameter of requests that may be sent again."""

PAGE: tuple[Schema, ...] = (
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE}},
)
"""The parameter that every list takes beside its own ``after``."""


def query(name: str, schema: Schema, description: str = "") -> Schema:
    """Return an optional parameter of the query."""
    return {"name": name, "in": "query", "schema": schema, **({"description": description} if description else {})}


def nullable(schema: Schema) -> Schema:
    """Return the schema of a value that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def objects(
    required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, *, more: bool = False
) -> Schema:
    """Return the schema of an object.

    Parameters
    ----------
    required, optional
        Its members.
    more
        Whether it may have others.

    Returns
    -------
    Schema
        To put in a `Route`.
    """
    properties = {**required, **(optional or {})}
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": more}


def paged(item: Schema, cursor: Schema) -> Schema:
    """Return the schema of one page of a list."""
    return objects({"items": {"type": "array", "items": item}, "next": nullable(cursor)})
