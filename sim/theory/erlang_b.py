r"""Erlang B, M/G/s/s: calls that find all lines busy are lost.

With offered load :math:`a` and :math:`s` lines the fraction lost is

.. math:: B(s, a) = \frac{a^s / s!}{\sum_{k=0}^{s} a^k / k!}, \qquad
          \frac{1}{B(s, a)} = a \int_0^\infty e^{-a t} (1 + t)^s \, dt
                            = 1 + \frac{s}{a} \, \frac{1}{B(s - 1, a)}.

The integral defines it for a fractional number of lines, which equivalent-random methods need [1]_. The recursion
upwards from :math:`0 \le s < 1` adds only positive terms, so it is stable; the integral there is
:math:`e^a a^{-s}\,\Gamma(s + 1, a)`, for great :math:`a` by its asymptotic series [2]_. The loss depends on service
times by their mean alone [3]_.

References
----------
.. [1] D. L. Jagerman, "Some properties of the Erlang loss function", Bell System Technical Journal 53(3), 525-551,
   1974.
.. [2] NIST Digital Library of Mathematical Functions, 8.2 (the incomplete gamma functions) and 8.11(i) (the series),
   https://dlmf.nist.gov/8
.. [3] J. S. H. van Leeuwaarden and N. M. Temme, "Asymptotic inversion of the Erlang B formula", SIAM Journal on
   Applied Mathematics 70(1), 1-23, 2009: the formula (1.1), its history and its inversion.
"""

from __future__ import annotations

from math import exp, floor, inf, log
from typing import TYPE_CHECKING

from scipy.optimize import brentq
from scipy.special import gamma, gammaincc

from sim.theory.measures import require_positive

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["erlang_b", "erlang_b_load", "erlang_b_servers", "erlang_b_servers_continuous"]


_GREAT = 100.0  # from here on, this many terms of the series give all digits: 16! / 100^16 < 1e-18
_TERMS = 16


def erlang_b(offered_load: float, servers: float) -> float:
    """Return the fraction of calls that is lost.

    Parameters
    ----------
    offered_load
        Arrival rate times mean service time, in erlangs; 0 or more.
    servers
        Number of lines, 0 or more; it need not be whole.

    Returns
    -------
    float
        Erlang's B.

    Examples
    --------
    >>> round(erlang_b(2.0, 4), 12) == round(2 / 21, 12)
    True
    """
    if not 0.0 <= offered_load < inf:
        raise ValueError(f"offered_load is {offered_load}; it must be 0 or more, and finite")
    if not 0.0 <= servers < inf:
        raise ValueError(f"servers is {servers}; it must be 0 or more, and finite")
    if offered_load == 0.0:
        return 1.0 if servers == 0.0 else 0.0
    fraction = servers - floor(servers)
    lost = _lost_by_less_than_one(offered_load, fraction) if fraction else 1.0
    for k in range(1, floor(servers) + 1):
        lost = offered_load * lost / (k + fraction + offered_load * lost)
    return lost


def erlang_b_load(servers: float, loss: float) -> float:
    """Return the offered load that loses a given fraction.

    Parameters
    ----------
    servers
        Number of lines, more than 0; it need not be whole.
    loss
        The fraction lost, between 0 and 1, both excluded.

    Returns
    -------
    float
        Offered load in erlangs.
    """
    require_positive(servers=servers)
    _require_loss(loss)
    # What is carried, a (1 - B), is less than the number of lines: so a < servers / (1 - loss).
    return _root(lambda load: erlang_b(load, servers) - loss, 0.0, servers / (1.0 - loss))


def erlang_b_servers(offered_load: float, loss: float) -> int:
    """Return the least number of lines that loses no more than a given fraction.

    Parameters
    ----------
    offered_load
        In erlangs.
    loss
        The fraction that may be lost, between 0 and 1, both excluded.

    Returns
    -------
    int
        Number of lines.
    """
    require_positive(offered_load=offered_load)
    _require_loss(loss)
    servers, lost = 0, 1.0
    while lost > loss:
        servers += 1
        lost = offered_load * lost / (servers + offered_load * lost)
    return servers


def erlang_b_servers_continuous(offered_load: float, loss: float) -> float:
    """Return the fractional number of lines that loses exactly a given fraction.

    Parameters
    ----------
    offered_load
        In erlangs.
    loss
        The fraction lost, between 0 and 1, both excluded.

    Returns
    -------
    float
        Number of lines.
    """
    most = erlang_b_servers(offered_load, loss)
    return _root(lambda servers: erlang_b(offered_load, servers) - loss, most - 1.0, float(most))


def _lost_by_less_than_one(load: float, servers: float) -> float:
    """Return Erlang's B for a number of lines between 0 and 1."""
    if load <= _GREAT:
        return 1.0 / float(exp(load - servers * log(load)) * gamma(servers + 1.0) * gammaincc(servers + 1.0, load))
    term = total = 1.0
    for k in range(_TERMS):
        term *= (servers - k) / load
        total += term
    return 1.0 / total


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the root between two bounds, to the last digits of a float."""
    return float(brentq(function, low, high, xtol=1e-300, rtol=1e-14))


def _require_loss(loss: float) -> None:
    """Refuse a loss that is not a fraction strictly between 0 and 1."""
    if not 0.0 < loss < 1.0:
        raise ValueError(f"loss is {loss}; it must lie between 0 and 1, both excluded")
