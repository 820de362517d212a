"""The compiled engine: the semantics of the SimPy engine as one kernel over records, and the same log."""

from sim.engine.compiled.run import run

__all__ = ["ENGINE", "run"]

ENGINE = "compiled"
