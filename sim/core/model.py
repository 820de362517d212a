"""Base class of everything that is read from a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self, get_args

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ErrorType

from sim.core.errors import near

__all__ = ["Model"]

_MAX_UNKNOWN = 100  # keys reported of one model; the search for near keys takes .3 ms each
_BUILT_IN = frozenset(get_args(ErrorType))


class Model(BaseModel):
    """A frozen model. An unknown key is an error that lists the keys nearest to it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    @model_validator(mode="wrap")
    @classmethod
    def _name_the_near_keys(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(value)
        except ValidationError as error:
            raise ValidationError.from_exception_data(
                cls.__name__, [_with_hint(dict(detail), cls) for detail in _first_unknown(error)]
            ) from None


def _first_unknown(error: ValidationError) -> Iterator[ErrorDetails]:
    """Yield the errors, and of the unknown keys the first ones only."""
    unknown = 0
    for detail in error.errors():
        unknown += detail["type"] == "extra_forbidden"
        if detail["type"] != "extra_forbidden" or unknown <= _MAX_UNKNOWN:
            yield detail


def _with_hint(detail: dict[str, Any], model: type[BaseModel]) -> InitErrorDetails:
    error_type: str | PydanticCustomError = detail["type"]
    if error_type == "extra_forbidden" and len(detail["loc"]) == 1:
        hint = near(str(detail["loc"][0]), model.model_fields)
        error_type = PydanticCustomError("unknown_key", "is not a key of this; {hint}", {"hint": hint})
    elif error_type not in _BUILT_IN:
        error_type = PydanticCustomError(error_type, "{text}", detail.get("ctx", {}) | {"text": detail["msg"]})  # type: ignore[arg-type]
    return InitErrorDetails(type=error_type, loc=detail["loc"], input=detail["input"], ctx=detail.get("ctx", {}))
