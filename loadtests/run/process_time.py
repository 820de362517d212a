"""CPU time and memory of an endpoint's processes on this machine."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.core.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ProcessUsage", "UsageWatch", "cpu_seconds"]


def cpu_seconds(process: int | None) -> float | None:
    """Return the CPU time of a process and its descendants so far, those that have ended included.

    Parameters
    ----------
    process
        Its number; None = not measured.

    Returns
    -------
    float or None
        Seconds, of user and system.

    Raises
    ------
    InvalidInput
        There is no such process, or it belongs to somebody else.
    """
    if process is None:
        return None
    import psutil

    try:
        root = psutil.Process(process)
        family = [root, *root.children(recursive=True)]
        ended = root.cpu_times()
    except psutil.Error as error:
        message = f"its CPU time cannot be read: {error}; give the number of the endpoint's process, or leave it out"
        raise InvalidInput([Problem(f"process {process}", "", message)]) from None
    seconds = float(ended.children_user + ended.children_system)
    for member in family:
        with suppress(psutil.Error):  # it has ended since
            times = member.cpu_times()
            seconds += float(times.user + times.system)
    return seconds


@dataclass(frozen=True, slots=True)
class ProcessUsage:
    """CPU time and memory of a process and its descendants during a run, looked at every .2 s."""

    cpu_seconds: float  # of user and system
    peak_memory: int  # bytes: the greatest sum of resident sets that was seen


class UsageWatch:
    """Looks at a process and its descendants, again and again; a process that is killed counts until the latest look.

    Parameters
    ----------
    process
        Returns its number, which changes when it is started again; None = it is not there, or not measured.
    """

    def __init__(self, process: Callable[[], int | None]) -> None:
        self._process = process
        self._used: dict[tuple[int, float], float] = {}
        self._peak = 0
        self.look()
        self._before = dict(self._used)

    def look(self) -> None:
        """Look once; a process that has ended is passed over."""
        if (process := self._process()) is None:
            return
        import psutil

        memory = 0
        with suppress(psutil.Error):
            root = psutil.Process(process)
            for member in (root, *root.children(recursive=True)):
                with suppress(psutil.Error), member.oneshot():
                    times = member.cpu_times()
                    self._used[member.pid, member.create_time()] = float(times.user + times.system)
                    memory += int(member.memory_info().rss)
        self._peak = max(self._peak, memory)

    def usage(self) -> ProcessUsage | None:
        """Return what was used since the first look; None = nothing was seen."""
        used = sum(seconds - self._before.get(key, 0.0) for key, seconds in self._used.items())
        return ProcessUsage(used, self._peak) if self._used else None
