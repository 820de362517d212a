"""A step of the staffing search: trying all changes, beside an integer program."""

from __future__ import annotations

import numpy as np
import pytest

from sim.experiment.staffing.step import Step, best_changes, best_found, best_of_all


def _step(seed: int) -> Step:
    """Return a step of three headcounts and four rows, some of which want more than there can be."""
    generator = np.random.default_rng(seed)
    return Step(
        generator.uniform(0.8, 1.5, 3),
        generator.integers(5, 20, 3),
        generator.uniform(0.0, 1.0, (4, 3)),
        generator.uniform(-2.0, 3.0, 4),
        generator.integers(0, 4, 3),
        generator.integers(0, 4, 3),
    )


@pytest.mark.parametrize("seed", range(30))
def test_no_integer_program_finds_a_cheaper_step_than_trying_all(seed: int) -> None:
    """Nor one that is dearer by more than its gap, of the whole cost."""
    step = _step(seed)
    tried, solved = best_of_all(step), best_found(step)
    assert (-step.down <= tried).all()
    assert (tried <= step.up).all()
    least, most = step.costs_of(np.array([tried, solved])).tolist()
    assert least <= most + 1e-6  # which the program's tolerance allows
    assert most <= least + 3e-3 * (abs(least) + float(step.price @ step.present))


def test_what_no_agent_can_bring_does_not_keep_them_from_bringing_the_rest() -> None:
    """The second row gains by nobody; the first gets what it wants, by the cheaper of two that bring the same."""
    gain = np.array([[1.0, 1.0], [0.0, 0.0]])
    present, none, many = np.array([3, 3]), np.zeros(2, dtype=np.int64), np.full(2, 5)
    step = Step(np.array([1.2, 1.0]), present, gain, np.array([2.0, 1.0]), none, many)
    assert best_of_all(step).tolist() == best_found(step).tolist() == [0, 2]


def test_a_step_of_many_headcounts_is_left_to_the_integer_program() -> None:
    """Of 30 headcounts the cheapest brings all: there are 6 ** 30 changes, which nobody can try."""
    price = np.arange(2.0, 32.0)
    step = Step(price, np.full(30, 4), np.ones((1, 30)), np.array([3.0]), np.zeros(30, dtype=np.int64), np.full(30, 5))
    assert best_changes(step).tolist() == [3] + [0] * 29
