r"""The stationary law of a sparse Markov chain.

It solves :math:`\pi Q = 0` with one probability pinned, by sparse LU where that is small enough and by preconditioned
GMRES beyond, and is refused unless :math:`\pi Q` vanishes to rounding. What is left of the matrix after pinning is, but
for its sign, an M-matrix that is diagonally dominant by columns, so elimination needs no pivoting [1]_. Probabilities
are right to about 1e-15; those of states rarer than that are rounding.

References
----------
.. [1] W. J. Stewart, Probability, Markov Chains, Queues, and Simulation: the Mathematical Basis of Performance
   Modeling, Princeton University Press, 2009.
"""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array
from scipy.sparse.linalg import LinearOperator, gmres, spilu, splu

__all__ = ["balance"]

F8 = NDArray[np.float64]

_DIRECT = 100_000  # states; beyond, the factors may fill the memory
_RESIDUAL = 1e-12  # of pi Q, relative to the greatest rate


def balance(flow: csc_array, *, direct: int = _DIRECT) -> F8:
    """Return the law that a chain keeps.

    Parameters
    ----------
    flow
        [N, N] transposed generator of a chain in which every state leads to every other.
    direct
        The number of states up to which the equations are solved by elimination.

    Returns
    -------
    numpy.ndarray
        [N] probabilities.
    """
    size, quickest = flow.shape[0], float(-flow.diagonal().min())
    if size == 1:
        return np.ones(1)
    solve = _by_factors if size <= direct else _by_iteration
    pinned, left = 0, inf
    for _ in range(2):
        law = solve(flow, pinned)
        law /= law.sum()
        left = float(np.abs(flow @ law).max()) / quickest
        if left <= _RESIDUAL:
            return law
        pinned = int(law.argmax())  # a rare state makes a poor unit
    raise ArithmeticError(f"the stationary law was not found: what remains is {left:.1e} of the greatest rate")


def _by_factors(flow: csc_array, pinned: int) -> F8:
    """Return the law in units of one state's probability, by sparse LU."""
    inner, right = _pin(flow, pinned)
    options = {"SymmetricMode": True}
    factors = splu(inner, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)
    return _unpin(np.asarray(factors.solve(right), dtype=np.float64), pinned)


def _by_iteration(flow: csc_array, pinned: int) -> F8:
    """Return the law in units of one state's probability, by GMRES behind incomplete factors."""
    inner, right = _pin(flow, pinned)
    rough = spilu(inner, drop_tol=1e-3, fill_factor=10.0, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0)
    before = LinearOperator(inner.shape, matvec=rough.solve, dtype=np.float64)
    law, _ = gmres(inner, right, M=before, rtol=1e-14, restart=60, maxiter=5)
    return _unpin(np.asarray(law, dtype=np.float64), pinned)


def _pin(flow: csc_array, pinned: int) -> tuple[csc_array, F8]:
    """Return the balance equations of all states but one, whose probability is 1."""
    others = np.delete(np.arange(flow.shape[0]), pinned)
    inner = csc_array(flow[:, others][others])
    return inner, -np.asarray(flow[:, [pinned]].toarray()[others, 0], dtype=np.float64)


def _unpin(others: F8, pinned: int) -> F8:
    """Return the law with the pinned state in its place."""
    return np.maximum(np.insert(others, pinned, 1.0), 0.0)  # rounding may leave -1e-30 where nobody ever is
