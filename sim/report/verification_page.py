"""Page of a verified plan: where and how likely it fails, its service by interval, and each target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.experiment.staffing.verification import SURE
from sim.kpis.intervals import days_of
from sim.report.figure import LONGEST
from sim.report.page import extent, page_table, write_page
from sim.report.verification_figures import MOST_TARGETS, service_figures, target_lines
from sim.report.verification_sheets import verification_sheets
from sim.report.verification_table import verdict_sentences, weakest_rows, weakest_sentence
from sim.report.workbook import write_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sim.engine.plan import Plan
    from sim.experiment.staffing.overload import Overload
    from sim.experiment.staffing.verification import Verification

__all__ = ["write_verification_report"]


def write_verification_report(
    folder: Path,
    plan: Plan,
    manifest: Mapping[str, Any],
    verified: Verification,
    overloads: Sequence[Overload],
    notes: Sequence[str],
) -> Path:
    """Write the report of a verified plan to ``report.html``, and its tables beside it; return the page's path.

    Parameters
    ----------
    folder
        The result's.
    plan
        Of the scenario with its staff.
    manifest, verified, overloads
        Of the verification.
    notes
        Sentences about groups that keep their staff.
    """
    verdict, *more = verdict_sentences(plan, verified, overloads, manifest["confidence"])
    sentences = [f"{verdict} {weakest_sentence(plan, verified)}", *more, *notes]
    title = f"{manifest['scenario']}: verified plan"
    subtitle = f"{extent(plan, verified.days, 'fresh')}, seed {manifest['seed']}"
    sheets = verification_sheets(plan, verified, overloads)
    write_tables(folder, sheets, (title, subtitle, *sentences))
    failing = [row for row in weakest_rows(verified) if verified.slack[row] < 0 or verified.likely[row] < SURE]
    left_out = len(failing) - MOST_TARGETS
    return write_page(
        folder,
        "verification.html.j2",
        plan,
        manifest,
        title=title,
        subtitle=subtitle,
        sentences=sentences,
        service=service_figures(plan, verified) if days_of(plan) <= LONGEST else [],
        sure=f"{100 * SURE:.0f} %",
        targets=list(target_lines(plan, verified, failing[:MOST_TARGETS])),
        more=f"{left_out:,} more targets are left out." if left_out > 0 else "",
        tables=[page_table(sheet) for sheet in sheets],
    )
