"""The documentation pages: their code blocks, files, commands and links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

__all__ = ["PAGES", "ROOT", "Run", "anchors", "blocks", "commands", "links", "runs", "write_files"]

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md"),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "guides").glob("*.md")),
]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


class Run(NamedTuple):
    """A block of commands, or of a program, and the lines of the output that the page shows below it, if it does."""

    language: str  # sh or python
    steps: list[str]  # commands, or one program
    shown: list[str] | None


def _blocks(page: Path) -> list[tuple[str, str]]:
    """Return the language and the text of each block, in order."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def blocks(page: Path, language: str) -> list[str]:
    """Return the text of the blocks in one language."""
    return [text for name, text in _blocks(page) if name == language]


def _lines(text: str) -> list[str]:
    lines = [line.split("  #")[0].split(" # ")[0].strip() for line in text.splitlines()]
    return [line for line in lines if line]


def commands(page: Path) -> list[str]:
    """Return the commands of a page, without their comments."""
    return [line for text in blocks(page, "sh") for line in _lines(text)]


def runs(page: Path) -> list[Run]:
    """Return what a page runs, in order."""
    text = page.read_text(encoding="utf-8")
    runs: list[Run] = []
    for block in BLOCK.finditer(text):
        if block[1] in {"sh", "python"}:
            below = BLOCK.match(text, block.end() + 2) if text.startswith("\n\n", block.end()) else None
            shown = below[2].splitlines() if below is not None and below[1] == "text" else None
            runs.append(Run(block[1], _lines(block[2]) if block[1] == "sh" else [block[2]], shown))
    return runs


def write_files(page: Path, folder: Path) -> None:
    """Write the files that a page shows whole: blocks whose first line is a comment with the file's name."""
    for language, text in _blocks(page):
        named = re.match(r"# (\w+\.(?:yaml|py|toml|csv))\n", text)
        if named and language in {"yaml", "python", "toml", "csv"}:
            (folder / named[1]).write_text(text, encoding="utf-8")


def links(page: Path) -> list[str]:
    """Return what a page links to within the project; after a "#" is the heading."""
    targets: list[str] = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    return [link for link in targets if not link.startswith(("http://", "https://"))]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
