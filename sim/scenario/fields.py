"""Field types that many parts of a scenario share: names, days, shares and numbers per interval."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    NonNegativeFloat,
    PositiveInt,
    SerializeAsAny,
    StringConstraints,
    Tag,
    WithJsonSchema,
    WrapValidator,
)

from routing import policies
from sim.core.errors import near
from sim.core.model import Model
from sim.core.own_code import loaded
from sim.core.own_step import OwnStep, StepSettings
from sim.core.units import (
    Hours,
    Share,
    parse_hours,
    parse_time_of_day,
)
from sim.scenario.by_day import MOST_DAY, ONLY_DAYS, DayKey, ListedDay, differs_by_day
from sim.scenario.times_of_day import changes_of, checked_hours
from sim.scenario.values_by_day import checked_days

__all__ = [
    "ABOUT",
    "MOST_COUNT",
    "OUTCOMES",
    "TITLE",
    "Column",
    "Count",
    "Days",
    "HoursByDay",
    "Name",
    "Names",
    "PerInterval",
    "ProcessField",
    "RateField",
    "RoutingField",
    "ShareByTime",
    "Target",
    "Title",
    "all_shares",
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


Names = Annotated[list[Name], BeforeValidator(_one_or_more)]


MOST_COUNT = 1_000_000_000
Count = Annotated[int, Field(ge=0, le=MOST_COUNT)]
"""Number of contacts or agents."""


def _day_form(value: object) -> str:
    return "selector" if isinstance(value, str) else "number"


_Day = Annotated[
    Annotated[PositiveInt, Field(le=MOST_DAY), BeforeValidator(_day), Tag("number")]
    | Annotated[ListedDay, Tag("selector")],
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
    return "by_day" if differs_by_day(value) else "by_time" if isinstance(value, dict) else "one_share"


_ShareOfDay = (
    Annotated[Share, Tag("one_share")] | Annotated[dict[str, Share], BeforeValidator(checked_hours), Tag("by_time")]
)
ShareByTime = Annotated[
    _ShareOfDay
    | Annotated[
        dict[DayKey, Annotated[_ShareOfDay, Discriminator(_share_form)]],
        ONLY_DAYS,
        BeforeValidator(checked_days),
        Tag("by_day"),
    ],
    Discriminator(_share_form),
]
"""A share, shares by the time of day, or these by day."""


def shares_of(share: float | dict[str, float]) -> list[tuple[float, float]]:
    """Return the instants of the day from which on a share holds, beginning with midnight, and the shares."""
    return changes_of(share) if isinstance(share, dict) else [(0.0, share)]


def all_shares(share: Any) -> list[float]:
    """Return the shares that may hold at any time."""
    by_day = share.values() if differs_by_day(share) else [share]
    return [each for of_day in by_day for _, each in shares_of(of_day)]


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
