r"""The stationary law of a sparse Markov chain.

It solves :math:`\pi Q = 0`, up to some size by inverse iteration: with :math:`\varepsilon` tiny beside all rates,
:math:`\varepsilon I - Q^T` is an M-matrix, diagonally dominant by columns, so that sparse elimination needs no pivoting
[1]_, and solving with it a few times leaves nothing of any vector but the stationary law. Beyond that size, the
equations are solved by GMRES behind incomplete factors, one likely state's probability being pinned. The law is refused
unless :math:`\pi Q` vanishes to rounding. Probabilities are right to about 1e-15; those of states rarer than that are
rounding.

References
----------
.. [1] W. J. Stewart, Probability, Markov Chains, Queues, and Simulation: the Mathematical Basis of Performance
   Modeling, Princeton University Press, 2009.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, eye_array
from scipy.sparse.linalg import LinearOperator, gmres, spilu, splu

__all__ = ["balance"]

F8 = NDArray[np.float64]

_DIRECT = 50_000  # states; beyond, the factors of what has four dimensions take too long
_SHIFT = 1e-12  # of the greatest rate
_RESIDUAL = 1e-12  # of pi Q, relative to the greatest rate
_SWEEPS = 4


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
    shifted = csc_array(_SHIFT * quickest * eye_array(size) - flow)
    law = _by_factors(shifted) if size <= direct else _by_iteration(flow, shifted)
    law = np.maximum(law, 0.0)  # rounding may leave -1e-30 where nobody ever is
    law /= law.sum()
    left = float(np.abs(flow @ law).max()) / quickest
    if not left <= _RESIDUAL:
        raise ArithmeticError(f"the stationary law was not found: what remains is {left:.1e} of the greatest rate")
    return law


def _by_factors(shifted: csc_array) -> F8:
    """Return the law by inverse iteration with sparse factors."""
    factors = splu(shifted, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return _swept(factors.solve, shifted.shape[0])


def _by_iteration(flow: csc_array, shifted: csc_array) -> F8:
    """Return the law by GMRES behind incomplete factors, in units of the state that these find the likeliest."""
    pinned = int(_swept(_incomplete(shifted), flow.shape[0]).argmax())
    others = np.delete(np.arange(flow.shape[0]), pinned)
    inner = csc_array(-flow[:, others][others])
    right = np.asarray(flow[:, [pinned]].toarray()[others, 0], dtype=np.float64)
    before = LinearOperator(inner.shape, matvec=_incomplete(inner), dtype=np.float64)
    law, _ = gmres(inner, right, M=before, rtol=1e-14, restart=60, maxiter=5)
    return np.insert(np.asarray(law, dtype=np.float64), pinned, 1.0)


def _incomplete(matrix: csc_array) -> Callable[[F8], F8]:
    """Return how to solve equations roughly."""
    factors = spilu(matrix, drop_tol=1e-2, fill_factor=10.0, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0)
    return lambda right: np.asarray(factors.solve(right), dtype=np.float64)


def _swept(solve: Callable[[F8], F8], size: int) -> F8:
    """Return what repeated solving leaves of an even law."""
    law = np.full(size, 1.0 / size)
    for _ in range(_SWEEPS):
        law = np.asarray(solve(law), dtype=np.float64)
        law /= np.abs(law).sum()
    return law
