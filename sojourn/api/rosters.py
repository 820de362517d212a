"""Rosters from requirements, and their result folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sim.core import interrupts
from sim.core.errors import InvalidInput, Problem
from sim.core.files import refuse_foreign
from sim.report.roster_folder import roster_records, write_roster
from sim.roster import Limits, Roster, find_roster, read_requirements, read_rules

__all__ = ["RosterResult", "make_roster"]


@dataclass(frozen=True, eq=False)
class RosterResult:
    """A roster, and the folder that holds it."""

    folder: Path
    manifest: dict[str, Any]
    roster: Roster

    def __repr__(self) -> str:
        """Return what was found, and where the result is."""
        return f"<RosterResult: cost {self.roster.cost:,.0f}, at least {self.roster.bound:,.0f}, {self.folder}>"

    @property
    def interrupted(self) -> bool:
        """Whether the search was ended by hand; the best roster so far is kept."""
        return self.roster.interrupted

    def as_dict(self) -> dict[str, Any]:
        """Return the manifest and the roster, JSON-able."""
        return {"manifest": self.manifest, **roster_records(self.roster)}


def make_roster(
    requirements: Path | str,
    rules: Path | str,
    *,
    shrinkage: Mapping[str, float] | None = None,
    gap: float = 1e-4,
    seconds: float | None = None,
    out: Path | str | None = None,
    report: bool = True,
    progress: Callable[[str, float, float], None] = lambda _group, _best, _bound: None,
) -> RosterResult:
    """Find shifts that cover requirements at least cost, give them to people, and write the result.

    Parameters
    ----------
    requirements
        A CSV table with a row per interval and a column per group, such as `find_staffing` writes.
    rules
        A YAML file with kinds of shift, contracts and prices.
    shrinkage
        Of groups, where the rules say none; otherwise nobody is away then.
    gap
        Share of the cost by which it may exceed its lower bound.
    seconds
        Time for each group; None = until the gap is reached, so that the result does not depend on the machine.
    out
        Folder of the result; by default one in ``results/``.
    report
        Whether to write ``report.html`` and its tables.
    progress
        Called with the group, the cost of the best shifts so far (infinite = none yet), and their lower bound.

    Returns
    -------
    RosterResult
        The best that was found; after an interrupt (Ctrl-C), the best so far.

    Raises
    ------
    InvalidInput, CannotWrite
        Nothing was changed.
    """
    table, file = Path(requirements), Path(rules)
    if not 0 <= gap < 1:
        raise InvalidInput([Problem("--gap", "", f"{gap:g} is no share; give one from 0 to below 1, such as 0.01")])
    needs, checked = read_requirements(table), read_rules(file)
    digests = {str(each): sha256(each.read_bytes()).hexdigest() for each in (table, file)}
    record: dict[str, Any] = {
        "requirements": str(table),
        "rules": str(file),
        "sha256": digests,
        "gap": gap,
        "seconds": seconds,
        **({"shrinkage": dict(shrinkage)} if shrinkage and checked.shrinkage is None else {}),
    }
    digest = sha256("".join(digests.values()).encode()).hexdigest()[:8]
    folder = Path(out) if out else Path("results") / f"{table.stem}-roster-{digest}"
    refuse_foreign(folder)
    interrupts.allow(interrupts.GRACE)  # the best shifts so far are to be kept
    limits = Limits(gap=gap, seconds=seconds)
    roster = find_roster(checked, needs, str(file), shrinkage=shrinkage, limits=limits, progress=progress)
    interrupts.allow(interrupts.KEEPING)
    return RosterResult(folder, write_roster(folder, roster, record, report=report), roster)
