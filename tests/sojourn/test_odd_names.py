"""Names that files and arguments can hold, and that neither a terminal nor UTF-8 can."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from loadtests.verdict.model import Check, Stage, Verdict
from loadtests.verdict.rendering import markdown
from sim.core.errors import Unreachable
from sim.core.files import write_text
from sim.report.figure import drawing
from sim.report.records import write_parquet
from sim.report.terminal_tables import plain_table
from sim.report.workbook import Column, Sheet, write_sheets
from sim.scenario.variants import variant_of
from sojourn.terminal.output import print_json, print_table, text_table, verdict_lines
from tests.support.command_line import Command, desk
from tests.support.minimal_scenario import MINIMAL, changed

ODD = "a\x1b[2J\nb\udcff"  # clears the screen, begins a line, and holds a byte that was no UTF-8


def test_a_title_that_commands_a_terminal_is_refused(refused: Command, tmp_path: Path) -> None:
    desk(tmp_path, changed(("serves: [calls]", r'title: "D\e[2Jx", serves: [calls]')))
    done = refused("validate", "desk.yaml", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "has characters that cannot be shown; write a title of letters, digits and signs" in done.err
    assert "\x1b" not in done.err


def test_the_name_of_a_variant_is_a_line_that_can_be_shown(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(MINIMAL, encoding="utf-8")
    assert variant_of(ODD, tmp_path / "desk.yaml", []).name == r"a\x1b[2J\nb\udcff"


def test_results_are_written_whatever_their_folder_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "\udcff"
    folder.mkdir()
    write_parquet(folder / "kpis.parquet", [{"name": "a", "kpi": "asa"}])
    write_text(folder / "text", ODD)
    write_sheets(folder / "tables", [Sheet("Sheet", (Column("variant"),), [[ODD]])])
    assert (folder / "text").read_text("utf-8") == ODD.replace("\udcff", r"\udcff")
    assert r"\udcff" in next((folder / "tables").iterdir()).read_text("utf-8")
    assert (folder / "kpis.parquet").stat().st_size > 0


def test_a_figure_draws_what_its_font_lacks_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with drawing("names", "names", 2, 2) as chart:
            chart.figure.add_subplot().set_title("客服")
    assert "客服" in chart.svg


def test_a_verdict_commands_no_terminal_and_begins_no_heading() -> None:
    title = "x\n\n# Passed \x1b[2J"
    check = Check(Stage.VALIDITY, "a\x1b[2J", passed=False, actual=1, wanted=2, message="b\x1b\nc")
    verdict = Verdict(title, (check,))
    assert not any("\x1b" in line for line in verdict_lines(verdict))
    assert markdown(verdict).splitlines()[0].endswith("x # Passed \ufffd[2J")


def test_tables_show_odd_names_and_obey_none(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(text_table("Loads", ["name", "[/x]"], [[ODD, "[link=http://x]y[/link]"]]))
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert r"a\x1b[2J" in shown
    assert "[/x]" in shown
    assert "[link=http://x]y[/link]" in shown


def test_where_a_table_is_too_wide_names_break_and_no_title_or_number_is_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    titles = ("variant", "value", "difference", "from", "to", "cost", "difference", "best")
    numbers = ("91.0 %", "+52.4 pp *", "+45.1 pp", "+59.8 pp", "325,885", "+152,289 *", "over 99 %")
    table = plain_table("Service level", titles)
    table.add_row("agents.phone.staff=+10", *numbers)
    print_table(table)
    _, head, first, second = (line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert tuple(head.split()) == titles
    assert [first.count(number) for number in numbers] == [1] * len(numbers)
    assert first.split()[0] + second == "agents.phone.staff=+10"


def test_json_holds_no_character_that_commands_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "a\x9b2J\x7f"})
    shown = capsys.readouterr().out
    assert shown == '{"name": "a\\u009b2J\\u007f"}\n'
    assert json.loads(shown) == {"name": "a\x9b2J\x7f"}


def test_an_error_shows_what_an_endpoint_says_and_obeys_it_not() -> None:
    assert str(Unreachable("answered \x1b[2J\nand closed")) == "answered \\x1b[2J\nand closed"
