"""The compiled engine: the semantics of the SimPy engine as one kernel over records, and the same log."""

from sim.engine.compiled.run import blocks, refuses, run

__all__ = ["ENGINE", "blocks", "refuses", "run"]

ENGINE = "compiled"
