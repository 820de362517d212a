"""Rules whose evaluation is as dear as is permitted."""

from __future__ import annotations

from typing import Any

__all__ = ["DEAR", "LISTS", "PAIR", "TEXT", "documents"]

LISTS, PAIR, TEXT = "journey.context.lists", "journey.context.pair", "journey.context.text"
DEAR = [
    f"{LISTS}.map(x, x).size() > 0",
    f"{LISTS}.filter(x, true).filter(y, true).size() > 0",
    f"{LISTS}.map(x, [x]).size() > 0",
    f"{LISTS}.all(x, {' && '.join([f'({LISTS} == {PAIR})'] * 6)})",
    f"{LISTS}.exists_one(x, [x, x, x, x, x] == [{LISTS}])",
    f"size({' + '.join([LISTS] * 9)}) > 0",
    f"[{', '.join([LISTS] * 16)}] == []",
    f"[0, 1, 2, 3, 4].map(x, {LISTS}).size() > 0",
    f"{LISTS}.all(x, !({TEXT} in {LISTS}))",
    f"{TEXT}.contains({TEXT}) && {TEXT} + {TEXT} != {TEXT}",
]


def documents(*conditions: str) -> list[dict[str, Any]]:
    return [
        {"name": f"rule {i}", "when": when, "action": "prioritise", "with": {"priority": 1}}
        for i, when in enumerate(conditions)
    ]
