"""The way of compiling: with private parts of numba, or without them where ``SOJOURN_JIT=plain`` asks for it."""

import os

__all__ = ["PLAIN"]

PLAIN = os.environ.get("SOJOURN_JIT") == "plain"
