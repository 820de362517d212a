"""Page of a verdict: what failed, and all checks by stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sim.report.provenance import provenance

__all__ = ["CheckRow", "StageRows", "verdict_page"]


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A check, as text.

    Parameters
    ----------
    name, actual, wanted
        The name, the value, and its bound.
    mark
        ``ok``, ``failed`` or ``not measured``.
    message
        The first line is a sentence; the others list values.
    """

    name: str
    actual: str
    wanted: str
    mark: str
    message: str

    @property
    def first(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]

    @property
    def rest(self) -> str:
        """The other lines of the message."""
        return self.message.partition("\n")[2]

    @property
    def colour(self) -> str:
        """The class of the mark."""
        return {"ok": "good", "failed": "bad"}.get(self.mark, "quiet")


@dataclass(frozen=True, slots=True)
class StageRows:
    """The checks of one stage, under its title."""

    title: str
    checks: Sequence[CheckRow]


def verdict_page(
    title: str,
    sentence: str,
    stages: Sequence[StageRows],
    manifest: Mapping[str, Any],
    notes: Sequence[str] = (),
    outcome: Sequence[str] = (),
) -> str:
    """Return the page of a verdict, without requests to a server.

    Parameters
    ----------
    title, sentence
        The name of the result, and its status in words.
    stages
        All checks.
    manifest
        Of the result.
    notes
        Sentences that decide nothing.
    outcome
        Sentences that say more than the status, and come before it, such as which endpoint is slower.
    """
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    checks = [check for stage in stages for check in stage.checks]
    failures = [check for check in checks if check.mark == "failed"]
    numbers = {mark: sum(check.mark == mark for check in checks) for mark in ("ok", "failed", "not measured")}
    counts = ", ".join(f"{number} {mark}" for mark, number in numbers.items() if number)
    return pages.get_template("verdict.html.j2").render(
        title=title,
        subtitle=f"{len(checks)} checks of {manifest.get('scenario', 'a result')}",
        sentence=sentence,
        outcome=outcome,
        passed=not failures,
        counts=f"{counts}.",
        failures=failures,
        notes=notes,
        stages=stages,
        provenance=list(provenance(manifest)),
    )
