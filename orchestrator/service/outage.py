"""Outage: whether the store works, and what the log says about it: once that it fails, and once that it works again."""

import logging
import re
import time
from collections.abc import Callable

__all__ = ["QUIET", "Outage"]

QUIET = 60.0
"""Seconds in which a cause is logged only once, however often the store fails and works again meanwhile."""

_CAUSES = 16

_NUMBER = re.compile(r"\d+")
"""Numbers in an error: processes, files and ports, which differ between messages of one cause."""

_log = logging.getLogger("uvicorn.error")


class Outage:
    """Outage of one way to use the store.

    Parameters
    ----------
    way
        What cannot be done during an outage, such as ``"written to"``.
    clock
        Returns seconds; any origin.

    Attributes
    ----------
    lasts
        Whether the last use of the store has failed.
    """

    def __init__(self, way: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.lasts = False
        self._way, self._clock = way, clock
        self._began, self._failures = 0.0, 0
        self._logged: dict[str, float] = {}  # instants, by cause
        self._of_this: set[str] = set()  # causes logged during this outage

    def failed(self, cause: object) -> None:
        """Note that the store could not be used; log the cause if it is new."""
        now = self._clock()
        if not self.lasts:
            self.lasts, self._began, self._failures = True, now, 0
        self._failures += 1
        sentence = " ".join(str(cause).split())[:500]
        name = _NUMBER.sub("0", sentence)
        if name in self._of_this or now - self._logged.get(name, -QUIET) < QUIET:
            return
        if len(self._logged) >= _CAUSES:
            self._logged.clear()
        self._logged[name] = now
        self._of_this.add(name)
        _log.error("the store cannot be %s: %s; this is logged once until it works again", self._way, sentence)

    def worked(self) -> None:
        """Note that the store could be used; log that if its outage was logged."""
        if not self.lasts:
            return
        self.lasts = False
        if self._of_this:
            self._of_this.clear()
            seconds, count = self._clock() - self._began, self._failures
            _log.error("the store can be %s again, after %.1f s and %d failures", self._way, seconds, count)
