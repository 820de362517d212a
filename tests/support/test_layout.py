"""The layout of the tests: helpers stand in `tests.support`, and test files import each other nowhere."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
FILES = sorted(path for path in TESTS.rglob("*.py") if path.parent.name != "support")
IMPORT = re.compile(r"^\s*(?:from|import) +(\.\S*|tests\.\S+|conftest\b|test_\w+)", re.MULTILINE)


def test_test_folders_hold_tests_and_fixtures_only() -> None:
    files = [path for path in FILES if not path.name.startswith("test_") and path.name != "conftest.py"]
    assert files == [TESTS / "__init__.py"]


def test_tests_import_helpers_from_support_only() -> None:
    """A test file may name itself: some of its functions run in another process too."""
    imports = [
        (path.relative_to(TESTS), module)
        for path in FILES
        for module in IMPORT.findall(path.read_text(encoding="utf-8"))
        if not module.startswith("tests.support.")
        and module != ".".join(["tests", *path.relative_to(TESTS).with_suffix("").parts])
    ]
    assert imports == []
