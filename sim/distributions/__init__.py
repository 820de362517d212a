"""Laws of durations, one file each, found by its class."""

from sim.distributions.catalogue import laws, quantiles, quantiles_of
from sim.distributions.law import Law
from sim.distributions.own_law import OwnLaw, own_law
from sim.distributions.table import LawTable

__all__ = ["Law", "LawTable", "OwnLaw", "laws", "own_law", "quantiles", "quantiles_of"]
