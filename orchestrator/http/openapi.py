"""The OpenAPI 3.1 document, put together from what the routes say of themselves.

``python -m orchestrator openapi`` prints it. There is no second description that could go wrong: a route that
is not here is not served, and the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import Document, write
from orchestrator.core.problems import KINDS
from orchestrator.core.request import Request
from orchestrator.http.command import Query
from orchestrator.http.schemas import Schema, SchemaGenerator
from orchestrator.http.types import Name
from orchestrator.service.executor import Executor
from orchestrator.service.feature import Feature, Route

__all__ = ["document", "feature"]

VERSION: Final = "1"

Schemas = Mapping[int, Schema]
"""The schema of each type, by its ``id``."""

ALWAYS: Final = (
    "malformed", "invalid", "too-large", "slow", "failed", "storage", "overloaded", "stalled", "no-room", "budget",
    "limit",
)  # fmt: skip
"""Kinds of problems that any route may answer with."""


class Problem(BaseModel):
    """Problem as RFC 9457 has it; ``type`` is ``/problems/`` and the kind."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str


def document(features: Iterable[Feature]) -> Document:
    """Return the OpenAPI document of a service.

    Parameters
    ----------
    features
        The parts of the service.
    """
    routes = [route for feature in features for route in feature.routes]
    schemas, components = _schemas(routes)
    paths: dict[str, Document] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sojourn reference orchestration endpoint",
            "version": VERSION,
            "description": "Journeys that are kept, applied once and in order; see docs/orchestrator.md.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {
                    "type": "http", "scheme": "bearer",
                    "description": "A tenant's token. A service without any token needs none, and listens on loopback.",
                }
            },
        },
        "security": [{"token": []}, {}],
    }  # fmt: skip


def _schemas(routes: Iterable[Route]) -> tuple[Schemas, Document]:
    """Return the schemas of all that routes take and answer, and those that they refer to, by name."""
    asked = [body for route in routes for body in route.request.values()]
    answered = [answer for route in routes for _, answer in route.answers.values() if answer is not None]
    schemas, shared = TypeAdapter.json_schemas(
        [
            *((id(body), "validation", TypeAdapter(body)) for body in (Name, *asked)),
            *((id(answer), "serialization", TypeAdapter(answer)) for answer in (Problem, *answered)),
        ],
        ref_template="#/components/schemas/{model}", schema_generator=SchemaGenerator,
    )  # fmt: skip
    return {key: schema for (key, _), schema in schemas.items()}, shared["$defs"]


def _operation(route: Route, schemas: Schemas) -> Document:
    """Return the description of one route."""
    operation: Document = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [_tag(route.path)],
        "responses": dict(_responses(route, schemas)),
    }
    asked = [] if route.query is None else _query_parameters(route.query)
    if parameters := [*_path_parameters(route.path, schemas[id(Name)]), *route.parameters, *asked]:
        operation["parameters"] = parameters
    if route.request:
        content = {media: {"schema": schemas[id(body)]} for media, body in route.request.items()}
        operation["requestBody"] = {"required": True, "content": content}
    if route.free:
        operation["security"] = []
    return operation


def operation_id(route: Route) -> str:
    """Return a name that no other route has."""
    words = re.findall(r"[A-Za-z0-9]+", route.path.replace("/v1/", "/"))
    return "_".join([route.method.lower(), *words]) if words else f"{route.method.lower()}_page"


def _tag(path: str) -> str:
    """Return the group that a path belongs to: its first word."""
    words = [word for word in path.split("/") if word not in ("", "v1")]
    return words[0] if words else "page"


def _path_parameters(path: str, schema: Schema) -> Iterator[Document]:
    """Yield the parameters in a path."""
    for name in re.findall(r"\{(\w+)\}", path):
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(query: type[Query]) -> Iterator[Document]:
    """Yield the parameters of a query."""
    for name, schema in query.model_json_schema(schema_generator=SchemaGenerator)["properties"].items():
        yield {"name": name, "in": "query", "schema": schema}


def _responses(route: Route, schemas: Schemas) -> Iterator[tuple[str, Document]]:
    """Yield what a route may answer, by status."""
    for status, (sentence, shown) in sorted(route.answers.items()):
        response: Document = {"description": sentence}
        if shown is not None:
            schema = schemas[id(shown)]
            response["content"] = {schema.get("contentMediaType", "application/json"): {"schema": schema}}
        yield str(status), response
    kinds = {*ALWAYS, *route.problems} | (set() if route.free else {"unauthorized"})
    by_status: dict[int, list[str]] = {}
    for name in sorted(kinds):
        by_status.setdefault(KINDS[name][0], []).append(name)
    for status, names in sorted(by_status.items()):
        if status not in route.answers:
            yield str(status), _problem(names)


def _problem(kinds: list[str]) -> Document:
    """Return what a route answers with some kinds of problems."""
    sentences = "; ".join(f"{name}: {KINDS[name][1]}" for name in kinds)
    content: Mapping[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": sentences, "content": {"application/problem+json": content}}


def feature(others: Sequence[Feature]) -> Feature:
    """Return the feature that shows the document of all others and of itself."""

    @cache
    def written() -> bytes:
        return write(document((*others, shown))).encode()

    async def show(executor: Executor, request: Request) -> Answer:
        del executor, request
        return Answer(200, written())

    shown = Feature(
        routes=(
            Route(
                "GET", "/openapi.json", show, "Show this document.",
                answers={200: ("OpenAPI 3.1.", Document)}, free=True,
            ),
        )
    )  # fmt: skip
    return shown
