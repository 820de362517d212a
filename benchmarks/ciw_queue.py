"""M/M/52+M in Ciw, written after its guide: reneging, and a record of every customer."""

from __future__ import annotations

from time import perf_counter

import ciw  # type: ignore[import-untyped]
import numpy as np

from benchmarks.models import SINGLE_QUEUE
from benchmarks.program_runs import ProgramRun, batches_of

__all__ = ["run_single_queue"]


def run_single_queue(customers: int, seed: int = 1) -> ProgramRun:
    """Simulate M/M/52+M.

    Parameters
    ----------
    customers
        Their expected number.
    seed
        Of Ciw's generator.
    """
    model = SINGLE_QUEUE
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=model.arrivals_per_second)],
        service_distributions=[ciw.dists.Exponential(rate=1 / model.service_mean)],
        reneging_time_distributions=[ciw.dists.Exponential(rate=1 / model.patience_mean)],
        number_of_servers=[model.agents],
    )
    ciw.seed(seed)
    horizon = customers / model.arrivals_per_second
    began = perf_counter()
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(horizon + 20 * model.service_mean)
    records = simulation.get_all_records()
    seconds = perf_counter() - began
    rows = sorted((row for row in records if row.arrival_date < horizon), key=lambda row: row.arrival_date)
    abandoned = np.array([row.record_type == "renege" for row in rows])
    waited = abandoned | np.array([row.waiting_time > 0 for row in rows])
    seconds *= len(rows) / len(records)  # later arrivals only keep the last of these from being cut off
    return ProgramRun(len(rows), seconds, {"P(wait)": batches_of(waited), "P(abandon)": batches_of(abandoned)})
