"""Interrupts at random instants: the command ends within two seconds, with exit code 130, and keeps what is done.

``SOJOURN_INTERRUPTS=200`` tries 200 instants instead of 12. The instants begin when the command watches for interrupts;
before that, in the first twentieth of a second, Python itself starts. Two seconds are meant on a machine that does
nothing else: they are multiplied by the slowdown that this process measures meanwhile.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sim.core.checksums import CHECKSUMS
from sim.experiment.kept_replications import KEPT
from tests.support.command_line import (
    BUSY,
    contents,
    desk,
    end_of,
    family,
    session,
    slowdown,
    sojourn,
    start,
    stopped,
    watches,
)  # fmt: skip

pytestmark = [pytest.mark.command, pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")]

BANK = Path(__file__).parents[2] / "scenarios" / "retail_bank"
NUMBER = int(os.environ.get("SOJOURN_INTERRUPTS", "12"))
SECONDS = 2.0
FILES = {"manifest.json", "scenario.json", "kpis.json", "kpis.parquet", "log.parquet"}
FILES |= {"presence.parquet", "interruptions.parquet", CHECKSUMS}
REPORT = {"report.html", "tables", "tables.xlsx"}


@dataclass(frozen=True)
class Case:
    """One run, and how it is interrupted."""

    workers: int
    replications: int
    share: float  # of the time of a run of twenty days, at which the interrupt comes
    compiles: bool
    by_terminal: bool
    presses: int

    @classmethod
    def numbered(cls, number: int) -> Case:
        drawn = random.Random(number)
        return cls(
            workers=1 + number % 2,
            replications=20 if number % 4 < 2 else 4000,
            share=drawn.random(),
            compiles=number % 8 == 7,
            by_terminal=drawn.random() < 0.75,
            presses=drawn.choice([1, 1, 2, 5]),
        )

    def interrupt(self, process: subprocess.Popen[str]) -> None:
        for _ in range(self.presses):
            if self.by_terminal:
                os.killpg(process.pid, signal.SIGINT)
            elif process.poll() is None:
                process.terminate()
            time.sleep(0.01)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> float:
    """Return the seconds of a run of twenty days, with compiled code in the cache."""
    folder = tmp_path_factory.mktemp("whole")
    seconds = 0.0
    for number in range(2):
        began = time.perf_counter()
        done = sojourn("run", str(BANK), "-n", "20", "--out", f"{number}", cwd=folder, seconds=280)
        seconds = time.perf_counter() - began
        assert done.code == 0, done.err
    return seconds


@pytest.mark.slow
@pytest.mark.parametrize("number", range(NUMBER))
def test_it_ends_soon_and_keeps_what_is_done(number: int, earlier: Path, whole: float) -> None:
    case = Case.numbered(number)
    before = contents(earlier / "run")
    environment = {"NUMBA_CACHE_DIR": str(earlier / "cache")} if case.compiles else {}
    words = ["run", str(BANK), "-n", f"{case.replications}", "-p", f"{case.workers}", "--out", "run"]
    with start(*words, cwd=earlier, environment=environment) as process:
        while not watches(process):
            time.sleep(0.001)
        time.sleep(case.share * (whole if case.replications == 20 else 1.5 * whole))
        everybody = family(process)
        case.interrupt(process)
        took, slow = end_of(process)
        out, err = process.communicate(timeout=20)
        assert stopped(everybody), case
        assert not session(process), case
    assert took <= SECONDS * slow, (case, slow)
    assert "Traceback" not in err, (case, err)
    assert "ignored" not in err, (case, err)
    shutil.rmtree(earlier / "cache", ignore_errors=True)
    assert sorted(path.name for path in earlier.iterdir()) == ["desk.yaml", "run"], case
    if contents(earlier / "run") == before:
        assert (process.returncode, out) == (130, ""), case
    else:
        _check_kept(earlier / "run", case, process.returncode, err)


@pytest.mark.slow
@pytest.mark.load
@pytest.mark.parametrize("number", range(-(-NUMBER // 4)))
def test_a_load_ends_soon_and_keeps_its_ledger(number: int, tmp_path: Path, host: str) -> None:
    """Set up, send, read back and write: all of a short load, twelve seconds of it."""
    drawn = random.Random(number)
    words = ["--speed", "600", "--duration", "4", "--workers", f"{1 + number % 2}", "--out", "load"]
    with start("load", "desk.yaml", "--host", host, *words, cwd=desk(tmp_path, BUSY)) as process:
        while not watches(process):
            time.sleep(0.001)
        time.sleep(12 * drawn.random() * slowdown() ** 0.5)
        everybody = family(process)
        for _ in range(drawn.choice([1, 1, 2])):
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.01)
        took, slow = end_of(process)
        _, err = process.communicate(timeout=20)
        assert stopped(everybody)
    assert took <= SECONDS * slow, (number, slow)
    assert "Traceback" not in err
    assert process.returncode in ({130} if "nterrupted" in err else {0, 4, 130}), err
    if (tmp_path / "load").exists():
        result = json.loads((tmp_path / "load" / "load.json").read_text(encoding="utf-8"))
        whole = process.returncode == 0 or "the result is complete" in err
        assert result["valid"] is whole, (process.returncode, err)
        assert pq.read_table(tmp_path / "load" / "ledger.parquet").num_rows >= result["requests"]
    assert {path.name for path in tmp_path.iterdir()} <= {"desk.yaml", "load"}


def _check_kept(folder: Path, case: Case, code: int, err: str) -> None:
    """Check a result that is new: complete files, and the number of replications that the command has sentence."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["wanted"] == case.replications
    assert 1 <= manifest["replications"] <= case.replications
    is_partial = manifest["replications"] < case.replications
    names = {path.name for path in folder.iterdir()}
    pairs = {"paired.json"} if manifest["replications"] > 1 else set()
    assert names - REPORT == FILES | pairs | ({KEPT} if is_partial else set())
    assert names & REPORT in (set(), REPORT)
    assert len(json.loads((folder / "kpis.json").read_text(encoding="utf-8"))) > 100
    for name in ("kpis.parquet", "log.parquet"):
        assert pq.read_table(folder / name).num_rows > 100
    if code == 0:
        assert manifest["replications"] == case.replications
    else:
        assert code == 130, case
        goes_on = "; --resume goes on" if is_partial else ""
        sentence = f"Interrupted after {manifest['replications']} of {case.replications} replications{goes_on}.\n"
        assert err.removesuffix("Ended by SIGTERM.\n").endswith(sentence), case
