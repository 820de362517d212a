"""Fields that many parts of a scenario share: names, laws, numbers per interval, routes and conditions."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    NonNegativeFloat,
    PlainSerializer,
    StringConstraints,
    Tag,
    WithJsonSchema,
)

from sim.core.model import Model
from sim.core.units import Share, parse_duration, parse_share
from sim.distributions import Law, laws

__all__ = [
    "ABOUT",
    "OUTCOMES",
    "Case",
    "Column",
    "Condition",
    "LawField",
    "Name",
    "PerInterval",
    "Range",
    "Routes",
    "RoutesField",
    "cases_of",
    "nothing",
]

ABOUT = "A note for people."
OUTCOMES = ("resolved", "unresolved", "gave_up")
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Target = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$", max_length=121)]


def _law(value: object) -> object:
    """Take a bare duration for the law that always gives it."""
    return {"law": "fixed", "value": value} if isinstance(value, str | int | float) else value


def nothing() -> Law:
    """Return the law of a time that is always 0."""
    return laws()["fixed"].model_validate({"law": "fixed", "value": 0.0})


if TYPE_CHECKING:
    LawField = Law
else:
    LawField = Annotated[
        Annotated[Union[tuple(laws().values())], Field(discriminator="law")],  # noqa: UP007 - found at run time
        BeforeValidator(_law),
    ]


class Column(Model):
    """A column of a CSV file beside the scenario: one row per interval, the first column its time of day.

    A bare file name is short for the column of its owner's name in that file.
    """

    file: str = Field(description="Name of the CSV file, relative to the scenario.")
    column: str | None = Field(
        default=None, description="Its heading; the name of the intent or group where not given."
    )


def _column(value: object) -> object:
    """Take a bare file name for the column of its owner's name in that file."""
    return {"file": value} if isinstance(value, str) else value


def _how_given(value: object) -> str:
    """Return which of the ways to give one number per interval was chosen."""
    if isinstance(value, list):
        return "list"
    return "column" if isinstance(value, str | dict | Column) else "number"


PerInterval = Annotated[
    Annotated[NonNegativeFloat, Tag("number")]
    | Annotated[list[NonNegativeFloat], Tag("list")]
    | Annotated[Column, BeforeValidator(_column), Tag("column")],
    Discriminator(_how_given),
]


def _routes(value: object) -> object:
    """Spell out the short forms: a bare name takes everybody, "rest" takes what the others leave."""
    if isinstance(value, str):
        return {value: 1.0}
    if not isinstance(value, dict) or not value:
        raise ValueError(f'{value!r} leads nowhere; give a step or an outcome, or several with shares such as "35 %"')
    left = [name for name, share in value.items() if share == "rest"]
    if len(left) > 1:
        raise ValueError(f'only one may take the "rest"; found it for {" and ".join(map(str, left))}')
    shares = {name: parse_share(share) for name, share in value.items() if share != "rest"}
    total = math.fsum(shares.values())
    if left and total <= 1 + _ROUNDING:
        return {name: shares.get(name, max(0.0, 1 - total)) for name in value}
    if abs(total - 1) > _ROUNDING:
        hint = "" if total > 1 else '; give the missing ones, or let one take the "rest"'
        raise ValueError(f"the shares add up to {100 * total:.6g} %, not 100 %{hint}")
    return shares


_ROUNDING = 1e-9
Routes = Annotated[
    dict[Target, Share],
    BeforeValidator(_routes),
    Field(description='Next step or outcome (resolved, unresolved, gave_up) to its share, or "rest"; together 100 %.'),
]

_BOUND = re.compile(r"\s*(>=|<=|>|<|=)?\s*(.+?)\s*")


def _range(value: object) -> object:
    """Read "2", ">= 2", "> 2 min" or a list of such bounds as from (included) and until (excluded)."""
    if isinstance(value, tuple) or (isinstance(value, list) and value and not isinstance(value[0], str)):
        return value
    low, high = -math.inf, math.inf
    for bound in value if isinstance(value, list) else [value]:
        found = _BOUND.fullmatch(str(bound))
        if found is None:
            raise ValueError(f'"{bound}" is not a bound; give one such as 2, ">= 2" or "> 2 min"')
        sign, text = found.groups()
        try:
            number = float(text)
        except ValueError:
            number = parse_duration(text)
        above = math.nextafter(number, math.inf)
        if sign in {">=", ">", None, "="}:
            low = max(low, above if sign == ">" else number)
        if sign in {"<=", "<", None, "="}:
            high = min(high, number if sign == "<" else above)
    return low, high


def _bounds(value: tuple[float, float]) -> list[str]:
    """Write a range as `_range` reads it; JSON has no infinity."""
    low, high = value
    return [f"{sign} {bound!r}" for sign, bound in ((">=", low), ("<", high)) if math.isfinite(bound)]


_Bound = Annotated[float, Field(allow_inf_nan=True)]
Range = Annotated[
    tuple[_Bound, _Bound],
    BeforeValidator(_range),
    PlainSerializer(_bounds, return_type=list[str], when_used="json"),
    WithJsonSchema(
        {
            "type": ["string", "number", "array"],
            "description": "Bounds",
            "examples": [2, ">= 2", ["> 1 min", "<= 5 min"]],
        }
    ),
]


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[Name], BeforeValidator(_one_or_more)]


class Condition(Model):
    """What must hold: all that is said; what is not said may be anything."""

    segment: Names | None = Field(default=None, description="The customer's segment is one of these.")
    came_from: Names | None = Field(default=None, description="The channel of the step before is one of these.")
    attempt: Range | None = Field(
        default=None, description="How often the customer came to this step, this time included."
    )
    waited: Range | None = Field(default=None, description="Time that the customer waited in queues so far.")
    effort: Range | None = Field(default=None, description="The customer's effort so far, in points.")
    context: Literal["kept", "lost"] | None = Field(
        default=None, description="Whether what happened before is known in this step's channel."
    )


class Case(Model):
    """Where to go under a condition."""

    when: Condition = Field(default=Condition(), description="Left out in the last case, for everybody who is left.")
    to: Routes


def _routes_or_cases(value: object) -> str:
    return "cases" if isinstance(value, list) else "routes"


RoutesField = Annotated[
    Annotated[Routes, Tag("routes")]
    | Annotated[list[Case], Field(min_length=1, description="The first case that holds applies."), Tag("cases")],
    Discriminator(_routes_or_cases),
]


def cases_of(routes: Any) -> list[Case]:
    """Return routes as cases: plain routes are one case that always holds.

    Parameters
    ----------
    routes
        Of a step.

    Returns
    -------
    list of Case
        In the order in which they are asked.
    """
    return routes if isinstance(routes, list) else [Case(to=routes)]
