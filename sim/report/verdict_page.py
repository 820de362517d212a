"""Page of a verdict: what failed, and all checks by stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sim.report.provenance import provenance

__all__ = ["CheckRow", "PageSentence", "StageRows", "verdict_page"]

_LISTS = {"failed": "What failed", "inconclusive": "What is inconclusive", "not judged": "What was not judged"}


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A check, as text.

    Parameters
    ----------
    name, actual, wanted
        The name, the value, and its bound.
    mark
        ``ok``, ``failed``, ``inconclusive``, ``not measured`` or ``not judged``.
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
        return {"ok": "good", "failed": "bad", "inconclusive": "open"}.get(self.mark, "quiet")


@dataclass(frozen=True, slots=True)
class StageRows:
    """The checks of one stage, under its title."""

    title: str
    checks: Sequence[CheckRow]


@dataclass(frozen=True, slots=True)
class PageSentence:
    """What a page begins with.

    Parameters
    ----------
    status, colour
        The status in words, and the class of the page's first words.
    outcome
        Sentences that say more than the status, and take its place, such as which endpoint is slower.
    """

    status: str
    colour: str
    outcome: Sequence[str] = ()


def verdict_page(
    title: str,
    sentence: PageSentence,
    stages: Sequence[StageRows],
    manifest: Mapping[str, Any],
    notes: Sequence[str] = (),
) -> str:
    """Return the page of a verdict, without requests to a server.

    Parameters
    ----------
    title, sentence
        The name of the result, and the beginning of the page.
    stages
        All checks.
    manifest
        Of the result.
    notes
        Sentences that decide nothing.
    """
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    checks = [check for stage in stages for check in stage.checks]
    marked = [(title, [check for check in checks if check.mark == mark]) for mark, title in _LISTS.items()]
    counts = ", ".join(f"{number} {mark}" for mark, number in Counter(check.mark for check in checks).items())
    return pages.get_template("verdict.html.j2").render(
        title=title,
        subtitle=f"{len(checks)} checks of {manifest.get('scenario', 'a result')}",
        sentence=sentence,
        counts=f"{counts}.",
        marked=marked,
        notes=notes,
        stages=stages,
        provenance=list(provenance(manifest)),
    )
