"""Damaged results and baselines: no check passes that the whole files do not prove."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from loadtests.verification.findings import CHECKS
from sim.core.checksums import CHECKSUMS, write_checksums
from tests.support.command_line import Finished, desk
from tests.support.damage import damage_file, remove
from tests.support.damaged_inputs import command_here, is_refusal, try_inputs
from tests.support.minimal_scenario import MINIMAL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200, method="thread")]

LOAD: dict[str, Any] = {
    "valid": True,
    "why": None,
    "requests": 500,
    "acknowledged": 490,
    "latency": {"p50": 0.004, "p95": 0.03, "p99": 0.08, "max": 0.2},
    "lag": {"p50": 0.0001, "p95": 0.0004, "p99": 0.0011, "max": 0.004},
    "error_rate": 0.02,
    "verification": {
        **dict.fromkeys((*CHECKS, "unread"), 0),
        "ok": True,
        "checked": 9,
        "not_verifiable": [],
        "examples": {},
    },
}
OBJECTIVES = """\
objectives: {simulation: [{kpi: occupancy, at_least: 0.01}], load: {p95: 1 s, error_rate: 5 %, lost: 0}}
"""
COPIED = {"manifest.json", "scenario.json", "kpis.json", "load.json", CHECKSUMS}
CODES = {0, 1, 2, 3, 4}


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return `sojourn` within this process."""
    with command_here(monkeypatch) as command:
        yield command


@pytest.fixture
def whole(tmp_path: Path, command: Callable[..., Finished]) -> Path:
    """Return a folder with the results ``run`` and ``load``, and the baseline ``kept.json``; all pass."""
    folder = desk(tmp_path, MINIMAL + OBJECTIVES)
    words = ["run", "desk.yaml", "-n", "2", "-p", "1", "--no-report", "--out", "run"]
    for done in (
        command(*words, cwd=folder),
        command("baseline", "run", "kept.json", cwd=folder),
        command("check", "run", "--baseline", "kept.json", cwd=folder),
    ):
        assert done.code == 0, done.err
    manifest = json.loads((folder / "run" / "manifest.json").read_text(encoding="utf-8"))
    (folder / "load").mkdir()
    for name, content in {"manifest.json": {**manifest, "kind": "load"}, "load.json": LOAD}.items():
        (folder / "load" / name).write_text(json.dumps(content, indent=1), encoding="utf-8")
    shutil.copy(folder / "run" / "scenario.json", folder / "load")
    write_checksums(folder / "load", ("manifest.json", "scenario.json", "load.json"))
    done = command("check", "load", cwd=folder)
    assert done.code == 0, done.err
    return folder


def _proves(folder: Path, contents: dict[str, Any]) -> bool:
    """Tell whether each file of a result says what it said before it was damaged."""
    return all(_json(folder / name) == content for name, content in contents.items())


def _json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def test_damaged_results(whole: Path, command: Callable[..., Finished]) -> None:
    """Half of them get new checksums, as if somebody had made them: then all else is tried."""
    contents = {
        result: {file.name: _json(file) for file in (whole / result).iterdir() if file.name in COPIED - {CHECKSUMS}}
        for result in ("run", "load")
    }
    folder = whole / "damaged"

    def attempt(random: Random) -> int:
        result = random.choice(["run", "load"])
        remove(folder)
        shutil.copytree(whole / result, folder, ignore=lambda _, names: set(names) - COPIED)
        made_anew = random.random() < 0.5
        for _ in range(random.randint(1, 2)):
            damage_file(
                random,
                random.choice(sorted(file for file in folder.iterdir() if file.is_file() and not file.is_symlink())),
            )
        if made_anew:
            names = [
                name for name in contents[result] if (folder / name).is_file() and not (folder / name).is_symlink()
            ]
            remove(folder / CHECKSUMS)
            write_checksums(folder, names)
        if result == "run" and random.random() < 0.5:
            words = ["check", "damaged", "--baseline", "kept.json"]
        else:
            words = random.choice([["check", "damaged"], ["check", "damaged"], ["baseline", "damaged", "new.json"]])
        done = command(*words, cwd=whole)
        assert done.code in CODES
        assert done.code == 0 or done.out or done.err
        if done.err and done.code != 1:
            assert _is_unjudged(done) if words[0] == "check" else is_refusal(done), done
        if done.code == 0 and not made_anew:
            assert _proves(folder, contents[result]), done
        return done.code

    try_inputs("result", attempt)


def test_damaged_baselines(whole: Path, command: Callable[..., Finished]) -> None:
    content, file = _json(whole / "kept.json"), whole / "damaged.json"

    def attempt(random: Random) -> int:
        remove(file)
        shutil.copy(whole / "kept.json", file)
        damage_file(random, file)
        done = command("check", "run", "--baseline", "damaged.json", cwd=whole)
        assert done.code == 4 or (done.code == 0 and _json(file) == content), done
        assert done.err == ""
        assert done.code == 0 or _names_baseline(done.out.splitlines()), done
        return done.code

    try_inputs("baseline", attempt)


def _is_unjudged(done: Finished) -> bool:
    """Tell whether a result was refused in sentences, and called invalid as by any other check."""
    *_, last = done.err.splitlines()
    plain = replace(done, out="", err=done.err.replace(last, last.replace("was judged", "was run")))
    return done.out.startswith("INVALID: ") and last.endswith("; nothing was judged.") and is_refusal(plain, 4)


def _names_baseline(lines: list[str]) -> bool:
    """Tell whether a verdict is invalid because of the baseline, in sentences of reasonable length."""
    failed = [line for line in lines if line.startswith("  FAILED ")]
    return (
        lines[0].startswith("INVALID: ")
        and bool(failed)
        and all(line.startswith("  FAILED baseline") and len(line) < 2000 for line in failed)
    )
