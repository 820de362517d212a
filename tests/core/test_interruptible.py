"""Work that polls no interrupt: its result, its error, and how an interrupt leaves it."""

from __future__ import annotations

from threading import Event

import pytest

from sim.core import interrupts
from sim.core.interruptible import wait_for


@pytest.mark.parametrize("watched", [False, True])
def test_work_gives_its_result_or_its_error(watched: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "watches", lambda: watched)
    assert wait_for(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        wait_for(lambda: 1 // 0)


def test_an_interrupt_leaves_work_that_does_not_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, over = Event(), Event()

    def work() -> bool:
        begun.set()
        return over.wait()

    monkeypatch.setattr(interrupts, "watches", lambda: True)
    monkeypatch.setattr(interrupts, "presses", lambda: int(begun.is_set()))
    with pytest.raises(KeyboardInterrupt):
        wait_for(work)
    assert not over.is_set()
    over.set()  # let the thread end
