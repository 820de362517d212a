"""Customers as columns: who comes, when and why, before anything happens to them."""

from sim.population.draw import Population, draw_population

__all__ = ["Population", "draw_population"]
