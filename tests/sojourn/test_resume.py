"""``--resume``: an interrupted run or comparison goes on, and has the bytes of one that was not interrupted."""

from __future__ import annotations

import json
import os
import resource
import signal
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

import sojourn
from sim.core.errors import InvalidInput
from sim.experiment import kept_replications, manifest
from sim.experiment.kept_replications import KEPT
from tests.support.command_line import Command, contents, family, start, wait_for
from tests.support.command_line import sojourn as command

VARIANTS = ["agents.desk.staff=+1", "demand.volume=*3"]
FILES = ("kpis.json", "kpis.parquet", "log.parquet", "presence.parquet", "interruptions.parquet", "scenario.json")
Task = Callable[..., Any]
F8 = NDArray[np.float64]


class _Noon(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return datetime(2026, 1, 1, 12, tzinfo=tz or UTC)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all results be made at the same time of day, which stands in them."""
    monkeypatch.setattr(manifest, "datetime", _Noon)


def _run(folder: Path, **more: Any) -> Any:
    return sojourn.run(folder / "desk.yaml", **{"processes": 1, "out": folder / "out", **more})


def _compared(folder: Path, **more: Any) -> Any:
    return sojourn.compare_scenarios(
        [folder / "desk.yaml"], changed=VARIANTS, **{"processes": 1, "out": folder / "out", **more}
    )


def _changed(folder: Path, overrides: Sequence[str] = VARIANTS[1:], **more: Any) -> Any:
    return sojourn.whatif(folder / "desk.yaml", overrides, **{"processes": 1, "out": folder / "out", **more})


SCENARIOS = {_run: 1, _changed: 2, _compared: 3}
TASKS = pytest.mark.parametrize("task", SCENARIOS)


def _after(replications: int) -> Callable[[int, int], None]:
    """Return what presses Ctrl-C after so many replications."""

    def press(done: int, _total: int) -> None:
        if done == replications:
            raise KeyboardInterrupt

    return press


@pytest.mark.parametrize(
    ("task", "presses", "kept", "options"),
    [
        (_run, [1], [1], {"report": False}),
        (_run, [3, 7], [3, 7], {"report": False, "log": "none", "seed": 3}),
        (_run, [23], [23], {"report": False, "precision": ["calls.asa: 0.1 s"], "replications": None, "at_most": 80}),
        (_run, [20], [20], {"report": False, "precision": ["calls.asa: 1 h"], "replications": None, "at_most": 80}),
        (_changed, [14], [4], {}),
        (_compared, [64], [20], {"precision": ["calls.asa: 0.25 s"], "replications": None, "at_most": 60}),
    ],
)  # fmt: skip
def test_what_goes_on_has_the_bytes_of_what_was_not_interrupted(
    folder: Path, task: Task, presses: list[int], kept: list[int], options: dict[str, Any]
) -> None:
    options = {"replications": 12, **options}
    whole = task(folder, **options, out=folder / "whole")
    resume = False
    for press, done in zip(presses, kept, strict=True):
        result = task(folder, **options, resume=resume, progress=_after(press))
        assert (result.interrupted, result.manifest["replications"]) == (True, done)
        assert (folder / "out" / KEPT).exists()
        resume = True
    steps: list[int] = []
    result = task(folder, **options, resume=True, processes=2, progress=lambda done, _total: steps.append(done))
    assert not result.interrupted
    assert steps[0] == kept[-1] * SCENARIOS[task]
    assert result.manifest == whole.manifest
    expected = contents(folder / "whole")
    assert contents(folder / "out") == expected
    assert KEPT not in expected


@pytest.mark.parametrize(("task", "kept"), [(_run, 5), (_changed, 4)])
def test_all_that_is_asked_for_may_have_been_kept(folder: Path, task: Task, kept: int) -> None:
    task(folder, replications=12, progress=_after(kept + 10 * (task is not _run)))
    task(folder, replications=kept, resume=True)
    task(folder, replications=kept, out=folder / "whole")
    assert contents(folder / "out") == contents(folder / "whole")


def test_an_interrupt_before_anything_new_leaves_what_was_kept(folder: Path) -> None:
    _run(folder, replications=12, report=False, progress=_after(5))
    before = contents(folder / "out")
    with pytest.raises(KeyboardInterrupt):
        _run(folder, replications=12, report=False, resume=True, progress=_after(5))
    assert contents(folder / "out") == before


OTHERS: list[tuple[dict[str, Any], str]] = [
    ({"overrides": ["agents.desk.staff=3"]}, "is of another scenario, or of other changes of it; leave --resume out"),
    ({"seed": 9}, "has another seed; leave --resume out"),
    ({"engine": "simpy"}, "was simulated by another engine; leave --resume out"),
    ({"by": ["all"], "kpis": ["service_level"]}, "has other KPIs, by --kpis, --by, --kpi or --precision"),
    ({"replications": 3}, "has 4 replications, and 3 are asked for; leave --resume out"),
]


@TASKS
def test_what_depends_on_something_else_is_refused(folder: Path, task: Task) -> None:
    task(folder, replications=12, progress=_after(10 * SCENARIOS[task] - 6))
    before = contents(folder / "out")
    for options, sentence in OTHERS:
        with pytest.raises(InvalidInput) as refused:
            task(folder, **{"replications": 12, "resume": True, **options})
        (problem,) = refused.value.problems
        assert problem.message.startswith(sentence)
    assert contents(folder / "out") == before


def test_another_version_log_and_command_are_refused_together(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _run(folder, replications=12, report=False, progress=_after(4))
    monkeypatch.setattr(kept_replications, "code_digest", lambda: "of tomorrow")
    with pytest.raises(InvalidInput) as refused:
        _run(folder, replications=12, log="none", seed=2, resume=True)
    assert [problem.message.split(";")[0] for problem in refused.value.problems] == [
        "has another seed",
        "was measured with another --log",
        "was simulated by another version of Sojourn, NumPy, SciPy or numba",
    ]
    with pytest.raises(InvalidInput, match="is that of another command"):
        _compared(folder, replications=12, resume=True)


def test_without_an_interrupted_result_there_is_nothing_to_go_on_from(folder: Path) -> None:
    for _ in range(2):  # no folder, and a whole result
        for task in (_run, _compared):
            with pytest.raises(InvalidInput, match=f"has no {KEPT}, which an interrupted result keeps"):
                task(folder, replications=2, resume=True)
        _run(folder, replications=2, report=False)


def _without_the_end(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-30])


def _with_a_changed_number(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _with_more_replications_than_it_has(file: Path) -> None:
    with ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    origin = json.loads(members["origin.json"])
    members["origin.json"] = json.dumps({**origin, "replications": origin["replications"] + 1}).encode()
    with ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _of_nothing(file: Path) -> None:
    with ZipFile(file, "w") as archive:
        archive.writestr("origin.json", "[]")


def _rewritten(file: Path, compression: int = ZIP_STORED, **changed: bytes) -> None:
    """Write an archive anew with other members."""
    with ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, changed.get(name.replace("-", "_").removesuffix(".json"), content))


def _with_a_bomb(file: Path) -> None:
    """Many zeros in a few bytes, where the moves are."""
    _rewritten(file, ZIP_DEFLATED, flows_0=bytes(1 << 27))


def _with_a_large_origin(file: Path) -> None:
    _rewritten(file, origin=b"[" + b" " * (1 << 26) + b"]")


def _with_more_moves(file: Path) -> None:
    _rewritten(file, flows_0=bytes(1 << 26))


def _with_a_deep_origin(file: Path) -> None:
    _rewritten(file, origin=b"[" * 100_000)


def _with_forged_sizes(file: Path) -> None:
    """Let the directory say that each member has 4 GB."""
    content = bytearray(file.read_bytes())
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 20 : at + 28] = b"\xfe\xff\xff\xff" * 2
        at = content.find(b"PK\x01\x02", at + 1)
    file.write_bytes(content)


def _with_a_huge_directory(file: Path) -> None:
    """Let a file of holes be one directory, to its end."""
    with file.open("wb") as opened:
        opened.truncate(1 << 30)
        opened.seek(0, os.SEEK_END)
        opened.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 9, 9, 1 << 30, 0, 0))


def _as_another(value: Any) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        with ZipFile(file) as archive:
            origin = json.loads(archive.read("origin.json"))
        _rewritten(file, origin=json.dumps({**origin, "replications": value}).encode())

    return damage


DAMAGES = [
    _without_the_end, _with_a_changed_number, _with_more_replications_than_it_has, _of_nothing, _with_a_bomb,
    _with_a_large_origin, _with_more_moves, _with_a_deep_origin, _with_forged_sizes,
    _with_a_huge_directory,
    *map(_as_another, (0, -1, 2.0, True, None, "3")),
]  # fmt: skip


@contextmanager
def _most_memory(more: int) -> Iterator[None]:
    """Let allocations fail that would take more memory than there is in use."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + more, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused(folder: Path, damage: Callable[[Path], None]) -> None:
    _run(folder, replications=12, report=False, progress=_after(4))
    damage(folder / "out" / KEPT)
    refused = pytest.raises(InvalidInput, match=r"is damaged .*; leave --resume out, which simulates all anew")
    with _most_memory(1 << 26), refused:
        _run(folder, replications=12, report=False, resume=True)


def _with_shares_above_1(values: F8) -> F8:
    """Return values of 4 replications whose numerators are higher by 1 than their denominators."""
    num, den = np.moveaxis(values.reshape(4, 2, -1), 1, 0)
    return np.stack([den + (num > 0.0), den], axis=1)


def _with_a_negative_wait(values: F8) -> F8:
    num, den = np.moveaxis(values.reshape(4, 2, -1), 1, 0)
    return np.stack([-num, den], axis=1)


def test_values_that_no_replication_has_are_refused(folder: Path) -> None:
    _run(folder, replications=12, report=False, progress=_after(4))
    file = folder / "out" / KEPT
    whole = file.read_bytes()
    changes: list[tuple[str, Callable[[F8], F8], str]] = [
        ("values_0", np.negative, "counts more, or less"),
        ("values_0", lambda values: np.full_like(values, 1e100), "counts more, or less"),
        ("values_0", _with_shares_above_1, "has values out of the range"),
        ("values_0", _with_a_negative_wait, "has values out of the range"),
        ("flows_0", np.negative, "has moves of customers that no replication has"),
    ]
    for member, change, sentence in changes:
        file.write_bytes(whole)
        with ZipFile(file) as archive:
            numbers = np.frombuffer(archive.read(member.replace("_", "-")), "<f8")
        _rewritten(file, **{member: change(numbers).astype("<f8").tobytes()})
        with pytest.raises(InvalidInput, match=f"is damaged .it {sentence}"):
            _run(folder, replications=12, report=False, resume=True)


def _interrupted(folder: Path, *words: str) -> str:
    """Start a command, press Ctrl-C when its processes are at work, and return what it says."""
    with start(*words, "-p", "2", "-n", "200000", "--out", "out", cwd=folder) as process:
        wait_for(lambda: sum(member.cpu_times().user > 1.0 for member in family(process)[1:]) >= 2, process)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    return err


@pytest.mark.command
def test_ctrl_c_and_resume_at_the_terminal(folder: Path) -> None:
    words = ["run", "desk.yaml", "--no-report"]
    assert _interrupted(folder, *words).endswith("; --resume goes on.\n")
    done = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))["replications"]
    words += ["-n", str(done + 3)]
    for more in (["--out", "out", "--resume"], ["--out", "whole"]):
        finished = command(*words, *more, cwd=folder)
        assert (finished.code, finished.err) == (0, "")
    for name in FILES:
        assert (folder / "out" / name).read_bytes() == (folder / "whole" / name).read_bytes(), name
    made = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert made["command"] == ["sojourn", *words, "--out", "out"]


@pytest.mark.command
@pytest.mark.parametrize(("task", "option"), [("compare", "--variant"), ("whatif", "--set")])
def test_an_interrupted_comparison_says_how_to_go_on(folder: Path, task: str, option: str) -> None:
    err = _interrupted(folder, task, "desk.yaml", option, VARIANTS[0])
    done = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))["replications"]
    assert err == f"Interrupted after {done} of 200000 replications of each; --resume goes on.\n"
    assert (folder / "out" / KEPT).exists()


def test_the_command_refuses_with_a_sentence(folder: Path, refused: Command) -> None:
    done = refused("run", "desk.yaml", "-n", "2", "--resume", "--out", "none", cwd=folder)
    assert done.code == 2
    assert done.err.startswith(f"--resume: none: has no {KEPT}, which an interrupted result keeps, to go on from")
