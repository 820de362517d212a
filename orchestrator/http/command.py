"""Commands and bodies: one declaration reads a request, finds everything wrong with it, and gives its JSON schema."""

from functools import cache
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from orchestrator.core.problems import Refused, invalid
from orchestrator.core.request import LONGEST, Request
from orchestrator.http.schemas import Schema, SchemaGenerator, needed, schema_at

__all__ = ["JSON", "Body", "Command"]

JSON = "application/json"


class Body(BaseModel):
    """An object that a request sends. Nothing in it is converted: neither ``"1"`` nor ``true`` is a number."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Command(BaseModel):
    """What a request asks for.

    A class declares what it takes: the names of the path, ``key`` (of requests that may be sent again), ``trace``, and
    ``body``, which may have a default.
    """

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    media: ClassVar[str] = JSON
    tenant: str

    @classmethod
    def read(cls, request: Request, **context: Any) -> Self:
        """Return the command that a request asks for.

        Parameters
        ----------
        request
            Its names are known to all validators.
        **context
            What else validators are to know.

        Raises
        ------
        Refused
            When the request cannot be read, or is not right; then with everything that is wrong.
        """
        fields, values = cls.model_fields, cls.more(request)
        if "key" in fields:
            values["key"] = request.key()
        if "body" in fields and (request.body or fields["body"].is_required()):
            values["body"] = request.json(cls.media)
        return cls.of(request, values, **context)

    @classmethod
    def more(cls, request: Request) -> dict[str, Any]:
        """Return the values of fields that are neither in the path nor the body."""
        del request
        return {}

    @classmethod
    def of(cls, request: Request, values: dict[str, Any], **context: Any) -> Self:
        """Return the command with some values of its fields, and the names, the tenant and the trace of a request."""
        try:
            known = {**values, **request.names, "tenant": request.tenant, "trace": request.trace()}
            return cls.model_validate(known, context={**request.names, **context})
        except ValidationError as error:
            raise _refused(error, cls) from None


@cache
def _schema(command: type[Command]) -> Schema:
    """Return a command's JSON schema, which tells what is needed at the place of an error."""
    return command.model_json_schema(schema_generator=SchemaGenerator)


def _refused(error: ValidationError, command: type[Command]) -> Refused:
    """Return the refusal of a request, which tells the place of each error: a JSON pointer, or a parameter's name."""
    root = _schema(command)
    definitions = root.get("$defs", {})
    problems: list[tuple[str, str]] = []
    for details in error.errors(include_url=False):
        pointer, around, schema = "", root, root
        for step in details["loc"]:
            if step == "[key]":  # the name of a member, not its value
                schema = around["propertyNames"]
                continue
            around, schema = schema, schema_at(schema, step, definitions)
            if "oneOf" not in around:  # else the step is the tag of an alternative
                pointer += f"/{str(step)[:LONGEST]}"
        pointer = pointer.removeprefix("/body") if pointer.startswith("/body") else pointer[1:]
        problems.append((pointer or "/", _sentence(details, around, schema)))
        if details["type"] == "model_type":  # what an object would need there is told at once
            problems += [
                (f"{pointer}/{name}", f"is missing; {needed(schema_at(schema, name, definitions))}")
                for name in schema.get("required", ())
            ]
    return invalid(problems)


def _sentence(details: ErrorDetails, around: Schema, schema: Schema) -> str:
    """Return what is wrong with a value, or with an object that lacks it."""
    kind, value = details["type"], details["input"]
    if kind == "extra_forbidden":
        return f"is not known; known are {', '.join(around.get('properties', ()))}"
    if kind == "missing":
        return f"is missing; {needed(schema)}"
    if kind == "value_error" and (sentence := str(details["ctx"]["error"])):
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
