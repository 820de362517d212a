"""Shifts of a group in a YAML file beside the scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.core.errors import InvalidInput
from sim.scenario import read_scenario
from tests.support.command_line import desk
from tests.support.minimal_scenario import MINIMAL

SHIFTS = 'desk:\n  - {agents: 2, hours: "08:00-09:30", off: [{kind: break, hours: "08:30-08:45"}]}\n'
CHANGES = ("agents.desk.staff=null", "agents.desk.shifts=shifts.yaml")


def test_a_file_of_shifts_is_read_as_if_its_list_stood_in_the_scenario(tmp_path: Path) -> None:
    file = desk(tmp_path) / "desk.yaml"
    (tmp_path / "shifts.yaml").write_text(SHIFTS, encoding="utf-8")
    inline = '[{agents: 2, hours: "08:00-09:30", off: [{kind: break, hours: "08:30-08:45"}]}]'
    scenario = read_scenario(file, CHANGES)
    assert scenario == read_scenario(file, [CHANGES[0], f"agents.desk.shifts={inline}"])
    assert scenario.agents["desk"].shifts[0].agents == 2


def test_what_is_wrong_with_a_file_of_shifts_is_said_with_its_name(tmp_path: Path) -> None:
    file = desk(tmp_path, MINIMAL) / "desk.yaml"
    with pytest.raises(InvalidInput, match=r"shifts\.yaml: there is no such file"):
        read_scenario(file, CHANGES)
    (tmp_path / "shifts.yaml").write_text(SHIFTS.replace("desk", "sales"), encoding="utf-8")
    with pytest.raises(InvalidInput, match=r'shifts\.yaml: has no shifts of "desk"; known are sales'):
        read_scenario(file, CHANGES)
