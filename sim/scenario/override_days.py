"""Days in the paths of overrides: ``agents.desk.staff.sat=+1``, also where staff does not differ by day yet."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from sim.core.calendar import Calendar, parse_date
from sim.core.units import DAY, number_of
from sim.scenario.by_day import covers, is_day_key, key_of_day, selector_of
from sim.scenario.schema import Run
from sim.scenario.times_of_day import ELSE, is_by_time

__all__ = ["is_by_day", "paths_by_day", "split_path"]

EVERY = "*"
_OF_STEPS = ("handover", "hold", "patience", "reach", "talk", "time", "wrap_up")
_BY_DAY = [
    ("agents", EVERY, "staff"),
    ("demand", "days"),
    ("intents", EVERY, "demand"),
    ("intents", EVERY, "steps", EVERY, "dialer", "hours"),
    *(("intents", EVERY, "steps", EVERY, name) for name in _OF_STEPS),
    ("orchestration", "latency"),
    ("orchestration", "repeat"),
    ("queues", EVERY, "hours"),
    ("run", "hours"),
]
_RANKS_OF_WEEKDAYS = (3, 4)  # of one, or of a range of them
_MOST_DAYS = 3660


def split_path(text: str) -> tuple[str, ...]:
    """Return the names of a path, which are joined by dots; the two dots in a range of dates join nothing."""
    return tuple(re.split(r"(?<!\.)\.(?!\.)", text))


def is_by_day(values: Any) -> bool:
    """Tell whether values are a mapping of selectors of days."""
    return isinstance(values, dict) and bool(values) and all(is_day_key(str(key)) for key in values)


def paths_by_day(data: dict[str, Any], path: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return a path with the selectors that stand for the days that it names; values get them where they have none.

    Parameters
    ----------
    data
        A scenario as plain data, changed in place.
    path
        Names of a path. If it names no days of values that may differ by day, it is returned as it is.

    Raises
    ------
    ValueError
        The run has no such days.
    """
    at = next((len(names) - 1 for names in _BY_DAY if _begins_with(path, names)), None)
    if at is None or not is_day_key(path[at + 1]):
        return [path]
    paths = []
    for before, owner in _owners(data, path[:at]):
        if is_by_time(owner.get(path[at])) and path[at + 1] == ELSE:
            return [path]  # the rest of the day
        if owner.get(path[at]) is not None:
            if path[0] == "demand" and not _name_other_days(owner):
                return [path]
            keys = _keys(data, owner, path[at], path[at + 1])
            paths += [(*before, path[at], key, *path[at + 2 :]) for key in keys]
    return paths or [path]


def _begins_with(path: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Tell whether a path begins with some names, and goes on."""
    return len(path) > len(names) and all(name in {EVERY, part} for name, part in zip(names, path, strict=False))


def _owners(part: dict[str, Any], names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield path and content of the parts that names lead to, of which some may stand for all."""
    if not names:
        yield (), part
        return
    for name, inner in part.items():
        if names[0] in {name, EVERY} and isinstance(inner, dict):
            yield from (((name, *path), owner) for path, owner in _owners(inner, names[1:]))


def _name_other_days(demand: dict[str, Any]) -> bool:
    """Write the factor 1 of days that no selector names; return False for a list of factors, which has none by day."""
    days = demand["days"]
    if days and not is_by_day(days):
        return False
    demand["days"] = {**(days or {}), "else": (days or {}).get("else", 1.0)}
    return True


def _keys(data: dict[str, Any], owner: dict[str, Any], field: str, selector: str) -> list[str]:
    """Return the selectors of values that stand for the days of another selector; they are added where they lack."""
    values = owner[field]
    run = _run(data)
    calendar = _calendar(data, run)
    if not is_by_day(values):
        _check_weekday(selector, run, calendar)
        owner[field] = {"else": values, selector: deepcopy(values)} if selector != "else" else {"else": values}
        return [selector]
    if selector in values:
        return [selector]
    keys = {day: key_of_day(values, day, calendar) for day in range(1, _days(run) + 1)}
    named = [day for day in keys if covers(selector_of(selector), day, calendar)]
    if not named:
        raise ValueError(f"no day of the run is {selector}")
    (key, *others) = dict.fromkeys(keys[day] for day in named)
    if key is not None and not others and selector_of(selector)[:2] < selector_of(key)[:2]:
        values[selector] = deepcopy(values[key])
        return [selector]
    return list(dict.fromkeys(_key(values, keys, named, day, calendar) for day in named))


def _run(data: dict[str, Any]) -> dict[str, Any]:
    """Return the run with its defaults; an earlier override may have written it without."""
    if not isinstance(data["run"], dict):
        raise ValueError(f"run holds {data['run']!r}, which has no days")
    return {"days": Run().days, "drain": Run().drain, **data["run"]}


def _calendar(data: dict[str, Any], run: dict[str, Any]) -> Calendar:
    """Return the calendar of a scenario, of which an earlier override may have written the holidays as a list."""
    start, holidays = run.get("start"), data.get("holidays") or {}
    if isinstance(holidays, list):
        holidays = dict.fromkeys(holidays, "holiday")
    if not isinstance(holidays, dict):
        raise ValueError(f"{holidays!r} are no holidays; give names by date, or a list of dates")
    return Calendar(
        None if start is None else parse_date(start),
        None,
        {parse_date(day): str(name) for day, name in holidays.items()},
    )


def _days(run: dict[str, Any]) -> int:
    days = run["days"]
    if isinstance(days, bool) or not isinstance(days, int) or not 0 < days <= _MOST_DAYS:
        raise ValueError(f"{days!r} is not the number of days of a run; give one from 1 to {_MOST_DAYS:,}")
    return days


def _check_weekday(selector: str, run: dict[str, Any], calendar: Calendar) -> None:
    """Refuse weekdays that neither the run has nor the days after it in which unfinished journeys go on."""
    drain = number_of(run["drain"])
    if selector_of(selector).rank not in _RANKS_OF_WEEKDAYS or drain is None:
        return  # what is wrong with the drain is reported when it is checked
    days = range(1, _days(run) + math.ceil(drain / DAY) + 1)
    if not any(covers(selector_of(selector), day, calendar) for day in days):
        raise ValueError(f"no day of the run is {selector}; give one that is, or more days with run.days")


def _key(values: dict[str, Any], keys: dict[int, str | None], named: list[int], day: int, calendar: Calendar) -> str:
    """Return the selector of a day that stands for named days only; it is added, with the day's value, if none does."""
    key = keys[day]
    if key is not None and all(other in named for other, name in keys.items() if name == key):
        return key
    if key is None:
        raise ValueError(f"there is no value for {calendar.date_of(day) or f'day {day}'} that could be changed")
    single = str(calendar.date_of(day) or f"day {day}")
    values[single] = deepcopy(values[key])
    return single
