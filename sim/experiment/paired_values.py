"""Values of a run that a later run with the same customers is paired with: each KPI, and the days' influences on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from sim.core.files import write_text
from sim.experiment.ratios import half_width, ratio
from sim.experiment.replicate import Replications

__all__ = ["PAIRED", "paired_differences", "write_paired_values"]

PAIRED: Final = "paired.json"
"""File in the folder of a result."""
_CONFIDENCE: Final = 0.95
_MOST: Final = 1000
"""Replications: with more, a difference is narrow enough without pairs, and the file would be large."""


def write_paired_values(folder: Path, done: Replications) -> None:
    """Write the value of each KPI of all customers, and the influence of each day on it, if there are days enough.

    Parameters
    ----------
    folder
        Of the result.
    done
        The replications, from 2 to 1,000 of them; of fewer or more, nothing is written.
    """
    if not 2 <= len(done) <= _MOST:
        return
    rows = {row.kpi: number for number, row in enumerate(done.index) if row.by == "all"}
    value, influence = ratio(*done.columns.take(np.array(list(rows.values()), dtype=np.int64)))
    content = {
        kpi: {"value": value[i].item(), "influence": influence[:, i].tolist()}
        for i, kpi in enumerate(rows)
        if np.isfinite(value[i]) and np.isfinite(influence[:, i]).all()
    }
    write_text(folder / PAIRED, json.dumps(content, allow_nan=False) + "\n")


def paired_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return the KPIs that differ between two runs with the same customers, each with its paired difference.

    Parameters
    ----------
    before, after
        The content of two files, with the same seed and number of replications.

    Returns
    -------
    dict
        By KPI, the value ``before`` and ``after``, the ``difference``, and its 95 % interval from ``low`` to ``high``,
        each by itself: Student's, of the differences of the influences [1]_.

    References
    ----------
    .. [1] A. M. Law, Simulation Modeling and Analysis, 5th ed., McGraw-Hill, 2015, section 10.2.1 (paired t).
    """
    differences = {}
    for kpi in before.keys() & after.keys():
        old, new = before[kpi], after[kpi]
        influence = np.array(new["influence"]) - np.array(old["influence"])
        difference = new["value"] - old["value"]
        if difference == 0.0 and not influence.any():
            continue
        half = float(half_width(influence[:, None], _CONFIDENCE)[0])
        differences[kpi] = {
            "before": old["value"],
            "after": new["value"],
            "difference": difference,
            "low": difference - half,
            "high": difference + half,
        }
    return dict(sorted(differences.items()))
