"""Ctrl-C and SIGTERM: partial results are kept and say so, and no process goes on."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import psutil
import pyarrow.parquet as pq
import pytest

from tests.support.command_line import BUSY, desk, family, sojourn, start, stopped, wait_for

pytestmark = pytest.mark.command

BANK = Path(__file__).parents[2] / "scenarios" / "retail_bank"
Interrupt = Callable[[subprocess.Popen[str]], None]


def _at_the_terminal(process: subprocess.Popen[str]) -> None:
    """Press Ctrl-C: everything in the foreground gets it."""
    os.killpg(process.pid, signal.SIGINT)


def _by_a_supervisor(process: subprocess.Popen[str]) -> None:
    """Ask only the process itself to end."""
    process.terminate()


ENDED = {_at_the_terminal: "", _by_a_supervisor: "Ended by SIGTERM.\n"}
INTERRUPTS = pytest.mark.parametrize("interrupt", [_at_the_terminal, _by_a_supervisor])


def _workers_were_busy(process: subprocess.Popen[str], seconds: float) -> bool:
    """Tell whether two processes have worked for so long, each; one that is to draw hardly does."""
    return sum(member.cpu_times().user > seconds for member in family(process)[1:]) >= 2


@INTERRUPTS
def test_an_interrupted_run_keeps_what_was_done(folder: Path, interrupt: Interrupt) -> None:
    words = ["run", "desk.yaml", "-n", "30000", "-p", "2", "--out", "run"]
    with start(*words, cwd=folder) as process:
        wait_for(lambda: _workers_were_busy(process, 0.5), process)
        everybody = family(process)
        interrupt(process)
        out, err = process.communicate(timeout=60)
        assert stopped(everybody)
    assert process.returncode == 130
    manifest = json.loads((folder / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert 0 < manifest["replications"] < manifest["wanted"] == 30000
    assert (
        err
        == f"Interrupted after {manifest['replications']} of 30000 replications; --resume goes on.\n" + ENDED[interrupt]
    )
    assert out.startswith(f"{manifest['replications']:,} replication")
    assert {path.name for path in folder.iterdir()} == {"desk.yaml", "run"}


def test_without_an_interrupt_nothing_ends_as_if_there_had_been_one(folder: Path) -> None:
    """A library may raise ``KeyboardInterrupt``, which the parser of arguments takes for Ctrl-C."""
    program = """
import sys
from unittest.mock import patch
from sojourn.__main__ import main

sys.argv = ["sojourn", "run", "desk.yaml", "-n", "2", "-p", "1", "--no-report"]
with patch("sim.experiment.replicate._measure", side_effect=KeyboardInterrupt("of a library")):
    main()
