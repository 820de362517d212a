"""Migration: files of earlier versions rewritten, so that they say today what they said then."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from math import ceil
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.util import load_yaml_guess_indent

from sim.core.errors import Problem
from sim.core.files import is_folder
from sim.core.units import parse_duration, spell
from sim.scenario.document import Document, document_of, plain_data, read_text
from sim.scenario.hidden_entries import hidden_problems
from sim.scenario.reader import draft_of, problems_of

__all__ = ["Migration", "migrate_scenario"]

_WIDE = 1 << 20  # columns: no line is folded
Changes = Iterator[tuple[str, str]]  # path and sentence


@dataclass(frozen=True)
class Migration:
    """What a scenario's file was, and what it should be.

    Parameters
    ----------
    file
        The scenario's file.
    before, after
        Its text; the same if nothing is to be changed.
    changes
        A sentence for each change, with its path.
    notes
        Sentences on parts of the file that mean something else than in earlier versions, and stay as they are.
    problems
        What is still wrong afterwards, and nobody but you can decide.
    """

    file: Path
    before: str
    after: str
    changes: tuple[str, ...]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def diff(self) -> str:
        """The change as a unified diff; empty if there is none."""
        old, new = (text.splitlines(keepends=True) for text in (self.before, self.after))
        return "".join(unified_diff(old, new, str(self.file), f"{self.file} (migrated)"))


def migrate_scenario(file: Path | str, *, days_from_0: bool = False) -> Migration:
    """Rewrite a scenario of an earlier version, with its comments and in its order.

    Parameters
    ----------
    file
        A ``scenario.yaml``, or the folder that holds it; it is not written.
    days_from_0
        Whether the days of shifts count from 0, as they did. Where one of them is 0 they do anyway.

    Returns
    -------
    Migration
        The text before and after, and what is changed.

    Raises
    ------
    InvalidInput
        The file cannot be read, or is not YAML.
    """
    path = Path(file)
    if is_folder(path):
        path /= "scenario.yaml"
    before = read_text(path)
    document_of(before, path)  # within its bounds
    yaml = _writer(before)
    tree: CommentedMap = yaml.load(before)
    untouched = _text(yaml, tree)
    changes = [
        f"{where}: {sentence}" for rule in _rules(path, days_from_0=days_from_0) for where, sentence in rule(tree)
    ]
    after = _merged(before, untouched, _text(yaml, tree)) if changes else before
    days_known = days_from_0 or any(".shifts." in change for change in changes)
    notes = tuple(f"{where}: {sentence}" for where, sentence in _notes(tree, days_known=days_known))
    return Migration(path, before, after, tuple(changes), notes, tuple(problems_of(document_of(after, path))))


def _rules(file: Path, *, days_from_0: bool) -> Iterator[Callable[[CommentedMap], Changes]]:
    yield lambda tree: _shift_days(tree, always=days_from_0)
    yield _warm_up
    yield _rules_of_shifts
    yield lambda tree: _hidden_entries(tree, file)


def _shift_days(tree: CommentedMap, *, always: bool) -> Changes:
    """Let days of shifts count from 1."""
    shifts = [shift for shift in _shifts(tree) if isinstance(shift[1].get("days"), list)]
    numbers = [day for _, shift in shifts for day in shift["days"]]
    if not all(isinstance(day, int) for day in numbers) or not (always or 0 in numbers):
        return
    for where, shift in shifts:
        old = list(shift["days"])
        for position, day in enumerate(old):
            shift["days"][position] = day + 1
        yield f"{where}.days", f"{old} is now {list(shift['days'])}: days of shifts count from 1, no longer from 0"


def _warm_up(tree: CommentedMap) -> Changes:
    """Extend the warm-up to whole intervals, as it was without a word."""
    run = tree.get("run")
    try:
        length = parse_duration(run["warm_up"])
        interval = parse_duration(run.get("interval", 1800.0))
    except (KeyError, TypeError, ValueError):
        return
    if interval > 0.0 and length % interval:
        old, run["warm_up"] = run["warm_up"], spell(ceil(length / interval) * interval)
        yield "run.warm_up", f"{old} is now {run['warm_up']}, which it was rounded up to: whole intervals"


def _rules_of_shifts(tree: CommentedMap) -> Changes:
    """Remove what applies to shifts only, and was ignored, from groups with a headcount."""
    for name, group in _entries(tree.get("agents")):
        for field in ("absence", "lateness"):
            if "staff" in group and group.get(field):
                del group[field]
                yield f"agents.{name}.{field}", "is removed: it applies to shifts, and had no effect with a headcount"


def _hidden_entries(tree: CommentedMap, file: Path) -> Changes:
    """Remove entries that never apply, of a scenario that is valid otherwise."""
    scenario = draft_of(Document(file, plain_data(tree), {}))
    if scenario is None:
        return
    hidden = list(hidden_problems(scenario))
    for where, message in sorted(hidden, key=lambda entry: entry[0][-1], reverse=True):
        *parents, number = where
        entries: Any = tree
        for key in parents:
            entries = entries[key]
        if isinstance(entries, list) and isinstance(number, int):
            del entries[number]
            yield ".".join(map(str, where)), f"is removed: it {message.partition(';')[0]}"


def _notes(tree: CommentedMap, *, days_known: bool) -> Changes:
    """Say what means something else than in earlier versions, and is not rewritten."""
    if not days_known:
        for where, shift in _shifts(tree):
            if isinstance(shift.get("days"), list):
                yield f"{where}.days", "days count from 1; if they counted from 0 in this file, give --days-from-0"
                break
    for name, group in _entries(tree.get("agents")):
        for field, sentence in _notes_of_group(group):
            yield f"agents.{name}.{field}", sentence
    for name, queue in _entries(tree.get("queues")):
        if queue.get("ring"):
            yield f"queues.{name}.ring", "who gives up while it rings has abandoned; they were answered"
        if queue.get("callback") and tree.get("lines"):
            yield f"queues.{name}.callback", "who waits for a callback holds no line; the call back takes one"
    demand = tree.get("demand")
    if isinstance(demand, dict) and "per" in demand:
        yield "demand.per", "where it is shorter than run.interval, arrivals follow the shorter times now"


def _notes_of_group(group: Any) -> Changes:
    """Say what means something else in a group of agents."""
    if group.get("shrinkage"):
        yield "shrinkage", "is paid now; paid: {shrinkage: false} gives the cost of before"
        yield "shrinkage", "headcounts are rounded half up, so one may differ by 1"
    if any(shift.get("off") for _, shift in _shifts({"agents": {"": group}})):
        yield "shifts", "meetings and training are paid now; paid: false in an activity says otherwise"
    if group.get("shifts") and group.get("stay_until_empty"):
        yield "stay_until_empty", "applies to shifts now, and on each day"
    if group.get("cost"):
        yield "cost", "overtime is paid now; overtime_factor: 0 gives the cost of before"


def _entries(owners: object) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a mapping that are mappings themselves."""
    for name, owner in owners.items() if isinstance(owners, dict) else ():
        if isinstance(owner, dict):
            yield str(name), owner


