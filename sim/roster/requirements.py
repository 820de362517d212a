"""Requirements: how many agents of each group are needed on duty, per day and interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.core.calendar import Calendar
from sim.core.errors import InvalidInput, Problem
from sim.core.units import DAY, WEEKDAYS, clock, counted, spell
from sim.scenario.by_day import Selector, key_of_day, selector_of
from sim.scenario.interval_tables import Table, read_table

__all__ = ["MAX_DAYS", "Requirements", "grid_of", "read_requirements"]

F8 = NDArray[np.float64]
MAX_DAYS = 62
"""Days of a roster: two months."""
_MOST_SLOTS = 700_000  # of a group, each a row of the integer program; a week in seconds has fewer
_MOST_CELLS = 20_000_000  # groups times slots, of 8 bytes


@dataclass(frozen=True, eq=False)
class Requirements:
    """Agents needed on a grid of time.

    Parameters
    ----------
    file
        Where they are from.
    groups
        Names of the columns.
    days
        Name of each day, as scenarios select days; a single empty one where the table has none.
    weekdays
        Of each day, Monday = 0; -1 = unknown.
    is_weekly
        Whether the days are those of a typical week, after whose Sunday comes its Monday.
    interval
        Seconds of a row.
    step
        Seconds of a slot of the grid.
    needed
        [groups, slots] from the first midnight on. Unless weekly, one more day follows, into which nights reach.
    """

    file: str
    groups: tuple[str, ...]
    days: tuple[str, ...]
    weekdays: tuple[int, ...]
    is_weekly: bool
    interval: int
    step: int
    needed: F8

    @property
    def slots_of_day(self) -> int:
        """Slots of a day."""
        return int(DAY) // self.step

    @property
    def slots(self) -> int:
        """Number of slots."""
        return int(self.needed.shape[1])

    def on_grid(self, step: int) -> Requirements:
        """Return the same on a finer grid; `InvalidInput` if that has too many slots."""
        _refuse_large(self.file, len(self.groups), self.slots * (self.step // step), step)
        needed = np.repeat(self.needed, self.step // step, axis=1)
        return Requirements(
            self.file, self.groups, self.days, self.weekdays, self.is_weekly, self.interval, step, needed
        )

    def label(self, slot: int) -> str:
        """Return when a slot begins, such as "tue 09:30"."""
        day, within = divmod(slot, self.slots_of_day)
        time = clock(within * self.step)
        if day >= len(self.days):
            return f"the day after {time}"
        return f"{self.days[day]} {time}".strip()


def grid_of(seconds: Iterable[float]) -> int:
    """Return the largest step, in whole seconds, of which all these are multiples."""
    step: int = reduce(gcd, map(round, seconds), int(DAY))
    return step


def read_requirements(file: Path) -> Requirements:
    """Read a CSV table with a row per interval and a column per group.

    Parameters
    ----------
    file
        With ``time`` and, for several days, ``weekday``, ``date`` or ``day``.

    Raises
    ------
    InvalidInput
        It is no such table, or more than `MAX_DAYS` long.
    """
    table = read_table(file)
    interval = int(table.step)
    if interval <= 0:
        raise InvalidInput(
            [Problem(str(file), "", "needs at least two rows, so that the length of an interval is known")]
        )
    names, weekdays, is_weekly, rows_of = _days(table)
    step = grid_of([interval, *table.begins])
    width = int(DAY) // step
    columns = np.array([table.columns[name] for name in table.columns])
    if (columns < 0).any():
        raise InvalidInput([Problem(str(file), "", "has a negative number of agents")])
    slots = (len(names) + (not is_weekly)) * width
    _refuse_large(str(file), len(columns), slots, step)
    needed = np.zeros((len(columns), slots))
    for day, rows in enumerate(rows_of):
        for row, begin in _in_order(table, rows):
            first = day * width + round(begin) // step
            covered = np.arange(first, first + interval // step) % slots
            needed[:, covered] = columns[:, row][:, None]
    return Requirements(str(file), tuple(table.columns), names, weekdays, is_weekly, interval, step, needed)


def _refuse_large(file: str, groups: int, slots: int, step: int) -> None:
    """Refuse a table that would take too much memory on its grid."""
    if slots > _MOST_SLOTS or groups * slots > _MOST_CELLS:
        size = f"{counted(groups, 'group')} in {slots:,} slots of {spell(step)}"
        message = f"{size} are too much for a roster; give longer intervals, rounder times, or fewer days or groups"
        raise InvalidInput([Problem(file, "", message)])


def _in_order(table: Table, rows: Sequence[int]) -> Iterable[tuple[int, float]]:
    """Yield rows of a day with their begins; those after midnight are of the next day."""
    later, previous = 0.0, -1.0
    for row in rows:
        begin = table.begins[row]
        later = DAY if begin < previous else later
        previous = begin
        yield row, begin + later


def _days(table: Table) -> tuple[tuple[str, ...], tuple[int, ...], bool, list[list[int]]]:
    """Return names and weekdays of the days, whether they are a typical week, and the rows of each."""
    if table.days is None:
        return ("",), (-1,), False, [list(range(len(table.begins)))]
    keys = dict.fromkeys(table.days)
    selectors = {key: selector_of(key) for key in keys}
    rows = {key: [row for row, day in enumerate(table.days) if day == key] for key in keys}
    if all(selector.rank == 0 for selector in selectors.values()):
        return _single_days(table, selectors, rows)
    if any(_is_dated(selector) for selector in selectors.values()):
        message = "mixes weekdays with dates or holidays; give a row for each date, or a typical week"
        raise InvalidInput([Problem(table.file, "", message)])
    calendar, known = Calendar(), tuple(keys)
    of_days = [key_of_day(known, day, calendar) for day in range(1, len(WEEKDAYS) + 1)]
    names = tuple(name[:3].lower() for name in WEEKDAYS)
    return names, tuple(range(len(WEEKDAYS))), True, [rows[key] if key is not None else [] for key in of_days]


def _is_dated(selector: Selector) -> bool:
    return selector.by_date or selector.rank in {0, 1, 2}


def _single_days(
    table: Table, selectors: dict[str, Selector], rows: dict[str, list[int]]
) -> tuple[tuple[str, ...], tuple[int, ...], bool, list[list[int]]]:
    numbers = {selector.first: key for key, selector in selectors.items()}
    by_date = {selector.by_date for selector in selectors.values()}
    if len(by_date) > 1:
        raise InvalidInput([Problem(table.file, "", "mixes dates with numbers of days; give one of the two")])
    is_dated = by_date == {True}
    first = min(numbers) if is_dated else 1
    count = max(numbers) - first + 1
    if count > MAX_DAYS:
        message = f"reaches over {count} days; a roster has at most {MAX_DAYS}, so give the table in parts"
        raise InvalidInput([Problem(table.file, "", message)])
    days = range(first, first + count)
    names = tuple(str(date.fromordinal(day)) if is_dated else f"day {day}" for day in days)
    start = date.fromordinal(first) if is_dated else None
    weekdays = tuple((start + timedelta(days=n)).weekday() if start else n % len(WEEKDAYS) for n in range(count))
    return names, weekdays, False, [rows[numbers[day]] if day in numbers else [] for day in days]
