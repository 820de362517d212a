"""The OpenAPI document is valid and describes all routes and nothing else."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from orchestrator import Service
from orchestrator.core.problems import KINDS
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.http.openapi import document
from orchestrator.store.memory import MemoryDatabase
from tests.support.asgi_requests import request

ROUTES = [route for feature in FEATURES for route in feature.routes]
DOCUMENT = document(FEATURES)
OPERATIONS = [
    (path, method, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]


def _schemas(value: Any) -> list[Any]:
    """Return every schema in a part of the document."""
    if isinstance(value, dict):
        own = [value["schema"]] if "schema" in value else []
        return own + [schema for part in value.values() for schema in _schemas(part)]
    return [schema for part in value for schema in _schemas(part)] if isinstance(value, list | tuple) else []


def test_it_is_a_valid_document_of_openapi_3_1() -> None:
    served = asyncio.run(request(App(Service(MemoryDatabase(), FEATURES)), "GET", "/openapi.json"))
    assert served.json["openapi"].startswith("3.1.")
    assert [str(error) for error in jsonschema_rs.Draft202012Validator(OPENAPI_31).iter_errors(served.json)] == []


def test_every_schema_is_one() -> None:
    schemas = _schemas(DOCUMENT["paths"]) + list(DOCUMENT["components"]["schemas"].values())
    assert len(schemas) > len(ROUTES)
    for schema in schemas:
        jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def test_every_route_is_in_it_and_nothing_else() -> None:
    assert {(path, method.upper()) for path, method, _ in OPERATIONS} == {
        (route.path, route.method) for route in ROUTES
    }
    assert len(OPERATIONS) == len(ROUTES)


def test_operations_have_names_of_their_own_and_say_what_they_do() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)
    for path, method, operation in OPERATIONS:
        assert operation["summary"], (path, method)
        assert any(status.startswith("2") for status in operation["responses"]), (path, method)


def test_parameters_in_a_path_are_described_once() -> None:
    for path, _, operation in OPERATIONS:
        described = [parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "path"]
        assert sorted(described) == sorted(re.findall(r"\{(\w+)\}", path)), path


def test_only_what_is_free_needs_no_token_and_everything_else_says_401() -> None:
    for route in ROUTES:
        operation = DOCUMENT["paths"][route.path][route.method.lower()]
        assert (operation.get("security") == []) is route.free
        assert ("401" in operation["responses"]) is not route.free


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_problem_of_a_route_is_of_a_kind(route: Any) -> None:
    assert set(route.problems) <= KINDS.keys()
    for slug in route.problems:
        responses = DOCUMENT["paths"][route.path][route.method.lower()]["responses"]
        assert str(KINDS[slug][0]) in responses


@pytest.mark.command
def test_it_can_be_printed_without_a_service() -> None:
    command = [sys.executable, "-m", "orchestrator", "openapi"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True)
    assert printed.stdout.startswith('{"openapi":"3.1.0"')
    assert printed.stderr == ""
