"""Stalls of the machine: a test that measures seconds is tried again where this process was kept waiting meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

BEAT = 0.01
LONGEST = 0.05
"""Seconds; on a machine that has time for the test, a sleep of `BEAT` is over long before."""
TRIES = 5


class StallWatch:
    """The longest time for which a thread of this process did not go on after a short sleep."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._over = Event()

    def watch(self) -> None:
        """Measure until `stop`."""
        before = time.monotonic()
        while not self._over.wait(BEAT):
            now = time.monotonic()
            self.longest = max(self.longest, now - before - BEAT)
            before = now
        self.longest = max(self.longest, time.monotonic() - before - BEAT)

    def stop(self) -> None:
        """End the measurement."""
        self._over.set()


@contextmanager
def stall_watch() -> Iterator[StallWatch]:
    """Measure the longest stall of this process."""
    watch = StallWatch()
    thread = Thread(target=watch.watch, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join()


def again_after_a_stall(test: Callable[..., None]) -> Callable[..., None]:
    """Try a test of seconds again when it failed while the machine stood still, each time with an empty ``tmp_path``.

    A failure without a stall is a failure at once, and so is the last of `TRIES`.
    """

    @wraps(test)
    def tried(*args: Any, **fixtures: Any) -> None:
        folder: Path | None = fixtures.get("tmp_path")
        for number in range(1, TRIES + 1):
            if folder is not None:
                fixtures["tmp_path"] = folder / str(number)
                fixtures["tmp_path"].mkdir()
            try:
                with stall_watch() as watch:
                    test(*args, **fixtures)
            except (Exception, pytest.fail.Exception) as failure:
                failure.add_note(f"try {number}; the longest stall of this process was {watch.longest:.3f} s")
                if number == TRIES or watch.longest < LONGEST:
                    raise
            else:
                return

    return tried
