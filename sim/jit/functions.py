"""Compiled functions, kept on disk, and their addresses and calls; in the mode that was asked for."""

from numba.core.errors import NumbaError as NotCompilable

from sim.jit.folder import is_kept, one_at_a_time
from sim.jit.mode import PLAIN

if PLAIN:
    from sim.jit.plain import address_of, build_call, compiled
else:
    from sim.jit.dispatchers import address_of, build_call, compiled

__all__ = ["NotCompilable", "address_of", "build_call", "compiled", "is_kept", "one_at_a_time"]
