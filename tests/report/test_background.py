"""A report that another process draws is the same report, and nothing is left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from sim.core.errors import SojournError
from sim.experiment.estimate import estimate, stack
from sim.kpis import measure
from sim.report.apart import Apart, Asked, drawing_apart
from sim.report.page import write_report
from tests.support.kpi_days import MANIFEST, flows_of, make_log, make_plan, make_population

PLAN = make_plan()
DAY = make_population(), make_log()


@pytest.mark.parametrize("methods", [["fork", "spawn"], ["spawn"]])
def test_it_is_the_same_report(tmp_path: Path, methods: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: methods)
    estimates, flows = estimate(*stack([measure(PLAN, *DAY)])), flows_of(PLAN, *DAY)
    apart_folder, here = tmp_path / "apart", tmp_path / "here"
    apart_folder.mkdir()
    here.mkdir()
    with drawing_apart() as apart:
        apart.write_report(Asked(apart_folder, PLAN, MANIFEST, estimates, flows))
        apart.wait()
    drawn = write_report(here, PLAN, MANIFEST, estimates, flows)
    assert (apart_folder / drawn.name).read_bytes() == drawn.read_bytes()


def test_what_went_wrong_is_said_in_one_sentence(tmp_path: Path) -> None:
    estimates = estimate(*stack([measure(PLAN, *DAY)]))
    with drawing_apart() as apart:
        apart.write_report(Asked(tmp_path / "nowhere", PLAN, MANIFEST, estimates, flows_of(PLAN, *DAY)))
        with pytest.raises(SojournError, match=r"could not be drawn: .*nowhere.*; give --no-report"):
            apart.wait()


def test_a_process_that_died_is_noticed(tmp_path: Path) -> None:
    with drawing_apart() as apart:
        assert isinstance(apart, Apart)
        apart._process.kill()
        apart._process.join()
        apart.write_report(Asked(tmp_path, PLAN, MANIFEST, estimate(*stack([measure(PLAN, *DAY)])), np.zeros((1, 1))))
        with pytest.raises(SojournError, match="exit code -9"):
            apart.wait()


def test_what_interrupts_everybody_does_not_end_it(tmp_path: Path) -> None:
    """A run that is interrupted writes what it has, and its report too."""
    with drawing_apart() as apart:
        assert isinstance(apart, Apart)
        assert apart._process.pid
        for interrupt in (signal.SIGINT, signal.SIGTERM):
            os.kill(apart._process.pid, interrupt)
        apart.write_report(
            Asked(tmp_path, PLAN, MANIFEST, estimate(*stack([measure(PLAN, *DAY)])), flows_of(PLAN, *DAY))
        )
        apart.wait()
    assert (tmp_path / "report.html").exists()


def test_nobody_waits_for_ever() -> None:
    with pytest.raises(KeyError), drawing_apart() as apart:
        raise KeyError
    assert isinstance(apart, Apart)
    assert apart._process.exitcode is not None
