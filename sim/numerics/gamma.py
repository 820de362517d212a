"""The gamma law from IEEE 754 basic operations only, so that its draws are the same on every machine (ADR 1).

Everything rests on one factor, ``D(a, x) = x^a e^-x / Gamma(a + 1)``. Its exponent is taken around its maximum, where
nothing cancels, so the quantile keeps 12 digits for every shape from 0.05 to a million.

References
----------
.. [1] NIST Digital Library of Mathematical Functions, 5.11.1 (Stirling's series), 8.11.4 (power series), 8.9.2
   (continued fraction), https://dlmf.nist.gov.
.. [2] A. R. DiDonato, A. H. Morris, "Computation of the incomplete gamma function ratios and their inverse",
   ACM Transactions on Mathematical Software 12 (1986) 377-393.
.. [3] E. B. Wilson, M. M. Hilferty, "The distribution of chi-square", PNAS 17 (1931) 684-688.
.. [4] W. J. Lentz, "Generating Bessel functions in Mie scattering calculations using continued fractions",
   Applied Optics 15 (1976) 668-671.
"""

from __future__ import annotations

import math

from sim.jit.functions import compiled
from sim.numerics.portable_math import exp, log, normal_quantile

__all__ = ["gamma_excess", "gamma_probabilities", "gamma_quantile", "log_gamma", "normal_cdf"]

_HALF_LOG_2PI = 0.9189385332046728
_LARGE = 10.0  # from here on Stirling's series is exact to the last digit
_NEGLIGIBLE = 1e-17  # a term smaller than this share of the sum changes nothing
_LAST_DIGIT = 2.5e-16  # as near to 1 as a factor comes in the end
_CLOSE = 1e-7  # after a third-order step as small as this, what is left is below rounding
_HALF_EXCESS = 0.7257913526447259  # of the shape 1/2; an import runs nothing compiled
_MIDDLE = 1.5  # beyond shape + this, the continued fraction converges sooner than the power series
_MOST = 100  # steps; a dozen is the most that was seen


@compiled()
def _stirling(x: float) -> float:
    """Return ln Gamma(x) less (x - 1/2) ln x - x + ln(2 pi) / 2, for x >= 10 [1]_."""
    z = 1.0 / (x * x)
    series = 1.0 / 156.0
    series = series * z - 691.0 / 360360.0
    series = series * z + 1.0 / 1188.0
    series = series * z - 1.0 / 1680.0
    series = series * z + 1.0 / 1260.0
    series = series * z - 1.0 / 360.0
    series = series * z + 1.0 / 12.0
    return series / x


@compiled()
def log_gamma(x: float) -> float:
    """Return the logarithm of the gamma function.

    Parameters
    ----------
    x
        Greater than 0.

    Returns
    -------
    float
        ln Gamma(x), within 1e-14 of the larger of 1 and itself: Stirling's series [1]_, from x + n >= 10 down.
    """
    product = 1.0
    while x < _LARGE:
        product *= x
        x += 1.0
    return (x - 0.5) * log(x) - x + _HALF_LOG_2PI + _stirling(x) - log(product)


@compiled()
def gamma_excess(shape: float) -> float:
    """Return what the other functions want to know of a shape, once for all draws.

    Parameters
    ----------
    shape
        Greater than 0.

    Returns
    -------
    float
        ln Gamma(a + 1) - a ln a + a, which is about ln(2 pi a) / 2.
    """
    if shape >= _LARGE:
        return 0.5 * log(shape) + _HALF_LOG_2PI + _stirling(shape)
    return log_gamma(shape + 1.0) - shape * log(shape) + shape


@compiled()
def _distance(ratio: float) -> float:
    """Return r - 1 - ln r, of full accuracy near r = 1 too."""
    f = ratio - 1.0
    if abs(f) > 0.3:
        return f - log(ratio)
    # ln(1 + f) = 2 artanh(s), s = f / (2 + f), and f - 2 s = f s: the leading terms cancel on paper.
    s = f / (2.0 + f)
    z = s * s
    series = 0.0
    for n in range(25, 1, -2):
        series = series * z + 1.0 / n
    return f * s - 2.0 * s * z * series


