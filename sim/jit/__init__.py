"""Compilation with numba: the only package that reaches into numba and LLVM."""
