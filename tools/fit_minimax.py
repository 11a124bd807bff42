#!/usr/bin/env python3
"""fit_minimax: the polynomials of simd/math_f64*.inc, derived from the functions they approximate.

Each is the minimax polynomial of its degree for a weighted error, by the exchange algorithm of Remez
(Muller, Elementary Functions, 3rd edition, chapter 3) in 60 digits. The weight says how an error of the
polynomial moves the function that is computed with it, so that the error printed is the relative
error of that function. The coefficients are then rounded to doubles, and the error is measured with them.

Printed: a macro of the coefficients as C hexadecimal floats. Two Horner chains, of the even and of the
odd powers, run side by side; the constant term comes last, so that one rounding of its size remains.

Usage: fit_minimax [NAME...]   (needs mpmath: Debian's python3-mpmath)
"""

import sys

from mpmath import mp, mpf

mp.dps = 60


def safe(function, at_zero):
    """A function of x with a removable singularity at 0."""
    return lambda x: at_zero if abs(x) < mpf(10) ** -18 else function(x)


def of_square(function, at_zero):
    """The same as a function of the square of its argument."""
    return safe(lambda z: function(mp.sqrt(z)), at_zero)


half_ln2 = mp.log(2) / 2 * mpf("1.0001")
quarter_pi2 = (mp.pi / 4) ** 2 * mpf("1.0001")
ln2 = mp.log(2)
most_s2 = (3 - 2 * mp.sqrt(2)) ** 2 * mpf("1.0001")  # of z = (f / (2 + f))^2 in the logarithms
FITS = {
    # name: function, weight, from, to, degree
    # e^r = 1 + r + r^2 P(r); relative to e^r - 1
    "EXP": (safe(lambda r: (mp.expm1(r) - r) / r**2, mpf(1) / 2), lambda r: r, -half_ln2, half_ln2, 10),
    # the same, relative to e^r
    "EXP_SHORT": (safe(lambda r: (mp.expm1(r) - r) / r**2, mpf(1) / 2), lambda r: r**2, -half_ln2, half_ln2, 9),
    # 2^r = 1 + r ln 2 + r^2 P(r); relative to 2^r
    "EXP2": (
        safe(lambda r: (mp.expm1(r * ln2) - r * ln2) / r**2, ln2**2 / 2),
        lambda r: r**2,
        mpf("-0.50001"),
        mpf("0.50001"),
        9,
    ),
    # log(1 + f) = f - f^2 / 2 + s (f^2 / 2 + z P(z)), s = f / (2 + f), z = s^2; relative
    "LOG": (
        of_square(lambda x: (2 * mp.atanh(x) / x - 2) / x**2, mpf(2) / 3),
        lambda z: z / 2,
        0,
        most_s2,
        6,
    ),
    # log2((1 + s) / (1 - s)) = s (C0 + C1 z + C2 z^2 + z^3 P(z)), z = s^2; relative
    "LOG2": (
        of_square(
            lambda x: (2 * mp.atanh(x) / x - 2 - x**2 * 2 / 3 - x**4 * 2 / 5) / x**6 / ln2,
            mpf(2) / 7 / ln2,
        ),
        lambda z: z**3 / 3,
        0,
        most_s2,
        6,
    ),
    # sin r = r + r^3 P(r^2), cos r = 1 - r^2 / 2 + r^4 P(r^2)
    "SIN": (of_square(lambda r: (mp.sin(r) - r) / r**3, mpf(-1) / 6), lambda z: z, 0, quarter_pi2, 5),
    "COS": (
        of_square(lambda r: (mp.cos(r) - 1 + r**2 / 2) / r**4, mpf(1) / 24),
        lambda z: z**2,
        0,
        quarter_pi2,
        5,
    ),
    # sinh r = r + r^3 P(r^2), cosh r = 1 + r^2 P(r^2)
    "SINH": (of_square(lambda r: (mp.sinh(r) - r) / r**3, mpf(1) / 6), lambda z: z, 0, half_ln2**2, 4),
    "COSH": (of_square(lambda r: (mp.cosh(r) - 1) / r**2, mpf(1) / 2), lambda z: z, 0, half_ln2**2, 5),
    # asin x = x + x^3 P(x^2) for |x| <= 1/2
    "ASIN": (
        of_square(lambda x: (mp.asin(x) - x) / x**3, mpf(1) / 6),
        lambda z: z,
        0,
        mpf("0.2500001"),
        11,
    ),
    # atan x = x + x^3 P(x^2) for |x| <= tan(pi / 8)
    "ATAN": (
        of_square(lambda x: (mp.atan(x) - x) / x**3, mpf(-1) / 3),
        lambda z: z,
        0,
        mpf("0.171573"),
        10,
    ),
    # erf x = x + x P(x^2) for |x| <= 1
    "ERF": (
        of_square(lambda x: (mp.erf(x) / x - 1), 2 / mp.sqrt(mp.pi) - 1),
        lambda z: mpf(1),
        0,
        mpf("1.000001"),
        13,
    ),
    # erfc x = exp(P(x - 1)) on [1, 6]; weighted as it moves erf x
    "ERFC": (lambda x: mp.log(mp.erfc(x + 1)), lambda x: mp.erfc(x + 1), mpf("-0.0001"), 5, 20),
    # cube root of m in [1, 2), a first guess
    "CBRT": (lambda m: mp.cbrt(m), lambda m: 1 / mp.cbrt(m), 1, 2, 5),
}


