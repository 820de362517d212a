"""Output for people, programs, closed pipes and full disks."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

import pytest

from tests.support.command_line import SOJOURN, plain_environment, sojourn

pytestmark = pytest.mark.command

RUN = ["run", "desk.yaml", "-n", "2", "-p", "1", "--out", "run"]
ESCAPE = "\x1b"


def test_tables_for_people_carry_no_colours_and_no_bar_where_nobody_looks(folder: Path) -> None:
    done = sojourn(*RUN, cwd=folder)
    assert (done.code, done.err) == (0, "")
    assert ESCAPE not in done.out
    assert "\r" not in done.out
    assert done.out.startswith("2 replications, 95% confidence intervals")
    assert done.out.endswith("\nReport: run/report.html\n")
    assert (folder / "run" / "report.html").is_file()


def test_a_terminal_gets_a_bar() -> None:
    """So that the absence of one elsewhere says something."""
    assert ESCAPE in _on_a_terminal("import time", "with progress('simulating') as tick:", " tick(1, 2)")


def test_a_pipe_gets_no_bar() -> None:
    program = "from sojourn.terminal.progress import progress\nwith progress('simulating') as tick: tick(1, 2)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=60)
    assert (done.stdout, done.stderr) == (b"", b"")


def _on_a_terminal(*lines: str) -> str:
    """Run a program whose standard error is a terminal, and return what that shows."""
    ours, theirs = pty.openpty()
    program = "\n".join(["from sojourn.terminal.progress import progress", *lines])
    environment = {**plain_environment(), "TERM": "xterm"}
    subprocess.run([sys.executable, "-c", program], check=True, stderr=theirs, timeout=60, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # what Linux says at the end of a terminal
        pass
    finally:
        os.close(ours)
    return shown.decode()


def test_json_is_all_that_json_prints(folder: Path) -> None:
    done = sojourn(*RUN, "--json", cwd=folder)
    assert (done.code, done.err) == (0, "")
    printed = json.loads(done.out)
    assert printed["kpis"] == json.loads((folder / "run" / "kpis.json").read_text(encoding="utf-8"))
    assert printed["manifest"] == json.loads((folder / "run" / "manifest.json").read_text(encoding="utf-8"))
    done = sojourn("whatif", *RUN[1:], "--json", "--set", "demand.volume=*1.1", cwd=folder)
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["manifest"]["overrides"] == ["demand.volume=*1.1"]


def test_the_schema_is_json(tmp_path: Path) -> None:
    done = sojourn("schema", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "agents" in json.loads(done.out)["properties"]


def test_validate_says_what_it_found(folder: Path) -> None:
    done = sojourn("validate", "desk.yaml", cwd=folder)
    assert (done.code, done.err) == (0, "")
    assert re.search(r"\ndesk\.yaml is valid: 1 intent, 1 step, 1 channel, .*; 3 warnings\.\n$", done.out)


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    from importlib.metadata import version

    done = sojourn("--version", cwd=tmp_path)
    assert (done.code, done.out) == (0, f"sojourn {version('sojourn')}\n")


@pytest.mark.parametrize("words", [["schema"], ["--help"], RUN])
def test_a_reader_that_has_seen_enough_gets_no_traceback(folder: Path, words: list[str]) -> None:
    """As in ``sojourn ... | head -1``, at its worst: the reader is gone before the first line."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = sojourn(*words, cwd=folder, stdout=writing)
    finally:
        os.close(writing)
    assert done.err == ""
    assert done.code in {0, 1}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("words", [["schema"], RUN])
def test_output_that_has_no_room_is_said(folder: Path, words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = sojourn(*words, cwd=folder, stdout=full.fileno())
    assert (done.code, done.err) == (1, "standard output cannot be written: No space left on device\n")


def test_help_answers_at_once(tmp_path: Path) -> None:
    """Measured against its own command-line library, so that a busy machine does not matter."""
    help_, bare = [], []
    for _ in range(5):
        help_.append(_seconds([*SOJOURN, "--help"], tmp_path))
        bare.append(_seconds([sys.executable, "-c", "import typer"], tmp_path))
    assert median(help_) <= max(0.3, 2.5 * median(bare))


def test_help_imports_nothing_heavy() -> None:
    program = "import sys, sojourn.app; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    imported = set(done.stdout.split())
    assert "sojourn" in imported
    assert not imported & {"numpy", "numba", "scipy", "pyarrow", "matplotlib", "pydantic", "simpy", "locust", "gevent"}


def test_a_day_loads_nothing_that_only_compiling_and_many_days_need(folder: Path) -> None:
    """They take as long as the day: numba's own functions, SciPy, and what draws a report that nobody asked for."""
    program = """
import sys
from sojourn.__main__ import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""
    options = ["-n", "1", "--engine", "compiled", "--no-report", "--out", "day"]
    command = [sys.executable, "-c", program, "run", "desk.yaml", *options]
    for _ in range(2):  # the first may have to compile
        done = subprocess.run(command, check=True, cwd=folder, capture_output=True, text=True, timeout=280)
    imported = set(done.stderr.split())
    assert "sim.report.result_folder" in imported
    needless = {"scipy.special", "scipy.linalg", "numba.np.arraymath", "numba.np.npyimpl", "matplotlib", "locust"}
    assert imported & needless == set()
    assert done.stdout.endswith("\nResult: day\n")
    assert {path.name for path in (folder / "day").iterdir()} >= {"kpis.json", "log.parquet", "manifest.json"}
    assert not (folder / "day" / "report.html").exists()


def _seconds(command: list[str], cwd: Path) -> float:
    began = perf_counter()
    subprocess.run(command, check=True, cwd=cwd, stdout=subprocess.DEVNULL, timeout=60)
    return perf_counter() - began


def test_every_command_explains_itself(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from sojourn.app import app

    names = [command.name for command in app.registered_commands]
    assert len(names) >= 9
    for name in names:
        result = CliRunner().invoke(app, [str(name), "--help"])
        assert result.exit_code == 0
        assert f"{name} [OPTIONS]" in result.output


def test_a_store_is_backed_up_and_forgets(tmp_path: Path) -> None:
    assert sojourn("tenant", "list", cwd=tmp_path).code == 0  # which makes the store
    done = sojourn("store", "backup", "copy.db", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("copy.db: ")
    assert (tmp_path / "copy.db").stat().st_size > 0
    done = sojourn("store", "forget", "--days", "30", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out == "0 journeys that were completed more than 30 days ago are forgotten\n"
