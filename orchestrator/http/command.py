"""Commands, bodies, and queries: one declaration reads a request, finds all its errors, and gives its JSON schema."""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from orchestrator.core.problems import Refused, invalid
from orchestrator.core.request import LONGEST, Request
from orchestrator.http.schemas import Schema, SchemaGenerator, needed, schema_at
from orchestrator.service.feature import Route, command_route

__all__ = ["JSON", "Body", "Command", "Query", "write_route"]

JSON = "application/json"
Answers = Mapping[int, tuple[str, Any]]


class Body(BaseModel):
    """An object that a request sends. Nothing in it is converted: neither ``"1"`` nor ``true`` is a number."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Query(BaseModel):
    """Parameters of the query of a request; those that are not declared are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @classmethod
    def read(cls, request: Request) -> Self:
        """Return the parameters that a request gives.

        Raises
        ------
        Refused
            ``invalid``, with everything that is wrong.
        """
        try:
            return cls.model_validate(request.parameters())
        except ValidationError as error:
            raise _refused(error, cls) from None


class Command(BaseModel):
    """What a request asks for.

    A class declares what it takes: the names of the path, ``key`` (of requests that may be sent again), ``trace``, and
    ``body``, which may have a default; the body's media type and the headers stand beside, for the OpenAPI document.
    """

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    media: ClassVar[str] = JSON
    headers: ClassVar[Sequence[Mapping[str, Any]]] = ()
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
        return cls.parse(request, values, **context)

    @classmethod
    def more(cls, request: Request) -> dict[str, Any]:
        """Return the values of fields that are neither in the path nor the body."""
        del request
        return {}

    @classmethod
    def parse(cls, request: Request, values: dict[str, Any], **context: Any) -> Self:
        """Return the command with some values of its fields, and the names, the tenant and the trace of a request."""
        try:
            known = {**values, **request.names, "tenant": request.tenant, "trace": request.trace()}
            return cls.model_validate(known, context={**request.names, **context})
        except ValidationError as error:
            raise _refused(error, cls) from None


KEY: Mapping[str, Any] = {
    "name": "Idempotency-Key", "in": "header", "required": True,
    "description": "The same key with the same request gets the same answer, and is applied once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]([ -~]*[!-~])?$"},
}  # fmt: skip


def write_route(
    method: str, path: str, command: type[Command], summary: str, answers: Answers, *problems: str, **context: Any
) -> Route:  # fmt: skip
    """Return the route of a command, whose body, headers and usual problems are those of the command.

    Parameters
    ----------
    method, path, summary, answers
        As in `Route`.
    command
        The class of the command.
    *problems
        Kinds of problems beside those of every request with such a body or key.
    **context
        What else the validators of the command are to know.
    """
    fields, headers = command.model_fields, command.headers
    asked: dict[str, Any] = {}
    if "body" in fields:
        asked = {command.media: fields["body"].annotation}
        problems = (*problems, "invalid", "malformed", "media-type")
    if "key" in fields:
        headers, problems = (*headers, KEY), (*problems, "key-reused")
    return Route(
        method, path, command_route(partial(command.read, **context)), summary, asked, answers, headers, problems
    )  # fmt: skip


@cache
def _schema(model: type[BaseModel]) -> Schema:
    """Return a model's JSON schema, which tells what is needed at the place of an error."""
    return model.model_json_schema(schema_generator=SchemaGenerator)


def _refused(error: ValidationError, model: type[BaseModel]) -> Refused:
    """Return the refusal of a request, which tells the place of each error: a JSON pointer, or a parameter's name."""
    root = _schema(model)
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
