"""Damaged environments: variables that Sojourn and its libraries read, in processes of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random

import pytest

from tests.support.command_line import SOJOURN, desk, plain_environment, sojourn
from tests.support.damage import nasty_text
from tests.support.damaged_inputs import try_inputs
from tests.support.minimal_scenario import MINIMAL

pytestmark = [pytest.mark.slow, pytest.mark.command, pytest.mark.timeout(7200, method="thread")]

SHOWN = ["COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR", "TERMINAL_WIDTH", "LANG", "LC_ALL", "TZ", "MPLBACKEND"]
ALL = [
    *SHOWN,
    *["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR", "MPLCONFIGDIR", "USER", "PWD", "PAGER"],
    *["SOJOURN_JIT", "NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS", "NUMBA_OPT", "NUMBA_DISABLE_JIT", "NUMBA_DEBUG_CACHE"],
    *[
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "ARROW_DEFAULT_MEMORY_POOL",
        "http_proxy",
        "no_proxy",
        "PYTHONWARNINGS",
    ],
]
VALUES = [
    "",
    "0",
    "1",
    "-1",
    "99999999999",
    "desk.yaml",
    "none/none",
    "/proc/none",
    "C",
    "ascii",
    "plain",
    "agg",
    "x" * 300,
]
ENCODINGS = ["ascii", "latin-1", "cp1252", "utf-16", "utf-8"]
COMMANDS = [
    (["validate", "desk.yaml"], ALL),
    (["check", "run"], ALL),
    (["run", "desk.yaml", "-n", "2", "-p", "1", "--no-report", "--out", "new"], SHOWN),
    (["run", "desk.yaml", "-n", "2", "-p", "1", "--out", "new"], SHOWN),
]


def _value(random: Random) -> str:
    value = random.choice(VALUES) if random.random() < 0.8 else nasty_text(random, VALUES)
    return value.replace("\0", "\1")  # no variable can hold a zero byte


def test_damaged_environments(tmp_path: Path) -> None:
    folder = desk(tmp_path, MINIMAL + "objectives: {simulation: [{kpi: occupancy, at_least: 0.01}]}\n")
    assert (
        sojourn("run", "desk.yaml", "-n", "2", "-p", "1", "--no-report", "--out", "run", cwd=folder, seconds=600).code
        == 0
    )

    def attempt(random: Random) -> int:
        words, names = random.choices(COMMANDS, [5, 2, 2, 1])[0]
        chosen = random.sample(names, random.randint(1, 3))
        damaged = {name: _value(random) for name in chosen}
        if random.random() < 0.3:
            damaged["PYTHONIOENCODING"] = random.choice(ENCODINGS)
        environment = plain_environment() | damaged
        for name in random.sample(["HOME", "PATH", "USER", "LANG"], random.randint(0, 2)):
            environment.pop(name, None)
        done = subprocess.run(
            [*SOJOURN, *words], check=False, cwd=folder, env=environment, capture_output=True, timeout=280
        )
        assert done.returncode in {0, 2}, (words, damaged, done)
        assert done.returncode == 0 or b"Traceback" not in done.stderr, (words, damaged, done)  # numba warns with one
        return done.returncode

    try_inputs("environment", attempt)
