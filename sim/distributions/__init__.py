"""Laws of durations, one file each, found by its class."""

from sim.distributions.any_law import law_field, law_of_duration
from sim.distributions.catalogue import law_names, laws, quantiles, quantiles_of
from sim.distributions.law import Law
from sim.distributions.minimum import Minimum
from sim.distributions.own_law import OwnLaw, own_law
from sim.distributions.table import LawTable

__all__ = [
    "Law",
    "LawTable",
    "Minimum",
    "OwnLaw",
    "law_field",
    "law_names",
    "law_of_duration",
    "laws",
    "own_law",
    "quantiles",
    "quantiles_of",
]
