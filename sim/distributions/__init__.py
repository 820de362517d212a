"""Laws of durations, one file each, found by its class."""

from sim.distributions.catalogue import laws, quantiles
from sim.distributions.law import Law
from sim.distributions.table import LawTable

__all__ = ["Law", "LawTable", "laws", "quantiles"]
