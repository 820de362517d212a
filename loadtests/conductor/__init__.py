"""Conductor of a load: it sends every request when it is due, however slow the answers are (docs/adr/0004)."""
