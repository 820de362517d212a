"""Results that cannot be written: one sentence, exit code 1, and earlier files untouched."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.command_line import SOJOURN, Command, contents, sojourn

pytestmark = pytest.mark.command

RUN = ["run", "desk.yaml", "-n", "2", "-p", "1", "--out"]
KB = 1024


@pytest.mark.parametrize("limit", [100, 30 * KB])  # the first file has no room; the report has none
def test_a_full_disk_costs_nothing_that_was_there(earlier: Path, limit: int) -> None:
    before = contents(earlier)
    done = sojourn(*RUN, "run", cwd=earlier, limit=limit)
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith("File too large; nothing was changed\n")
    assert done.err.count("\n") == 1
    assert contents(earlier) == before


def test_a_full_disk_stops_a_comparison_and_a_baseline_too(earlier: Path) -> None:
    assert sojourn("baseline", "run", "kept.json", cwd=earlier).code == 0
    before = contents(earlier)
    done = sojourn("whatif", *RUN[1:], "run", "--set", "demand.volume=*1.1", cwd=earlier, limit=30 * KB)
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith("File too large; nothing was changed\n")
    done = sojourn("baseline", "run", "kept.json", cwd=earlier, limit=100)
    assert (done.code, done.out) == (1, "")
    assert done.err == "kept.json: cannot write: File too large; nothing was changed\n"
    done = sojourn("check", "run", cwd=earlier, limit=10)
    assert (done.code, done.out) == (1, "")
    assert done.err == "run/junit.xml: cannot write: File too large; nothing was changed\n"
    assert contents(earlier) == before


@pytest.mark.load
def test_a_full_disk_stops_a_load_test(earlier: Path, host: str) -> None:
    before = contents(earlier)
    words = ["load", "desk.yaml", "--host", host, "--speed", "1800", "--out", "run"]
    done = sojourn(*words, cwd=earlier, limit=500)
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith("File too large; nothing was changed\n")
    assert contents(earlier) == before


def test_a_disk_of_its_own_that_fills_up(earlier: Path) -> None:
    """The real thing, where a user may mount: the disk holds the earlier result, and a little more."""
    if subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "run"], check=False, cwd=earlier).returncode:
        pytest.skip("nobody may mount here; the limit on the size of files stands for it")
    size = sum(map(len, contents(earlier / "run").values())) // KB + 100
    script = (
        f"mkdir disk && mount -t tmpfs -o size={size}k none disk && cp -r run disk/run && "
        '{ "$@"; code=$?; } && cp -r disk/. after && exit $code'
    )
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", *SOJOURN, *RUN, "disk/run"],
        check=False,
        cwd=earlier,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("No space left on device; nothing was changed\n")
    assert contents(earlier / "after" / "run") == contents(earlier / "run")
    assert [path.name for path in (earlier / "after").iterdir()] == ["run"]


def test_a_results_folder_that_cannot_be_written(earlier: Path) -> None:
    """A file stands where the folder should be: nobody can write there, not even root."""
    (earlier / "results").write_text("not a folder", encoding="utf-8")
    before = contents(earlier)
    done = sojourn(*RUN[:-1], cwd=earlier)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("results/desk-run-")
    assert done.err.endswith("; nothing was changed\n")
    assert "cannot write the result: " in done.err
    done = sojourn("baseline", "run", "desk.yaml/kept.json", cwd=earlier)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("desk.yaml/kept.json: cannot write: ")
    assert contents(earlier) == before


def test_a_read_only_disk(earlier: Path) -> None:
    script = 'mount --bind run run && mount -o remount,bind,ro run && exec "$@"'
    command = ["unshare", "-rm", "sh", "-c", script, "sh"]
    if subprocess.run([*command, "true"], check=False, cwd=earlier, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("nobody may mount here; a file in the place of the folder stands for it")
    before = contents(earlier)
    done = subprocess.run(
        [*command, *SOJOURN, *RUN, "run/more"], check=False, cwd=earlier, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "run/more: cannot write the result: Read-only file system; nothing was changed\n"
    assert contents(earlier) == before


@pytest.mark.parametrize("command", ["run", "whatif"])
def test_what_is_not_a_result_of_ours_is_not_replaced(refused: Command, folder: Path, command: str) -> None:
    """And that is said before anything is simulated: these would take hours."""
    (folder / "thesis").mkdir()
    (folder / "thesis" / "chapter.tex").write_text("years of work", encoding="utf-8")
    before = contents(folder)
    sentence = (
        "holds something that is not a result (no manifest.json); give another --out\n1 problem; nothing was run.\n"
    )
    for out in ("thesis", "desk.yaml"):
        words = ["desk.yaml", "-n", "9999999", "--out", out, "--set", "demand.volume=*1.1"]
        done = refused(command, *words, cwd=folder)
        assert (done.code, done.out, done.err) == (2, "", f"{out}: {sentence}")
    assert contents(folder) == before


def test_an_earlier_result_is_replaced_as_a_whole(earlier: Path) -> None:
    (earlier / "run" / "junit.xml").write_text("of the earlier one", encoding="utf-8")
    done = sojourn(*RUN, "run", cwd=earlier)
    assert (done.code, done.err) == (0, "")
    files = {path.name for path in (earlier / "run").iterdir()}
    tables = {"kpis.parquet", "log.parquet", "presence.parquet", "interruptions.parquet"}
    assert files == tables | {
        "kpis.json",
        "paired.json",
        "manifest.json",
        "report.html",
        "scenario.json",
        "SHA256SUMS",
        "tables",
        "tables.xlsx",
    }
    assert {path.name for path in earlier.iterdir()} == {"desk.yaml", "run"}
