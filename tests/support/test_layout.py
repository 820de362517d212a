"""The layout of the tests: helpers stand in `tests.support`, and test files do not import each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
FILES = sorted(path for path in TESTS.rglob("*.py") if path.parent.name != "support")


def imports_of(path: Path) -> Iterator[str]:
    """Yield what a file imports by `from`; a relative import begins with a dot."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def test_test_folders_hold_tests_and_fixtures_only() -> None:
    files = [path for path in FILES if not path.name.startswith("test_") and path.name != "conftest.py"]
    assert files == [TESTS / "__init__.py"]


def test_tests_import_helpers_from_support_only() -> None:
    wrong = [
        (str(path.relative_to(TESTS)), module)
        for path in FILES
        for module in imports_of(path)
        if module.startswith((".", "tests", "test_", "conftest")) and not module.startswith("tests.support.")
    ]
    assert wrong == []
