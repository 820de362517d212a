"""A report drawn in another process is the same report, and leaves nothing behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from sim.core.errors import SojournError
from sim.experiment.estimate import estimate
from sim.kpis import measure
from sim.report.background import BackgroundReport, ReportInputs, background_report
from sim.report.page import write_report
from tests.support.kpi_days import MANIFEST, flows_of, make_log, make_plan, make_population
from tests.support.stacked_columns import stack

PLAN = make_plan()
DAY = make_population(), make_log()


@pytest.mark.slow
@pytest.mark.parametrize("methods", [["fork", "spawn"], ["spawn"]])
def test_it_is_the_same_report(tmp_path: Path, methods: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: methods)
    estimates, flows = estimate(*stack([measure(PLAN, *DAY)])), flows_of(PLAN, *DAY)
    background, inline = tmp_path / "background", tmp_path / "inline"
    background.mkdir()
    inline.mkdir()
    with background_report() as report:
        report.write_report(ReportInputs(background, PLAN, MANIFEST, estimates, flows))
        report.wait()
    drawn = write_report(inline, PLAN, MANIFEST, estimates, flows)
    assert (background / drawn.name).read_bytes() == drawn.read_bytes()


def test_what_went_wrong_is_said_in_one_sentence(tmp_path: Path) -> None:
    estimates = estimate(*stack([measure(PLAN, *DAY)]))
    with background_report() as report:
        report.write_report(ReportInputs(tmp_path / "nowhere", PLAN, MANIFEST, estimates, flows_of(PLAN, *DAY)))
        with pytest.raises(SojournError, match=r"could not be drawn: .*nowhere.*; give --no-report"):
            report.wait()


def test_a_process_that_died_is_noticed(tmp_path: Path) -> None:
    with background_report() as report:
        assert isinstance(report, BackgroundReport)
        report._drawing.process.kill()
        report._drawing.process.join()
        report.write_report(
            ReportInputs(tmp_path, PLAN, MANIFEST, estimate(*stack([measure(PLAN, *DAY)])), np.zeros((1, 1)))
        )
        with pytest.raises(SojournError, match="exit code -9"):
            report.wait()


def test_what_interrupts_everybody_does_not_end_it(tmp_path: Path) -> None:
    """A run that is interrupted writes what it has, and its report too."""
    with background_report() as report:
        assert isinstance(report, BackgroundReport)
        assert report._drawing.process.pid
        for interrupt in (signal.SIGINT, signal.SIGTERM):
            os.kill(report._drawing.process.pid, interrupt)
        report.write_report(
            ReportInputs(tmp_path, PLAN, MANIFEST, estimate(*stack([measure(PLAN, *DAY)])), flows_of(PLAN, *DAY))
        )
        report.wait()
    assert (tmp_path / "report.html").exists()


def test_nobody_waits_for_ever() -> None:
    with pytest.raises(KeyError), background_report() as report:
        raise KeyError
    assert isinstance(report, BackgroundReport)
    assert report._drawing.process.exitcode is not None


def test_after_an_interrupt_it_is_waited_for_no_longer_than_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.core.interrupts.seconds_since", lambda: 1.1)
    with background_report() as report:
        assert isinstance(report, BackgroundReport)
        os.kill(report._drawing.process.pid or 0, signal.SIGSTOP)  # it would take for ever
        report.write_report(
            ReportInputs(tmp_path, PLAN, MANIFEST, estimate(*stack([measure(PLAN, *DAY)])), flows_of(PLAN, *DAY))
        )
        assert report.wait() is False
        assert report._drawing.process.exitcode == -signal.SIGKILL
