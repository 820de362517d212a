"""Exports of the journeys of a time window for process mining: CSV and OCEL."""
