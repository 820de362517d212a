"""Hints beside a result: what its reader could take for something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.report.number_format import quantity

if TYPE_CHECKING:
    from sim.experiment.estimate import Differences, Estimates

__all__ = ["days_in", "hint_at_later_contacts", "hint_at_later_work"]

LEAST = 0.01  # share of the contacts from which on the hint is given


def days_in(results: Estimates | Differences) -> int:
    """Return the number of days of a run."""
    by_day = next((name for name in sorted(results.measured) if name[1].rpartition("_")[2] == "day"), None)
    return max((row.day or 1 for row in results.index if row[:2] == by_day), default=1)


def hint_at_later_contacts(results: Estimates | Differences) -> str:
    """Return a sentence about the contacts that come after the reporting time, empty if there are few.

    In a comparison they are those of the baseline.
    """
    if ("contacts_after_reporting", "all") not in results.measured:
        return ""
    values = results.value if hasattr(results, "value") else results.baseline
    share = float(values[results.at("contacts_after_reporting")])
    if not share >= LEAST:
        return ""
    days = days_in(results)
    more = 5 if days < 3 else 2 * days
    return (
        f"{quantity(share, 'share')} of the contacts of these customers come after the last interval, when no new"
        " customers compete for agents. KPIs of contacts and steps leave them out; KPIs of journeys follow them. A run"
        f" of more days has fewer: run.days: {more}."
    )


def hint_at_later_work(results: Estimates | Differences) -> str:
    """Return a sentence about the work that is done after the reporting time, empty if it is little.

    In a comparison it is that of the baseline.
    """
    if not {("work_after_reporting", "all"), ("paid_hours", "all")} <= results.measured:
        return ""
    values = results.value if hasattr(results, "value") else results.baseline
    worked, paid = (float(values[results.at(name)]) for name in ("work_after_reporting", "paid_hours"))
    if not worked >= LEAST * paid or not worked:
        return ""
    return (
        f"Agents work {quantity(worked, 'h')} on these contacts after the reporting time. No paid hours and no cost"
        " have them: days after the run pay for them."
    )
