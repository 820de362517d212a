"""Reading has an end: pipes, devices, files that are too large, very many keys; cells and numbers in CSV files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.core.errors import InvalidInput
from sim.scenario import read_scenario
from sim.scenario.interval_tables import read_table
from sim.scenario.recordings import read_durations
from tests.support.minimal_scenario import MINIMAL, Refused, changed

SPECIAL = "is a pipe or a device; give a file, which can be read twice"
PROGRAM = """
import resource
from sim.core.errors import InvalidInput
from sim.scenario import read_scenario
used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
try:
    read_scenario({file!r})
except InvalidInput as error:
    print(error)
print("in time" if sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - used < {seconds} else "late")
"""


def _read(folder: Path, file: str, seconds: float = 1.0) -> str:
    """Read a scenario in a process of its own, which may not wait for ever; return what it prints."""
    memory = f"import resource\nresource.setrlimit(resource.RLIMIT_AS, ({2 << 30}, {2 << 30}))\n"
    program = memory + PROGRAM.format(file=file, seconds=seconds)
    env = {"PYTHONPATH": str(Path(__file__).parents[2])}
    read = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=env, capture_output=True, text=True, check=True, timeout=60
    )
    return read.stdout


def test_a_pipe_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "bank.yaml")
    assert _read(folder, "bank.yaml") == f"bank.yaml: {SPECIAL}\nin time\n"


def test_a_pipe_in_the_place_of_a_table_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "staff.csv")
    (folder / "bank.yaml").write_text(changed(("staff: 2", "staff: staff.csv")), encoding="utf-8")
    assert _read(folder, "bank.yaml") == f"staff.csv: {SPECIAL}\nin time\n"


def test_a_device_without_an_end_is_refused(folder: Path) -> None:
    assert _read(folder, "/dev/zero") == f"/dev/zero: {SPECIAL}\nin time\n"


@pytest.mark.parametrize("separator", ["\n", ", "], ids=["block", "flow"])
def test_very_many_keys_are_refused_at_once(folder: Path, separator: str) -> None:
    keys = separator.join(f"k{number}: 1" for number in range(100_000))
    (folder / "bank.yaml").write_text(keys if separator == "\n" else f"{{{keys}}}\n", encoding="utf-8")
    sentence = "is not valid YAML: it holds 100,000 keys, and the limit is 20,000; put tables into CSV files"
    assert _read(folder, "bank.yaml") == f"bank.yaml: {sentence}\nin time\n"


def test_very_many_items_are_refused_at_once(folder: Path) -> None:
    (folder / "bank.yaml").write_text(f"name: [{'1, ' * 100_000}1]\n", encoding="utf-8")
    sentence = "is not valid YAML: it holds 100,000 items of lists, and the limit is 50,000; put tables into CSV files"
    assert _read(folder, "bank.yaml") == f"bank.yaml: {sentence}\nin time\n"


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "F" * 5000, "1" + "0" * 5000 + ".5"], ids=["10", "16", "float"])
def test_a_number_of_very_many_digits_is_refused(folder: Path, number: str) -> None:
    (folder / "bank.yaml").write_text(changed(("drain: 1 h", f"drain: 1 h, seed: {number}")), encoding="utf-8")
    printed = _read(folder, "bank.yaml")
    assert f"a number has {len(number):,} digits, and the limit is 400" in printed
    assert printed.endswith("in time\n")


def test_very_many_merged_keys_are_refused_at_once(folder: Path) -> None:
    """A hundred mappings with 300 keys are merged into each other: 14 kB would be a million keys."""
    keys = ", ".join(f"k{number}: 1" for number in range(300))
    lines = [f"a0: &a0 {{{keys}}}", *(f"a{at}: &a{at} {{<<: [*a{at - 1}, *a0], b{at}: 1}}" for at in range(1, 100))]
    (folder / "bank.yaml").write_text("\n".join(lines), encoding="utf-8")
    printed = _read(folder, "bank.yaml", seconds=5.0)
    assert printed.startswith('bank.yaml: is not valid YAML: its "<<" merge ')
    assert printed.endswith(" keys, and the limit is 20,000; write them once\nin time\n")


def test_a_merge_that_contains_itself_is_refused(folder: Path) -> None:
    (folder / "bank.yaml").write_text("a: &a {<<: *a, b: 1}\n", encoding="utf-8")
    assert _read(folder, "bank.yaml").startswith("bank.yaml: ")


def test_a_table_of_very_many_columns_is_read_in_time(folder: Path) -> None:
    header = ",".join(["time", *(f"c{number}" for number in range(50_000)), "c7"])
    (folder / "staff.csv").write_text(f"{header}\n08:00{',1' * 50_001}\n", encoding="utf-8")
    (folder / "bank.yaml").write_text(changed(("staff: 2", "staff: staff.csv")), encoding="utf-8")
    printed = _read(folder, "bank.yaml", seconds=20.0)
    assert "staff.csv:1: has the column c7 more than once" in printed
    assert printed.endswith("in time\n")


def test_of_many_unknown_keys_the_first_hundred_are_named(refused: Refused) -> None:
    problems = refused(MINIMAL + "".join(f"k{number}: 1\n" for number in range(500)))
    assert len(problems) == 100
    assert problems[99].startswith("bank.yaml:115: k99: is not a key of this; known are about, ")


def test_a_quoted_cell_may_hold_line_ends(folder: Path) -> None:
    text = '# said "so\n"time","the\n# calls"\n\n08:00,1\n# lunch\n09:00,"2\n"\n10:00,x\n'
    (folder / "staff.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_table(Path("staff.csv"))
    assert str(caught.value) == 'staff.csv:9: the\\n# calls: "x" must be a number from 0'
    (folder / "staff.csv").write_text(text.replace("10:00,x\n", ""), encoding="utf-8")
    assert read_table(Path("staff.csv")).columns == {"the\n# calls": [1.0, 2.0]}


def test_underscores_are_no_part_of_a_number_in_a_file(folder: Path) -> None:
    (folder / "staff.csv").write_text("time,desk\n08:00,1_0\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r'staff\.csv:2: desk: "1_0" must be a number from 0'):
        read_table(Path("staff.csv"))
    (folder / "waits.csv").write_text("seconds,observed\n1_0,yes\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r'waits\.csv:2: seconds: "1_0" must be a number from 0'):
        read_durations(Path("waits.csv"))


def test_underscores_are_no_part_of_a_share(folder: Path) -> None:
    (folder / "bank.yaml").write_text(changed(("next: resolved", "next: {resolved: 1_00 %}")), encoding="utf-8")
    with pytest.raises(InvalidInput, match="'1_00 %' is not a share"):
        read_scenario("bank.yaml")
