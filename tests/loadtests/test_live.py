"""Live figures while the generators write, and the histogram from which their quantiles come."""

from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from loadtests.contract import AnswerClass, Verb
from loadtests.ledger import Attempt, LedgerWriter
from loadtests.run.histogram import RATIO, LogHistogram
from loadtests.run.live import LiveFigures, LiveLedger
from loadtests.run.quantiles import quantiles
from sojourn.terminal.progress import load_progress


@pytest.mark.parametrize("number", [1, 7, 100_000])
def test_a_quantile_is_too_great_by_one_per_cent_at_most(number: int) -> None:
    seconds = np.random.default_rng(5).lognormal(-4.0, 2.0, number)
    histogram = LogHistogram()
    histogram.add(seconds)
    exact = quantiles(seconds)
    for share, value in ((0.5, exact.p50), (0.95, exact.p95), (0.99, exact.p99), (1.0, exact.max)):
        bound = histogram.quantile(share)
        assert bound is not None
        assert value is not None
        assert value * (1.0 - 1e-9) <= bound <= value * RATIO * (1.0 + 1e-9)


def test_histograms_of_two_workers_add_up_to_that_of_both() -> None:
    """Which averages of their quantiles would not."""
    fast, slow = np.full(900, 0.001), np.full(100, 1.0)
    histograms = [LogHistogram() for _ in range(3)]
    for histogram, seconds in zip(histograms, (fast, slow, np.concatenate([fast, slow])), strict=True):
        histogram.add(seconds)
    assert (histograms[0].counts + histograms[1].counts).tolist() == histograms[2].counts.tolist()
    assert histograms[2].quantile(0.95) == pytest.approx(1.0, rel=0.01)


def test_durations_beyond_the_bounds_are_counted() -> None:
    histogram = LogHistogram()
    assert histogram.quantile(0.5) is None
    histogram.add(np.array([0.0, -1.0, 1e9]))
    assert (histogram.counts.sum(), histogram.quantile(0.3)) == (3, pytest.approx(1e-6))
    assert histogram.longest == 1e9


def attempt(journey: int, ended: float, answer: AnswerClass, verb: Verb = Verb.START) -> Attempt:
    return Attempt(0.0, 0.0, journey, 1, verb, 1, 0.0, ended, answer, 200)


def test_figures_follow_what_the_generators_append(tmp_path: Path) -> None:
    live = LiveLedger(tmp_path)
    assert str(live.look()) == "0 acknowledged, 0 failed, 0 open; -"  # nobody has begun
    writers = [LedgerWriter(tmp_path, index) for index in range(2)]
    nan = float("nan")
    for journey in range(4):
        writers[journey % 2].note(attempt(journey, nan, AnswerClass.UNKNOWN))
    writers[0].note(attempt(9, nan, AnswerClass.UNKNOWN, Verb.READY))  # an agent who waits is not open
    for writer in writers:
        writer.flush()
    figures = live.look()
    assert (figures.acknowledged, figures.failed, figures.open) == (0, 0, 4)
    writers[0].note(attempt(0, 0.1, AnswerClass.OK))
    writers[1].note(attempt(1, 0.3, AnswerClass.OK))
    writers[0].note(attempt(2, 0.2, AnswerClass.SERVER_ERROR))
    for writer in writers:
        writer.flush()
    with (tmp_path / "attempts-1.bin").open("ab") as file:
        file.write(b"half of a record")
    figures = live.look()
    assert (figures.acknowledged, figures.failed, figures.open) == (2, 1, 1)
    assert figures.p50 == pytest.approx(0.1, rel=0.011)
    assert (figures.p99, figures.max) == (pytest.approx(0.3, rel=0.011), pytest.approx(0.3))
    assert figures.per_second is not None
    assert "2 acknowledged, 1 failed, 1 open; p50 10" in str(figures)
    for writer in writers:
        writer.close()


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_the_figures_and_a_file_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", terminal)
    with load_progress() as (show_share, show_figures):
        assert show_figures is not None
        show_share(0.25)
        show_figures(LiveFigures(123456, 50, 1600, 3078.0, 0.01, 0.02, 0.03, 12.345))
    assert "sending" in terminal.getvalue()
    assert "25%" in terminal.getvalue()
    assert "3,078/s, 123,456 acknowledged, 50 failed, 1,600 open" in terminal.getvalue()
    assert "p50 10 ms, p95 20 ms, p99 30 ms, max 12,345 ms" in terminal.getvalue()
    monkeypatch.setattr("sys.stderr", StringIO())
    with load_progress() as (_, show_figures):
        assert show_figures is None
