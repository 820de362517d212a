"""Fields that hold any law: of those that come along, or of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SerializeAsAny, WrapValidator

from sim.distributions.catalogue import law_names
from sim.distributions.law import Law
from sim.distributions.own_law import own_law

__all__ = ["law_field", "law_of_duration"]


def law_of_duration(value: object) -> object:
    """Turn a bare duration into a fixed law."""
    return {"law": "fixed", "value": value} if isinstance(value, str | int | float) else value


class _OrOwnLaw:
    """Addition to the JSON Schema of laws: any law of the user's own."""

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        names = {"type": "string", "pattern": r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$", "not": {"enum": law_names()}}
        own = {"type": "object", "properties": {"law": names}, "required": ["law"], "title": "OwnLaw"}
        return {"anyOf": [handler(core), own]}


def _own_law(value: object, handler: Callable[[object], object]) -> object:
    """Read a law of the user's own; others as before."""
    name = value.get("law") if isinstance(value, dict) else getattr(value, "law", None)
    model = own_law(name) if isinstance(name, str) and name not in law_names() else None
    return handler(value) if model is None else model.model_validate(value)


def law_field(models: tuple[type[Law], ...]) -> Any:
    """Return the type of a field that holds one of some laws, a bare duration, or a law of the user's own."""
    union: Any = reduce(or_, models)  # collected at run time
    return Annotated[
        SerializeAsAny[Annotated[union, Field(discriminator="law")]],  # type: ignore[misc]
        WrapValidator(_own_law),
        _OrOwnLaw(),
        BeforeValidator(law_of_duration),
    ]
