"""Commands that simulate on a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import Command

MORE = "agents.desk.staff=+1"


@pytest.mark.parametrize(
    "words", [["run"], ["whatif", "--set", MORE], ["compare", "--variant", MORE], ["sweep", "--vary", MORE]]
)
def test_a_cluster_that_does_not_answer_is_said(words: list[str], folder: Path, refused: Command) -> None:
    command, *options = words
    done = refused(command, "desk.yaml", *options, "--cluster", "nonsense://x", cwd=folder)
    assert done.code == 2
    assert "has no Dask scheduler that answers" in done.err
