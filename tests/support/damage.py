"""Ways to damage what a program reads: the bytes, lines and words of a text, the values of JSON, and whole files."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

from sim.scenario.document import read_yaml

__all__ = ["NASTY", "damage_file", "damage_values", "damaged_json", "damaged_text", "leaves", "nasty_text", "places"]

NASTY = [
    ":", "{", "}", "[", "]", ",", "#", "*a", "*it", "!", "|", ">", "'", '"', "%", "...", "<<", "~", "null", "true",
    ".nan", ".inf", "-.inf", "0", "-1", "1e999", "1e-320", "0x_", "0o9", "0b", "10:00", "2001-99-99", "-", "=",
    "resolved", "rest", "call", "voice", "pause", "", " ", "\t", "\n", ": ", "- ", "? ", "&a ", "!!int ", "!!set ",
    "!!binary ", "!!timestamp ", "%YAML 1.1\n", "---\n", "<<: ", "\x00", "\x85", "\ufeff", "\ud7ff", "\xe9",
    "\U0001f600", "\u2028", "100 %", "-3 s", "9" * 400,
]  # fmt: skip
NASTY_VALUES: Final[list[Any]] = [
    None, True, False, 0, -1, 1.5, 1e308, 10**40, 10**400, float("nan"), float("inf"), "", " ", "nonsense", "-3 s",
    "150 %", "1e999", "x-1", "rest", "> ", [], {}, [[]], [None], {"": 0}, "\ud800", "a\x00b", "all", "run", "load",
]  # fmt: skip

Text = Callable[[Random, bytes], bytes]


def _bytes(random: Random, content: bytes) -> bytes:
    """Change, insert or drop bytes."""
    changed = bytearray(content)
    for _ in range(random.randint(1, 4)):
        at = random.randint(0, len(changed))
        changed[at : at + random.randint(0, 3)] = random.randbytes(random.randint(0, 3))
    return bytes(changed)


def _lines(random: Random, content: bytes) -> bytes:
    """Drop, double, swap and indent lines."""
    rows = content.splitlines(keepends=True) or [b""]
    for _ in range(random.randint(1, 3)):
        a, b = random.randrange(len(rows)), random.randrange(len(rows))
        rows[a] = random.choice([b"", rows[a] * 2, rows[b], b"  " + rows[a], rows[a].lstrip(), rows[a][: b + 1]])
    return b"".join(rows)


def _words(random: Random, content: bytes) -> bytes:
    """Put other words, nasty ones among them, in the place of words."""
    whole = re.findall(r"\w+|\s+|[^\w\s]", content.decode(errors="surrogateescape")) or [""]
    pieces = list(whole)
    for _ in range(random.randint(1, 4)):
        pieces[random.randrange(len(pieces))] = random.choice([*NASTY, *whole[:1000]])
    return "".join(pieces).encode(errors="surrogateescape")


def _ends(random: Random, content: bytes) -> bytes:
    """Cut the content off, or double it."""
    return random.choice([content[: random.randint(0, len(content))], content * 2, b"", content[::-1]])


def damaged_text(random: Random, content: str | bytes) -> bytes:
    """Return a text with some bytes, lines or words changed, or cut off."""
    edit: Text = random.choice([_bytes, _lines, _words, _bytes, _lines, _words, _ends])
    return edit(random, content.encode() if isinstance(content, str) else content)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Go through all places in nested dicts and lists: their holder, and the key or number."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


def leaves(value: Any) -> list[Any]:
    """Return every value of nested dicts and lists, and every key."""
    pairs = [(holder[key], key) for holder, key in places(value)]
    return [part for pair in pairs for part in pair]


def damaged_json(random: Random, value: Any, parts: list[Any] = NASTY_VALUES) -> Any:
    """Return JSON with parts dropped, moved, renamed, or replaced by others."""
    data = json.loads(json.dumps(value))
    for _ in range(random.randint(1, 3)):
        spots = list(places(data))
        if not spots:
            break
        holder, key = random.choice(spots)
        part = json.loads(json.dumps(random.choice(parts)))
        change = random.choice(["replace", "replace", "drop", "rename", "double"])
        if change == "replace":
            holder[key] = part
        elif change == "drop":
            del holder[key]
        elif isinstance(holder, list):
            holder.insert(key, holder[key] if change == "double" else part)
        else:
            holder[str(part) if change == "rename" else f"{key}_"] = (
                holder.pop(key) if change == "rename" else holder[key]
            )
    return data


def nasty_text(random: Random, words: list[str], most: int = 4) -> str:
    """Return some words and nasty pieces in a row."""
    return "".join(random.choice(random.choice([NASTY, words])) for _ in range(random.randint(0, most)))


def _as_folder(file: Path) -> None:
    file.mkdir()


def _as_pipe(file: Path) -> None:
    os.mkfifo(file)


def _as_circle(file: Path) -> None:
    file.symlink_to(file.name)


def _as_device(file: Path) -> None:
    file.symlink_to("/dev/zero")


def _as_memory(file: Path) -> None:
    file.symlink_to("/proc/self/mem")


def _as_nothing(_: Path) -> None:
    """Leave the file away."""


def damage_file(random: Random, file: Path) -> None:
    """Damage a file: mostly its text or its JSON; seldom, something else takes its place."""
    if random.random() < 0.03:
        change = random.choice([_as_folder, _as_pipe, _as_circle, _as_device, _as_memory, _as_nothing])
        remove(file)
        change(file)
        return
    content = file.read_bytes()
    try:
        value = json.loads(content) if file.suffix == ".json" and random.random() < 0.5 else None
    except ValueError:  # it was damaged before
        value = None
    if value is None:
        file.write_bytes(damaged_text(random, content))
    else:
        file.write_text(json.dumps(damaged_json(random, value), indent=1), encoding="utf-8")


def remove(file: Path) -> None:
    """Remove whatever stands at a path."""
    if file.is_dir() and not file.is_symlink():
        shutil.rmtree(file)
    else:
        file.unlink(missing_ok=True)


def damage_values(random: Random, file: Path, parts: list[Any]) -> None:
    """Damage a file; where it is YAML mostly its values, some of which become given parts, so that it is still YAML."""
    if file.suffix == ".yaml" and random.random() < 0.7:
        changed = damaged_json(random, read_yaml(file, "file").data, parts)
        file.write_text(json.dumps(changed), encoding="utf-8")
    else:
        damage_file(random, file)
