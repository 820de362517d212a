"""``sojourn duel`` with real endpoints: a slowdown is measured, and the verdict, the exit code and the files agree."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binom

from tests.support.command_line import BUSY, Command, Finished, desk, sojourn
from tests.support.confidence import ALPHA
from tests.support.service_process import launching

pytestmark = pytest.mark.command

REPEATS = int(os.environ.get("SOJOURN_DUELS", "0"))
"""Duels of the heavier tier, of each kind; each takes five minutes."""
LOAD = ["--speed", "600", "--max-requests"]
CODES = {"slower": {3}, "faster": {0}, "same": {0}, "inconclusive": {0}}


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[str]:
    """Return the URL of an endpoint that takes 100 ms longer."""
    with launching() as launch:
        yield f"http://127.0.0.1:{launch('--database', str(tmp_path / 'slow.db'), broken='answers_slowly').port}"


def _result(done: Finished) -> dict[str, Any]:
    """Return what a duel printed; its exit code is that of the outcome."""
    printed: dict[str, Any] = json.loads(done.out)
    codes = CODES[printed["duel"]["outcome"]] if printed["duel"]["judged"] else {4}
    assert done.code in codes, done.err
    assert printed["exit_code"] == done.code
    return printed


@pytest.mark.load
@pytest.mark.slow
def test_a_slowdown_is_measured(tmp_path: Path, host: str, slow: str) -> None:
    folder = desk(tmp_path, BUSY)
    words = ["duel", "desk.yaml", "--a", host, "--b", slow, "--pairs", "2", "--looks", "1", "--warm-up", "0"]
    done = sojourn(*words, *LOAD, "60", "--out", "duel", "--json", cwd=folder)
    printed = _result(done)
    runs = printed["duel"]["runs"]
    assert [(run["side"], run["requests"]) for run in runs] == [(side, 60) for side in "abba"]
    assert all((folder / "duel" / run["folder"] / "ledger.parquet").is_file() for run in runs)
    if printed["duel"]["judged"]:  # or the generator was late, on a busy machine
        (p50,) = [each for each in printed["duel"]["measures"] if each["name"] == "p50"]
        assert p50["ratio"] > 1.2
        assert p50["outcome"] in {"slower", "inconclusive"}
    written = json.loads((folder / "duel" / "duel.json").read_text(encoding="utf-8"))
    assert written == printed["duel"]
    assert (folder / "duel" / "junit.xml").is_file()
    assert (folder / "duel" / "verdict.md").read_text(encoding="utf-8").startswith("# ")


def test_wrong_duels_are_refused_with_what_to_do(folder: Path, refused: Command, host: str) -> None:
    done = refused("duel", "desk.yaml", "--a", host, cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("--b: is missing; give the URL of the endpoint to judge, or --calibrate\n")
    done = refused("duel", "desk.yaml", "--a", host, "--b", "http://127.0.0.1:1", "--out", "duel", cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("http://127.0.0.1:1: nothing answers there ")
    assert done.err.endswith("; start an endpoint, or give another --b (endpoint B)\n")
    words = ["duel", "desk.yaml", "--a", host, "--b", host, "--a-process", "999999999"]
    done = refused(*words, cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert "its CPU time cannot be read: " in done.err
    done = refused("duel", "desk.yaml", "--a", host, "--b", host, "--noise", "nowhere", cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("nowhere/duel.json: no such file\nnowhere/manifest.json: no such file\n")


def _outcomes(folder: Path, a: str, b: str) -> list[str]:
    """Return the outcomes of the tier's duels with at most 15 pairs of 1,000 requests."""
    words = ["duel", "desk.yaml", "--a", a, "--b", b, *LOAD, "1000", "--json", "--out", "duel"]
    return [_result(sojourn(*words, cwd=folder, seconds=1800))["duel"]["outcome"] for _ in range(REPEATS)]


if REPEATS:

    @pytest.mark.timeout(REPEATS * 1800)
    def test_an_endpoint_is_not_slower_than_itself(tmp_path: Path, host: str) -> None:
        outcomes = _outcomes(desk(tmp_path, BUSY), host, host)
        assert outcomes.count("slower") + outcomes.count("faster") <= binom.isf(ALPHA, REPEATS, 0.05)

    @pytest.mark.timeout(REPEATS * 1800)
    def test_a_slower_endpoint_is_found(tmp_path: Path, host: str, slow: str) -> None:
        outcomes = _outcomes(desk(tmp_path, BUSY), host, slow)
        assert outcomes.count("slower") >= 0.8 * REPEATS
