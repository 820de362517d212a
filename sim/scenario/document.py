"""YAML files as plain data, with the line of every value."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, SequenceNode

from sim.core.errors import InvalidInput, Problem
from sim.core.files import refuse_special

__all__ = [
    "UNREADABLE",
    "Document",
    "document_of",
    "first_line",
    "plain_data",
    "read_text",
    "read_value",
    "read_yaml",
]

MAX_BYTES = 4_000_000
MAX_VALUES = 1_000_000
MAX_KEYS = 20_000  # the YAML library takes some seconds for them
MAX_ITEMS = 50_000  # of lists and of mappings in braces; the library takes ten seconds for them
MAX_DIGITS = 400  # of a number, which Python could read, but not write
MAX_BRACKETS = 100  # one in another; the YAML library takes 15 s for 5,000
# The YAML library raises all of these for malformed scalars: "0x_" gives an IndexError, for example.
UNREADABLE = (
    YAMLError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """The data of a YAML file, and the line of each value."""

    file: Path
    data: Any
    lines: dict[Path_, int]

    def line(self, path: Path_) -> int:
        """Return the line of a value, or of its nearest parent that has one; 0 if unknown."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


def read_yaml(file: Path, key: str = "name") -> Document:
    """Read a YAML 1.2 file.

    Parameters
    ----------
    file
        The file.
    key
        A key that the file has at its top, for errors.

    Returns
    -------
    Document
        Its data as dicts, lists and scalars, and their lines.

    Raises
    ------
    InvalidInput
        The file is missing, unreadable, too large, not YAML, or not a mapping at its top.
    """
    return document_of(read_text(file), file, key)


def document_of(text: str, file: Path, key: str = "name") -> Document:
    """Parse the text of a YAML file.

    Parameters
    ----------
    text
        The text.
    file
        The file, for errors.
    key
        A key that the file has at its top, for errors.

    Raises
    ------
    InvalidInput
        As for `read_yaml`.
    """
    try:
        tree = _tree(text)
    except UNREADABLE as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        detail = (error.problem if isinstance(error, MarkedYAMLError) else None) or first_line(error)
        line = mark.line + 1 if mark else 0
        raise InvalidInput([Problem(str(file), "", f"is not valid YAML: {detail}", line)]) from None
    if not isinstance(tree, CommentedMap):
        actual = "nothing" if tree is None else "a list" if isinstance(tree, CommentedSeq) else "a single value"
        raise InvalidInput([Problem(str(file), "", f'must hold keys such as "{key}:" at its top; found {actual}', 1)])
    try:
        if _size(tree, {}) > MAX_VALUES:
            raise InvalidInput([Problem(str(file), "", f"holds more than {MAX_VALUES} values through its aliases")])
        return Document(file, plain_data(tree), dict(_lines(tree, ())))
    except RecursionError:
        raise InvalidInput(
            [Problem(str(file), "", "contains itself through an alias, or is nested too deep")]
        ) from None


