"""Fixtures: an empty folder, and the errors of a refused scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.core.errors import InvalidInput
from sim.scenario import read_scenario
from tests.support.minimal_scenario import Refused


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is the current one, so that messages hold short names."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused(folder: Path) -> Refused:
    """Return a function that gives the sentences with which a scenario is refused."""

    def refuse(text: str | bytes, *overrides: str) -> list[str]:
        (folder / "bank.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(InvalidInput) as caught:
            read_scenario("bank.yaml", overrides)
        assert caught.value.exit_code == 2
        return [str(problem) for problem in caught.value.problems]

    return refuse
