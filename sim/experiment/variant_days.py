"""Days of variants: the spread of some rows over the days of each variant, and how often they meet their targets."""

from __future__ import annotations

from collections.abc import Sequence

from sim.experiment.estimate import Estimates, estimate
from sim.experiment.replicate import Replications
from sim.experiment.sweep_estimates import rows_with_days
from sim.kpis import Row, index_of, targets_of
from sim.kpis.model import Index

__all__ = ["days_of_variants"]

OF_QUEUES = ("service_level", "intervals_on_target")  # whose targets are risks


def days_of_variants(
    index: Index, simulated: Sequence[Replications], asked: Sequence[Row], confidence: float
) -> tuple[Estimates, ...]:
    """Estimate the rows asked for, and the service levels of queues, of each variant by itself.

    Parameters
    ----------
    index
        The rows that all variants have.
    simulated
        Their replications.
    asked
        Rows by which they are judged.
    confidence
        Of each interval by itself.

    Returns
    -------
    tuple of Estimates
        Of each variant; none where no such row was measured.
    """
    wanted = dict.fromkeys(asked)
    for name in OF_QUEUES:
        wanted |= dict.fromkeys(index[index.slices[name, "queue"]] if (name, "queue") in index.slices else ())
    if not wanted:
        return ()
    estimates = []
    for each in simulated:
        rows = rows_with_days(each.plan, list(wanted))
        places = index_of(each.plan).places_of(rows)
        num, den = each.columns.take(places)
        estimates.append(estimate(rows, num, den, targets_of(each.plan)[places], confidence=confidence))
    return tuple(estimates)
