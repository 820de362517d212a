"""The pages that people read: their blocks, commands and links."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["PAGES", "ROOT", "blocks", "commands", "links"]

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    """Return the text of the blocks in one language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == language]


def commands(page: Path) -> list[str]:
    """Return the commands of a page, without their comments."""
    lines = [line.split("  #")[0].split(" # ")[0].strip() for text in blocks(page, "sh") for line in text.splitlines()]
    return [line for line in lines if line]


def links(page: Path) -> list[str]:
    """Return what a page links to within the project."""
    found = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    return [link for link in found if not link.startswith(("http://", "https://"))]
