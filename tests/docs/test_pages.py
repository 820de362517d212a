"""Documentation pages agree with the code: links, scenarios, Python programs, commands and exit codes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import sojourn
from sojourn.app import app
from tests.support.documentation import PAGES, ROOT, anchors, blocks, links

README = ROOT / "README.md"
EVERY_PAGE = [*PAGES, ROOT / "CHANGELOG.md", *sorted(ROOT.glob("scenarios/*/README.md")), *ROOT.glob("docs/adr/*.md")]
ROW = re.compile(r"^\| `sojourn ([\w-]+)[^`]*` \| (.+) \| (.+) \|$", flags=re.MULTILINE)
WRONG, VERDICTS, DUELS = "test_wrong_input.py::", "test_check.py::", "../loadtests/test_duel.py::"
DAMAGED = "../orchestrator/test_store_names.py::test_a_damaged_store_has_an_exit_code_of_its_own"
LOCKED = "../orchestrator/test_store_names.py::test_a_locked_store_has_an_exit_code_of_its_own"
SHOWN = {  # what shows, in tests/sojourn, each exit code of the README's table
    ("validate", 0): "test_output.py::test_validate_says_what_it_found",
    ("validate", 2): WRONG + "test_a_wrong_scenario_is_refused_with_every_problem_of_it",
    ("validate", 3): "test_validate.py::test_strict_allows_no_warnings",
    ("run", 0): "test_output.py::test_tables_for_people_carry_no_colours_and_no_bar_where_nobody_looks",
    ("run", 2): WRONG + "test_no_command_goes_on_with_a_wrong_scenario",
    ("run", 130): "test_interrupts.py::test_an_interrupted_run_keeps_what_was_done",
    ("whatif", 0): "test_output.py::test_json_is_all_that_json_prints",
    ("compare", 0): "test_compare.py::test_a_file_of_variants_gives_one_table_and_one_page",
    ("compare", 2): "test_compare.py::test_what_is_wrong_is_said_and_nothing_is_run",
    ("sweep", 0): "test_sweep.py::test_a_grid_gives_a_table_a_page_and_a_verdict",
    ("sweep", 2): "test_sweep.py::test_what_is_wrong_is_said_and_nothing_is_run",
    ("compare", 130): "test_resume.py::test_an_interrupted_comparison_says_how_to_go_on",
    ("sweep", 130): "test_sweep.py::test_an_interrupted_sweep_goes_on_with_the_same_bytes",
    ("staff", 0): "test_staff.py::test_a_plan_is_printed_and_written_and_the_scenario_can_use_it",
    ("staff", 2): "test_staff.py::test_a_target_out_of_reach_is_named_with_exit_code_2",
    ("staff", 3): "test_staff.py::test_a_plan_that_too_few_days_leave_in_doubt_has_exit_code_3",
    ("staff", 130): "test_staff.py::test_an_interrupt_keeps_the_best_plan_so_far",
    ("verify-plan", 0): "test_verify_plan.py::test_enough_agents_hold",
    ("verify-plan", 2): "test_verify_plan.py::test_eight_agents_for_ten_erlangs_fail_with_exit_code_2",
    ("verify-plan", 3): "test_verify_plan.py::test_two_days_leave_a_doubt",
    ("plan", 0): "test_plan.py::test_each_step_has_a_folder_and_its_file_can_take_its_place",
    ("plan", 2): "test_plan.py::test_shifts_that_fail_the_target_end_with_exit_code_2",
    ("plan", 130): "test_plan.py::test_an_interrupt_keeps_the_steps_that_were_done",
    ("roster", 0): "test_roster.py::test_a_roster_is_printed_and_written_and_the_scenario_can_use_it",
    ("roster", 2): "test_roster.py::test_a_time_that_is_not_covered_is_named_with_exit_code_2",
    ("roster", 130): "test_roster.py::test_an_interrupt_keeps_the_best_roster_so_far",
    ("whatif", 2): WRONG + "test_no_command_goes_on_with_a_wrong_scenario",
    ("whatif", 130): "test_resume.py::test_an_interrupted_comparison_says_how_to_go_on",
    ("serve", 0): "../docs/conftest.py::endpoint",
    ("serve", 2): WRONG + "test_wrong_addresses_are_refused",
    ("serve", 3): "../orchestrator/test_frozen_postgres.py::test_it_ends_within_its_bound_while_the_server_is_frozen",
    ("serve", 4): DAMAGED,
    ("tenant", 3): LOCKED,
    ("tenant", 4): DAMAGED,
    ("store", 3): LOCKED,
    ("store", 4): DAMAGED,
    ("load", 0): "test_load_and_demo.py::test_a_load_test_prints_json_and_nothing_else",
    ("load", 2): WRONG + "test_wrong_addresses_are_refused",
    ("load", 4): "test_load_and_demo.py::test_what_was_not_read_back_in_time_is_unknown_and_invalid",
    ("load", 130): "test_interrupts.py::test_an_interrupted_load_keeps_its_ledger_and_is_not_valid",
    ("duel", 0): DUELS + "test_only_strict_duels_fail_when_they_are_inconclusive",
    ("duel", 2): "test_duel_command.py::test_wrong_duels_are_refused_with_what_to_do",
    ("duel", 3): DUELS + "test_the_verdict_begins_with_a_sentence",
    ("duel", 4): DUELS + "test_a_duel_without_two_valid_pairs_is_invalid",
    ("duel", 5): DUELS + "test_only_strict_duels_fail_when_they_are_inconclusive",
    ("duel", 130): DUELS + "test_an_interrupt_keeps_the_pairs_until_then",
    ("check", 0): VERDICTS + "test_the_same_run_passes",
    ("check", 2): VERDICTS + "test_an_objective_that_is_missed",
    ("check", 3): VERDICTS + "test_a_kpi_that_is_another_is_a_regression",
    ("check", 4): VERDICTS + "test_another_seed_cannot_be_compared",
    ("check", 5): "../loadtests/test_load_baseline.py::test_what_one_run_does_not_settle_fails_only_if_strict",
    ("baseline", 0): VERDICTS + "kept",
    ("baseline", 2): WRONG + "test_wrong_words_are_refused",
    ("migrate", 0): "test_migration.py::test_the_command_shows_and_writes",
    ("migrate", 2): "test_migration.py::test_the_command_says_what_is_still_wrong",
    ("schema", 0): "test_output.py::test_the_schema_is_json",
    ("tenant", 0): "../orchestrator/test_admin.py::test_tokens_are_given_listed_and_taken_on_the_command_line",
    ("tenant", 2): "../orchestrator/test_admin.py::test_tokens_are_given_listed_and_taken_on_the_command_line",
    ("store", 0): "test_output.py::test_a_store_is_backed_up_and_forgets",
    ("store", 2): WRONG + "test_a_store_that_is_not_there_is_refused",
    ("demo", 0): "test_load_and_demo.py::test_the_demo_does_it_all",
}


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [(link, page.parent / file if file else page, anchor) for link in links(page)
               for file, _, anchor in [link.partition("#")]]  # fmt: skip
    missing = [link for link, file, anchor in targets if not file.exists() or (anchor and anchor not in anchors(file))]
    assert not missing


def test_there_are_links_to_look_at() -> None:
    assert {"docs/retail_bank.png", "CONTRIBUTING.md", "CHANGELOG.md"} <= set(links(README))


def test_the_table_lists_the_commands_that_there_are() -> None:
    listed = [name for name, _, _ in ROW.findall(README.read_text(encoding="utf-8"))]
    assert sorted(listed) == sorted(str(command.name) for command in app.registered_commands)


def test_every_exit_code_of_the_table_is_shown_by_a_test() -> None:
    rows = ROW.findall(README.read_text(encoding="utf-8"))
    stated = {(name, int(code)) for name, _, codes in rows for code in re.findall(r"\d+", codes)}
    assert stated == SHOWN.keys()
    for test in SHOWN.values():
        file, function = test.split("::")
        text = (ROOT / "tests" / "sojourn" / file).read_text(encoding="utf-8")
        assert f"def {function}(" in text, test


def test_the_scenario_of_the_readme_is_a_whole_one(tmp_path: Path) -> None:
    (text,) = blocks(README, "yaml")
    (tmp_path / "desk.yaml").write_text(text, encoding="utf-8")
    result = sojourn.run(tmp_path / "desk.yaml", replications=2, processes=1, out=tmp_path / "run")
    assert result.scenario.name == "Front desk"
    kpis = {row["kpi"]: row["value"] for row in result.as_dict()["kpis"] if row["by"] == "all"}
    assert 700 < kpis["journeys"] < 900  # 40 in each of 20 half-hours
    assert (result.folder / "report.html").is_file()


@pytest.mark.command
def test_the_python_program_of_the_readme_runs(tmp_path: Path) -> None:
    (program,) = blocks(README, "python")
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()