def _shifts(tree: Any) -> Iterator[tuple[str, Any]]:
    """Yield path and content of the shifts of all groups."""
    for name, group in _entries(tree.get("agents")):
        shifts = group.get("shifts")
        for number, shift in enumerate(shifts if isinstance(shifts, list) else ()):
            if isinstance(shift, dict):
                yield f"agents.{name}.shifts.{number}", shift


def _writer(text: str) -> YAML:
    """Return a reader and writer of YAML that keeps comments, quotes and the indentation of lists."""
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = _WIDE
    _, _, offset = load_yaml_guess_indent(text)
    yaml.indent(mapping=2, sequence=(offset or 0) + 2, offset=offset or 0)
    return yaml


def _text(yaml: YAML, tree: CommentedMap) -> str:
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue()


def _merged(before: str, untouched: str, changed: str) -> str:
    """Return the text before with the changes alone: not with what the writer would format in another way."""
    old, base, new = (text.splitlines(keepends=True) for text in (before, untouched, changed))
    places = _places(base, old)
    merged, position = [], 0
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, base, new, autojunk=False).get_opcodes():
        if tag != "equal":
            comments = [line for line in old[places[i1] : places[i2]] if line.lstrip().startswith("#")]
            kept = [line for line in comments if line not in new[j1:j2]]  # those of an entry that is removed
            merged += [*old[position : places[i1]], *new[j1:j2], *kept]
            position = max(places[i2], position)
    return "".join([*merged, *old[position:]])


def _places(base: list[str], old: list[str]) -> list[int]:
    """Return the number of the old line at which each line of the base begins, and the number of old lines."""
    places = [0] * (len(base) + 1)
    for _, i1, i2, j1, j2 in SequenceMatcher(None, base, old, autojunk=False).get_opcodes():
        for line in range(i1, i2):
            places[line] = min(j1 + line - i1, j2)
    places[len(base)] = len(old)
    return places
