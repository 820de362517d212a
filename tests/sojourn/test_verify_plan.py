"""``sojourn verify-plan``: the verdict and its exit code, tables from elsewhere, and what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import sojourn as api
from sim.core.errors import InvalidInput
from tests.support.command_line import Command, sojourn

FLEXIBLE = Path(__file__).parents[2] / "scenarios" / "flexible_agents"
PER_HOUR = ("--target", "*.service_level >= 80 %", "--per", "interval", "-p", "1", "--out", "checked")


@pytest.mark.command
def test_eight_agents_for_ten_erlangs_fail_with_exit_code_2(tmp_path: Path) -> None:
    words = ["--staffing", str(FLEXIBLE / "formula.csv"), *PER_HOUR, "--days", "20"]
    done = sojourn("verify-plan", str(FLEXIBLE), *words, cwd=tmp_path)
    assert (done.code, done.err) == (2, "")
    first, second, *_ = done.out.splitlines()
    assert first.startswith("The plan fails: 0 of 20 requirements hold over 20 fresh days")
    assert "customers bring more work than the agents can do" in second
    assert "erlangs of sales and help, and 8 agents for them" in second
    with (tmp_path / "checked" / "verification.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["key"], row["from"]) for row in rows[:2]] == [("sales", "08:00"), ("sales", "09:00")]
    assert {row["fails_in_the_long_run"] for row in rows} == {"1.0"}


@pytest.mark.command
def test_enough_agents_hold(tmp_path: Path) -> None:
    words = ["--set", "agents.flexible.staff=18", *PER_HOUR, "--days", "40", "--json", "--no-report"]
    done = sojourn("verify-plan", str(FLEXIBLE), *words, cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    records = json.loads(done.out)
    assert (records["verdict"], records["overloads"]) == ("holds", [])
    assert all(target["holds"] for target in records["targets"])


@pytest.mark.command
def test_two_days_leave_a_doubt(folder: Path) -> None:
    words = ["--confidence", "60 %", "--days", "2", "-p", "1", "--no-report", "--out", "checked"]
    done = sojourn("verify-plan", "desk.yaml", "--target", "calls.abandonment <= 99 %", *words, cwd=folder)
    assert done.code == 3, done.err
    assert done.out.startswith("It is in doubt whether the plan holds: 1 of 1 requirement holds over 2 fresh days")
    assert "give more --days" in done.out


def verified(folder: Path, name: str, **more: object) -> api.verify_plan:  # type: ignore[valid-type]
    options = {"days": 4, "processes": 1, "report": False, "out": folder / "checked", **more}
    return api.verify_plan(folder / "desk.yaml", folder / name, **options)


def test_no_page_is_written_where_none_is_wanted(folder: Path) -> None:
    written = []
    for report in (True, False):
        result = api.verify_plan(folder / "desk.yaml", days=2, processes=1, report=report, out=folder / "checked")
        written.append({"report.html", "tables.xlsx", "tables"} & {path.name for path in result.folder.iterdir()})
    assert [len(names) for names in written] == [3, 0]


def test_a_row_per_group_means_the_same_as_a_column_per_group(folder: Path) -> None:
    (folder / "columns.csv").write_text("time,desk\n08:00,1\n09:00,3\n", encoding="utf-8")
    (folder / "rows.csv").write_text("group,08:00,09:00\ndesk,1,3\n", encoding="utf-8")
    columns, rows = (verified(folder, file) for file in ("columns.csv", "rows.csv"))
    assert columns.scenario == rows.scenario
    assert columns.scenario.agents["desk"].staff == [1, 3]
    assert columns.as_dict()["targets"] == rows.as_dict()["targets"]


def test_problems_of_a_table_name_the_file_that_was_given(folder: Path, refused: Command) -> None:
    (folder / "rows.csv").write_text("group;08:00;09:00\ndesk;1;x\n", encoding="utf-8")
    done = refused("verify-plan", "desk.yaml", "--staffing", "rows.csv", cwd=folder)
    assert 'rows.csv: desk: "x" must be a number from 0' in done.err
    (folder / "one.csv").write_text("desk\n1\n", encoding="utf-8")
    done = refused("verify-plan", "desk.yaml", "--staffing", "one.csv", cwd=folder)
    assert 'one.csv:1: has no column after "desk"; commas, semicolons or tabs separate the cells' in done.err


def test_a_table_with_semicolons_means_the_same(folder: Path) -> None:
    (folder / "columns.csv").write_text("time,desk\n08:00,1\n09:00,3\n", encoding="utf-8")
    (folder / "excel.csv").write_text("\ufefftime;desk\n08:00;1\n09:00;3\n", encoding="utf-8")
    assert verified(folder, "columns.csv").scenario == verified(folder, "excel.csv").scenario


def test_a_target_of_which_nothing_is_measured_leaves_a_doubt(folder: Path) -> None:
    (folder / "plan.csv").write_text("time,desk\n08:00,0\n09:00,0\n", encoding="utf-8")
    assert verified(folder, "plan.csv", targets=["calls.asa <= 20 s"]).verdict == "in doubt"  # nobody is answered


def test_agents_on_duty_are_not_shrunk(folder: Path) -> None:
    (folder / "plan.csv").write_text("time,desk\n08:00,2\n09:00,2\n", encoding="utf-8")
    shrunk, on_duty = (
        verified(folder, "plan.csv", overrides=["agents.desk.shrinkage=50 %"], on_duty=flag) for flag in (False, True)
    )
    assert [int(result.plan.staff_count.max()) for result in (shrunk, on_duty)] == [1, 2]


def test_a_group_that_the_table_leaves_out_is_named(tmp_path: Path) -> None:
    file = tmp_path / "plan.csv"
    file.write_text("time,sellers\n" + "".join(f"{hour:02}:00,4\n" for hour in range(24)), encoding="utf-8")
    design = FLEXIBLE.parent / "skills_designs" / "n.yaml"
    result = api.verify_plan(design, file, days=2, processes=1, out=tmp_path / "checked")
    assert result.notes == (f"helpers is not in {file}, and keeps its staff.",)


def test_what_does_not_belong_to_the_scenario_is_refused_at_once(folder: Path, refused: Command) -> None:
    (folder / "plan.csv").write_text("time,desc,phone\n08:00,1,2\n09:00,3,4\n", encoding="utf-8")
    done = refused("verify-plan", "desk.yaml", "--staffing", "plan.csv", cwd=folder)
    assert done.code == 2
    assert 'the column "desc" is not a group of the scenario; did you mean "desk"?' in done.err
    assert 'the column "phone" is not a group' in done.err
    done = refused("verify-plan", "desk.yaml", "--on-duty", cwd=folder)
    assert "says what the numbers of --staffing are; give both" in done.err


def test_a_group_on_shifts_has_no_column(tmp_path: Path) -> None:
    file = tmp_path / "plan.csv"
    file.write_text("time,assistance\n08:00,4\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match='"assistance" is on shifts in the scenario; leave its column out'):
        api.verify_plan(FLEXIBLE.parent / "service_week", file)
