#!/usr/bin/env python3
"""fit_single: the polynomials and tables of simd/math_lanes.inc, whose coefficients are f32.

Each polynomial is a weighted least-squares fit on Chebyshev nodes whose weights are moved towards
the largest errors until these are level (Lawson's algorithm; see Trefethen, Approximation Theory and
Approximation Practice, 2013, chapter 10), which comes close to minimax. The coefficients are rounded
to f32 one after the other, from the constant term up, and what is left is fitted again with those
already rounded held fixed, so that the later ones make good what rounding the earlier ones lost.

Printed: the coefficients as C hexadecimal floats, and the largest error on the nodes, relative to the
function that the polynomial is a part of. `fit_single POW` prints the tables of pow.

Usage: fit_single [NAME...]   (needs mpmath and NumPy: Debian's python3-mpmath, python3-numpy)
"""

import sys

import numpy as np
from mpmath import mp, mpf

mp.dps = 50
NODES, ROUNDS = 400, 60

ln2 = float(mp.log(2))
quarter_pi2 = (float(mp.pi / 4) * 1.001) ** 2


def safe(function, at_zero):
    """A function of x with a removable singularity at 0."""
    return lambda x: mpf(at_zero) if abs(x) < mpf(10) ** -20 else function(x)


def of_square(function, at_zero):
    """The same as a function of the square of its argument."""
    return safe(lambda z: function(mp.sqrt(z)), at_zero)


FITS = {
    # name: function, error's weight, from, to, degree
    # e^r = 1 + r + r^2 P(r)
    "EXP": (safe(lambda r: (mp.exp(r) - 1 - r) / r**2, 0.5), lambda r: r * r / mp.exp(r),
            -ln2 / 2 * 1.0005, ln2 / 2 * 1.0005, 4),
    # 2^r = 1 + r P(r)
    "EXP2": (safe(lambda r: (mpf(2) ** r - 1) / r, mp.log(2)), lambda r: abs(r) / mpf(2) ** r,
             -0.5002, 0.5002, 5),
    # log(1 + f) = f + f^2 P(f)
    "LOG": (safe(lambda f: (mp.log(1 + f) - f) / f**2, -0.5),
            lambda f: abs(f * f / mp.log(1 + f)) if abs(f) > 1e-9 else abs(f),
            -0.25001, 0.50001, 8),
    # sin r = r + r^3 P(r^2), cos r = 1 - r^2 / 2 + r^4 P(r^2)
    "SIN": (of_square(lambda r: (mp.sin(r) / r - 1) / r**2, mpf(-1) / 6),
            lambda z: z * mp.sqrt(z) / mp.sin(mp.sqrt(z)), 0, quarter_pi2, 2),
    "COS": (of_square(lambda r: (mp.cos(r) - 1 + r**2 / 2) / r**4, mpf(1) / 24),
            lambda z: z * z / mp.cos(mp.sqrt(z)), 1e-9, quarter_pi2, 2),
    # tanh x = x + x^3 P(x^2)
    "TANH": (of_square(lambda x: (mp.tanh(x) / x - 1) / x**2, mpf(-1) / 3),
             lambda z: z * mp.sqrt(z) / mp.tanh(mp.sqrt(z)), 0, 1.0001, 6),
    # erf x = x + x P(x^2) below 1, and 1 - 2^-P(x) from there
    "ERF": (of_square(lambda x: mp.erf(x) / x - 1, 2 / mp.sqrt(mp.pi) - 1),
            lambda z: mp.sqrt(z) / mp.erf(mp.sqrt(z)), 1e-9, 1.0, 6),
    "ERFC": (lambda x: -mp.log(mp.erfc(x), 2), lambda x: mp.erfc(x) * mp.log(2), 1.0, 4.0, 6),
    # pow: log(1 + f) = f - f^2 / 2 + f^3 P(f)
    "POW": (safe(lambda f: (mp.log(1 + f) - f + f * f / 2) / f**3, mpf(1) / 3),
            lambda f: abs(f**3 / mp.log(1 + f)) if abs(f) > 1e-12 else mpf(0),
            -0.015625 * 1.001, 0.015625 * 1.001, 2),
}


def level_fit(values, weights, columns):
    """Coefficients whose largest weighted error is smallest, nearly."""
    moved, best = np.ones(len(values)) / len(values), None
    for _ in range(ROUNDS):
        scale = np.sqrt(moved) * weights
        fitted, *_ = np.linalg.lstsq(columns * scale[:, None], values * scale, rcond=None)
        errors = np.abs((columns @ fitted - values) * weights)
        if best is None or errors.max() < best[0]:
            best = (errors.max(), fitted)
        moved = moved * errors
        moved /= moved.sum()
    return best[1]


def fit(function, weight, low, high, degree):
    spots = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)
    exact = [(mpf(low) + high) / 2 + (mpf(high) - low) / 2 * mpf(float(s)) for s in spots]
    values = np.array([float(function(x)) for x in exact])
    weights = np.array([float(weight(x)) for x in exact])
    x, rounded = np.array([float(e) for e in exact]), []
    for power in range(degree + 1):
        rest = values - sum(c * x**i for i, c in enumerate(rounded))
        columns = np.stack([x**i for i in range(power, degree + 1)], 1)
        rounded.append(float(np.float32(level_fit(rest, weights, columns)[0])))
    errors = np.abs((sum(c * x**i for i, c in enumerate(rounded)) - values) * weights)
    return rounded, errors.max()


def as_c(number):
    return float(np.float32(number)).hex().replace("0000000p", "p") + "f"


def print_tables():
    """For 32 ranges of z, 18 bits wide as integers: 1 / middle, and -log2 of it in two parts."""
    first, factors, high, low = 0x3F320000, [], [], []
    for i in range(32):
        ends = np.array([first + (i << 18), first + ((i + 1) << 18)], np.uint32).view(np.float32)
        begin, end = map(float, ends)
        factor = 1.0 if begin < 1 < end else float(np.float32(2 / (begin + end)))
        logarithm = -mp.log(mpf(factor), 2)
        top = mp.nint(logarithm * 2**15) / 2**15
        factors.append(factor)
        high.append(float(top))
        low.append(float(logarithm - top))
    for name, row in (("factor", factors), ("high", high), ("low", low)):
        print(f"pow_{name}: " + ", ".join(as_c(v) for v in row))


def main(names):
    for name in names or FITS:
        if name not in FITS:
            sys.exit(f"fit_single: no polynomial '{name}' ({', '.join(FITS)})")
        coefficients, error = fit(*FITS[name])
        print(f"{name} 2^{np.log2(error):.1f}: " + ", ".join(as_c(c) for c in coefficients))
        if name == "POW":
            print_tables()


if __name__ == "__main__":
    main(sys.argv[1:])
