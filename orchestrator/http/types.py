"""Types of members and parameters. A validator that raises an empty error says: not what the schema asks for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from types import GenericAlias, NoneType
from typing import Annotated, Any, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetPydanticSchema,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    create_model,
)
from pydantic_core import CoreSchema, InitErrorDetails, core_schema

from orchestrator.core.json_codec import Document, write
from orchestrator.core.request import LONGEST

__all__ = [
    "TIME", "WHOLE", "Instant", "Maybe", "Name", "PathName", "Time", "checked_by", "choice", "distinct", "instant",
    "largest", "page_of", "view", "views",
]  # fmt: skip

T = TypeVar("T")

EARLIEST = datetime(1, 1, 3, tzinfo=UTC).timestamp()
LATEST = datetime(9999, 12, 29, tzinfo=UTC).timestamp()


def _not_null(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """Return the schema of the other type of an optional one."""
    (inner,) = (alternative for alternative in get_args(source) if alternative is not NoneType)
    return handler.generate_schema(inner)


Maybe = Annotated[T | None, GetPydanticSchema(_not_null)]
"""A member that may be missing, for which its default ``None`` stands, but not null."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST, pattern=r"^[^\u0000]*$")]
"""A name, a channel or an identifier."""

PathName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_.@:~-]{1,100}$", title="a name of 1 to 100 letters, digits, and _ . @ : ~ -")
]
"""A name that may stand in a path as it is."""

TIME = {"type": "string", "format": "date-time", "title": "a time with its zone", "examples": ["2026-03-02T09:30:00Z"]}


def instant(text: Any) -> datetime:
    """Return the instant that a text tells, with its zone, as RFC 3339 writes it.

    Raises
    ------
    ValueError
        For anything else; without a sentence.
    """
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError from None
    if not len("2026-03-02") < len(text) <= LONGEST or moment.tzinfo is None:
        raise ValueError
    return moment


def _time(text: str) -> str:
    """Return a text that tells an instant."""
    instant(text)
    return text


def _seconds(text: Any) -> float:
    """Return the seconds since the epoch of an instant, whose year must be one in every zone."""
    seconds = instant(text).timestamp()
    if not EARLIEST <= seconds <= LATEST:
        raise ValueError(f"is {text}; a time that is in the years 1 to 9999 in every zone is needed")
    return seconds


Time = Annotated[str, AfterValidator(_time), WithJsonSchema(TIME)]
"""An instant, as it was written."""

Instant = Annotated[float, BeforeValidator(_seconds), WithJsonSchema(TIME)]
"""An instant, in seconds since the epoch."""


def _whole(value: Any) -> Any:
    """Return a number without a fraction as an integer: 5.0 is a whole number in JSON, too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Marks an integer that may be written with a point."""


def choice(*known: str) -> GetPydanticSchema:
    """Return a mark of texts that must be one of a few."""
    return GetPydanticSchema(lambda _, __: core_schema.literal_schema(list(known)))


def checked_by(model: type[BaseModel]) -> GetPydanticSchema:
    """Return a mark of JSON objects that a model checks, and that stay as they are."""

    def validate(value: Any, check: core_schema.ValidatorFunctionWrapHandler) -> Any:
        check(value)
        return value

    return GetPydanticSchema(
        lambda _, handler: core_schema.no_info_wrap_validator_function(validate, handler.generate_schema(model))
    )


def largest(size: int) -> AfterValidator:
    """Return a validator of objects that refuses one with more bytes of JSON."""

    def validate(document: Document) -> Document:
        if (found := len(write(document).encode())) > size:
            raise ValueError(f"has {found} bytes as JSON; {size} are kept at most")
        return document

    return AfterValidator(validate)


def distinct(*way: str) -> WrapValidator:
    """Return a validator of lists whose elements must differ, or the member of each to which a way leads.

    A way is the name of the member; behind a tag, where an element is one of several alternatives.
    """

    def validate(values: Any, validate_list: ValidatorFunctionWrapHandler) -> Any:
        errors: list[InitErrorDetails] = []
        try:
            checked = validate_list(values)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                if not details["loc"]:  # it is no list, or too long a one
                    raise
                kind, loc, context = details["type"], details["loc"], details.get("ctx", {})
                errors.append(InitErrorDetails(type=kind, loc=loc, input=details["input"], ctx=context))
        errors += _repeated(values, way)
        if errors:
            raise ValidationError.from_exception_data("list", errors)
        return checked

    return WrapValidator(validate)


def _repeated(values: list[Any], way: tuple[str, ...]) -> Iterator[InitErrorDetails]:
    """Yield an error for each text of a list that was there before."""
    seen: set[str] = set()
    for number, value in enumerate(values):
        text = value.get(way[-1]) if way and isinstance(value, dict) else value
        if isinstance(text, str) and text in seen:
            error = ValueError(f'is "{text[:40]}" once more; each may stand there once')
            yield InitErrorDetails(type="value_error", loc=(number, *way), input=text, ctx={"error": error})
        elif isinstance(text, str):
            seen.add(text)


def view(name: str, /, *optional: str, **members: Any) -> Any:
    """Return the type of an object of an answer, for the OpenAPI document: it has no other members.

    Parameters
    ----------
    name
        Of the schema.
    *optional
        Members that may be missing.
    **members
        The type of each member.
    """
    fields: dict[str, Any] = {
        member: (kind, None if member in optional else ...) for member, kind in members.items()
    }  # fmt: skip
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)


def views(name: str, /, *optional: str, **members: Any) -> Any:
    """Return the type of a list of objects, see `view`."""
    return GenericAlias(list, view(name, *optional, **members))


def page_of(item: Any, cursor: type[int] | type[str] = str) -> Any:
    """Return the type of a page of a list, see `paging`."""
    return view(f"{item.__name__}Page", items=GenericAlias(list, item), next=cursor | None)
