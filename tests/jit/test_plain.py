"""Compilation without private parts of numba: slower, with the same results to the bit."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

import sojourn
from tests.support.log_digest import digest

ROOT = Path(__file__).parents[2]
SCENARIOS = ("single_queue", "retail_bank")
PROGRAM = """
import sys
from tests.jit.test_plain import SCENARIOS, fingerprint_of
print(*map(fingerprint_of, SCENARIOS))
print(*(name for name in sys.modules if name in {"sim.jit.dispatchers", "sim.jit.linkage"}))
"""


def fingerprint_of(scenario: str) -> str:
    """Return what identifies the log and the KPIs of a day."""
    plan = sojourn.make_plan(sojourn.read_scenario(ROOT / "scenarios" / scenario))
    population, log = sojourn.simulate_once(plan, seed=7, replication=0)
    measures = sojourn.measure(plan, population, log)
    return digest(log) + sha256(measures.num.tobytes() + measures.den.tobytes()).hexdigest()[:16]


def _without_private_parts(*command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": os.fspath(ROOT), "SOJOURN_JIT": "plain"}
    done = subprocess.run(
        [sys.executable, *command], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(1000)
def test_days_are_the_same_to_the_bit() -> None:
    days, private = _without_private_parts("-c", PROGRAM).splitlines()
    assert days.split() == [fingerprint_of(scenario) for scenario in SCENARIOS]
    assert not private


@pytest.mark.slow
@pytest.mark.timeout(1000)
def test_the_quick_tests_of_the_engines_and_the_laws_pass() -> None:
    folders = ("tests/distributions", "tests/engine/test_repeatability.py", "tests/engine/test_compiled_engine.py")
    _without_private_parts("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *folders)
