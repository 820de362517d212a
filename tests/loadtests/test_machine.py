"""Machines: alike runners have the same description, whatever their host names are."""

from __future__ import annotations

import platform

import pytest

from loadtests.run.provenance import MACHINE, machine
from loadtests.verdict.load_baseline import setting_text


def test_a_machine_is_described_without_its_host_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MACHINE, raising=False)
    here = machine()
    monkeypatch.setattr(platform, "node", lambda: "runner-4711")
    assert machine() == here
    assert list(here) == ["processor", "cores", "memory", "system"]
    assert here["processor"]
    assert f"{here['cores']} cores" in setting_text(here)


def test_a_machine_may_be_given_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MACHINE, "medium runner")
    assert machine() == {"name": "medium runner"}
    assert setting_text(machine()) == "medium runner"


def test_a_machine_of_which_nothing_is_known_has_a_text() -> None:
    assert setting_text({"name": None}) == "not known"
    assert setting_text({"name": "ci", "cores": 2, "system": "Linux"}) == "ci (2 cores, Linux)"
