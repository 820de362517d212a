"""Customers as columns: who comes, when and why, before anything happens to them."""

from sim.population.draw import Demand, Population, draw_population

__all__ = ["Demand", "Population", "draw_population"]
