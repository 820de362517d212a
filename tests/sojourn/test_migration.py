"""Files of earlier versions are rewritten as little as possible, and say what they said."""

from __future__ import annotations

from pathlib import Path

import pytest

import sojourn
from sim.scenario import scenario_hash
from sim.scenario.migration import migrate_scenario
from tests.support.command_line import sojourn as command
from tests.support.documentation import ROOT
from tests.support.minimal_scenario import MINIMAL, changed

SCENARIOS = sorted((ROOT / "scenarios").glob("*/*.yaml"))
OLD = """\
name: old   # of the first version
run: { hours: "08:00-10:00", days: 7, interval: 1 h, drain: 1 h, warm_up: 90 min }  # spaces within braces

agents:
  desk:
    serves: [calls]
    shifts:
        - agents: 2   # the early ones
          hours: 08:00-10:00
          days: [0, 1, 2, 3, 4]   # Monday to Friday
        - {agents: 1, hours: '09:00-10:00', days: [5]}
  late:
    serves: [calls]
    staff: 1
    absence: 5 %
    # the comment of what follows
    cost: 30
queues:
  calls:
    balk:
      - {waiting: 9, probability: 50 %}   # never: the next one always holds where it does
      # from three on
      - {waiting: 3, probability: 80 %}
intents:
  question:
    demand: 10
    start: call
    steps:
      call: {channel: voice, queue: calls, talk: "60 s", next: resolved}
"""
NEW = """\
name: old   # of the first version
run: {hours: "08:00-10:00", days: 7, interval: 1 h, drain: 1 h, warm_up: 2 h}      # spaces within braces

agents:
  desk:
    serves: [calls]
    shifts:
        - agents: 2   # the early ones
          hours: 08:00-10:00
          days: [1, 2, 3, 4, 5]   # Monday to Friday
        - {agents: 1, hours: '09:00-10:00', days: [6]}
  late:
    serves: [calls]
    staff: 1
    # the comment of what follows
    cost: 30
queues:
  calls:
    balk:
      # from three on
      - {waiting: 3, probability: 80 %}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_an_old_file_is_rewritten_where_it_has_to_be(tmp_path: Path) -> None:
    file = written(tmp_path, OLD)
    migration = sojourn.migrate(file)
    old, new = OLD.splitlines(), migration.after.splitlines()
    assert file.read_text(encoding="utf-8") == OLD
    assert [line.split() for line in new[: len(NEW.splitlines())]] == [line.split() for line in NEW.splitlines()]
    assert new[-6:] == old[-6:]
    assert [change.split(":")[0] for change in migration.changes] == [
        "agents.desk.shifts.0.days",
        "agents.desk.shifts.1.days",
        "run.warm_up",
        "agents.late.absence",
        "queues.calls.balk.0",
    ]
    assert migration.problems == ()
    assert "-          days: [0, 1, 2, 3, 4]   # Monday to Friday\n" in migration.diff


def test_it_is_written_on_request_and_then_there_is_nothing_to_do(tmp_path: Path) -> None:
    file = written(tmp_path, OLD)
    with pytest.raises(sojourn.InvalidInput):
        sojourn.read_scenario(file)
    migration = sojourn.migrate(file, write=True)
    assert file.read_text(encoding="utf-8") == migration.after
    scenario = sojourn.read_scenario(file)
    assert [shift.days for shift in scenario.agents["desk"].shifts] == [[1, 2, 3, 4, 5], [6]]
    again = sojourn.migrate(file, write=True)
    assert (again.changes, again.diff) == ((), "")


def test_line_ends_stay_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_bytes(OLD.replace("\n", "\r\n").encode())
    sojourn.migrate(file, write=True)
    raw = file.read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n") > 20


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_files_of_today_stay_as_they_are(file: Path) -> None:
    migration = migrate_scenario(file)
    assert (migration.changes, migration.diff, migration.problems) == ((), "", ())


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_change_touches_its_own_lines_only(file: Path, tmp_path: Path) -> None:
    """Give shipped files a headcount with an absence, and see that nothing else is formatted anew."""
    text = file.read_text(encoding="utf-8")
    for other in file.parent.glob("*.csv"):
        (tmp_path / other.name).write_bytes(other.read_bytes())
    name = next(name for name, group in sojourn.read_scenario(file).agents.items() if not group.shifts)
    lines = text.splitlines(keepends=True)
    start = next(i for i, line in enumerate(lines) if line.startswith("agents:"))
    number = next(i for i, line in enumerate(lines) if i > start and line.strip().startswith(f"{name}:"))
    if "{" in lines[number]:
        pytest.skip("the group stands on one line, which is written anew as a whole")
    indent = " " * (len(lines[number + 1]) - len(lines[number + 1].lstrip()))
    old = written(tmp_path, "".join([*lines[: number + 1], f"{indent}absence: 5 %\n", *lines[number + 1 :]]))
    migration = migrate_scenario(old)
    assert migration.after == text
    assert len(migration.changes) == 1
    assert scenario_hash(sojourn.read_scenario(file))


def test_days_without_a_zero_are_left_unless_it_is_said(tmp_path: Path) -> None:
    shifts = "shifts: [{agents: 2, hours: 08:00-10:00, days: [1, 2]}]"
    file = written(tmp_path, changed(("staff: 2", shifts), ("interval: 1 h", "interval: 1 h, days: 7")))
    left, moved = sojourn.migrate(file), sojourn.migrate(file, days_from_0=True)
    assert left.changes == ()
    assert any("give --days-from-0" in note for note in left.notes)
    assert "days: [2, 3]" in moved.after


def test_what_means_something_else_is_told(tmp_path: Path) -> None:
    migration = sojourn.migrate(written(tmp_path, changed(("staff: 2", "staff: 2, shrinkage: 30 %, cost: 20"))))
    assert migration.changes == ()
    assert [note.split(":")[0] for note in migration.notes] == [
        "agents.desk.shrinkage",
        "agents.desk.shrinkage",
        "agents.desk.cost",
    ]


def test_what_nobody_can_know_is_left_to_the_user(tmp_path: Path) -> None:
    migration = sojourn.migrate(written(tmp_path, changed(("talk: 60 s", "talk: '4:32'"))))
    assert migration.changes == ()
    assert [problem.path for problem in migration.problems] == ["intents.question.steps.call.talk"]


def test_the_minimal_scenario_needs_nothing(tmp_path: Path) -> None:
    assert sojourn.migrate(written(tmp_path, MINIMAL)).notes == ()


@pytest.mark.command
def test_the_command_shows_and_writes(tmp_path: Path) -> None:
    file = written(tmp_path, OLD)
    shown = command("migrate", "scenario.yaml", cwd=tmp_path)
    assert (shown.code, shown.err) == (0, "")
    assert "+          days: [1, 2, 3, 4, 5]   # Monday to Friday\n" in shown.out
    assert shown.out.endswith("scenario.yaml: 5 changes; --write makes them.\n")
    assert file.read_text(encoding="utf-8") == OLD
    assert command("migrate", "scenario.yaml", "--write", cwd=tmp_path).out.endswith("5 changes written.\n")
    assert command("validate", "scenario.yaml", cwd=tmp_path).code == 0
    assert command("migrate", "scenario.yaml", cwd=tmp_path).out.endswith("scenario.yaml: nothing to rewrite.\n")


@pytest.mark.command
def test_the_command_says_what_is_still_wrong(tmp_path: Path) -> None:
    written(tmp_path, changed(("talk: 60 s", "talk: '4:32'")))
    done = command("migrate", "scenario.yaml", cwd=tmp_path)
    assert done.code == 2
    assert "did you mean" in done.err
    assert done.err.endswith("1 problem; nothing was written.\n")
    assert command("migrate", "no.yaml", cwd=tmp_path).err.endswith("1 problem; nothing was written.\n")
    written(tmp_path, OLD.replace("serves:", "servs:"))
    assert command("migrate", "scenario.yaml", "--write", cwd=tmp_path).err.endswith("; mend the file by hand.\n")
