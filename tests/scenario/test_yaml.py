"""YAML as people write it: duplicates, anchors, sizes and odd values."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from sim.core.errors import InvalidInput
from sim.scenario import read_scenario
from sim.scenario.document import MAX_BYTES, read_yaml
from tests.support.minimal_scenario import MINIMAL, Refused, changed

NOT_YAML = "is not valid YAML: "
TOP = 'must hold keys such as "name:" at its top; found '


@pytest.mark.parametrize("word", ["no", "on", "off", "yes", "10:00", "12:30:45", "2024-02-30x", "1_000 s", "~tilde"])
def test_words_are_words(folder: Path, word: str) -> None:
    (folder / "bank.yaml").write_text(changed(("name: one desk", f"name: {word}")), encoding="utf-8")
    assert read_scenario("bank.yaml").name == word


@pytest.mark.parametrize("number", ["1_0", "1_000.5", "1_0e2", "0x_1", "-1_0"])
def test_underscores_are_no_part_of_a_number(folder: Path, number: str) -> None:
    (folder / "bank.yaml").write_text(changed(("demand: 10", f"demand: {number}")), encoding="utf-8")
    sentence = f'bank.yaml:7: {NOT_YAML}"{number}" is no number: write it without "_", or in quotes if it is a name'
    with pytest.raises(InvalidInput, match=re.escape(sentence)):
        read_scenario("bank.yaml")


@pytest.mark.parametrize("operand", ["1_0", "+1_0", "*1_0", "-1_0 %", "+\uff11", "{desk: 1_0}"])
def test_underscores_are_no_part_of_a_number_of_an_override(folder: Path, operand: str) -> None:
    (folder / "bank.yaml").write_text(MINIMAL, encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"is not a number|is no number"):
        read_scenario("bank.yaml", [f"agents.desk.staff={operand}"])


def test_hours_need_no_quotes(folder: Path) -> None:
    (folder / "bank.yaml").write_text(changed(('"08:00-10:00"', "08:00-10:00")), encoding="utf-8")
    assert read_scenario("bank.yaml").run.hours == (28_800.0, 36_000.0)


@pytest.mark.parametrize(
    "text",
    ["\ufeff" + MINIMAL, MINIMAL.replace("\n", "\r\n"), "---\n" + MINIMAL + "...\n", "%YAML 1.2\n---\n" + MINIMAL],
)
def test_marks_and_line_ends_of_other_systems(folder: Path, text: str) -> None:
    (folder / "bank.yaml").write_bytes(text.encode())
    assert read_scenario("bank.yaml").name == "one desk"


def test_anchors_and_merges(folder: Path) -> None:
    steps = """      call: &call
        <<: {channel: voice, queue: calls}
        talk: &minute 60 s
        patience: *minute
        next: again
      again: {<<: *call, next: resolved, about: &minute once more}
"""
    text = MINIMAL[: MINIMAL.index("      call:")] + steps
    (folder / "bank.yaml").write_text(text, encoding="utf-8")
    steps = read_scenario("bank.yaml").intents["question"].steps
    assert steps["again"].talk == steps["call"].talk == steps["call"].patience
    assert steps["again"].next == {"resolved": 1.0}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "bank.yaml:1: " + TOP + "nothing"),
        ("# nothing yet\n", "bank.yaml:1: " + TOP + "nothing"),
        ("- a\n- b\n", "bank.yaml:1: " + TOP + "a list"),
        (
            "%YAML 1.1\n---\nname: a\n",
            (
                f"bank.yaml: {NOT_YAML}%YAML names a version other than 1.2, in which 10:00 and yes mean something "
                "else; remove it"
            ),
        ),
        ("just a sentence", "bank.yaml:1: " + TOP + "a single value"),
        (
            "name: a\nname: b\n",
            f'bank.yaml:2: {NOT_YAML}found duplicate key "name" with value "b" (original value: "a")',
        ),
        ("name: a\n\tabout: b\n", f"bank.yaml:2: {NOT_YAML}found character '\\t' that cannot start any token"),
        ("name: *who\n", f"bank.yaml:1: {NOT_YAML}found undefined alias 'who'"),
        ("name: [a\n", f"bank.yaml:2: {NOT_YAML}expected ',' or ']', but got '<stream end>'"),
        ("name: a\n---\nname: b\n", f"bank.yaml:2: {NOT_YAML}but found another document"),
        ("about: 2001-99-99\n", f"bank.yaml: {NOT_YAML}month must be in 1..12"),
        (b"\xff\xfe", "bank.yaml: is not UTF-8 text: invalid start byte"),
        ("{a: " * 5000, f"bank.yaml: {NOT_YAML}more than 100 brackets stand one in another"),
        ("x" * (MAX_BYTES + 1), "bank.yaml: is larger than 4 MB"),
    ],
    ids=[
        "empty",
        "comment",
        "list",
        "version",
        "text",
        "twice",
        "tab",
        "alias",
        "open",
        "two",
        "date",
        "bytes",
        "deep",
        "huge",
    ],
)
def test_what_is_no_scenario(refused: Refused, text: str | bytes, problem: str) -> None:
    assert refused(text) == [problem]


def test_aliases_within_aliases_do_not_fill_the_memory(refused: Refused) -> None:
    rows = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)]
    began = time.perf_counter()
    sentences = refused("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(rows))
    assert sentences == ["bank.yaml: holds more than 1000000 values through its aliases"]
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    "text", ["&all {name: one, about: *all}", "name: one\nabout: &a [*a]\n", "a: &a {b: {c: *a}}\n"]
)
def test_a_value_within_itself_is_refused(refused: Refused, text: str) -> None:
    assert all(problem.startswith("bank.yaml:") for problem in refused(text))


def test_every_value_knows_its_line(folder: Path) -> None:
    (folder / "bank.yaml").write_text(MINIMAL, encoding="utf-8")
    document = read_yaml(Path("bank.yaml"))
    lines = MINIMAL.splitlines()
    assert len(document.lines) == 21
    for path, line in document.lines.items():
        key = path[-1] if isinstance(path[-1], str) else "[calls]"
        assert key in lines[line - 1], path
    assert document.line(("agents", "desk", "not", "there")) == 4
    assert document.line(("nowhere",)) == 0
