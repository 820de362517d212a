"""Damaged ledgers and traces: what is read can be measured and saved, all else is refused with a sentence."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from random import Random

import numpy as np
import pytest

from loadtests.contract import AnswerClass, Verb
from loadtests.ledger import Attempt, LedgerWriter, read_ledger, save_ledger
from loadtests.run.result import Run, measure
from loadtests.trace.model import load_trace, save_trace
from loadtests.verification.journeys import sent_in
from loadtests.verification.queues import requests_of_queues
from sim.core.errors import InvalidInput, SojournError
from tests.support.conductor_runs import trace_from
from tests.support.damage import damaged_json, damaged_text
from tests.support.damaged_inputs import exit_code, try_inputs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200, method="thread")]

TRACE = trace_from([[(0.0, Verb.START), (1.0, Verb.EVENT), (2.0, Verb.COMPLETE)]] * 3)
RUN = Run("r", "http://h", "c", 1.0, 1, lag_limit=0.05)


def _write(folder: Path) -> None:
    for index in range(2):
        writer = LedgerWriter(folder, index)
        for seq in (1, 2, 3):
            attempt = Attempt(seq - 1.0, seq - 1.0, index, seq, Verb.START if seq == 1 else Verb.EVENT)
            writer.note(attempt)
            attempt.began, attempt.ended, attempt.answer_class, attempt.status = (
                seq + 0.1,
                seq + 0.2,
                AnswerClass.OK,
                201,
            )
            writer.note(attempt)
            writer.keep(index, seq, {"start.journey": f"j{index}"})
        writer.close()


def _measured(folder: Path) -> int:
    """Read a ledger, and do with it what a load does; return the exit code that the command would have."""
    try:
        ledger = read_ledger(folder)
    except SojournError as error:
        return exit_code(error)
    known = set(zip(TRACE.journey.tolist(), TRACE.seq.tolist(), strict=True))
    save_ledger(ledger, folder / "ledger.parquet")
    if not known.issuperset(zip(ledger["journey"].tolist(), ledger["seq"].tolist(), strict=True)):
        return 1  # `run_load` refuses it
    json.dumps(measure(TRACE, ledger, RUN, {}).as_json(), allow_nan=False)
    sent_in(TRACE, ledger, "r")
    requests_of_queues(TRACE, ledger, "r")
    return 0


def test_damaged_ledgers(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    _write(whole)
    assert _measured(whole) == 0
    lines = [json.loads(line) for line in (whole / "outputs-0.jsonl").read_text(encoding="utf-8").splitlines()]
    (whole / "ledger.parquet").unlink()

    def attempt(random: Random) -> int:
        folder = tmp_path / "damaged"
        shutil.copytree(whole, folder, dirs_exist_ok=True)
        file = random.choice(sorted(folder.glob("*-*")))
        if file.suffix == ".jsonl" and random.random() < 0.5:
            changed = damaged_json(random, lines)
            rows = changed if isinstance(changed, list) else [changed]
            file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        elif file.suffix == ".bin" and random.random() < 0.7:
            content = bytearray(file.read_bytes())
            for _ in range(random.randint(1, 3)):  # a number of a record
                number = random.choice([random.randbytes(8), struct.pack("<d", random.choice([np.inf, np.nan, -1.0]))])
                at = random.randrange(0, len(content) - 8)
                size = random.choice([1, 2, 4, 8])
                content[at : at + size] = number[:size]
            file.write_bytes(content)
        else:
            file.write_bytes(damaged_text(random, file.read_bytes()))
        return _measured(folder)

    try_inputs("ledger", attempt)


def test_damaged_traces(tmp_path: Path) -> None:
    """The parts of a trace have checksums, so that what can be read is what was written."""
    file = tmp_path / "trace.npz"
    save_trace(TRACE, file)
    content = file.read_bytes()

    def attempt(random: Random) -> int:
        file.write_bytes(damaged_text(random, content))
        try:
            read = load_trace(file)
        except InvalidInput as error:
            return exit_code(error)
        assert all(np.array_equal(getattr(read, name), value, equal_nan=False) for name, value in vars(TRACE).items())
        return 0

    try_inputs("trace", attempt)
