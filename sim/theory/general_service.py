r"""M/G/1: one server, Poisson arrivals, service times of any law.

The mean wait depends on the service time :math:`S` by its first two moments (Pollaczek and Khinchine) [1]_, and it is
the same in whatever order customers are taken, as long as the order does not look at service times:

.. math:: E[W] = \frac{\lambda E[S^2]}{2 (1 - \rho)}, \qquad
          E[W^2] = 2 E[W]^2 + \frac{\lambda E[S^3]}{3 (1 - \rho)}, \qquad
          E[W_{\mathrm{LCFS}}^2] = \frac{E[W^2]}{1 - \rho},

the second moment being that of first come, first served. Last come, first served waits as long on average, and more
unevenly [2]_.

References
----------
.. [1] W. J. Stewart, Probability, Markov Chains, Queues, and Simulation: the Mathematical Basis of Performance
   Modeling, Princeton University Press, 2009.
.. [2] J. Abate and W. Whitt, "Limits and approximations for the M/G/1 LIFO waiting-time distribution", Operations
   Research Letters 20, 199-206, 1997.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.theory.measures import require_cv, require_positive

__all__ = ["GeneralService", "mg1"]


@dataclass(frozen=True, kw_only=True)
class GeneralService:
    """The steady state of M/G/1."""

    arrival_rate: float
    service_mean: float
    service_square: float  # E[S^2]
    service_cube: float | None  # E[S^3]

    @property
    def occupancy(self) -> float:
        """Return the fraction of time that the server is busy."""
        return self.arrival_rate * self.service_mean

    @property
    def p_wait(self) -> float:
        """Return the fraction of customers that find the server busy."""
        return self.occupancy

    @property
    def mean_wait(self) -> float:
        """Return the mean wait, zeros included."""
        return self.arrival_rate * self.service_square / (2.0 * (1.0 - self.occupancy))

    @property
    def queue_length(self) -> float:
        """Return the time average of the number that waits."""
        return self.arrival_rate * self.mean_wait

    @property
    def var_wait(self) -> float:
        """Return the variance of the wait, zeros included, first come, first served."""
        return self._square_wait - self.mean_wait**2

    @property
    def var_wait_last_first(self) -> float:
        """Return the variance of the wait, zeros included, last come, first served."""
        return self._square_wait / (1.0 - self.occupancy) - self.mean_wait**2

    @property
    def _square_wait(self) -> float:
        """Return the second moment of the wait, first come, first served."""
        if self.service_cube is None:
            raise ValueError("the variance of the wait takes the third moment of service times: give service_cube")
        return 2.0 * self.mean_wait**2 + self.arrival_rate * self.service_cube / (3.0 * (1.0 - self.occupancy))


def mg1(
    *, arrival_rate: float, service_mean: float, service_cv: float, service_cube: float | None = None
) -> GeneralService:
    """Return the steady state of M/G/1.

    Parameters
    ----------
    arrival_rate
        Poisson arrivals per unit of time.
    service_mean
        Mean service time.
    service_cv
        Its coefficient of variation, standard deviation over mean: 0 if constant, 1 if exponential.
    service_cube
        The mean of its third power, for the variance of the wait.

    Returns
    -------
    GeneralService
        Its measures.

    Examples
    --------
    >>> mg1(arrival_rate=0.5, service_mean=1, service_cv=0).mean_wait  # half of what exponential services make
    0.5
    """
    require_positive(arrival_rate=arrival_rate, service_mean=service_mean)
    require_cv(service_cv=service_cv)
    if arrival_rate * service_mean >= 1.0:
        raise ValueError(f"one server cannot keep up with {arrival_rate * service_mean:g} erlangs")
    square = service_mean**2 * (1.0 + service_cv**2)
    # By Lyapunov's inequality, E[S^3] is at least E[S^2]^2 / E[S].
    if service_cube is not None and not service_cube * service_mean >= square**2 * (1.0 - 1e-12):
        raise ValueError(
            f"service_cube is {service_cube}; with these moments it is {square**2 / service_mean:g} or more"
        )
    return GeneralService(
        arrival_rate=arrival_rate, service_mean=service_mean, service_square=square, service_cube=service_cube
    )
