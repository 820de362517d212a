"""Budget of rule evaluation: how much of it a tenant may use in a second, so that no tenant stops the others.

A cost is worked out from the text of the rules, in units of about a microsecond. The budget decides whether an event is
taken now, never what is decided on it: decisions depend on the rules and their input only.
"""

import time
from collections.abc import Callable
from math import ceil
from threading import Lock

from orchestrator.core.problems import Refused

__all__ = ["BURST", "RATE", "Buckets", "Budget"]

RATE = 500_000.0
"""Cost of evaluations per second and tenant: half the time of a processor."""

BURST = 100_000.0
"""Cost that a tenant may use at once, in one request or several."""

_TENANTS = 10_000


class Buckets:
    """A bucket for each tenant, which fills at a rate.

    Parameters
    ----------
    rate
        Units per second.
    burst
        Units that a bucket holds.
    clock
        Returns seconds; any origin.
    """

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.burst, self._clock = rate, burst, clock
        self._levels: dict[str, tuple[float, float]] = {}  # units, and the instant at which there were so many
        self._lock = Lock()  # commands and queries run on several threads

    def take(self, tenant: str, units: float, *, least: float = 0.0) -> tuple[float, float]:
        """Take units out of a bucket, if so many are in it.

        Parameters
        ----------
        tenant
            Whose bucket.
        units
            To take.
        least
            What must be left; a negative level is a debt.

        Returns
        -------
        left : float
            What is in the bucket now.
        wait : float
            Seconds until there will be enough; 0 if the units have been taken.
        """
        with self._lock:
            now = self._clock()
            level, since = self._levels.get(tenant, (self.burst, now))
            level = min(self.burst, level + (now - since) * self.rate)
            enough = level - units >= least
            if tenant not in self._levels and len(self._levels) >= _TENANTS:
                self._levels.clear()
            left = level - units if enough else level
            self._levels[tenant] = left, now
            return left, 0.0 if enough else (least + units - level) / self.rate


class Budget:
    """Budget of evaluations for each tenant, in this process.

    Parameters
    ----------
    rate
        Cost per second.
    clock
        Returns seconds; any origin.
    """

    def __init__(self, rate: float = RATE, clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets = Buckets(rate, BURST, clock)

    def spend(self, tenant: str, cost: float) -> None:
        """Pay for an evaluation.

        Raises
        ------
        Refused
            ``budget`` when the tenant has to wait before; then nothing is paid.
        """
        left, wait = self._buckets.take(tenant, min(cost, BURST))
        if wait:
            seconds = ceil(wait)
            raise Refused(
                "budget",
                f"the rules cost {cost:.0f} for this event, of the {BURST:.0f} at once and {self._buckets.rate:.0f} "
                f"per second that a tenant may use {left:.0f} are left; repeat it in {seconds} s",
                ((b"retry-after", b"%d" % seconds),), cost=round(cost), left=int(left), retry_after=seconds,
            )  # fmt: skip

    def owe(self, tenant: str, cost: float) -> None:
        """Pay for an evaluation that the service itself needs; the next ones of the tenant may have to wait for it."""
        self._buckets.take(tenant, min(cost, BURST), least=-BURST)
