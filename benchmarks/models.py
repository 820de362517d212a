"""The two models that every program in the benchmark runs, as plain numbers. Times are in seconds."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CENTRE", "SINGLE_QUEUE", "Centre", "CustomerType", "Group", "SingleQueue"]


@dataclass(frozen=True)
class SingleQueue:
    """M/M/s+M: one queue, exponential service and patience."""

    agents: int
    arrivals_per_second: float
    service_mean: float
    patience_mean: float


@dataclass(frozen=True)
class CustomerType:
    """One type of customers: volume, service time, patience."""

    name: str
    volume: tuple[int, ...]  # [N] expected arrivals in each interval, Poisson
    service_mean: float  # lognormal
    service_cv: float  # standard deviation over mean
    patience_mean: float  # exponential
    groups: tuple[str, ...]  # groups that serve the type, first choice first


@dataclass(frozen=True)
class Group:
    """One group of agents: the types that they serve, and their number."""

    name: str
    types: tuple[str, ...]  # types in order of rank; within a type, the longest wait first
    staff: tuple[int, ...]  # [N] agents on duty in each interval


@dataclass(frozen=True)
class Centre:
    """A day of a contact centre with several skills.

    A busy agent whose shift ends finishes the customer first. After the last interval nobody arrives, and its staff
    serves the customers who are left.
    """

    interval: float
    types: tuple[CustomerType, ...]
    groups: tuple[Group, ...]

    @property
    def intervals(self) -> int:
        """Return the number of intervals in the day."""
        return len(self.types[0].volume)

    @property
    def volume(self) -> int:
        """Return the expected number of customers in a day."""
        return sum(sum(customer_type.volume) for customer_type in self.types)


# 10 arrivals a minute, service 5 min, patience 3 min: 50 erlangs on 52 agents.
SINGLE_QUEUE = SingleQueue(agents=52, arrivals_per_second=10 / 60, service_mean=300.0, patience_mean=180.0)

# 20,000 calls from 08:00 to 20:00, with a peak before noon and a lower one in the afternoon. Staff follows the load of
# each half-hour, so that the agents are busy for about 87 % of the day.
# fmt: off
CENTRE = Centre(
    interval=1800.0,
    types=(
        CustomerType("t1", service_mean=240.0, service_cv=0.8, patience_mean=120.0, groups=("g1", "g2", "g4"), volume=(
            164, 274, 384, 466, 521, 548, 537, 493, 438, 395, 373, 373,
            395, 428, 460, 471, 449, 406, 351, 296, 252, 208, 175, 143,
        )),
        CustomerType("t2", service_mean=300.0, service_cv=1.0, patience_mean=180.0, groups=("g2", "g3"), volume=(
            109, 109, 182, 255, 310, 346, 365, 357, 328, 292, 262, 248,
            248, 262, 284, 306, 314, 299, 270, 233, 197, 168, 139, 117,
        )),
        CustomerType("t3", service_mean=180.0, service_cv=0.7, patience_mean=90.0, groups=("g4", "g3"), volume=(
            153, 214, 259, 290, 305, 299, 275, 244, 220, 208, 208, 220,
            238, 256, 263, 250, 226, 195, 165, 140, 116, 98, 79, 79,
        )),
    ),
    groups=(
        Group("g1", types=("t1",), staff=(
            14, 23, 32, 39, 43, 46, 45, 41, 36, 33, 31, 31, 33, 36, 38, 39, 37, 34, 29, 25, 21, 17, 15, 12,
        )),
        Group("g2", types=("t2", "t1"), staff=(
            18, 22, 34, 44, 52, 57, 58, 56, 51, 45, 41, 40, 41, 44, 47, 50, 50, 47, 41, 35, 30, 25, 21, 18,
        )),
        Group("g3", types=("t2", "t3"), staff=(
            17, 20, 29, 37, 42, 45, 45, 43, 39, 36, 33, 32, 33, 35, 38, 39, 38, 35, 31, 27, 23, 19, 16, 14,
        )),
        Group("g4", types=("t3", "t1"), staff=(
            15, 22, 28, 32, 35, 35, 33, 30, 27, 25, 24, 25, 27, 29, 30, 30, 28, 24, 21, 18, 15, 12, 10, 9,
        )),
    ),
)
# fmt: on
