"""Refusal of a request that is not valid: the errors of its model, each with its place and a plain sentence."""

from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from orchestrator.core.problems import Refused, invalid
from orchestrator.core.request import LONGEST
from orchestrator.http.schemas import Schema, SchemaGenerator, needed, schema_at

__all__ = ["refusal"]


@cache
def _schema(model: type[BaseModel]) -> Schema:
    """Return a model's JSON schema, which tells what is needed at the place of an error."""
    return model.model_json_schema(schema_generator=SchemaGenerator)


def refusal(error: ValidationError, model: type[BaseModel]) -> Refused:
    """Return the refusal of a request, with the place of each error and a sentence."""
    root = _schema(model)
    definitions = root.get("$defs", {})
    problems: list[tuple[str, str]] = []
    for details in error.errors(include_url=False):
        pointer, around, schema = _place(details["loc"], root, definitions)
        problems.append((pointer or "/", _sentence(details, around, schema)))
        if details["type"] == "model_type":  # what an object would need there is told at once
            problems += [
                (f"{pointer}/{name}", f"is missing; {needed(schema_at(schema, name, definitions))}")
                for name in schema.get("required", ())
            ]
    return invalid(problems)


def _place(
    steps: tuple[str | int, ...], root: Schema, definitions: Schema
) -> tuple[str, Schema, Schema]:  # fmt: skip
    """Return a place, with the schema around it and its own: a JSON pointer in the body, or the name of a parameter."""
    first, *inner = steps
    around, schema = root, schema_at(root, first, definitions)
    pointer = "" if first == "body" and first in root["properties"] else str(first)[:LONGEST]
    for step in inner:
        if step == "[key]":  # the name of a member, not its value
            schema = around["propertyNames"]
            continue
        around, schema = schema, schema_at(schema, step, definitions)
        if "oneOf" not in around:  # else the step is the tag of an alternative
            pointer += f"/{str(step)[:LONGEST]}"
    return pointer, around, schema


def _sentence(details: ErrorDetails, around: Schema, schema: Schema) -> str:
    """Return what is wrong with a value, or with an object that lacks it."""
    error_type, value = details["type"], details["input"]
    if error_type == "extra_forbidden":
        return f"is not known; known are {', '.join(around.get('properties', ()))}"
    if error_type == "missing":
        return f"is missing; {needed(schema)}"
    if error_type == "value_error" and (sentence := str(details["ctx"]["error"])):
        return sentence
    if isinstance(value, str) and "\0" in value:
        return "has a NUL, which no name has"
    return f"is {_shown(value)}; {needed(schema)}"


def _shown(value: Any) -> str:
    """Return a value, short enough for a sentence."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 40 else f"a text of {len(value)} characters"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return f"the number {str(value)[:40]}"