def solve(points, values, weights, degree):
    """Coefficients of the polynomial whose weighted error alternates on the points, and that error."""
    n = degree + 2
    matrix = mp.matrix(n, n)
    right = mp.matrix(n, 1)
    for i, x in enumerate(points):
        power = mpf(1)
        for k in range(degree + 1):
            matrix[i, k] = power
            power *= x
        matrix[i, n - 1] = (-1) ** i / weights[i]
        right[i] = values[i]
    solution = mp.lu_solve(matrix, right)
    return [solution[k] for k in range(degree + 1)], solution[n - 1]


def evaluate(coefficients, x):
    value = mpf(0)
    for c in reversed(coefficients):
        value = value * x + c
    return value


def extrema(grid, errors, count):
    """One point of largest error in each run of one sign; the `count` in a row that are largest."""
    runs = []
    for i, e in enumerate(errors):
        if runs and (errors[runs[-1]] > 0) == (e > 0):
            if abs(e) > abs(errors[runs[-1]]):
                runs[-1] = i
        else:
            runs.append(i)
    while len(runs) > count:  # drop the smaller end
        runs.pop(0 if abs(errors[runs[0]]) < abs(errors[runs[-1]]) else -1)
    return runs


def remez(function, weight, lo, hi, degree):
    lo, hi = mpf(lo), mpf(hi)
    size = 60 * (degree + 2)
    grid = [(lo + hi) / 2 - (hi - lo) / 2 * mp.cos(mp.pi * (i + mpf(1) / 2) / size) for i in range(size)]
    values = [function(x) for x in grid]
    weights = [abs(weight(x)) for x in grid]
    chosen = [(2 * i + 1) * size // (2 * (degree + 2)) for i in range(degree + 2)]
    for _ in range(30):
        coefficients, level = solve(
            [grid[i] for i in chosen], [values[i] for i in chosen], [weights[i] for i in chosen], degree
        )
        errors = [(v - evaluate(coefficients, x)) * w for x, v, w in zip(grid, values, weights)]
        found = extrema(grid, errors, degree + 2)
        worst = max(abs(e) for e in errors)
        if len(found) < degree + 2 or worst <= abs(level) * mpf("1.001"):
            break
        chosen = found
    rounded = [mpf(float(c)) for c in coefficients]
    errors = [(v - evaluate(rounded, x)) * w for x, v, w in zip(grid, values, weights)]
    return rounded, max(abs(e) for e in errors), worst


def chain(coefficients, variable):
    body = ", ".join(float(c).hex() for c in coefficients)
    return f"D_P{len(coefficients) - 1}({variable}, {body})"


def main(names):
    for name, (function, weight, lo, hi, degree) in FITS.items():
        if names and name not in names:
            continue
        coefficients, error, exact = remez(function, weight, lo, hi, degree)
        print(
            f"/* {float(lo):g} to {float(hi):g}, degree {degree}, error 2^{float(mp.log(error, 2)):.1f}"
            f" (unrounded 2^{float(mp.log(exact, 2)):.1f}) */"
        )
        print(
            f"#define Q_{name}(z, zz) D_MA(D_MA({chain(coefficients[2::2], 'zz')}, z,"
            f" {chain(coefficients[1::2], 'zz')}), z, {float(coefficients[0]).hex()})"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
