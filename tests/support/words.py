"""Lint rule on words: names are nouns of the domain, and a module begins with what it holds or does.

``python -m tests.support.words`` checks the project; ``make lint`` runs it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["FOLDERS", "problems_in", "problems_of"]

ROOT = Path(__file__).parents[2]
FOLDERS = ("sojourn", "sim", "routing", "orchestrator", "loadtests", "tests", "benchmarks")
VAGUE = frozenset({"found", "given", "it", "kind", "of", "one", "place", "said", "some", "them", "told", "which"})
QUESTIONS = frozenset({"How", "What", "Where", "Whether", "Who"})


def problems_of(folders: tuple[str, ...] = FOLDERS) -> list[str]:
    """Return a sentence for each vague name, and for each module that begins with a question word.

    Parameters
    ----------
    folders
        Paths within the project.
    """
    files = sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return [problem for file in files for problem in problems_in(file.read_text("utf-8"), str(file.relative_to(ROOT)))]


def problems_in(source: str, file: str) -> Iterator[str]:
    """Yield the problems of a module.

    Parameters
    ----------
    source
        The text of the module.
    file
        The name of the module in the sentences.
    """
    tree = ast.parse(source)
    first = (ast.get_docstring(tree) or "").partition(" ")[0]
    if first in QUESTIONS:
        yield f'{file}:1: the docstring begins with "{first}"; begin with a noun or an imperative verb'
    fields = _fields(tree)
    for node in ast.walk(tree):
        if (name := _name_of(node)) in VAGUE and node not in fields:
            yield f'{file}:{getattr(node, "lineno", 1)}: the name "{name}" is vague; use a noun of the domain'


def _fields(tree: ast.Module) -> set[ast.AST]:
    """Return the annotated fields of classes: files and answers have their names as keys."""
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return {field.target for node in classes for field in node.body if isinstance(field, ast.AnnAssign)}


def _name_of(node: ast.AST) -> str | None:
    """Return the name that a node introduces."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.MatchAs(name=name) | ast.MatchStar(name=name) | ast.ExceptHandler(name=name):
            return name
        case ast.alias(asname=name):
            return name
    return None


if __name__ == "__main__":
    sys.exit("\n".join(problems_of()) or 0)
