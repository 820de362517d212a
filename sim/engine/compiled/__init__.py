"""The compiled engine: the model of the SimPy engine as one kernel over records, with the same log."""

from sim.engine.compiled.run import blocks, reason_against, run

__all__ = ["ENGINE", "blocks", "reason_against", "run"]

ENGINE = "compiled"
