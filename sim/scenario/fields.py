"""Field types that many parts of a scenario share: names, laws, numbers per interval, routes and conditions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    NonNegativeFloat,
    PlainSerializer,
    PositiveInt,
    SerializeAsAny,
    StringConstraints,
    Tag,
    WithJsonSchema,
    WrapValidator,
)

from routing import policies
from sim.core.errors import near
from sim.core.headcounts import decimal_of
from sim.core.model import Model
from sim.core.own_code import loaded
from sim.core.own_step import OwnStep, StepSettings
from sim.core.units import (
    Hours,
    Share,
    parse_duration,
    parse_hours,
    parse_number,
    parse_share,
    parse_time_of_day,
)
from sim.scenario.by_day import ONLY_DAYS, DayKey, ListedDay
from sim.scenario.times_of_day import changes_of, checked_hours, hours_text, is_by_time, spread

__all__ = [
    "ABOUT",
    "OUTCOMES",
    "TITLE",
    "Case",
    "Column",
    "Condition",
    "Days",
    "HoursByDay",
    "Name",
    "PerInterval",
    "ProcessField",
    "Range",
    "RateField",
    "Routes",
    "RoutesField",
    "RoutingField",
    "ShareByTime",
    "Title",
    "cases_of",
    "points_of",
    "shares_of",
]

TITLE = "Name in reports and tables, as people write it; the key is the name in files and paths."
ABOUT = "A note for readers; the simulation ignores it."
OUTCOMES = ("resolved", "unresolved", "gave_up")
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _shown(title: str) -> str:
    """Refuse a title by which a file could command a terminal."""
    if _UNSHOWN.search(title):
        raise ValueError(f"{title!r} has characters that cannot be shown; write a title of letters, digits and signs")
    return title


Title = Annotated[str, StringConstraints(max_length=60, pattern=r"^(\S.*\S|\S?)$"), AfterValidator(_shown)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Target = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$", max_length=121)]


def _day(value: object) -> object:
    """Refuse days below 1, by which older files of shifts may mean the first."""
    if isinstance(value, int) and value < 1:
        raise ValueError(f"{value} is not a day of the run: days count from 1, in shifts too (not from 0 as before)")
    return value


def _any_day(days: list[int | str]) -> list[int | str]:
    if not days:
        raise ValueError("names no day; leave it out for all days")
    return days


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _day_form(value: object) -> str:
    return "selector" if isinstance(value, str) else "number"


_Day = Annotated[
    Annotated[PositiveInt, BeforeValidator(_day), Tag("number")] | Annotated[ListedDay, Tag("selector")],
    Discriminator(_day_form),
]
Days = Annotated[list[_Day], BeforeValidator(_one_or_more), AfterValidator(_any_day)]
"""Days of a run: numbers from 1, or selectors of days."""


def _closed_or_hours(value: object) -> object:
    return value if value == "closed" else parse_hours(value)


_HoursOrClosed = Annotated[
    tuple[float, float] | Literal["closed"],
    BeforeValidator(_closed_or_hours),
    WithJsonSchema({"type": ["string", "array"], "description": 'Hours, or "closed"', "examples": ["09:00-13:00"]}),
]


def _hours_form(value: object) -> str:
    return "by_day" if isinstance(value, dict) else "hours"


HoursByDay = Annotated[
    Annotated[Hours, Tag("hours")] | Annotated[dict[DayKey, _HoursOrClosed], ONLY_DAYS, Tag("by_day")],
    Discriminator(_hours_form),
]
"""Hours of all days, or of the days that selectors stand for."""


def _share_form(value: object) -> str:
    return "by_time" if isinstance(value, dict) else "one_share"


ShareByTime = Annotated[
    Annotated[Share, Tag("one_share")] | Annotated[dict[str, Share], BeforeValidator(checked_hours), Tag("by_time")],
    Discriminator(_share_form),
]


def shares_of(share: float | dict[str, float]) -> list[tuple[float, float]]:
    """Return the instants of the day from which on a share holds, beginning with midnight, and the shares."""
    return changes_of(share) if isinstance(share, dict) else [(0.0, share)]


def _process(value: object, _handler: Callable[[object], object]) -> object:
    """Read the name of a step's process and its settings, as the process declares them."""
    named = {"step": value} if isinstance(value, str) else value
    code = loaded("step", named.get("step")) if isinstance(named, dict) else None
    if code is None or not isinstance(code.value, OwnStep):
        raise ValueError(f"{value!r} is no process; write its name, or {{step: my_package.my_step, ...}} with settings")
    return code.value.settings.model_validate(named)