"""
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, check=False, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "of a library" in done.stderr
    assert done.stderr.endswith("RuntimeError: KeyboardInterrupt was raised, but no interrupt has come\n")


def test_who_presses_ctrl_c_twice_loses_nothing_either(tmp_path: Path) -> None:
    """Processes finish what is under way meanwhile: with the slow engine, and KPIs that no pipe holds at once."""
    words = ["run", str(BANK), "-n", "3000", "-p", "2", "--engine", "simpy", "--no-report", "--out", "run"]
    with start(*words, cwd=tmp_path) as process:
        wait_for(lambda: _workers_were_busy(process, 1.0), process)
        everybody = family(process)
        for _ in range(5):
            _at_the_terminal(process)
            time.sleep(0.02)
        _, err = process.communicate(timeout=60)
        assert stopped(everybody)
    assert process.returncode == 130
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert err.endswith(f"Interrupted after {manifest['replications']} of 3000 replications; --resume goes on.\n")


@pytest.mark.load
@INTERRUPTS
def test_an_interrupted_load_keeps_its_ledger_and_is_not_valid(tmp_path: Path, host: str, interrupt: Interrupt) -> None:
    folder = desk(tmp_path, BUSY)
    before = _journeys(host)
    with start("load", "desk.yaml", "--host", host, "--speed", "60", "--out", "load", cwd=folder) as process:
        wait_for(lambda: _journeys(host) > before, process)
        everybody = family(process)
        interrupt(process)
        out, err = process.communicate(timeout=60)
        assert stopped(everybody)
    assert process.returncode == 130
    result = json.loads((folder / "load" / "load.json").read_text(encoding="utf-8"))
    assert err == f"Not valid: {result['why']}\n" + ENDED[interrupt]
    assert result["why"].startswith("interrupted after ")
    assert result["why"].endswith("; the endpoint was not read back, because of the interrupt")
    assert result["verification"] is None
    assert "nothing: not verified" in out
    assert "lost 0" not in out
    assert 0 < result["requests"] < result["planned"]
    assert pq.read_table(folder / "load" / "ledger.parquet").num_rows >= result["requests"]
    assert {path.name for path in folder.iterdir()} == {"desk.yaml", "load"}
    done = sojourn("check", "load", cwd=folder)
    assert done.code == 4
    assert done.out.startswith("INVALID: one desk (load)\n")


def _journeys(host: str) -> int:
    with urlopen(f"{host}/v1/journeys?limit=1000", timeout=10) as answer:
        return len(json.load(answer)["items"])


@pytest.mark.load
@pytest.mark.slow
@INTERRUPTS
def test_an_interrupted_demo_leaves_nothing_running(tmp_path: Path, interrupt: Interrupt) -> None:
    folder = desk(tmp_path, BUSY)
    with start("demo", "desk.yaml", "--out", "demo", cwd=folder) as process:
        wait_for(lambda: _started(process) >= {"serve", "locust"}, process)
        everybody = family(process)
        interrupt(process)
        out, err = process.communicate(timeout=60)
        assert stopped(everybody)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "judge the load test" not in out
    assert (folder / "demo" / "run" / "report.html").is_file()
    assert not [path for path in (folder / "demo").iterdir() if path.name.startswith(".")]


@pytest.mark.load
@pytest.mark.slow
@INTERRUPTS
def test_an_endpoint_that_a_load_has_started_ends_with_it(folder: Path, tmp_path: Path, interrupt: Interrupt) -> None:
    """It is in a session of its own, which the terminal does not reach."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = f"{sys.executable} -c 'import time; time.sleep(600)'"
    (folder / "faults.yaml").write_text(f"command: {command}\nfaults: [{{kind: kill, at: 1 s, for: 1 s}}]\n", "utf-8")
    words = ["load", "desk.yaml", "--host", f"http://127.0.0.1:{port}", "--faults", "faults.yaml", "--out", "load"]
    with start(*words, cwd=folder) as process:
        wait_for(lambda: "import time; time.sleep(600)" in _started(process), process)
        everybody = family(process)
        interrupt(process)
        process.communicate(timeout=60)
        assert stopped(everybody)
    assert process.returncode == 130
    assert {path.name for path in tmp_path.iterdir()} == {"desk.yaml", "faults.yaml"}


RUN = ["run", str(BANK), "-n", "30000", "-p", "2", "--out", "run"]
LOAD = ["load", "desk.yaml", "--speed", "60", "--workers", "2", "--out", "load", "--host"]


@pytest.mark.load
@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "load", "demo"])
def test_nothing_outlives_a_command_that_is_killed(command: str, tmp_path: Path, host: str) -> None:
    """SIGKILL leaves a command no time to end what it has started, which therefore ends by itself."""
    words = {"run": RUN, "load": [*LOAD, host], "demo": ["demo", "desk.yaml", "--out", "demo"]}[command]
    before = _journeys(host)
    busy: dict[str, Callable[[subprocess.Popen[str]], bool]] = {
        "run": lambda process: _workers_were_busy(process, 0.3),
        "load": lambda _: _journeys(host) > before,
        "demo": lambda process: _started(process) >= {"serve", "locust"},
    }
    with start(*words, cwd=desk(tmp_path, BUSY)) as process:
        wait_for(lambda: busy[command](process), process, seconds=100)
        everybody = family(process)
        assert len(everybody) >= 3
        process.kill()
        assert stopped(everybody)


def _started(process: subprocess.Popen[str]) -> set[str]:
    """Return the words of the commands that a process has started."""
    words: set[str] = set()
    for member in family(process)[1:]:
        try:
            words |= set(member.cmdline())
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return words
