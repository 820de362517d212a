"""Paired differences from what an earlier run kept: the same as a comparison of both runs gives."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from loadtests.verdict.baseline import differences_from
from sim.experiment.columns import ArrayColumns
from sim.experiment.estimate import compare
from sim.experiment.paired_values import PAIRED, paired_differences, write_paired_values
from sim.experiment.replicate import Replications
from sim.kpis.model import Index

ALL = ((("", None, None, None)),)
INDEX = Index([("asa", "all", ALL), ("asa", "queue", (("calls", None, None, None),)), ("journeys", "all", ALL),
               ("fcr", "all", ALL)])  # fmt: skip
DAYS = 20


@dataclass
class _Done:
    columns: ArrayColumns
    index: Index = INDEX

    def __len__(self) -> int:
        return len(self.columns)


def _columns(shift: float) -> ArrayColumns:
    """Return waits, contacts and journeys of 20 days, with the same customers whatever the shift; no FCR."""
    generator = np.random.default_rng(5)
    contacts = generator.poisson(100, DAYS).astype(np.float64)
    waits = contacts * generator.gamma(4.0, 5.0 + shift, DAYS)
    none = np.zeros(DAYS)
    num = np.column_stack([waits, waits, contacts, none])
    den = np.column_stack([contacts, contacts, np.ones(DAYS), none])
    return ArrayColumns(num, den)


def _kept(folder: Path, columns: ArrayColumns) -> dict[str, Any]:
    folder.mkdir()
    write_paired_values(folder, cast("Replications", _Done(columns)))
    content: dict[str, Any] = json.loads((folder / PAIRED).read_text(encoding="utf-8"))
    return content


def test_the_difference_is_that_of_a_comparison(tmp_path: Path) -> None:
    before, after = _columns(0.0), _columns(0.3)
    kept = [_kept(tmp_path / name, columns) for name, columns in (("a", before), ("b", after))]
    assert set(kept[0]) == {"asa", "journeys"}  # of all customers, where it has a value
    differences = paired_differences(*kept)
    assert set(differences) == {"asa"}  # the number of journeys is the same
    compared = compare(INDEX, (before.num, before.den), (after.num, after.den))
    columns: dict[str, NDArray[np.float64]] = {
        name: getattr(compared, {"before": "baseline", "after": "variant"}.get(name, name))
        for name in ("before", "after", "difference", "low", "high")
    }
    assert differences["asa"] == pytest.approx({name: values[0] for name, values in columns.items()})


def test_one_day_has_no_pairs(tmp_path: Path) -> None:
    columns = _columns(0.0)
    write_paired_values(tmp_path, cast("Replications", _Done(ArrayColumns(columns.num[:1], columns.den[:1]))))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "kpis"),
    [
        ({}, {"asa"}),
        ({"seed": 2}, set()),
        ({"replications": 3}, set()),
        ({"paired": {"asa": 1}}, set()),
        ({"paired": {}}, set()),
    ],
)
def test_only_baselines_with_the_same_customers_are_paired(
    tmp_path: Path, changes: dict[str, Any], kpis: set[str]
) -> None:
    names = {"scenario": "bank", "seed": 1, "replications": DAYS}
    old, new = (
        {**names, "paired": _kept(tmp_path / name, _columns(shift))} for name, shift in (("a", 0.0), ("b", 0.3))
    )
    assert set(differences_from({**old, **changes}, new)) == kpis
    assert differences_from(None, new) == {}
