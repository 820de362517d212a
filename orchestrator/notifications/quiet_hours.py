"""Quiet hours: windows of the week, on the clock of a zone, in which nobody is notified."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orchestrator.core.json_codec import read
from orchestrator.http.fields import Fields

__all__ = ["DAYS", "Window", "end_of_quiet", "stored_windows", "windows", "zone_of"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

WINDOWS = 21
"""Windows in a week: three a day."""

DAY = 24 * 60
WEEK = 7 * DAY


@dataclass(frozen=True, slots=True)
class Window:
    """From a time of day until another one, on the next day where that is not later; on days given by their number."""

    days: frozenset[int]
    begins: time
    ends: time

    def end(self, local: datetime) -> datetime | None:
        """Return when the window ends that a local instant falls into; ``None`` where it falls into none."""
        over = self.ends <= self.begins
        clock, today = local.time(), local.date()
        if local.weekday() in self.days and clock >= self.begins and (over or clock < self.ends):
            return _at(today + timedelta(days=over), self.ends, local)
        yesterday = today - timedelta(days=1)
        if over and yesterday.weekday() in self.days and clock < self.ends:
            return _at(today, self.ends, local)
        return None


def _at(day: date, clock: time, local: datetime) -> datetime:
    """Return when a clock shows a time on a day; of two such instants the first one after ``local``."""
    first = datetime.combine(day, clock, local.tzinfo)
    return first if first.timestamp() > local.timestamp() else first.replace(fold=1)


def end_of_quiet(instant: float, zone: ZoneInfo, quiet: Sequence[Window]) -> float:
    """Return when a notification may be sent: at once, or when the windows around that instant are over.

    Parameters
    ----------
    instant
        Seconds since the epoch.
    zone
        Whose clock the windows are on; where its hour is repeated or skipped, they are longer or shorter.
    quiet
        The windows, which leave some time free (`windows` sees to it).

    Returns
    -------
    float
        The same instant, or a later one.
    """
    for _ in range(2 * WINDOWS + 2):
        local = datetime.fromtimestamp(instant, UTC).astimezone(zone)
        ends = [end for window in quiet if (end := window.end(local)) is not None]
        if not ends:
            return instant
        # A time that the clock skips is taken as if it had not been, which is never too early; but it must go on.
        instant = max(instant + 1, *(end.timestamp() for end in ends))
    return instant


def zone_of(name: str) -> ZoneInfo:
    """Return a zone of the tz database.

    Raises
    ------
    ValueError
        When there is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f'is "{name[:40]}"; a zone of the tz database is needed, such as Europe/Berlin') from error


def windows(body: Any, fields: Fields) -> list[Window]:
    """Read the windows of a request, or of what was stored.

    Parameters
    ----------
    body
        A list of objects: ``days`` (names; all where left out), ``from`` and ``until`` (times such as ``22:00``).
    fields
        Where what is wrong is noted.
    """
    if not isinstance(body, list) or not 0 < len(body) <= WINDOWS:
        fields.wrong("windows", f"must be a list of 1 to {WINDOWS} windows; to have none, delete the quiet hours")
        return []
    found = []
    for i, one in enumerate(body):
        inner = Fields(one, f"/windows/{i}")
        inner.only("days", "from", "until")
        found.append(Window(_days(inner), _clock(inner, "from"), _clock(inner, "until")))
        fields.errors.extend(inner.errors)
    if not fields.errors and not _leaves_time(found):
        fields.wrong("windows", "leave no time of the week free; a notification would wait for ever")
    return found


@lru_cache(maxsize=1024)
def stored_windows(text: str) -> tuple[Window, ...]:
    """Read windows that were checked before they were stored."""
    return tuple(windows(read(text.encode()), Fields({})))


def _days(fields: Fields) -> frozenset[int]:
    """Read the days of a window."""
    given = fields.members.get("days", list(DAYS))
    if not isinstance(given, list) or not given or not all(isinstance(day, str) and day in DAYS for day in given):
        fields.wrong("days", f"must be a list of some of {', '.join(DAYS)}")
        return frozenset()
    return frozenset(DAYS.index(day) for day in given)


def _clock(fields: Fields, name: str) -> time:
    """Read a time of day."""
    text = fields.text(name)
    try:
        return time(int(text[:2]), int(text[3:])) if len(text) == 5 and text[2] == ":" else time.fromisoformat("-")
    except ValueError:
        if text:
            fields.wrong(name, f'is "{text[:20]}"; a time of day is needed, such as 22:00')
        return time()


def _leaves_time(quiet: Sequence[Window]) -> bool:
    """Tell whether any minute of the week lies in no window."""
    week = bytearray(WEEK)
    for window in quiet:
        begins, ends = (clock.hour * 60 + clock.minute for clock in (window.begins, window.ends))
        for day in window.days:
            for minute in range(begins, ends if ends > begins else ends + DAY):
                week[(day * DAY + minute) % WEEK] = 1
    return not all(week)
