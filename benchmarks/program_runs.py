"""Runs of the programs, and checks of their work: a program that is fast because it is wrong fails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.models import SINGLE_QUEUE
from sim.theory import erlang_a

__all__ = ["BATCHES", "ProgramRun", "agree", "agree_with_erlang_a", "batches_of"]

F8 = NDArray[np.float64]
BATCHES = 40  # batches of consecutive customers: the waits of neighbours are correlated
LIMIT = 4.0  # standard errors


@dataclass(frozen=True, eq=False)
class ProgramRun:
    """One run of one program.

    Parameters
    ----------
    customers
        Their number; journeys or contacts in models with channels, see the model.
    seconds
        Of the simulation alone.
    shares
        For each share, e.g. ``"P(wait)"``, its value in each batch or on each day.
    """

    customers: int
    seconds: float
    shares: dict[str, F8]

    @property
    def speed(self) -> float:
        """Customers per second."""
        return self.customers / self.seconds


def batches_of(flags: NDArray[np.bool_]) -> F8:
    """Return the share in each batch of consecutive customers.

    Parameters
    ----------
    flags
        One per customer, in order of arrival.
    """
    return np.array([part.mean() for part in np.array_split(flags, BATCHES)])


def agree_with_erlang_a(name: str, run: ProgramRun, expected: int) -> None:
    """Fail unless a run of the single queue did its work: the number of customers, P(wait), P(abandon).

    Parameters
    ----------
    name
        Of the program.
    run
        The run. Its first batch, in which the queue is still filling, does not count.
    expected
        Expected number of customers; the actual number may differ by as many standard errors as the shares.
    """
    assert abs(run.customers - expected) <= LIMIT * expected**0.5, f"{name}: {run.customers} came, not {expected}"
    model = SINGLE_QUEUE
    truth = erlang_a(
        arrival_rate=model.arrivals_per_second,
        service_mean=model.service_mean,
        patience_mean=model.patience_mean,
        servers=model.agents,
    )
    for share, exact in (("P(wait)", truth.p_wait), ("P(abandon)", truth.p_abandon)):
        mean, error = _mean_and_error(run.shares[share][1:])
        assert abs(mean - exact) <= LIMIT * error, f"{name}: {share} is {mean:.5f} ± {error:.5f}; exact: {exact:.5f}"


def agree(first_name: str, first: ProgramRun, second_name: str, second: ProgramRun) -> None:
    """Fail if the shares of two programs differ by more than four standard errors of their difference.

    Parameters
    ----------
    first_name, second_name
        Names of the programs.
    first, second
        Their runs.
    """
    for share in first.shares.keys() & second.shares.keys():
        (a, ea), (b, eb) = _mean_and_error(first.shares[share]), _mean_and_error(second.shares[share])
        error = float(np.hypot(ea, eb))
        assert abs(a - b) <= LIMIT * error, (
            f"{share}: {a:.5f} in {first_name}, {b:.5f} in {second_name}; standard error {error:.5f}"
        )


def _mean_and_error(batches: F8) -> tuple[float, float]:
    return float(batches.mean()), float(batches.std(ddof=1) / np.sqrt(len(batches)))