ProcessField = Annotated[
    SerializeAsAny[StepSettings],
    WrapValidator(_process),
    WithJsonSchema(
        {
            "type": ["string", "object"],
            "description": "A process of one's own, with its settings",
            "examples": ["my_package.my_step", {"step": "my_package.my_step", "share": "20 %"}],
        }
    ),
]
"""A step's process of the user's own."""


def _policy(name: str) -> str:
    """Refuse a name that is neither a policy's nor that of a user's own, which was loaded."""
    if name not in policies() and loaded("policy", name) is None:
        raise ValueError(f'"{name}" is not a routing policy; {near(name, policies())}')
    return name


RoutingField = Annotated[
    str,
    AfterValidator(_policy),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "enum": list(policies())}, {"type": "string", "pattern": r"^\w+(\.\w+)*$"}]}
    ),
]
"""Name of a routing policy."""


class Column(Model):
    """A column of a CSV file next to the scenario, with a row per interval; the first column is the time of day.

    A bare file name means the column named like the intent or group.
    """

    file: str = Field(description="Name of the CSV file, relative to the scenario.")
    column: str | None = Field(default=None, description="Column heading; the name of the intent or group if left out.")


def _column(value: object) -> object:
    """Turn a bare file name into a column specification."""
    return {"file": value} if isinstance(value, str) else value


def _form_of(value: object) -> str:
    """Return the tag of the form in use: a number, a list, a column or values by day."""
    if isinstance(value, list):
        return "list"
    if isinstance(value, dict) and not value.keys() & Column.model_fields.keys():
        return "by_day"
    return "column" if isinstance(value, str | dict | Column) else "number"


_SameEachDay = (
    Annotated[NonNegativeFloat, Tag("number")]
    | Annotated[list[NonNegativeFloat], Tag("list")]
    | Annotated[Column, BeforeValidator(_column, json_schema_input_type=Column | str), Tag("column")]
)
PerInterval = Annotated[
    _SameEachDay | Annotated[dict[DayKey, Annotated[_SameEachDay, Discriminator(_form_of)]], ONLY_DAYS, Tag("by_day")],
    Discriminator(_form_of),
]
"""A number for all intervals of a day, a list with one for each, a column of a CSV file, or one of these by day."""


def _points(value: object) -> object:
    """Check that a rate has two times of day or more, each once."""
    if not isinstance(value, dict) or len(value) < 2:
        raise ValueError(f"{value!r} is no rate; give it at two times of day or more, such as {_A_RATE}")
    times = [parse_time_of_day(time) for time in value]
    twice = next((time for number, time in enumerate(value) if times[number] in times[:number]), None)
    if twice is not None:
        raise ValueError(f'"{twice}" is there twice; give each time of day one rate, such as {_A_RATE}')
    return {str(time): rate for time, rate in value.items()}


def _rate_form(value: object) -> str:
    return "by_day" if isinstance(value, dict) and any(isinstance(part, dict) for part in value.values()) else "points"


_A_RATE = "{08:00: 5, 10:30: 40, 18:00: 0}"
_Points = Annotated[dict[str, NonNegativeFloat], BeforeValidator(_points), Field(max_length=1440)]
RateField = Annotated[
    Annotated[_Points, Tag("points")] | Annotated[dict[DayKey, _Points], ONLY_DAYS, Tag("by_day")],
    Discriminator(_rate_form),
]
"""A rate at times of day, between which it is a straight line; or such rates by day."""


def points_of(rate: Any) -> list[tuple[float, float]] | None:
    """Return the points of a rate of all days, or of a day; None if there is none."""
    return None if rate is None else [(parse_time_of_day(time), float(value)) for time, value in rate.items()]


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


Names = Annotated[list[Name], BeforeValidator(_one_or_more)]


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
    """Spread routes with shares by the time of day over cases with a `time`."""
    if isinstance(value, dict) and any(map(is_by_time, value.values())):
        return _cases_of_day({}, value)
    if not isinstance(value, list):
        return value
    spread_out: list[object] = []
    for case in value:
        routes, when = (case.get("to"), case.get("when", {})) if isinstance(case, dict) else (None, {})
        if isinstance(routes, dict) and isinstance(when, dict) and any(map(is_by_time, routes.values())):
            if when.get("time") is not None:
                raise ValueError('"time" and shares by the time of day exclude each other; give one of the two')
            spread_out += _cases_of_day(when, routes)
        else:
            spread_out.append(case)
    return spread_out


def _cases_of_day(when: dict[str, Any], routes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a case for each time of day, of which the last takes what the others leave."""
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