def read_value(text: str) -> Any:
    """Parse a piece of YAML into dicts, lists and scalars; it may raise any of `UNREADABLE`."""
    return plain_data(_tree(text))


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or the name of its type if the text is empty."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def read_text(file: Path) -> str:
    """Read a UTF-8 text file; raise `InvalidInput` if it is missing, unreadable, too large or not UTF-8."""
    try:
        refuse_special(file)
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)  # the file may grow, or have no size of its own, as in /proc
        if len(content) > MAX_BYTES:
            raise InvalidInput([Problem(str(file), "", f"is larger than {MAX_BYTES // 1_000_000} MB")])
        return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig").read()
    except FileNotFoundError:
        raise InvalidInput([Problem(str(file), "", "there is no such file")]) from None
    except UnicodeDecodeError as error:
        raise InvalidInput([Problem(str(file), "", f"is not UTF-8 text: {error.reason}")]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInput([Problem(str(file), "", f"cannot be read: {reason}")]) from None


class _Constructor(RoundTripConstructor):
    """The YAML library's, without ``1_0`` for 10, which YAML 1.2 does not know."""


def _without_underscore(name: str) -> Any:
    """Return a method of the library's that refuses numbers with an underscore, or with very many digits."""
    construct = getattr(RoundTripConstructor, name)

    def checked(self: _Constructor, node: Any) -> Any:
        if len(node.value) > MAX_DIGITS:
            problem = f"a number has {len(node.value):,} digits, and the limit is {MAX_DIGITS}"
            raise ConstructorError(problem=problem, problem_mark=node.start_mark)
        if "_" in node.value:
            problem = f'"{node.value}" is no number: write it without "_", or in quotes if it is a name'
            raise ConstructorError(problem=problem, problem_mark=node.start_mark)
        return construct(self, node)

    return checked


for _kind in ("int", "float"):
    _Constructor.add_constructor(f"tag:yaml.org,2002:{_kind}", _without_underscore(f"construct_yaml_{_kind}"))


def _tree(text: str) -> Any:
    if re.search(r"^%YAML\s+(?!1\.2\s)", text, flags=re.MULTILINE):
        raise ValueError("%YAML names a version other than 1.2, in which 10:00 and yes mean something else; remove it")
    keys = len(re.findall(r":\s|\":", text))
    if keys > MAX_KEYS:
        raise ValueError(f"it holds {keys:,} keys, and the limit is {MAX_KEYS:,}; put tables into CSV files")
    items = len(re.findall(r",|^\s*-\s", text, flags=re.MULTILINE))
    if items > MAX_ITEMS:
        raise ValueError(
            f"it holds {items:,} items of lists, and the limit is {MAX_ITEMS:,}; put tables into CSV files"
        )
    depths = accumulate(1 if bracket in "[{" else -1 for bracket in re.findall(r"[][{}]", text))
    if max(depths, default=0) > MAX_BRACKETS:
        raise ValueError(f"more than {MAX_BRACKETS} brackets stand one in another")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReusedAnchorWarning)  # YAML 1.2 allows it
        if "<<" in text and (merged := _merged(YAML(typ="rt").compose(text), {})) > MAX_KEYS:
            raise ValueError(f'its "<<" merge {merged:,} keys, and the limit is {MAX_KEYS:,}; write them once')
        yaml = YAML(typ="rt")
        yaml.Constructor = _Constructor
        return yaml.load(text)


def _merged(node: Any, known: dict[int, int]) -> int:
    """Count the keys that all ``<<`` of a document bring, those of their own ``<<`` included."""
    if id(node) in known or not isinstance(node, MappingNode | SequenceNode):
        return 0
    known[id(node)] = 0  # keys of this mapping with those that it merges; 0 while a node is in itself
    if isinstance(node, SequenceNode):
        return sum(_merged(each, known) for each in node.value)
    total, brought = 0, 0
    for key, value in node.value:
        total += _merged(value, known)
        if key.tag == "tag:yaml.org,2002:merge":
            brought += sum(known.get(id(each), 0) for each in (value.value if value.id == "sequence" else [value]))
    known[id(node)] = len(node.value) + brought
    return total + brought


def _size(node: Any, known: dict[int, int]) -> int:
    """Count the values with all aliases expanded."""
    if not isinstance(node, CommentedMap | CommentedSeq):
        return 1
    if id(node) not in known:
        inner = node.values() if isinstance(node, CommentedMap) else node
        known[id(node)] = 1 + sum(_size(each, known) for each in inner)
    return known[id(node)]


def plain_data(node: Any) -> Any:
    """Return a parsed YAML node as dicts, lists and scalars."""
    if isinstance(node, CommentedMap):
        return {str(key): plain_data(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [plain_data(value) for value in node]
    if isinstance(node, bool) or node is None:
        return node
    for scalar in (int, float, str):
        if isinstance(node, scalar):
            return scalar(node)
    return str(node)


def _lines(node: Any, path: Path_) -> Iterator[tuple[Path_, int]]:
    keys: Any = ()
    if isinstance(node, CommentedMap):
        keys = ((key, node.lc.key) for key in node)
    elif isinstance(node, CommentedSeq):
        keys = ((index, node.lc.item) for index in range(len(node)))
    for key, position in keys:
        here = (*path, key if isinstance(node, CommentedSeq) else str(key))
        with suppress(KeyError, TypeError):  # a key merged by "<<" has no line of its own
            yield here, position(key)[0] + 1
        yield from _lines(node[key], here)
