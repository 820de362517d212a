"""When a load run says something about the endpoint, and when only about the generator."""

from __future__ import annotations

from typing import Final

__all__ = ["LAG_LIMIT"]

LAG_LIMIT: Final = 0.05
"""Seconds that 1 % of the requests may leave later than they were due, before the run is invalid."""
