"""Commands, bodies, and queries: one declaration reads a request, finds all its errors, and gives its JSON schema."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from orchestrator.core.request import LONGEST, Request
from orchestrator.http.refusal import refusal
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
            raise refusal(error, cls) from None


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
            raise refusal(error, cls) from None


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
