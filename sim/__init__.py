"""The simulator: from a scenario to an event log, and from the log to KPIs, experiments and reports."""

COMPILED_WITH = ("routing",)  # packages beside this one of which something is compiled: see `sim.jit.sources`
