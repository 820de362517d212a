"""Rows of KPIs named by people: ``"service_level"``, ``"calls.service_level"`` or ``"queue.calls.service_level"``."""

from __future__ import annotations

from sim.core.errors import InvalidInput, Problem, near
from sim.engine.plan import Plan
from sim.kpis.model import Row
from sim.kpis.registry import index_of

__all__ = ["chosen_row"]

KEYED = ("queue", "group", "intent", "channel", "segment", "lines", "step")  # where a key is looked for, in this order


def chosen_row(plan: Plan, text: str, where: str) -> Row:
    """Return the row that a text names.

    Parameters
    ----------
    plan
        Has the rows.
    text
        A KPI; a key and a KPI, such as ``"calls.service_level"``, where a queue goes before a channel of the same name;
        or a dimension, a key and a KPI.
    where
        Place of the text, for the error, e.g. ``"--kpi"``.

    Raises
    ------
    InvalidInput
        There is no such row; the message has the near names.
    """
    *owner, name = text.strip().split(".")
    keys: set[tuple[str, str]] = {
        (by, key) for kpi, by, places in index_of(plan).blocks if kpi == name for key, *_ in places
    }
    known = {kpi for kpi, _, _ in index_of(plan).blocks}
    if name not in known and owner and owner[0] in known:
        message = f'"{text}": the key comes first; write {".".join([*owner[1:], name, owner[0]])}'
        raise InvalidInput([Problem(where, "", message)])
    if name not in known:
        raise InvalidInput([Problem(where, "", f'"{text}": "{name}" is not a KPI; {near(name, known)}')])
    if not owner:
        if ("all", "") not in keys:
            hint = f"write a key before it, such as {_example(name, keys)}"
            raise InvalidInput([Problem(where, "", f'"{text}" has no total; {hint}')])
        return Row(name, "all", "", None)
    key, within = ".".join(owner), ".".join(owner[1:])
    if owner[0] in KEYED and (owner[0], within) in keys:
        return Row(name, owner[0], within, None)
    for by in KEYED:
        if (by, key) in keys:
            return Row(name, by, key, None)
    names = {key for by, key in keys if by in KEYED}
    raise InvalidInput([Problem(where, "", f'"{text}": {name} has no key "{key}"; {near(key, names)}')])


def _example(name: str, keys: set[tuple[str, str]]) -> str:
    return ", ".join(sorted(f"{key}.{name}" for by, key in keys if by in KEYED)[:2])
