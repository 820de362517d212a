"""Helpers that tests import, and the tests of those helpers."""
