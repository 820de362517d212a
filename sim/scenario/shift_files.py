"""YAML files of shifts next to a scenario, such as those that a roster writes: a list for each group."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.core.errors import InvalidInput, Problem, near
from sim.scenario.document import Document, read_yaml

__all__ = ["with_shift_files"]


def with_shift_files(data: dict[str, Any], document: Document) -> tuple[dict[str, Any], list[Problem]]:
    """Replace the names of files of shifts by the shifts that they hold.

    Parameters
    ----------
    data
        A scenario as plain data.
    document
        Its file, beside which the files lie.

    Returns
    -------
    data
        Changed copy.
    problems
        Of files that cannot be read, or lack the group.
    """
    groups = data.get("agents")
    if not isinstance(groups, dict):
        return data, []
    problems: list[Problem] = []
    changed = {
        name: {**group, "shifts": _shifts(name, group["shifts"], document, problems)}
        if isinstance(group, dict) and isinstance(group.get("shifts"), str)
        else group
        for name, group in groups.items()
    }
    return {**data, "agents": changed}, problems


def _shifts(group: str, name: str, document: Document, problems: list[Problem]) -> Any:
    file: Path = document.file.parent / name
    try:
        known = read_yaml(file, group).data
    except InvalidInput as error:
        problems.extend(error.problems)
        return []
    if group not in known:
        problems.append(Problem(str(file), "", f'has no shifts of "{group}"; {near(group, known)}'))
    return known.get(group, [])
