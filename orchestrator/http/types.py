"""Types of members and parameters. A validator that raises an empty error says: not what the schema asks for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetPydanticSchema,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import CoreSchema, InitErrorDetails, core_schema

from orchestrator.core import timestamps
from orchestrator.core.json_codec import Document, write
from orchestrator.core.request import LONGEST

__all__ = [
    "TIME", "WHOLE", "Count", "Flag", "Instant", "Maybe", "Name", "PathName", "Text", "Time", "checked_by", "choice",
    "distinct", "instant", "largest", "seconds",
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

Text = Annotated[str, StringConstraints(pattern=r"^[^\u0000]*$")]
"""A text of a query."""

PathName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_.@:~-]{1,100}$", title="a name of 1 to 100 letters, digits, and _ . @ : ~ -")
]
"""A name that may stand in a path as it is."""

TIME = {"type": "string", "format": "date-time", "title": "a time with its zone", "examples": ["2026-03-02T09:30:00Z"]}


def instant(text: Any) -> datetime:
    """Return the instant that a text tells; raise a ``ValueError`` without a sentence for anything else."""
    try:
        return timestamps.instant(text)
    except (AttributeError, OverflowError, ValueError):
        raise ValueError from None


def _time(text: str) -> str:
    """Return a text that tells an instant."""
    instant(text)
    return text


def seconds(text: Any) -> float:
    """Return the seconds since the epoch of an instant."""
    return instant(text).timestamp()


def _safe(epoch: float) -> float:
    """Return an instant whose year is one in every zone."""
    if not EARLIEST <= epoch <= LATEST:
        raise ValueError("is not in the years 1 to 9999 in every zone; another time is needed")
    return epoch


Time = Annotated[str, AfterValidator(_time), WithJsonSchema(TIME)]
"""An instant, as it was written."""

Instant = Annotated[float, BeforeValidator(seconds), AfterValidator(_safe), WithJsonSchema(TIME)]
"""An instant, in seconds since the epoch."""


def _whole(value: Any) -> Any:
    """Return a number without a fraction as an integer: 5.0 is a whole number in JSON, too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _count(text: Any) -> Any:
    """Return the whole number that a text of a query says, if a database can hold it."""
    if isinstance(text, str) and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError
    return int(text)


Count = Annotated[int, BeforeValidator(_count)]
"""A whole number of a query."""


def _flag(text: Any) -> Any:
    """Return the truth that a text of a query says."""
    if text not in ("true", "false", True, False):
        raise ValueError
    return text in ("true", True)


Flag = Annotated[bool, BeforeValidator(_flag)]
"""True or false, in a query."""

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
        if (actual := len(write(document).encode())) > size:
            raise ValueError(f"has {actual} bytes as JSON; {size} are kept at most")
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
                error_type, loc, context = details["type"], details["loc"], details.get("ctx", {})
                errors.append(InitErrorDetails(type=error_type, loc=loc, input=details["input"], ctx=context))
        errors += _repeated(values, way)
        if errors:
            raise ValidationError.from_exception_data("list", errors)
        return checked

    return WrapValidator(validate)


def _repeated(values: list[Any], way: tuple[str, ...]) -> Iterator[InitErrorDetails]:
    """Yield an error for each text of a list that was there before."""
    seen: set[str] = set()
    for number, value in enumerate(values):
        text = value.get(way[-1]) if way and isinstance(value, dict) else None if way else value
        if isinstance(text, str) and text in seen:
            error = ValueError(f'is "{text[:40]}" once more; each may stand there once')
            yield InitErrorDetails(type="value_error", loc=(number, *way), input=text, ctx={"error": error})
        elif isinstance(text, str):
            seen.add(text)
