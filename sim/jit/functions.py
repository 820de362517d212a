"""Compiled functions that are kept on disk, and their addresses, in the mode of the process."""

from numba.core.errors import NumbaError as NotCompilable

from sim.jit.folder import is_kept, one_at_a_time
from sim.jit.mode import PLAIN

if PLAIN:
    from sim.jit.plain import address_of, build_call, compiled
else:
    from sim.jit.dispatchers import address_of, build_call, compiled

__all__ = ["NotCompilable", "address_of", "build_call", "compiled", "is_kept", "one_at_a_time"]
