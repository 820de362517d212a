"""The calendar of a run: which date and weekday each day is, and when a time by the wall clock is.

Inside the program, an instant is the elapsed seconds since the midnight with which the first day begins. Only this
module knows that a day may have 23 or 25 hours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import near
from sim.core.time_of_day import ClockChanges
from sim.core.units import DAY, HOUR, MINUTE, WEEKDAYS, clock

__all__ = ["Calendar", "parse_date", "parse_time_zone"]

_FIRST_YEAR, _LAST_YEAR = 1900, 2999  # far enough from the ends of what Python counts

F8 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Calendar:
    """Dates, weekdays, holidays and clock changes of a run's days, which are counted from 1.

    Days before the first are 0, -1 and so on. Without a first date, the first day is a Monday.

    Parameters
    ----------
    first
        Date of the first day, None = none.
    time_zone
        Name of the zone, such as ``"Europe/Berlin"``, None = every day has 24 hours. It needs a first date.
    holidays
        Name of each holiday.
    """

    first: date | None = None
    time_zone: str | None = None
    holidays: Mapping[date, str] = field(default_factory=dict)

    def date_of(self, day: int) -> date | None:
        """Return the date of a day, None without a first date."""
        return None if self.first is None else self.first + timedelta(days=day - 1)

    def day_of(self, on: date) -> int:
        """Return the day that a date is.

        Raises
        ------
        ValueError
            The calendar has no first date.
        """
        if self.first is None:
            raise ValueError(f"{on} is a date, and the run has none; give run.start, the date of the first day")
        return (on - self.first).days + 1

    def weekday_of(self, day: int) -> int:
        """Return the weekday of a day, Monday = 0."""
        return ((self.first.weekday() if self.first else 0) + day - 1) % len(WEEKDAYS)

    def weekday_name(self, day: int) -> str:
        """Return the weekday of a day in words."""
        return WEEKDAYS[self.weekday_of(day)]

    def day_name(self, day: int) -> str:
        """Return the date of a day, or its number where there are no dates."""
        return str(self.date_of(day) or day)

    def holiday_of(self, day: int) -> str | None:
        """Return the name of the holiday that a day is, None where it is none."""
        on = self.date_of(day)
        return None if on is None else self.holidays.get(on)

    def is_holiday(self, day: int) -> bool:
        """Return whether a day is a holiday."""
        return self.holiday_of(day) is not None

    def midnight(self, day: int) -> float:
        """Return the instant with which a day begins."""
        return self.instant(day, 0.0)

    def midnights(self, days: int) -> F8:
        """Return the instants with which days 1, 2 ... begin, and the one with which the last ends."""
        return np.array([self.midnight(day) for day in range(1, days + 2)])

    def length(self, day: int) -> float:
        """Return the seconds of a day: 24 hours, or 23 or 25 where the clocks change."""
        return self.midnight(day + 1) - self.midnight(day)

    def instant(self, day: int, clock_seconds: float) -> float:
        """Return when it is a time of day by the wall clock.

        Parameters
        ----------
        day
            From 1.
        clock_seconds
            Seconds after midnight that the clock shows; beyond 24 hours, it is a time of the next day.

        Returns
        -------
        float
            Elapsed seconds. A time that the clock skips is moved on by the gap; of one that it shows twice, this is
            the first.
        """
        if self._zone is None or self.first is None:
            return (day - 1) * DAY + clock_seconds
        later, rest = divmod(clock_seconds, DAY)
        whole = math.floor(rest)
        wall = datetime.combine(self.first, time(), self._zone) + timedelta(days=day - 1 + int(later), seconds=whole)
        return wall.timestamp() - self.epoch + (rest - whole)

    def clock_changes(self, until: float) -> ClockChanges:
        """Return the changes of the clock before an instant."""
        since, ahead, day = [], [], 1
        while self._zone is not None and self.midnight(day) < until:
            if self.length(day) != DAY:
                before, after = self._ahead(self.midnight(day)), self._ahead(self.midnight(day + 1))
                low, high = self.midnight(day), self.midnight(day + 1)  # whole seconds, as all changes are
                while high - low > 1:
                    middle = float((low + high) // 2)
                    low, high = (middle, high) if self._ahead(middle) == before else (low, middle)
                since.append(high)
                ahead.append(after)
            day += 1
        return ClockChanges(np.array(since, dtype=np.float64), np.array(ahead, dtype=np.float64))

    def _ahead(self, instant: float) -> float:
        """Return by how much the clock is ahead of the first midnight's."""
        day, seconds = self.local(instant)
        return (day - 1) * DAY + seconds - instant

    def local(self, instant: float) -> tuple[int, float]:
        """Return the day of an instant, and the seconds after midnight that the clock shows."""
        if self._zone is None or self.first is None:
            day, rest = divmod(instant, DAY)
            return int(day) + 1, rest
        wall, part = self._wall(instant)
        return self.day_of(wall.date()), wall.hour * HOUR + wall.minute * MINUTE + wall.second + part

    def is_second(self, instant: float) -> bool:
        """Return whether the clock shows the time for the second time, after it was put back."""
        return self._zone is not None and self._wall(instant)[0].fold == 1

    def label(self, instant: float, *, end: bool = False) -> str:
        """Write an instant for people.

        Parameters
        ----------
        instant
            Elapsed seconds.
        end
            Whether something ends then: midnight is the ``"24:00"`` of the day before.

        Returns
        -------
        str
            ``"07:30"``, ``"day 2 07:30"``, or with dates ``"2025-03-25 07:30"``; ``"(2nd)"`` follows a time that the
            clock shows for the second time.
        """
        if self.first is None:
            return clock(instant, end=end)
        day, seconds = self.local(instant)
        if end and not seconds and instant > 0:
            day, seconds = day - 1, DAY
        return f"{self.date_of(day)} {clock(seconds, end=end)}" + (" (2nd)" if self.is_second(instant) else "")

    def clock_label(self, instant: float) -> str:
        """Write the time of day that the clock shows, e.g. ``"07:30"``; ``"02:00+01:00"`` if it shows it twice."""
        shown = clock(self.local(instant)[1])
        if self._zone is None:
            return shown
        wall = self._wall(instant)[0]
        offsets = [wall.replace(fold=fold).isoformat()[-6:] for fold in (0, 1)]
        return shown + (f"{wall.isoformat()[-6:]}" if offsets[0] != offsets[1] else "")

    def parse_instant(self, text: str) -> float:
        """Read a date and time as in ISO 8601.

        Parameters
        ----------
        text
            ``"2025-03-25T07:30:00"``, by the wall clock, or with an offset from UTC such as ``"+01:00"`` or ``"Z"``.

        Returns
        -------
        float
            Elapsed seconds; negative before the first day.

        Raises
        ------
        ValueError
            A sentence with the value found and what would be right.
        """
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            raise ValueError(f'{text!r} is not a date and time; give one such as "2025-03-25T07:30"') from None
        part = moment.microsecond / 1e6
        if moment.tzinfo is None:
            seconds = moment.hour * HOUR + moment.minute * MINUTE + moment.second
            return self.instant(self.day_of(moment.date()), seconds) + part
        if self._zone is None:
            raise ValueError(f"{text!r} has an offset from UTC, and the run has no time zone; give run.time_zone")
        return moment.replace(microsecond=0).timestamp() - self.epoch + part

    @cached_property
    def epoch(self) -> float:
        """Seconds from 1970 to the midnight with which the first day begins: of UTC without a zone, 0 without dates."""
        return 0.0 if self.first is None else datetime.combine(self.first, time(), self._zone or UTC).timestamp()

    @cached_property
    def _zone(self) -> ZoneInfo | None:
        return None if self.time_zone is None else ZoneInfo(self.time_zone)

    def _wall(self, instant: float) -> tuple[datetime, float]:
        """Return what clock and calendar show at an instant, and the part of a second."""
        whole = math.floor(instant)
        return datetime.fromtimestamp(self.epoch + whole, UTC).astimezone(self._zone), instant - whole


def parse_date(value: object) -> date:
    """Read a date.

    Parameters
    ----------
    value
        ``"2025-03-24"``, or a date, as YAML reads it.

    Returns
    -------
    date
        Of a year from 1900 to 2999.

    Raises
    ------
    ValueError
        A sentence with the value found and what would be right.
    """
    wrong = f'{value if isinstance(value, date) else repr(value)} is not a date; give one such as "2025-03-24"'
    try:
        parsed = date.fromisoformat(value.strip()) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(wrong) from None
    if not isinstance(parsed, date) or isinstance(parsed, datetime) or not _FIRST_YEAR <= parsed.year <= _LAST_YEAR:
        raise ValueError(wrong)
    return parsed


def parse_time_zone(value: object) -> str:
    """Read the name of a time zone.

    Parameters
    ----------
    value
        A name of the IANA time zone database, such as ``"Europe/Berlin"``.

    Returns
    -------
    str
        The same.

    Raises
    ------
    ValueError
        A sentence with the value found and what would be right.
    """
    known = available_timezones()
    if not isinstance(value, str) or value not in known:
        raise ValueError(f'{value!r} is not a time zone; give one such as "Europe/Berlin"; {near(str(value), known)}')
    return value
