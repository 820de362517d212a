"""Customers as columns: arrival, intent, segment and first step of each."""

from sim.population.customers import Population, draw_in_parts, draw_population
from sim.population.demand import Demand, Pattern, Variation
from sim.population.expected import expected_variation, expected_volume

__all__ = [
    "Demand",
    "Pattern",
    "Population",
    "Variation",
    "draw_in_parts",
    "draw_population",
    "expected_variation",
    "expected_volume",
]
