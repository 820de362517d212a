"""log, exp, expm1 and the normal quantile from IEEE 754 basic operations only.

The C library's ``log`` and ``exp`` may differ in the last digit between machines and versions, and so may vectorised
ones; additions, multiplications, divisions and square roots may not. A draw is turned into a time by these functions
alone, so one seed gives one log on any machine (ADR 1).
"""

from __future__ import annotations

import math

import numpy as np

from sim.jit.functions import compiled

__all__ = ["exp", "expm1", "log", "normal_quantile"]

_LN2_HIGH = 0.693145751953125  # the first 17 bits of ln 2, so that k * _LN2_HIGH is exact for every exponent k
_LN2_LOW = 1.4286068203094172e-06  # ln 2 - _LN2_HIGH
_SQRT_HALF = 0.7071067811865476
_LEAST_NORMAL = 2.2250738585072014e-308
# A float64 is m 2^k with 1/2 <= m < 1: 11 bits of k + 1022, then 52 of m. Calling `frexp` and `ldexp` for them takes
# longer than all the rest.
_BEHIND, _BIAS = 52, 1022
_FRACTION, _HALF = (1 << 52) - 1, _BIAS << 52


@compiled()
def log(x: float) -> float:
    """Return the natural logarithm of a positive, finite number.

    Parameters
    ----------
    x
        Greater than 0.

    Returns
    -------
    float
        Within 2 units in the last place of ln x.

    Notes
    -----
    With x = m 2^k and sqrt(1/2) <= m < sqrt(2): ln x = k ln 2 + 2 artanh(s), s = (m - 1) / (m + 1), by the Taylor
    series of artanh; the first term left out is below 2e-18.
    """
    above = _BIAS
    if x < _LEAST_NORMAL:
        x *= 18014398509481984.0
        above += 54  # that was 2^54
    bits = np.float64(x).view(np.int64)
    k = (bits >> _BEHIND) - above
    m = np.int64(bits & _FRACTION | _HALF).view(np.float64)
    if m < _SQRT_HALF:
        m *= 2.0
        k -= 1
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z  # odd and even terms apart: two short chains of additions are faster than a long one
    even = ((((1 / 23 * w + 1 / 19) * w + 1 / 15) * w + 1 / 11) * w + 1 / 7) * w + 1 / 3
    odd = (((1 / 21 * w + 1 / 17) * w + 1 / 13) * w + 1 / 9) * w + 1 / 5
    series = even + z * odd
    # 2 artanh(s) = f - s (f - 2 s^2 series): f is exact, so the rounding falls on the small correction.
    return k * _LN2_HIGH + (f - s * (f - 2.0 * z * series) + k * _LN2_LOW)


@compiled()
def exp(x: float) -> float:
    """Return e to the power of x.

    Parameters
    ----------
    x
        Any number; beyond +-709 the result is infinite or 0.

    Returns
    -------
    float
        Within 2 units in the last place of e^x.

    Notes
    -----
    e^x = 2^k e^r with |r| <= ln(2) / 2, by the Taylor series; the first term left out is below 1e-18.
    """
    if x > 709.0:
        return math.inf
    if x < -709.0:
        return 0.0
    k = math.floor(x * 1.4426950408889634 + 0.5)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    return (1.0 + (r + r * r * _rest_of_exp(r))) * _power_of_2(k >> 1) * _power_of_2(k - (k >> 1))


@compiled()
def expm1(x: float) -> float:
    """Return e to the power of x, less 1.

    Parameters
    ----------
    x
        Any number; beyond +-709 the result is infinite or -1.

    Returns
    -------
    float
        e^x - 1, within 4 units in the last place, near 0 too.

    Notes
    -----
    e^x - 1 = 2^k (e^r - 1) + (2^k - 1), as for `exp`.
    """
    if x > 709.0:
        return math.inf
    if x < -709.0:
        return -1.0
    k = math.floor(x * 1.4426950408889634 + 0.5)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    scale = _power_of_2(k >> 1) * _power_of_2(k - (k >> 1))  # twice, as it may be too small for a whole exponent
    return scale * (r + r * r * _rest_of_exp(r)) + (scale - 1.0)


@compiled()
def _power_of_2(k: int) -> float:
    """Return 2^k for -1022 <= k <= 1023."""
    return np.int64((k + _BIAS + 1) << _BEHIND).view(np.float64)


@compiled()
def _rest_of_exp(r: float) -> float:
    """Return (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2."""
    w = r * r  # odd and even terms apart, as for `log`
    even = ((1 / 87178291200 * w + 1 / 479001600) * w + 1 / 3628800) * w + 1 / 40320
    even = ((even * w + 1 / 720) * w + 1 / 24) * w + 1 / 2
    odd = ((1 / 1307674368000 * w + 1 / 6227020800) * w + 1 / 39916800) * w + 1 / 362880
    odd = ((odd * w + 1 / 5040) * w + 1 / 120) * w + 1 / 6
    return even + r * odd


@compiled()
def normal_quantile(u: float) -> float:
    """Return the quantile function of the standard normal law.

    Parameters
    ----------
    u
        Probability, 0 < u < 1.

    Returns
    -------
    float
        z with P(Z <= z) = u, to about 16 digits.

    References
    ----------
    .. [1] M. J. Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution",
       Applied Statistics 37 (1988) 477-484, function PPND16.
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * _ratio_centre(r)
    r = math.sqrt(-log(u if q < 0.0 else 1.0 - u))
    z = _ratio_middle(r - 1.6) if r <= 5.0 else _ratio_tail(r - 5.0)
    return -z if q < 0.0 else z


@compiled()
def _ratio_centre(r: float) -> float:
    top = 2.5090809287301226727e3
    for c in (
        3.3430575583588128105e4,
        6.7265770927008700853e4,
        4.5921953931549871457e4,
        1.3731693765509461125e4,
        1.9715909503065514427e3,
        1.3314166789178437745e2,
        3.3871328727963666080e0,
    ):
        top = top * r + c
    bottom = 5.2264952788528545610e3
    for c in (
        2.8729085735721942674e4,
        3.9307895800092710610e4,
        2.1213794301586595867e4,
        5.3941960214247511077e3,
        6.8718700749205790830e2,
        4.2313330701600911252e1,
        1.0,
    ):
        bottom = bottom * r + c
    return top / bottom


@compiled()
def _ratio_middle(r: float) -> float:
    top = 7.74545014278341407640e-4
    for c in (
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e0,
        3.64784832476320460504e0,
        5.76949722146069140550e0,
        4.63033784615654529590e0,
        1.42343711074968357734e0,
    ):
        top = top * r + c
    bottom = 1.05075007164441684324e-9
    for c in (
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e0,
        2.05319162663775882187e0,
        1.0,
    ):
        bottom = bottom * r + c
    return top / bottom


@compiled()
def _ratio_tail(r: float) -> float:
    top = 2.01033439929228813265e-7
    for c in (
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e0,
        5.46378491116411436990e0,
        6.65790464350110377720e0,
    ):
        top = top * r + c
    bottom = 2.04426310338993978564e-15
    for c in (
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ):
        bottom = bottom * r + c
    return top / bottom
