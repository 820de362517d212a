"""Examples of docs/add.md: in a copy of the project they are found, documented, and pass the tests of their kind."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

import pytest

from tests.support.documentation import ROOT
from tests.support.worked_examples import GENERATED, Section, sections

SECTIONS = sections()
EXAMPLES = [section for section in SECTIONS if section.touched]
PROGRAMS = re.findall(r"python -m (\S+) > \S+ && mv \S+ (docs/\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
LEFT_OUT = ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist")


def test_contributing_leads_to_the_page_and_the_page_has_examples() -> None:
    assert "docs/add.md" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    kinds = {"Law", "Channel", "Routing policy", "KPI", "Command", "Endpoint call", "Endpoint feature", "Contract"}
    assert {section.title for section in EXAMPLES} == kinds


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_a_section_names_files_that_there_are(section: Section) -> None:
    names = [name for name in (*section.files, *section.tests) if "NAME" not in name]
    assert [name for name in names if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("section", EXAMPLES, ids=lambda section: section.title)
def test_an_example_touches_the_files_that_its_section_names_and_no_other(section: Section) -> None:
    written = {name for name, content in section.files.items() if GENERATED not in content}
    assert section.touched == section.named(written)


def test_all_examples_fit_the_files_that_they_change(tmp_path: Path) -> None:
    for name in {name for section in EXAMPLES for name in section.touched if (ROOT / name).exists()}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, tmp_path / name)
    for section in EXAMPLES:
        section.apply(tmp_path)
    for file in tmp_path.rglob("*.py"):
        ast.parse(file.read_text(encoding="utf-8"), file.name)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project with all examples in it."""
    root = tmp_path_factory.mktemp("project") / "sojourn"
    copytree(ROOT, root, ignore=LEFT_OUT)
    for section in EXAMPLES:
        section.apply(root)
    if (ROOT / ".mypy_cache").exists():  # so that only what changes is looked at
        copytree(ROOT / ".mypy_cache", root / ".mypy_cache")
    return root


def run(root: Path, *words: str) -> str:
    """Run a Python program in a project, and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": os.fspath(root), "SOJOURN_SHARED": os.fspath(ROOT.parent / "shared")}
    done = subprocess.run(
        [sys.executable, *words], cwd=root, env=environment, check=False, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.command
@pytest.mark.timeout(1200)
def test_the_examples_are_all_that_it_takes(project: Path) -> None:
    pages = {page: run(project, "-m", program) for program, page in PROGRAMS}
    for page, text in pages.items():
        (project / page).write_text(text, encoding="utf-8")
    generated = {name for section in EXAMPLES for name, content in section.files.items() if GENERATED in content}
    assert generated == {page for page, text in pages.items() if text != (ROOT / page).read_text(encoding="utf-8")}
    tests = sorted({test for section in EXAMPLES for test in section.named(section.tests)})
    run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    run(project, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())")
    run(project, "-m", "ruff", "check", ".")
    run(project, "-m", "mypy")
