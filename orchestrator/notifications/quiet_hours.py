"""Quiet hours: windows of the week, on the clock of a zone, in which nobody is notified."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, PlainValidator, TypeAdapter, WithJsonSchema

from orchestrator.core.json_codec import stored
from orchestrator.http.command import Body

__all__ = ["DAYS", "Window", "Windows", "end_of_quiet", "stored_windows", "zone_of"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

WINDOWS = 21
"""Windows in a week: three a day."""

DAY = 24 * 60
WEEK = 7 * DAY


CLOCK = {
    "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["22:00"], "title": "a time of day",
}  # fmt: skip


def _days(names: Any) -> frozenset[int]:
    """Return the numbers of days of the week."""
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name in DAYS for name in names):
        raise ValueError(f"must be a list of some of {', '.join(DAYS)}")
    return frozenset(map(DAYS.index, names))


def _clock(text: Any) -> time:
    """Return a time of day."""
    try:
        hour, colon, minute = int(text[:2]), text[2], int(text[3:])
        moment = time(hour, minute)
    except (TypeError, ValueError, IndexError):
        raise ValueError from None
    if len(text) != 5 or colon != ":":
        raise ValueError
    return moment


Days = Annotated[
    frozenset[int], PlainValidator(_days),
    WithJsonSchema({"type": "array", "items": {"enum": list(DAYS)}, "minItems": 1}),
]  # fmt: skip
Clock = Annotated[time, PlainValidator(_clock), WithJsonSchema(CLOCK)]


class Window(Body):
    """From a time of day until another one, on the next day where that is not later; on some days of the week."""

    days: Days = frozenset(range(len(DAYS)))
    begins: Clock = Field(alias="from")
    ends: Clock = Field(alias="until")

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
        The windows, which leave some time free (`Windows` sees to it).

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


def _free(quiet: list[Window]) -> list[Window]:
    """Return windows that leave some time of the week free."""
    if not _leaves_time(quiet):
        raise ValueError("leave no time of the week free; a notification would wait for ever")
    return quiet


def _leaves_time(quiet: Sequence[Window]) -> bool:
    """Tell whether any minute of the week lies in no window."""
    week = bytearray(WEEK)
    for window in quiet:
        begins, ends = (clock.hour * 60 + clock.minute for clock in (window.begins, window.ends))
        for day in window.days:
            for minute in range(begins, ends if ends > begins else ends + DAY):
                week[(day * DAY + minute) % WEEK] = 1
    return not all(week)


Windows = Annotated[
    list[Window],
    Field(min_length=1, max_length=WINDOWS, title=f"a list of 1 to {WINDOWS} windows"),
    AfterValidator(_free),
]
_WINDOWS: TypeAdapter[list[Window]] = TypeAdapter(list[Window])


@lru_cache(maxsize=1024)
def stored_windows(text: str) -> tuple[Window, ...]:
    """Return windows that were checked before they were stored."""
    return tuple(_WINDOWS.validate_python(stored(text)))
