"""Advice on a valid scenario: defaults that carry weight in it, and values that may mean something else."""

from sim.advice.model import ScenarioWarning
from sim.advice.warnings import warnings_of

__all__ = ["ScenarioWarning", "warnings_of"]
