"""The documentation pages: their code blocks, files, commands and links."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["PAGES", "ROOT", "anchors", "blocks", "commands", "links", "outputs", "steps", "write_files"]

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md"),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "guides").glob("*.md")),
]
OUTPUT = re.compile(r"^```(sh|python)\n([^`]*?)^```\n\n```text\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


def _blocks(page: Path) -> list[tuple[str, str]]:
    """Return the language and the text of each block, in order."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    """Return the text of the blocks in one language."""
    return [text for name, text in _blocks(page) if name == language]


def _lines(text: str) -> list[str]:
    lines = [line.split("  #")[0].split(" # ")[0].strip() for line in text.splitlines()]
    return [line for line in lines if line]


def commands(page: Path) -> list[str]:
    """Return the commands of a page, without their comments."""
    return [line for text in blocks(page, "sh") for line in _lines(text)]


def steps(page: Path) -> list[tuple[str, str]]:
    """Return the commands ("sh") and the programs ("python") of a page, in order."""
    steps: list[tuple[str, str]] = []
    for name, text in _blocks(page):
        steps += [("sh", line) for line in _lines(text)] if name == "sh" else []
        steps += [("python", text)] if name == "python" else []
    return steps


def outputs(page: Path) -> list[tuple[list[tuple[str, str]], list[str]]]:
    """Return the steps whose output a page shows, with the lines of that output."""
    matches = OUTPUT.findall(page.read_text(encoding="utf-8"))
    return [
        ([(name, line) for line in _lines(text)] if name == "sh" else [(name, text)], shown.splitlines())
        for name, text, shown in matches
    ]


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
