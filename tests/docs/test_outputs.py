"""Outputs on the documentation pages equal what the commands print, digit for digit.

It takes minutes, so it is asked for: SOJOURN_DOCS=check compares, SOJOURN_DOCS=write puts what is printed now into the
pages, where the prose around it must then be read again.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.documentation import PAGES, ROOT, outputs, write_files

MODE = os.environ.get("SOJOURN_DOCS", "")
BIN = Path(sys.executable).parent
VERDICTS = {"verify-plan": {0, 2, 3}}  # commands whose exit code says what they found


def _printed(steps: list[tuple[str, str]], folder: Path) -> list[str]:
    """Return what commands and programs print, on lines of a certain width."""
    printed: list[str] = []
    for language, text in steps:
        words = [sys.executable, "-c", text] if language == "python" else shlex.split(text)
        if language == "sh":
            words[0] = str(BIN / words[0])
        environment = {**os.environ, "COLUMNS": "100"}
        done = subprocess.run(
            words, check=False, cwd=folder, capture_output=True, text=True, timeout=600, env=environment
        )
        assert done.returncode in VERDICTS.get(words[1], {0}), done.stderr
        printed += [line.rstrip() for line in done.stdout.splitlines()]
    return printed


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
    assert sum(len(outputs(page)) for page in PAGES) >= 15


# As they stand the commands take long: `SOJOURN_DOCS=check` runs them, and `SOJOURN_DOCS=write` keeps what they print.
SHOWN = [page for page in PAGES if outputs(page)] if MODE in {"check", "write"} else []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def _shows(page: Path, tmp_path: Path) -> None:
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    write_files(page, tmp_path)
    for steps, shown in outputs(page):
        printed = _printed(steps, tmp_path)
        lines = printed if steps[0][0] == "python" else fresh(shown, printed)
        if MODE == "write":
            assert "NOT PRINTED" not in "".join(lines), printed
            text = page.read_text(encoding="utf-8")
            old, new = ("```text\n" + "\n".join(block) + "\n```" for block in (shown, lines))
            position = text.index(old, text.index(steps[-1][1]))
            page.write_text(text[:position] + new + text[position + len(old) :], encoding="utf-8")
        else:
            assert shown == lines, f"{page.name}: run SOJOURN_DOCS=write, and read the prose again"


if SHOWN:
    by_page = pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.stem)
    test_a_page_shows_what_its_commands_print = by_page(_shows)
