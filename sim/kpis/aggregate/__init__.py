"""The pass over an event log: aggregate it into the tables that the KPI families read."""
