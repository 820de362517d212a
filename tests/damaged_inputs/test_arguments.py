"""Damaged command lines: all commands with options and values in disorder, up to what would take long."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import pytest
import typer.main

import orchestrator
import sojourn.app
from sim.core.errors import SojournError
from sim.experiment.replicate import Replications, replicate
from sim.experiment.variants import replicate_variants
from sojourn.api import comparison, demo, simulation
from tests.support.command_line import desk
from tests.support.damage import nasty_text, remove
from tests.support.damaged_inputs import command_here, try_inputs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200, method="thread")]

COMMANDS: Any = typer.main.get_command(sojourn.app.app)
VALUES = [
    *["desk.yaml", ".", "run", "new", "kept.json", "pipe", "none", "none/none", "file/none", "x" * 300, "é", "\udcff"],
    *["-1", "0", "1", "2", "3.5", "1e9", "9" * 30, "1_0", "nan", "inf", "compiled", "simpy", "auto", "first", "anna"],
    *["http://127.0.0.1:1", "http://127.0.0.1:99999", "http://[::1", f"http://{'a' * 70}.x", "http://a..b", "ftp://a"],
    *["http://127.0.0.1:1/x?y", "http://u:p@127.0.0.1:1", "http://\udcff", "127.0.0.1/8", "::1", "journeys.db"],
    *[
        "postgresql://127.0.0.1:1/x",
        "postgresql://[",
        "postgresql://x:y:z@",
        "demand.volume=*1.1",
        "agents.desk.staff=+1",
        "more: agents.desk.staff=+1; demand.volume=*1.1",
        "calls.service_level",
        "cost",
    ],
    *["backup", "forget", "add", "list", "remove", "rotate", "--", "-", "", " ", "--help", "--version"],
]
LONG = "longer than a test may take"


def _refuse_long(*arguments: Any, **options: Any) -> Replications:
    """Simulate short work only, and in this process."""
    if options["replications"] > 3:
        raise SojournError(LONG)
    return replicate(*arguments, **{**options, "processes": 1})


def _refuse_long_variants(*arguments: Any, **options: Any) -> tuple[Replications, ...]:
    """Simulate short work only, and in this process."""
    if options["replications"] > 3 or len(arguments[0]) > 3:
        raise SojournError(LONG)
    return replicate_variants(*arguments, **{**options, "processes": 1})


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise SojournError(LONG)


def _words(random: Random) -> list[str]:
    """Return a command line."""
    name = random.choice(list(COMMANDS.commands))
    words = [name]
    for parameter in COMMANDS.commands[name].params:
        if parameter.param_type_name == "argument":
            words += [_value(random)] if random.random() < 0.9 else []
        elif random.random() < 0.25:
            words += [random.choice(parameter.opts)] + ([] if parameter.is_flag else [_value(random)])
    if random.random() < 0.2:
        words.insert(random.randrange(len(words) + 1), _value(random))
    return words


def _value(random: Random) -> str:
    value = random.choice(VALUES) if random.random() < 0.9 else nasty_text(random, VALUES, 3)
    return value.replace("\0", "\1")  # no argument can hold a zero byte


def test_damaged_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "folder"
    whole.mkdir()
    desk(whole)
    monkeypatch.setattr(simulation, "replicate", _refuse_long)
    monkeypatch.setattr(comparison, "replicate_variants", _refuse_long_variants)
    monkeypatch.setattr(demo, "demo", _refuse)
    monkeypatch.setattr(orchestrator, "serve", _refuse)
    with command_here(monkeypatch) as command:
        for words in (["run", "desk.yaml", "-n", "2", "--no-report", "--out", "run"], ["baseline", "run", "kept.json"]):
            done = command(*words, cwd=whole)
            assert done.code == 0, done.err
        (whole / "file").write_text("a file", encoding="utf-8")

        def attempt(random: Random) -> int:
            remove(folder)
            shutil.copytree(whole, folder)
            os.mkfifo(folder / "pipe")
            words = _words(random)
            done = command(*words, cwd=folder)
            warned = {3} if words[0] == "validate" and "--strict" in words else set()
            assert done.code in {0, 1, 2, 4} | warned, (words, done)
            assert done.code != 1 or LONG in done.err or "cannot" in done.err, (words, done)
            assert done.code == 0 or done.err or "INVALID" in done.out or '"valid": false' in done.out, (words, done)
            assert (folder / "pipe").is_fifo(), words
            assert (folder / "desk.yaml").read_bytes() == (whole / "desk.yaml").read_bytes(), words
            return done.code

        try_inputs("arguments", attempt)
