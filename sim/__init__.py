"""The simulator: from a scenario to an event log, and from the log to KPIs, experiments and reports."""