@compiled()
def gamma_probabilities(shape: float, excess: float, x: float) -> tuple[float, float, float]:
    """Return the distribution of the gamma law with scale 1.

    Parameters
    ----------
    shape
        Greater than 0.
    excess
        `gamma_excess` of the shape.
    x
        Greater than 0.

    Returns
    -------
    tuple of float
        P(X <= x), P(X > x), and the density times x; the smaller of the first two has full relative accuracy, unless
        it is P(X > x) with x below shape + 1.5, where it has full absolute accuracy.
    """
    factor = exp(-shape * _distance(x / shape) - excess)
    if x < shape + _MIDDLE:
        term = total = 1.0
        n = shape
        while term > _NEGLIGIBLE * total:
            n += 1.0
            term *= x / n
            total += term
        below = min(1.0, factor * total)
        return below, 1.0 - below, factor * shape
    # Lentz's method [4]_ on 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - ...)); here nothing in it can be 0.
    b = x + 1.0 - shape
    d = fraction = 1.0 / b
    c = math.inf
    change, n = 0.0, 0.0
    while abs(change - 1.0) > _LAST_DIGIT:
        n += 1.0
        step = n * (shape - n)
        b += 2.0
        d = 1.0 / (step * d + b)
        c = b + step / c
        change = c * d
        fraction *= change
    above = factor * shape * fraction
    return 1.0 - above, above, factor * shape


@compiled()
def _start(u: float, shape: float, excess: float) -> float:
    """Return a first guess of the quantile."""
    d = 1.0 / (9.0 * shape)
    root = 1.0 - d + normal_quantile(u) * math.sqrt(d)
    if shape >= 0.5 and root > 0.3:
        return shape * root * root * root  # [3]_
    # u = x^a (1 - a x / (a + 1) + ...) / Gamma(a + 1), in logarithms [2]_
    least = exp((log(u) + excess) / shape - 1.0 + log(shape))
    if least < 0.5 * (shape + 1.0):
        return least * exp(least / (shape + 1.0))
    # 1 - u = x^(a - 1) e^-x / Gamma(a) (1 + ...)
    y = max(0.5, -log(1.0 - u) - excess + shape - (shape - 1.0) * log(shape))
    return max(0.25, y + (shape - 1.0) * log(y))


@compiled()
def gamma_quantile(u: float, shape: float, excess: float) -> float:
    """Return the quantile function of the gamma law with scale 1.

    Parameters
    ----------
    u
        Probability, 0 < u < 1.
    shape
        From 0.05 to a million.
    excess
        `gamma_excess` of the shape.

    Returns
    -------
    float
        x with P(X <= x) = u, to about 12 digits; 0 where it is below 1e-308.

    Notes
    -----
    Halley's method on P(X <= x) - u, kept between the largest x known to be too small and the smallest one known to be
    too large.
    """
    x = _start(u, shape, excess)
    if x < 1e-290:
        return exp((log(u) + excess) / shape - 1.0 + log(shape))  # the first term of the series is all there is
    low, high = 0.0, math.inf
    for _ in range(_MOST):
        below, above, slope = gamma_probabilities(shape, excess, x)
        # Whichever of the two is exact to the last digit.
        error = (below - u) if x < shape + _MIDDLE else (1.0 - u) - above
        if error > 0.0:
            high = x
        elif error < 0.0:
            low = x
        else:
            return x
        newton = error / slope if slope > 0.0 else math.inf  # relative to x
        step = newton / max(0.5, 1.0 - 0.5 * newton * (shape - 1.0 - x))
        guess = x * (1.0 - step)
        if abs(step) <= _CLOSE:
            return guess
        if not low < guess < high:
            guess = 2.0 * x if high == math.inf else 0.5 * x if low == 0.0 else math.sqrt(low) * math.sqrt(high)
        x = guess
    return x


@compiled()
def normal_cdf(z: float) -> float:
    """Return the distribution function of the standard normal law.

    Parameters
    ----------
    z
        Any finite number.

    Returns
    -------
    float
        P(Z <= z): half of what the gamma law with shape 1/2 says of z^2 / 2.
    """
    if abs(z) < 1e-8:
        return 0.5 + z * 0.3989422804014327  # the series' first term; z^2 might be too small for a number
    below, above, _ = gamma_probabilities(0.5, _HALF_EXCESS, 0.5 * z * z)
    return 0.5 * above if z < 0.0 else 0.5 + 0.5 * below
