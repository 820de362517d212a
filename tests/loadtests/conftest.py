"""Fixtures: the endpoint as a process, and a client of it."""

from __future__ import annotations

from tests.support.service_process import client, endpoint, start, wait_until

__all__ = ["client", "endpoint", "start", "wait_until"]
