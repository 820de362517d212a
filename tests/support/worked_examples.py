"""The worked examples of docs/add.md: the files that a section names, and the changes that its example makes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.support.documentation import ROOT

__all__ = ["GENERATED", "PAGE", "Section", "sections"]

PAGE = ROOT / "docs" / "add.md"
GENERATED = "written by `make docs`"


@dataclass(frozen=True)
class Section:
    """Section of the page: how one kind is added.

    Attributes
    ----------
    title
        The kind.
    files
        Path of each file that the section names, ``NAME`` included, with what it says of the file.
    tests
        The tests that it says to run.
    written
        Files of the example, whole.
    changed
        Changes of the example: the file, the lines that stand there, and the lines that replace them.
    """

    title: str
    files: dict[str, str]
    tests: list[str]
    written: dict[str, str]
    changed: list[tuple[str, str, str]]

    @property
    def touched(self) -> set[str]:
        """The files that the example writes or changes."""
        return {*self.written, *(file for file, _, _ in self.changed)}

    @property
    def name(self) -> str:
        """The name that stands for NAME in the example."""
        patterns = [re.escape(file).replace("NAME", r"(\w+)") for file in self.files if "NAME" in file]
        (name,) = {match[1] for pattern in patterns for file in self.written if (match := re.fullmatch(pattern, file))}
        return name

    def named(self, paths: Iterable[str]) -> set[str]:
        """Return paths with the name of the example."""
        return {path.replace("NAME", self.name) for path in paths}

    def apply(self, root: Path) -> None:
        """Make the changes of the example in a project."""
        for name, text in self.written.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            with (root / name).open("x", encoding="utf-8") as file:
                file.write(text)
        for name, old, new in self.changed:
            text = (root / name).read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{self.title}: {name} has this {text.count(old)} times:\n{old}"
            (root / name).write_text(text.replace(old, new), encoding="utf-8")


def sections() -> list[Section]:
    """Return the sections of the page."""
    _, *parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [_section(title, text) for title, text in zip(parts[::2], parts[1::2], strict=True)]


def _section(title: str, text: str) -> Section:
    files = dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", text, flags=re.MULTILINE))
    blocks = re.findall(r"^```\w+\n(?:# |--- )(\S+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    diffs = set(re.findall(r"^```diff\n--- \S+\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL))
    return Section(
        title,
        files,
        re.findall(r"`([^`]+)`", re.findall(r"^Run: (.+)$", text, flags=re.MULTILINE)[0]),
        {name: block for name, block in blocks if block not in diffs},
        [(name, _side(block, "-"), _side(block, "+")) for name, block in blocks if block in diffs],
    )


def _side(diff: str, mark: str) -> str:
    """Return one side of a diff: its context, and the lines with a mark."""
    return "".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] in {" ", mark})
