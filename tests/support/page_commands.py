"""The commands and programs of a documentation page, run one after the other in a folder laid out like the project."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.documentation import Run, runs, write_files

__all__ = ["BIN", "OUTPUTS", "PLACEHOLDER", "has_outputs", "run_page"]

OUTPUTS = os.environ.get("SOJOURN_DOCS", "")
"""What is done with the outputs on the pages: ``check``, ``write``, or nothing."""

BIN = Path(sys.executable).parent
SHORTER = {  # so that a page takes seconds; later options win
    "sojourn run": ["--replications", "2"],
    "sojourn whatif": ["--replications", "2"],
    "sojourn compare": ["--replications", "2"],
    "sojourn sweep": ["--replications", "2"],
    "sojourn staff": ["--days", "30", "--fresh-days", "300"],
    "sojourn verify-plan": ["--days", "20"],
    "sojourn roster": ["--gap", "0.3"],
    "sojourn plan": ["--days", "30", "--fresh-days", "300", "--replications", "2"],
    "sojourn load": ["--duration", "3"],
    "sojourn duel": ["--pairs", "2", "--looks", "1", "--warm-up", "0", "--max-requests", "60"],
}
ENDS = {  # how else a shortened command may end, where the machine is busy or the days are few
    "sojourn plan": {2},  # a target is in doubt after few days
    "sojourn roster": {2},  # somebody is missing in a roster that is good enough for a wider gap
    "sojourn load": {4},  # the generator was late
    "sojourn verify-plan": {2, 3},  # the plan fails, or it is in doubt
    "sojourn duel": {3, 4},  # so it may be in a duel, and few runs of few requests may differ by luck
    "sojourn check": {2, 4},  # slow answers, or a generator that was late; two days instead of twenty
}
VERDICTS = {"sojourn verify-plan": {0, 2, 3}}  # commands whose exit code says what they found
PLACEHOLDER = re.compile(r"https?://\S+|(?<=--host )\.\.\.")
ONE_AFTER_THE_OTHER = """
import contextlib, io, json, sys
from sojourn.__main__ import main

for sys.argv in json.loads(sys.argv[1]):
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


class _Command(NamedTuple):
    run: int  # whose it is
    line: str
    whole: bool  # as it stands, since its output is shown


def has_outputs(page: Path) -> bool:
    """Tell whether a page shows what something prints."""
    return any(run.shown is not None for run in runs(page))


def run_page(page: Path, folder: Path, request: pytest.FixtureRequest) -> list[tuple[Run, list[str]]]:
    """Run a page's commands and programs in order, each of which must work; return what was printed.

    With `OUTPUTS`, those whose output is shown run as they stand. All others are shortened.
    """
    write_files(page, folder)
    of_page = runs(page)
    needs = any(PLACEHOLDER.search(line) for run in of_page for line in run.steps if line.startswith("sojourn"))
    endpoint = request.getfixturevalue("endpoint") if needs else "no endpoint"
    printed: list[list[str]] = [[] for _ in of_page]
    for language, group in groupby(enumerate(of_page), key=lambda pair: pair[1].language):
        if language == "python":
            for number, run in group:
                printed[number] = _printed_by_program(run.steps[0], folder)
        else:
            commands = [
                _Command(number, line, bool(OUTPUTS) and run.shown is not None)
                for number, run in group
                for line in run.steps
                if line.startswith("sojourn") and not line.startswith("sojourn serve")
            ]
            for command, lines in _printed_by_commands(commands, folder, endpoint):
                printed[command.run] += lines
    return list(zip(of_page, printed, strict=True))


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def _start(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a Python program that prints lines of a certain width."""
    command, environment = [sys.executable, *words], {**os.environ, "COLUMNS": "100"}
    return subprocess.run(
        command, check=False, cwd=folder, capture_output=True, text=True, timeout=900, env=environment
    )


def _printed_by_program(program: str, folder: Path) -> list[str]:
    done = _start(["-W", "error", "-c", program], folder)
    assert (done.returncode, done.stderr) == (0, ""), program
    return _lines(done.stdout)


def _printed_by_commands(commands: list[_Command], folder: Path, endpoint: str) -> Iterator[tuple[_Command, list[str]]]:
    """Run commands after another, with the imports, which take longer than two replications, once."""
    words = json.dumps([_words(command, endpoint) for command in commands])
    done = _start(["-c", ONE_AFTER_THE_OTHER, words], folder)
    assert (done.returncode, done.stderr) == (0, ""), "\n".join([*map(str, commands), done.stdout, done.stderr])
    for command, result in zip(commands, done.stdout.splitlines(), strict=True):
        code, out, err = json.loads(result)
        _check(command, folder, code, out, err)
        yield command, _lines(out)


def _which(line: str) -> str:
    return " ".join(line.split()[:2])


def _words(command: _Command, endpoint: str) -> list[str]:
    words = shlex.split(PLACEHOLDER.sub(endpoint, command.line))
    shorter = ["--at-most", "20"] if "--precision" in words else SHORTER.get(_which(command.line), [])
    return [str(BIN / words[0]), *words[1:], *([] if command.whole else shorter)]


def _check(command: _Command, folder: Path, code: int, out: str, err: str) -> None:
    name = _which(command.line)
    ends = VERDICTS.get(name, {0}) if command.whole else {0, *ENDS.get(name, set())}
    assert code in ends, f"{command.line}\n{out}\n{err}"
    assert "Traceback" not in err
    written = re.findall(r"^(?:Report|Result): (\S+)$", out, flags=re.MULTILINE)
    assert written or name.split()[1] not in {"run", "whatif", "load"}
    assert all((folder / path).exists() for path in written)
