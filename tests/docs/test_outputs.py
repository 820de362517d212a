"""Outputs on the documentation pages equal what the commands print, digit for digit.

It takes minutes, so it is asked for: SOJOURN_DOCS=check compares, SOJOURN_DOCS=write puts what is printed now into the
pages, where the prose around it must then be read again.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.documentation import PAGES, runs
from tests.support.page_commands import OUTPUTS, has_outputs, run_page


def _key(line: str) -> str:
    """Return what a line begins with: the name in a table's row."""
    return re.split(r"\s\s+", line.strip())[0]


def fresh(shown: list[str], printed: list[str]) -> list[str]:
    """Return the printed lines that are about the same as the lines shown, in their order."""
    lines = iter(printed)
    return [next((line for line in lines if _key(line) == _key(wanted)), f"{wanted}: NOT PRINTED") for wanted in shown]


def test_fresh_lines_are_found_by_their_names_and_in_their_order() -> None:
    printed = ["KPI      value", "ASA         1 s", "Cost         20", "KPI      value", "ASA         2 s"]
    assert fresh(["KPI    value", "ASA  7 s", "KPI  value", "ASA  9 s"], printed) == [printed[i] for i in (0, 1, 3, 4)]
    assert fresh(["Cost"], printed) == [printed[2]]
    assert fresh(["Wait  1 s"], printed) == ["Wait  1 s: NOT PRINTED"]


def test_there_are_outputs_to_look_at() -> None:
    assert sum(run.shown is not None for page in PAGES for run in runs(page)) >= 15


# As they stand the commands take long: `SOJOURN_DOCS=check` runs them, and `SOJOURN_DOCS=write` keeps what they print.
SHOWN = [page for page in PAGES if has_outputs(page)] if OUTPUTS in {"check", "write"} else []


@pytest.mark.load
@pytest.mark.slow
@pytest.mark.command
@pytest.mark.timeout(1800)
def _shows(page: Path, folder: Path, request: pytest.FixtureRequest) -> None:
    for run, printed in run_page(page, folder, request):
        if run.shown is None:
            continue
        lines = printed if run.language == "python" else fresh(run.shown, printed)
        if OUTPUTS == "write":
            assert "NOT PRINTED" not in "".join(lines), printed
            text = page.read_text(encoding="utf-8")
            old, new = ("```text\n" + "\n".join(block) + "\n```" for block in (run.shown, lines))
            position = text.index(old, text.index(run.steps[-1]))
            page.write_text(text[:position] + new + text[position + len(old) :], encoding="utf-8")
        else:
            assert run.shown == lines, f"{page.name}: run SOJOURN_DOCS=write, and read the prose again"


if SHOWN:
    by_page = pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.stem)
    test_a_page_shows_what_its_commands_print = by_page(_shows)
