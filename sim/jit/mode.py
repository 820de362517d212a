"""The mode of compilation: with private parts of numba, or without them if ``SOJOURN_JIT`` is ``plain``."""

import os

__all__ = ["PLAIN"]

PLAIN = os.environ.get("SOJOURN_JIT") == "plain"
