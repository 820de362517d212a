"""Routes of customers: shares of next steps, and cases with conditions."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, Tag, WithJsonSchema

from sim.core.headcounts import decimal_of
from sim.core.model import Model
from sim.core.units import Hours, Share, parse_duration, parse_number, parse_share
from sim.scenario.by_day import differs_by_day
from sim.scenario.fields import Days, Names, Target
from sim.scenario.times_of_day import hours_text, is_by_time, spread
from sim.scenario.values_by_day import day_cases, differs

__all__ = ["Case", "Condition", "Range", "Routes", "RoutesField", "cases_of"]


def _routes(value: object) -> object:
    """Expand the short forms: a bare name takes everybody, "rest" takes what the others leave."""
    if isinstance(value, str):
        return {value: 1.0}
    if not isinstance(value, dict) or not value:
        raise ValueError(f'{value!r} leads nowhere; give a step or an outcome, or several with shares such as "35 %"')
    left = [name for name, share in value.items() if share == "rest"]
    if len(left) > 1:
        raise ValueError(f'only one target may take the "rest", not {" and ".join(map(str, left))}')
    shares = {name: parse_share(share) for name, share in value.items() if share != "rest"}
    total = sum(map(decimal_of, shares.values()), Decimal())
    if left and total <= 1 + _ROUNDING:
        return {name: shares.get(name, float(max(Decimal(), 1 - total))) for name in value}
    if abs(total - 1) > _ROUNDING:
        hint = "" if total > 1 else '; give the missing ones, or let one take the "rest"'
        raise ValueError(f"the shares add up to {float(100 * total):.6g} %, not 100 %{hint}")
    return shares


_ROUNDING = Decimal("1e-9")
Routes = Annotated[
    dict[Target, Share],
    BeforeValidator(_routes),
    Field(description='Share of each next step or outcome (resolved, unresolved, gave_up), or "rest"; together 100 %.'),
]

_BOUND = re.compile(r"\s*(>=|<=|>|<|=)?\s*(.+?)\s*")


def _range(value: object) -> object:
    """Read "2", ">= 2", "> 2 min" or a list of such bounds as from (included) and until (excluded)."""
    if isinstance(value, tuple) or (isinstance(value, list) and value and not isinstance(value[0], str)):
        return value
    low, high = -math.inf, math.inf
    for bound in value if isinstance(value, list) else [value]:
        match = _BOUND.fullmatch(str(bound))
        if match is None:
            raise ValueError(f'"{bound}" is not a bound; give one such as 2, ">= 2" or "> 2 min"')
        sign, text = match.groups()
        try:
            number = parse_number(text)
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


class Condition(Model):
    """Requirements that must all hold; a key that is left out always holds."""

    segment: Names | None = Field(default=None, description="The customer's segment is one of these.")
    came_from: Names | None = Field(default=None, description="The previous step's channel is one of these.")
    attempt: Range | None = Field(
        default=None, description="Number of the customer's visits to this step, including this one."
    )
    waited: Range | None = Field(default=None, description="Time that the customer has waited in queues so far.")
    effort: Range | None = Field(default=None, description="The customer's effort so far, in points.")
    context: Literal["kept", "lost"] | None = Field(
        default=None, description="Whether this step's channel knows the history of the journey."
    )
    day: Days | None = Field(
        default=None,
        description="It is one of these days by the calendar, when the step ends (for patience: when the wait begins).",
    )
    time: Hours | None = Field(
        default=None,
        description="It is within these hours, by the wall clock, when the step ends (for patience: when the wait "
        "begins). They may cross midnight.",
    )


class Case(Model):
    """Routes under a condition."""

    when: Condition = Field(
        default=Condition(), description="Leave it out in the last case, which takes everybody else."
    )
    to: Routes


def _routes_or_cases(value: object) -> str:
    return "cases" if isinstance(value, list) else "routes"


def _cases_by_time(value: object) -> object:
    """Spread routes with shares by day or by the time of day over cases with a `day` or a `time`."""
    if isinstance(value, dict) and any(map(differs, value.values())):
        return _cases_by_day({}, value)
    if not isinstance(value, list):
        return value
    spread_out: list[object] = []
    for case in value:
        routes, when = (case.get("to"), case.get("when", {})) if isinstance(case, dict) else (None, {})
        if isinstance(routes, dict) and isinstance(when, dict) and any(map(differs, routes.values())):
            if when.get("time") is not None:
                raise ValueError('"time" and shares by the time of day exclude each other; give one of the two')
            if when.get("day") is not None and any(map(differs_by_day, routes.values())):
                raise ValueError('"day" and shares by day exclude each other; give one of the two')
            spread_out += _cases_by_day(when, routes)
        else:
            spread_out.append(case)
    return spread_out


def _cases_by_day(when: dict[str, Any], routes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return cases for each day and time of day, of which the last takes what the others leave."""
    return [
        case
        for day, shares in day_cases(routes)
        for case in _cases_of_day(when if day is None else {**when, "day": [day]}, shares)
    ]


def _cases_of_day(when: dict[str, Any], routes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a case for each time of day, of which the last takes what the others leave."""
    if not any(map(is_by_time, routes.values())):
        return [{**({"when": when} if when else {}), "to": routes}]
    changes = spread(routes, lambda shares: shares)
    ends = [*(begin for begin, _ in changes[1:]), 0.0]
    cases = [
        {"when": {**when, "time": hours_text(begin, end)}, "to": shares}
        for (begin, shares), end in zip(changes, ends, strict=True)
    ]
    return [*cases[:-1], {**({"when": when} if when else {}), "to": cases[-1]["to"]}]


RoutesField = Annotated[
    Annotated[Routes, Tag("routes")]
    | Annotated[list[Case], Field(min_length=1, description="The first case that holds applies."), Tag("cases")],
    Discriminator(_routes_or_cases),
    BeforeValidator(_cases_by_time),
]


def cases_of(routes: Any) -> list[Case]:
    """Return routes as cases in the order in which they are tried; plain routes are one case that always holds."""
    return routes if isinstance(routes, list) else [Case(to=routes)]
