"""Duets: both runs of a pair at the same time, and what ends them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Event, Lock
from types import SimpleNamespace
from typing import Any

import pytest

import loadtests.run.duel as machinery
from loadtests.run.duel import LoadSettings, run_duel
from loadtests.run.duel_result import Duel, DuelPlan, Side
from loadtests.run.duel_verdict import duel_sentences
from loadtests.run.duet import check_duet, run_together
from loadtests.verdict.pairs import Outcome
from sim.core.errors import InvalidInput, Unreachable

LIMIT = 20.0
"""Seconds after which a test that hangs fails."""
A, B = Side("a", "http://127.0.0.1:1"), Side("b", "http://127.0.0.1:2")
SETTINGS = LoadSettings(Path("contract.yaml"), 60.0, 1, None, None, 30.0)


def _until_told(progress: Callable[[float], None], begun: Event) -> str:
    """Go on until progress raises, as a load run does."""
    try:
        while True:
            begun.wait(0.01)
            begun.set()
            progress(0.5)
    except KeyboardInterrupt:
        return "ended in good order"


def test_jobs_run_at_the_same_time_and_report_the_mean_of_their_shares() -> None:
    together = Barrier(2, timeout=LIMIT)
    shares: list[float] = []

    def job(share: float, progress: Callable[[float], None]) -> float:
        together.wait()  # only another thread can let it pass
        progress(share)
        together.wait()
        return share

    assert run_together([lambda p: job(0.5, p), lambda p: job(1.0, p)], shares.append) == [0.5, 1.0]
    assert shares[-1] == 0.75


def test_a_job_that_fails_ends_the_other_in_good_order() -> None:
    begun = Event()
    ends: list[str] = []

    def fails(_: Callable[[float], None]) -> None:
        assert begun.wait(LIMIT)
        raise Unreachable("nobody answers")

    with pytest.raises(Unreachable, match="nobody answers"):
        run_together([lambda p: ends.append(_until_told(p, begun)), fails], lambda _: None)
    assert ends == ["ended in good order"]


def test_an_interrupt_ends_both() -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    jobs = [lambda p: _until_told(p, Event())] * 2
    assert run_together(jobs, interrupt) == ["ended in good order"] * 2


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let both runs of a pair meet, B 1.5 times as slow; return the hosts in the order of their starts."""

    def begin(*, interrupt_at: int | None = None) -> list[str]:
        hosts: list[str] = []
        meet, lock, generator = Barrier(2, timeout=LIMIT), Lock(), iter(range(1000))

        def run_load(_trace: Any, _contract: Path, host: str, *, out: Path, **_: Any) -> Any:
            assert out.is_dir()
            with lock:
                hosts.append(host)
                number = len(hosts)
            meet.wait()
            factor = (1.5 if host == B.host else 1.0) * (1.0 + 0.001 * (next(generator) % 5))
            return SimpleNamespace(
                run=SimpleNamespace(interrupted=number == interrupt_at), valid=True, why=None, requests=500,
                acknowledged=500, journeys=100, samples=500,
                latency=SimpleNamespace(p50=0.02 * factor, p95=0.06 * factor, p99=None, p999=None),
                lag=SimpleNamespace(p95=0.0001), own_lag=SimpleNamespace(p95=None),
            )  # fmt: skip

        monkeypatch.setattr(machinery, "run_load", run_load)
        return hosts

    return begin


def _duet(folder: Path) -> Duel:
    return run_duel(None, A, B, SETTINGS, out=folder, plan=DuelPlan(4, 1, 1, duet=True))  # type: ignore[arg-type]


def test_the_runs_of_a_pair_meet_and_are_judged_as_those_in_turns(tmp_path: Path, loads: Any) -> None:
    hosts = loads()
    duel = _duet(tmp_path)
    assert [{*hosts[at : at + 2]} for at in range(0, 10, 2)] == [{A.host, B.host}] * 5
    assert [(run.pair, run.side) for run in duel.runs] == [
        (0, "a"), (0, "b"), (1, "a"), (1, "b"), (2, "b"), (2, "a"), (3, "a"), (3, "b"), (4, "b"), (4, "a")
    ]  # fmt: skip
    assert duel.outcome == Outcome.SLOWER
    assert duel_sentences(duel)[0].startswith("B is slower than A, after 4 pairs side by side: p50 +")
    assert duel.as_json()["plan"]["duet"] is True


def test_one_run_that_is_interrupted_ends_the_duet_and_its_pair_does_not_count(tmp_path: Path, loads: Any) -> None:
    loads(interrupt_at=8)  # in the third pair, after the warm-up
    duel = _duet(tmp_path)
    assert (duel.interrupted, len(duel.pairs), len(duel.runs), duel.looks) == (True, 2, 7, (2,))


def test_the_endpoints_and_processes_of_a_duet_must_be_two() -> None:
    check_duet(A, B, calibration=False)
    check_duet(A, A, calibration=True)
    with pytest.raises(InvalidInput) as caught:
        check_duet(Side("a", "http://127.0.0.1:80", 7), Side("b", "http://localhost", 7), calibration=False)
    assert [problem.file for problem in caught.value.problems] == ["--b", "--b-process"]
    with pytest.raises(InvalidInput, match="serves both runs of a pair at once"):
        check_duet(Side("a", A.host, 7), Side("b", A.host, 7), calibration=True)
