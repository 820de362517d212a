"""The reference engine: SimPy processes that read like the story of a journey. It defines the model."""

from sim.engine.reference.run import run

__all__ = ["ENGINE", "run"]

ENGINE = "simpy"
