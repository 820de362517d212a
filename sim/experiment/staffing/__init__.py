"""Least-cost headcounts such that targets hold: closed forms first, then simulation on common customers (ADR 29)."""

from sim.experiment.staffing.staffing import Limits, Progress, Staffing, find_headcounts
from sim.experiment.staffing.targets import Target, default_targets, parse_targets

__all__ = ["Limits", "Progress", "Staffing", "Target", "default_targets", "find_headcounts", "parse_targets"]
