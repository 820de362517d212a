r"""Priorities: customers of the first class before those of the second, and so on; first come, first served within one.

With :math:`\rho_k` the load of class :math:`k` per server and :math:`\sigma_k = \rho_1 + \dots + \rho_k`, the mean wait
where nobody is interrupted is [1]_ [2]_

.. math:: W_k = \frac{W_0}{(1 - \sigma_{k-1}) (1 - \sigma_k)}, \qquad
          W_0 = \tfrac12 \sum_i \lambda_i E[S_i^2] \;\text{ in M/G/1,} \qquad
          W_0 = \frac{C(s, a)}{s\mu} \;\text{ in M/M/s}

(Erlang's C, one service law for all). Where a customer of a higher class interrupts a lower one, who goes on later
where the service stopped, class :math:`k` does not feel those below it. In M/G/1 [3]_

.. math:: T_k = \frac{E[S_k]}{1 - \sigma_{k-1}}
              + \frac{\sum_{i \le k} \lambda_i E[S_i^2]}{2 (1 - \sigma_{k-1}) (1 - \sigma_k)}

is the mean time in the system. In M/M/s the first :math:`k` classes together are an M/M/s queue of their own, and what
its number in the system exceeds that of the first :math:`k - 1` by belongs to class :math:`k` [4]_.

References
----------
.. [1] A. Cobham, "Priority assignment in waiting line problems", Operations Research 2(1), 70-76, 1954.
.. [2] R. H. Davis, "Waiting-time distribution of a multi-server, priority queuing system", Operations Research 14(1),
   1966, doi:10.1287/opre.14.1.133: the whole law in M/M/s.
.. [3] G. F. Yeo, "Preemptive priority queues", Journal of the Australian Mathematical Society, 1963.
.. [4] J. P. Buzen and A. B. Bondi, "The response times of priority classes under preemptive resume in M/M/m queues",
   1983.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from sim.theory.erlang_c import erlang_c
from sim.theory.measures import require_cv, require_positive, require_servers

__all__ = ["PriorityClass", "priority_mg1", "priority_mms"]


@dataclass(frozen=True, kw_only=True)
class PriorityClass:
    """What the customers of one class meet."""

    arrival_rate: float
    service_mean: float
    mean_wait: float  # not being served, interruptions included

    @property
    def mean_sojourn(self) -> float:
        """Return the mean time from coming to leaving."""
        return self.mean_wait + self.service_mean

    @property
    def queue_length(self) -> float:
        """Return the time average of the number that is not being served."""
        return self.arrival_rate * self.mean_wait


def priority_mg1(
    *,
    arrival_rates: Sequence[float],
    service_means: Sequence[float],
    service_cvs: Sequence[float],
    preemptive: bool = False,
) -> tuple[PriorityClass, ...]:
    """Return the steady state of M/G/1 with priorities.

    Parameters
    ----------
    arrival_rates
        Poisson arrivals per unit of time, of the highest class first.
    service_means
        Mean service time of each class.
    service_cvs
        Its coefficient of variation, in each class.
    preemptive
        Whether a customer of a higher class interrupts a lower one, who resumes later.

    Returns
    -------
    tuple of PriorityClass
        One for each class.

    Examples
    --------
    >>> calls, letters = priority_mg1(arrival_rates=[0.1, 0.05], service_means=[3, 10], service_cvs=[1, 0.5])
    >>> round(calls.mean_wait, 6), round(letters.mean_wait, 6)
    (5.75, 28.75)
    """
    _require_classes(arrival_rates, service_means, service_cvs)
    require_cv(**{f"service_cvs[{i}]": cv for i, cv in enumerate(service_cvs)})
    classes = list(zip(arrival_rates, service_means, service_cvs, strict=True))
    loads = [0.0, *accumulate(rate * mean for rate, mean, _ in classes)]
    _require_capacity(loads[-1], 1)
    residuals = list(accumulate(0.5 * rate * mean**2 * (1.0 + cv**2) for rate, mean, cv in classes))
    classes_met = []
    for k, (rate, mean, _) in enumerate(classes):
        residual = residuals[k] if preemptive else residuals[-1]
        interrupted = mean * loads[k] / (1.0 - loads[k]) if preemptive else 0.0
        wait = residual / ((1.0 - loads[k]) * (1.0 - loads[k + 1])) + interrupted
        classes_met.append(PriorityClass(arrival_rate=rate, service_mean=mean, mean_wait=wait))
    return tuple(classes_met)


def priority_mms(
    *, arrival_rates: Sequence[float], service_mean: float, servers: int, preemptive: bool = False
) -> tuple[PriorityClass, ...]:
    """Return the steady state of M/M/s with priorities, services having one law.

    Parameters
    ----------
    arrival_rates
        Poisson arrivals per unit of time, of the highest class first.
    service_mean
        Mean of the exponential service time, in every class.
    servers
        More than the offered load of all classes, or no steady state exists.
    preemptive
        Whether a customer of a higher class interrupts a lower one, who resumes later.

    Returns
    -------
    tuple of PriorityClass
        One for each class.
    """
    _require_classes(arrival_rates, [service_mean] * len(arrival_rates))
    require_servers(servers)
    rates = [0.0, *accumulate(arrival_rates)]
    _require_capacity(rates[-1] * service_mean, servers)
    if preemptive:
        queues = [0.0] + [
            erlang_c(arrival_rate=rate, service_mean=service_mean, servers=servers).queue_length for rate in rates[1:]
        ]
        waits = [(queues[k + 1] - queues[k]) / rate for k, rate in enumerate(arrival_rates)]
    else:
        p_wait = erlang_c(arrival_rate=rates[-1], service_mean=service_mean, servers=servers).p_wait
        free = [1.0 - rate * service_mean / servers for rate in rates]
        waits = [p_wait * service_mean / servers / (free[k] * free[k + 1]) for k in range(len(arrival_rates))]
    return tuple(
        PriorityClass(arrival_rate=rate, service_mean=service_mean, mean_wait=wait)
        for rate, wait in zip(arrival_rates, waits, strict=True)
    )


def _require_classes(arrival_rates: Sequence[float], service_means: Sequence[float], *others: Sequence[float]) -> None:
    """Refuse sequences of different lengths, and what is not positive in them."""
    sizes = {len(arrival_rates), len(service_means), *map(len, others)}
    if len(sizes) != 1 or 0 in sizes:
        raise ValueError("there must be one arrival rate, service mean and so on for each class, and a class at least")
    require_positive(**{f"arrival_rates[{i}]": rate for i, rate in enumerate(arrival_rates)})
    require_positive(**{f"service_means[{i}]": mean for i, mean in enumerate(service_means)})


def _require_capacity(load: float, servers: int) -> None:
    """Refuse a load that builds up."""
    if load >= servers:
        raise ValueError(f"{servers} servers cannot keep up with {load:g} erlangs")
