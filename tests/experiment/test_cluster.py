"""A Dask cluster gives the same bytes as one process, also while a worker is killed again and again."""

from __future__ import annotations

import logging
import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from sim.core import interrupts
from sim.core.errors import InvalidInput
from sim.engine import make_plan
from sim.experiment import cluster as module
from sim.experiment import sweep
from sim.experiment.goals import Goal
from sim.experiment.replicate import replicate
from sim.experiment.sweep import prepare_sweep, simulate_points
from sim.experiment.sweep_cache import SweepCache
from sim.experiment.sweep_estimates import SweepPoint, SweepValues
from sim.experiment.variants import replicate_variants
from sim.experiment.workers import in_order, on_cluster
from sim.kpis import Row
from tests.support.command_line import contents
from tests.support.several_days import CALLS, scenario_of

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("SOJOURN_WORKER_KILLS", "2"))
KILLS_OF_A_SWEEP = int(os.environ.get("SOJOURN_WORKER_KILLS", "1"))
EACH = 4  # replications between two kills
PLAN = make_plan(scenario_of(CALLS[:1]))
CALLS_ROW = Row("service_level", "all", "", None)


@pytest.fixture(scope="module")
def workers() -> Iterator[Any]:
    import dask
    from distributed import LocalCluster

    # A local cluster would give up a worker that a busy machine keeps from coming back for 15 s. What its workers
    # are to have in their environment stays in this process's, too, and would be in that of all later tests.
    with (
        patch.dict(os.environ),
        dask.config.set({"distributed.deploy.lost-worker-timeout": "10m"}),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as started,
    ):
        yield started


def columns(done: Any) -> list[bytes]:
    return [column.tobytes() for column in (done.num, done.den, done.flows)]


def kill_one(started: Any) -> None:
    """Kill the process of the first worker, once it has joined the scheduler again."""
    nanny = next(iter(started.workers.values()))
    for _ in range(2400):
        if nanny.pid and nanny.worker_address in started.scheduler.workers:
            with suppress(ProcessLookupError):
                os.kill(nanny.pid, signal.SIGKILL)
                return
        time.sleep(0.05)
    raise AssertionError("the worker did not come back")


def process_of(_task: int) -> int:
    return os.getpid()


def test_the_work_is_done_there(workers: Any) -> None:
    with on_cluster(workers.scheduler_address), in_order(process_of, range(4), seconds=1.0, workers=1) as results:
        assert set(results) <= {nanny.pid for nanny in workers.workers.values()}


@pytest.mark.timeout(300 + 60 * KILLS)
def test_a_worker_that_is_killed_changes_no_byte(workers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 0.0)  # a replication each, so that there are more blocks than kills
    killed = 0

    def kill(done: int) -> None:
        nonlocal killed
        if done % EACH == 1 and killed < KILLS:
            killed += 1
            kill_one(workers)

    with on_cluster(workers.scheduler_address):
        there = replicate(PLAN, seed=5, replications=EACH * KILLS + 4, engine="simpy", progress=kill)
    here = replicate(PLAN, seed=5, replications=EACH * KILLS + 4, engine="simpy", processes=1)
    assert killed == KILLS
    assert columns(there) == columns(here)


def test_variants_are_the_same_there(workers: Any) -> None:
    plans = [PLAN, replace(PLAN, staff_count=PLAN.staff_count + 1)]
    with on_cluster(workers.scheduler_address):
        there = replicate_variants(plans, seed=5, replications=3, engine="simpy")
    here = replicate_variants(plans, seed=5, replications=3, engine="simpy", processes=1)
    assert [columns(each) for each in there] == [columns(each) for each in here]
    assert columns(here[0]) != columns(here[1])


def swept(folder: Path, points: int = 2, **more: Any) -> SweepValues:
    plans = [replace(PLAN, staff_count=PLAN.staff_count + number) for number in range(points)]
    wanted = [SweepPoint(plan, str(number), (Goal(CALLS_ROW),)) for number, plan in enumerate(plans)]
    work = prepare_sweep(wanted, SweepCache(folder), seed=5, replications=12, engine="simpy")
    return simulate_points(work, **more)


