"""Compilation with numba; no other package imports numba or LLVM.

``functions`` and ``kernels`` have the decorators, ``signatures`` the types, ``pointers`` and ``records`` what kernels
read by address. Compiled code is kept in a ``folder`` under a fingerprint of its ``sources``. By default, private parts
of numba load functions when they are first called (``dispatchers``), and compile a kernel as one program (``linkage``).
``SOJOURN_JIT=plain`` does without them (``plain``): an installation takes twice as long to compile, a customer 1.2 to
1.5 times as long to simulate, and results are the same to the bit.
"""
