"""Result folder of a verified plan: each requirement as CSV and JSON, with how likely it fails."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.core.checksums import write_checksums
from sim.core.files import MARK, publish
from sim.engine import Plan
from sim.experiment.manifest import write_provenance
from sim.experiment.staffing.evaluation import Requirements
from sim.experiment.staffing.overload import Overload
from sim.experiment.staffing.verification import Verification
from sim.report.number_format import or_none
from sim.scenario import Scenario

__all__ = ["requirement_records", "verification_record", "verification_records", "write_verification"]

_TABLE, _JSON = "verification.csv", "verification.json"


def write_verification(
    out: Path,
    scenario: Scenario,
    manifest: Mapping[str, Any],
    records: Mapping[str, Any],
    *,
    write_page: Callable[[Path], object] = lambda _folder: None,
) -> None:
    """Write the result folder of a verification; on an error, leave the disk as it was.

    Parameters
    ----------
    out
        The folder; it replaces an earlier result there.
    scenario, manifest
        Of the verification.
    records
        As `verification_records` makes them.
    write_page
        Called with the folder, in which it writes a page.

    Raises
    ------
    CannotWrite, InvalidInput
        Nothing was changed.
    """
    with publish(out) as folder:
        write_provenance(folder, dict(manifest), scenario)
        with (folder / _TABLE).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(records["targets"][0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(records["targets"])
        (folder / _JSON).write_text(json.dumps(records, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        write_page(folder)
        write_checksums(folder, (MARK, "scenario.json", _TABLE, _JSON))


def verification_records(
    plan: Plan, verified: Verification, overloads: Sequence[Overload], confidence: float | None
) -> dict[str, Any]:
    """Return a verification as JSON-able records.

    Parameters
    ----------
    plan
        Of the scenario.
    verified
        On fresh days.
    overloads
        Of the plan.
    confidence
        Share of the days on which all targets are to hold at once, None = over all days together.
    """
    return {
        "verdict": verified.verdict(confidence),
        "confidence": confidence,
        "verification": verification_record(verified),
        "overloads": [
            {
                "interval": each.interval,
                "from": plan.calendar.label(plan.origin + plan.interval * each.interval),
                "queues": [plan.queues[queue] for queue in each.queues],
                "load": each.load,
                "agents": each.agents,
            }
            for each in overloads
        ],
        "targets": list(requirement_records(plan, verified.requirements, verified)),
    }


def verification_record(verified: Verification) -> dict[str, Any]:
    """Return what fresh days say about all requirements together.

    Parameters
    ----------
    verified
        On fresh days.
    """
    return {
        "days": verified.days,
        "holding": verified.holding,
        "requirements": len(verified.requirements),
        "probability": verified.probability,
        "days_on_which_all_hold": verified.joint,
    }


def requirement_records(
    plan: Plan, requirements: Requirements, verified: Verification | None
) -> Iterator[dict[str, Any]]:
    """Yield each requirement with what fresh days say about it.

    Parameters
    ----------
    plan, requirements
        Of the scenario.
    verified
        None = not simulated on fresh days.
    """
    for row in range(len(requirements)):
        target = requirements.targets[requirements.target[row]]
        yield {
            "target": str(target),
            "kpi": target.row.kpi,
            "key": target.row.key,
            "per": target.per,
            "interval": int(requirements.first[row]) if target.per == "interval" else None,
            "from": plan.calendar.label(plan.origin + plan.interval * float(requirements.first[row])),
            "bound": target.bound,
            "value": None if verified is None else or_none(verified.value[row]),
            "standard_error": None if verified is None else or_none(verified.error[row]),
            "holds": None if verified is None else bool(verified.slack[row] >= 0),
            "fails_in_the_long_run": None if verified is None else round(1.0 - float(verified.likely[row]), 4),
            "fails_on_the_day": None if verified is None else round(1.0 - float(verified.days_held[row]), 6),
        }