def test_a_sweep_is_the_same_there_and_keeps_the_same(
    workers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_cluster(workers.scheduler_address):
        there = swept(tmp_path / "there")
    here = swept(tmp_path / "here", processes=1)
    for name in ("value", "low", "high", "p10", "p50", "p90"):
        assert getattr(there, name).tobytes() == getattr(here, name).tobytes(), name
    assert contents(tmp_path / "there") == contents(tmp_path / "here") != {}
    monkeypatch.setattr(sweep, "measure_once", None)  # nothing is simulated again
    assert swept(tmp_path / "there").value.tobytes() == here.value.tobytes()


@pytest.mark.timeout(300 + 60 * KILLS_OF_A_SWEEP)
def test_a_worker_that_is_killed_changes_no_byte_of_a_sweep(
    workers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BLOCK", 0.0)  # a piece each
    looks, killed, points = 0, 0, KILLS_OF_A_SWEEP + 2

    def kill(_done: int, _total: int) -> None:
        nonlocal looks, killed
        looks += 1
        if looks % 2 == 0 and killed < KILLS_OF_A_SWEEP:
            killed += 1
            kill_one(workers)

    with on_cluster(workers.scheduler_address):
        there = swept(tmp_path / "there", points, progress=kill)
    here = swept(tmp_path / "here", points, processes=1)
    assert killed == KILLS_OF_A_SWEEP
    for name in ("value", "low", "high", "p10", "p50", "p90"):
        assert getattr(there, name).tobytes() == getattr(here, name).tobytes(), name
    assert contents(tmp_path / "there") == contents(tmp_path / "here") != {}


def test_an_error_of_the_work_is_raised_here(workers: Any) -> None:
    with (
        on_cluster(workers.scheduler_address),
        pytest.raises(ZeroDivisionError),
        in_order((1).__floordiv__, [1, 2, 0], seconds=1.0, workers=1) as results,
    ):
        assert list(results)


def test_an_interrupt_keeps_what_is_done(workers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 0.0)
    monkeypatch.setattr(interrupts, "none_came", lambda: False)

    def stop(done: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with on_cluster(workers.scheduler_address):
        kept = replicate(PLAN, seed=5, replications=40, engine="simpy", progress=stop)
    assert (len(kept), kept.wanted) == (2, 40)


def test_an_address_without_a_scheduler_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CONNECTING", 1.0)
    with pytest.raises(InvalidInput, match="has no Dask scheduler that answers"), on_cluster("tcp://127.0.0.1:1"):
        pass
    with pytest.raises(InvalidInput, match="has no Dask scheduler that answers"), on_cluster("nonsense://x"):
        pass


@contextmanager
def _peer(answer: bytes) -> Iterator[str]:
    """Listen, send an answer to whoever connects, and nothing more; yield the address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connections: list[socket.socket] = []

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connections.append(server.accept()[0])
                    connections[-1].sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in connections:
            connection.close()


@pytest.mark.parametrize(
    "answer",
    [
        *(b"", b"HTTP/1.1 200 OK\r\n\r\n", bytes(range(256)) * 99, struct.pack("<QQQQ", 2**40, 1, 2**40, 2**40)),
        struct.pack("<QQQ", 26, 1, 10) + b"\xc1" * 10,
    ],
)
def test_what_is_no_scheduler_is_said(
    answer: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "_CONNECTING", 0.5)
    monkeypatch.setattr(logging.getLogger("distributed"), "propagate", True)
    with (
        _peer(answer) as address,
        pytest.raises(InvalidInput, match="has no Dask scheduler that answers"),
        on_cluster(address),
    ):
        pass
    assert not caplog.records


def test_a_worker_of_another_version_refuses() -> None:
    with pytest.raises(module.SojournError, match="install the same on both"):
        module._do(b"", [1], ("sojourn 0.0.1",))
