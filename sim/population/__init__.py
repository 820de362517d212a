"""Customers as columns: arrival, intent, segment and first step of each."""

from sim.population.carried_over import CarriedOver, Doing, Present
from sim.population.customers import Population, draw_in_parts, draw_population
from sim.population.demand import Demand, EntryCases, Pattern, Variation, in_intervals
from sim.population.expected import (
    demand_parts,
    expected_demand,
    expected_stretches,
    expected_variation,
    expected_volume,
)

__all__ = [
    "CarriedOver",
    "Demand",
    "Doing",
    "EntryCases",
    "Pattern",
    "Population",
    "Present",
    "Variation",
    "demand_parts",
    "draw_in_parts",
    "draw_population",
    "expected_demand",
    "expected_stretches",
    "expected_variation",
    "expected_volume",
    "in_intervals",
]
