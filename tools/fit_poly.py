#!/usr/bin/env python3
"""fit_poly: the polynomials of simd/math.inc, derived from the functions they approximate.

Each is the interpolation of a smooth function at Chebyshev nodes, in 60 digits, which comes within a
small factor of the minimax polynomial of the same degree (Trefethen, Approximation Theory and
Approximation Practice, 2013, chapters 4 and 16). Printed: the coefficients from the constant term up,
as C hexadecimal floats, and the largest relative error on a fine grid.

Usage: fit_poly [NAME...]   (needs mpmath: Debian's python3-mpmath)
"""

import sys

from mpmath import mp, mpf, mpmathify

mp.dps = 60


def safe(function, at_zero):
    """A function of x with a removable singularity at 0."""
    return lambda x: at_zero if abs(x) < mpf(10) ** -40 else function(x)


def of_square(function, at_zero):
    """The same as a function of the square of its argument."""
    return safe(lambda z: function(mp.sqrt(z)), at_zero)


third = mpf(1) / 3
quarter_pi2 = float((mp.pi / 4) ** 2) * 1.0001
half_ln2 = float(mp.log(2) / 2) * 1.0001
FITS = {
    # name: function, from, to, degree
    # e^r = 1 + r + r^2 * P(r)
    "EXP": (safe(lambda r: (mp.exp(r) - 1 - r) / r**2, mpf(1) / 2), -half_ln2, half_ln2, 6),
    # 2^r = 1 + r * P(r)
    "EXP2": (safe(lambda r: (mpf(2) ** r - 1) / r, mp.log(2)), -0.50001, 0.50001, 7),
    # log(1 + f) = f + f^2 * P(f)
    "LOG": (safe(lambda f: (mp.log(1 + f) - f) / f**2, mpf(-1) / 2), -0.29290, 0.41422, 15),
    # sin r = r + r^3 * P(r^2), cos r = 1 + r^2 * P(r^2)
    "SIN": (of_square(lambda r: (mp.sin(r) - r) / r**3, mpf(-1) / 6), 0, quarter_pi2, 4),
    "COS": (of_square(lambda r: (mp.cos(r) - 1) / r**2, mpf(-1) / 2), 0, quarter_pi2, 5),
    # asin x = x + x^3 * P(x^2) for |x| <= 1/2
    "ASIN": (of_square(lambda x: (mp.asin(x) - x) / x**3, mpf(1) / 6), 0, 0.25001, 9),
    # atan x = x + x^3 * P(x^2) for |x| <= tan(pi / 8)
    "ATAN": (of_square(lambda x: (mp.atan(x) - x) / x**3, -third), 0, 0.17158, 8),
    # erf x = x * P(x^2) for |x| <= 1
    "ERF": (of_square(lambda x: mp.erf(x) / x, 2 / mp.sqrt(mp.pi)), 0, 1.00001, 11),
    # log erfc(x) + x^2 on [1, 10], in t = 1 / (1 + x / 2): erfc x = exp(P(t) - x^2)
    "ERFC": (lambda t: mp.log(mp.erfc(2 / t - 2)) + (2 / t - 2) ** 2, 1 / 3.2, 0.66667, 13),
    # cube root of m in [1, 2), a first guess for Newton's method
    "CBRT": (lambda m: mp.cbrt(m), 1, 2, 6),
}


def interpolate(function, lo, hi, degree):
    """Monomial coefficients of the interpolation at degree + 1 Chebyshev nodes."""
    lo, hi, n = mpf(lo), mpf(hi), degree + 1
    nodes = [(lo + hi) / 2 + (hi - lo) / 2 * mp.cos(mp.pi * (2 * i + 1) / (2 * n)) for i in range(n)]
    table = [mpmathify(function(x)) for x in nodes]
    for level in range(1, n):  # divided differences
        for i in range(n - 1, level - 1, -1):
            table[i] = (table[i] - table[i - 1]) / (nodes[i] - nodes[i - level])
    coefficients = [mpf(0)] * n
    for i in range(n - 1, -1, -1):  # Newton's form, multiplied out
        shifted = [mpf(0)] + coefficients[:-1]
        coefficients = [s - nodes[i] * c for s, c in zip(shifted, coefficients)]
        coefficients[0] += table[i]
    return coefficients


def largest_error(function, coefficients, lo, hi):
    """Relative to the function, with the coefficients as doubles."""
    worst = mpf(0)
    rounded = [mpf(float(c)) for c in coefficients]
    for i in range(801):
        x = mpf(lo) + (mpf(hi) - mpf(lo)) * i / 800
        exact = mpmathify(function(x))
        value = mpf(0)
        for c in reversed(rounded):
            value = value * x + c
        worst = max(worst, abs(value - exact) / abs(exact))
    return worst


def main(names):
    for name, (function, lo, hi, degree) in FITS.items():
        if names and name not in names:
            continue
        coefficients = interpolate(function, lo, hi, degree)
        error = largest_error(function, coefficients, lo, hi)
        print(f"/* {float(lo):g} to {float(hi):g}, relative error 2^{float(mp.log(error, 2)):.1f} */")
        print(f"#define P_{name}(z) POLYNOMIAL{degree}(z, " + ", ".join(float(c).hex() for c in coefficients) + ")")


if __name__ == "__main__":
    main(sys.argv[1:])
