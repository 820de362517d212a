"""CPU time of an endpoint's processes on this machine."""

from __future__ import annotations

from contextlib import suppress

from sim.core.errors import InvalidInput, Problem

__all__ = ["cpu_seconds"]


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
