"""A load test keeps its measurements when its page cannot be drawn."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sim.core.checksums import checksum_problems
from sojourn.api import load_test as module
from tests.support.command_line import BUSY, desk


def _killed() -> Any:
    os._exit(9)


def _failing() -> Any:
    def draw(*_: object) -> None:
        raise ValueError("no ink")

    return draw


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (_killed, "the report could not be drawn: exit code 9; all else of the result is kept"),
        (_failing, "the report could not be drawn: ValueError: no ink; all else of the result is kept"),
    ],
)
def test_a_page_that_cannot_be_drawn_throws_no_measurement_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: Any, why: str
) -> None:
    def send(*_: object, out: Path, **__: object) -> str:
        (out / "load.json").write_text("{}", encoding="utf-8")
        (out / "report.html").write_text("half", encoding="utf-8")
        return "measured"

    monkeypatch.setattr(module, "check_host", lambda _: None)
    monkeypatch.setattr(module, "run_load", send)
    monkeypatch.setattr(module, "page_of_load", page)
    scenario = desk(tmp_path, BUSY) / "desk.yaml"
    load_run = module.load_test(scenario, host="http://127.0.0.1:1", out=tmp_path / "load")
    assert (load_run.result, load_run.without_page) == ("measured", why)
    assert (load_run.folder / "load.json").is_file()
    assert not (load_run.folder / "report.html").exists()
    assert list(checksum_problems(load_run.folder, ("load.json",))) == []
