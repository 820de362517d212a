"""A population drawn in parts is the same population."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from sim.engine import make_plan
from sim.population import Population, draw_in_parts, draw_population
from sim.population.carried_over import Present
from sim.scenario import read_scenario

SHIPPED = sorted(Path("scenarios").glob("*/*.yaml"))
COLUMNS = [field.name for field in fields(Population) if field.name not in {"seed", "replication", "present"}]

NOBODY = Present(*[np.empty(0)] * len(Present._fields))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
@pytest.mark.parametrize("customers", [1, 700, 1 << 40])
def test_the_parts_are_the_whole(path: Path, customers: int) -> None:
    demand = make_plan(read_scenario(path)).demand()
    whole, parts = draw_population(demand, 5, 2), list(draw_in_parts(demand, 5, 2, customers))
    assert len(parts) > 1 or customers > 700 or demand.volume.sum() < 2 * customers
    assert all((part.seed, part.replication) == (5, 2) for part in parts)
    for name in COLUMNS:
        together = np.concatenate([getattr(part, name) for part in parts])
        assert np.array_equal(together, getattr(whole, name)), name
        assert together.dtype == getattr(whole, name).dtype
    for part, there in zip(parts, [whole.present] + [NOBODY] * len(parts[1:]), strict=True):
        assert all(np.array_equal(*pair) for pair in zip(part.present, there, strict=True))


def test_parts_are_as_large_as_wanted() -> None:
    demand = make_plan(read_scenario("scenarios/retail_bank")).demand()
    sizes = [len(part) for part in draw_in_parts(demand, 1, 0, 500)]
    assert len(sizes) > 3
    assert min(sizes[:-1]) > 350  # an interval more or less, and chance
