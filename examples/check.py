#!/usr/bin/env python3
"""check: computes what the examples compute, independently in NumPy with float64, and compares.

Usage: check.py FOLDER NAME     (inputs as make_data.py wrote them, and weft's outputs)

NAME is that of an example; what is allowed, and why, stands at its function. Errors are counted in
ROUNDING, the largest relative error of rounding once to f32. Exit status 1: something is not right.
"""

import math
import sys
from pathlib import Path

import numpy as np

from make_data import PLACES, SOFTNESS, scene

ROUNDING = 2.0**-24


def report(name, error, allowed):
    good = bool(error <= allowed)  # not for NaN
    print(f"  {name:14} largest error {error:9.3g}, allowed {allowed:9.3g}  {'ok' if good else 'WRONG'}")
    return good


def compare(name, got, expected, allowed):
    if got.shape != expected.shape:
        print(f"  {name:14} has shape {got.shape}, expected {expected.shape}  WRONG")
        return False
    return report(name, np.max(np.abs(got - expected), initial=0.0), allowed)


def solar(load):
    latitude = np.radians(load("latitude"))[:, None, None]
    longitude, zone = load("longitude")[:, None, None], load("zone")[:, None, None]
    day, minute = load("day")[None, :, None], load("minute")[None, None, :]
    g = 2 * np.pi / 365 * (day - 1)
    equation = 229.18 * (
        0.000075 + 0.001868 * np.cos(g) - 0.032077 * np.sin(g)
        - 0.014615 * np.cos(2 * g) - 0.040849 * np.sin(2 * g)
    )
    declination = (
        0.006918 - 0.399912 * np.cos(g) + 0.070257 * np.sin(g) - 0.006758 * np.cos(2 * g)
        + 0.000907 * np.sin(2 * g) - 0.002697 * np.cos(3 * g) + 0.00148 * np.sin(3 * g)
    )
    true_time = minute + equation + 4 * longitude - 60 * zone
    hour_angle = np.radians(true_time / 4 - 180)
    cosine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(
        declination
    ) * np.cos(hour_angle)
    up = cosine > 0
    light = np.where(up, 1098 * cosine * np.exp(-0.057 / np.where(up, cosine, 1)), 0)
    hours = 24 / minute.size
    energy = light.sum(axis=2) * hours / 1000
    highest = 90 - np.degrees(np.arccos(cosine.max(axis=2)))
    print("  place       kWh/m2 per year  longest day  sun's highest (from weft's outputs)")
    for i, (name, *_) in enumerate(PLACES):
        print(
            f"  {name:12}{load('energy')[i].sum():15.0f}{load('daylight')[i].max():12.1f} h"
            f"{load('highest')[i].max():12.1f} degrees"
        )
    return [
        compare("energy", load("energy"), energy, 1e-9),
        compare("daylight", load("daylight"), up.sum(axis=2) * hours, 1e-9),
        compare("highest", load("highest"), highest, 1e-9),
        compare("peak", load("peak"), light.max(), 1e-9),
    ]


def hamilton(a, b):
    aw, ax, ay, az = a
    bw, bx, by, bz = b.T
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        1,
    )


def transform(load, result, centre, roundings):
    """A value of a mean is a chain of roundings of what went into it: at most four without a centre,
    and four more for the one that is folded into the shift. A product of unit quaternions is at
    most 1, and so is the sum of the magnitudes in it, times 2."""
    mean, rotation, scale = load("mean"), load("rotation"), load("scale")
    affine, size = load("affine"), 1.5
    m, t = affine[:, :3], affine[:, 3]
    moved = (mean - centre) @ m.T + centre + t
    magnitude = np.abs(mean) @ np.abs(m).T + np.abs(m) @ np.abs(centre) + np.abs(centre) + np.abs(t)
    new_mean, new_rotation, new_scale = (load(name) for name in result)
    norm = np.sqrt((new_rotation**2).sum(axis=1))
    turned = hamilton(load("turn"), rotation)
    print(f"  {len(mean):,} splats")
    return [
        report(result[0], np.max(np.abs(new_mean - moved) / magnitude), roundings * ROUNDING),
        compare(result[1], new_rotation, turned, 8 * ROUNDING),
        report(result[2], np.max(np.abs(new_scale / (scale * size) - 1)), ROUNDING),
        report("unit length", np.max(np.abs(norm - 1)), 1e-6),
    ]


def gaussian_transform(load):
    """The box round the splats must be that of weft's own means exactly."""
    means = load("new_mean")
    return transform(load, ["new_mean", "new_rotation", "new_scale"], np.zeros(3), 4) + [
        compare("low", load("low"), means.min(axis=0), 0.0),
        compare("high", load("high"), means.max(axis=0), 0.0),
    ]


def splat_transform(load):
    return transform(load, ["new_mean", "new_rotation", "new_scale"], np.array([1.0, 2.0, 3.0]), 8)


def splat_transform_in_place(load):
    """The same bits as out of place."""
    pairs = (("moved", "new_mean"), ("turned", "new_rotation"), ("sized", "new_scale"))
    return [compare(name, load(name), load(other), 0.0) for name, other in pairs]


def splat_activation(load):
    """exp and sigmoid are within 1 ULP, which is two roundings; a unit vector takes five: the sum of
    squares three, of which the root halves the effect, the root and the division."""
    raw = load("raw")
    scale = np.exp(np.clip(load("log_scale"), -10, 4))
    opacity = 1 / (1 + np.exp(-load("logit")))
    unit = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    return [
        report("sizes", np.max(np.abs(load("sizes") / scale - 1)), 2 * ROUNDING),
        report("opacity", np.max(np.abs(load("opacity") / opacity - 1)), 2 * ROUNDING),
        compare("unit", load("unit"), unit, 5 * ROUNDING),
    ]


def black_scholes(load):
    """Prices are differences of two values as large as spot and strike, so that these are what errors
    are measured by. The largest are those of d1 and d2: log and the ratio in it are within two
    roundings, divided by 0.15, the least spread there is, times the slope of the normal
    distribution function, at most 0.4, times one of spot and strike, which makes 3 each; erf is within
    two, and the products and differences add two."""
    spot, strike, years = load("spot"), load("strike"), load("years")
    rate, volatility = np.float64(np.float32(0.02)), np.float64(np.float32(0.3))

    def normal(x):
        return 0.5 * np.fromiter((math.erfc(-v / math.sqrt(2)) for v in x), np.float64, len(x))

    spread = volatility * np.sqrt(years)
    d1 = (np.log(spot / strike) + (rate + volatility**2 / 2) * years) / spread
    d2 = d1 - spread
    discounted = strike * np.exp(-rate * years)
    prices = {
        "call": spot * normal(d1) - discounted * normal(d2),
        "put": discounted * normal(-d2) - spot * normal(-d1),
    }
    print(f"  {len(spot):,} options; of the first: call {load('call')[0]:.4f}, put {load('put')[0]:.4f}")
    return [
        report(name, np.max(np.abs(load(name) - price) / (spot + strike)), 8 * ROUNDING)
        for name, price in prices.items()
    ]


def mandelbrot(load):
    """Beside every point runs a bound on how far f32 can be from float64 by now. Where |z| = 2 lies
    within it, f32 may count otherwise from there on; all other points must have equal counts. Of
    the first kind, which lie along the border of the set, there may be 1 in 50, and 1 in 500 of all
    points may count otherwise."""
    got = load("steps")
    rows, columns = got.shape
    left, top, step = (np.float64(np.float32(value)) for value in (-2.2, 1.2, 0.004))
    c = (left + step * np.arange(columns))[None, :] + 1j * (top - step * np.arange(rows))[:, None]
    c = c.ravel()
    steps, unsure = np.zeros(c.size, np.int64), np.zeros(c.size, bool)
    where, z, error = np.arange(c.size), np.zeros(c.size, complex), np.zeros(c.size)
    for _ in range(100):
        size = np.abs(z)
        error = np.minimum(error, 4.0)  # beyond which nothing is known of z anyway
        error = 2 * size * error + error**2
        unsure[where] |= np.abs(size**2 - 4) <= error + 16 * ROUNDING
        stays = size <= 2
        where, z, size, error = where[stays], z[stays], size[stays], error[stays]
        steps[where] += 1
        z = z * z + c[where]
        error += 6 * ROUNDING * (size**2 + np.abs(c[where]) + 5)
    different = steps != got.ravel()
    print(f"  {c.size:,} points, {np.sum(got == 100):,} of them stay for 100 steps")
    print(f"  {np.sum(different):,} count otherwise; {np.sum(unsure):,} may, by the bound on errors")
    return [
        report("others", np.sum(different & ~unsure), 0),
        report("otherwise", np.mean(different), 1 / 500),
        report("may", np.mean(unsure), 1 / 50),
    ]


def softmax(load):
    """x - max(x) is rounded once, which exp turns into a relative error of that many roundings of
    its size; exp, the sum (pairwise, at most 14) and the division take 18 more."""
    x, shares = load("logits"), load("shares")
    expected = np.exp(x - x.max())
    expected /= expected.sum()
    allowed = (x.max() - x + 18) * ROUNDING
    return [
        report("shares", np.max(np.abs(shares / expected - 1) / allowed), 1.0),
        report("sum - 1", np.abs(shares.sum() - 1), 1e-6),
    ]


def gaussian_inverse(load):
    """An inverse magnifies what was rounded by the condition of the matrix, 16 for the most
    elongated of these Gaussians (squared, as cofactors are products)."""
    a, b, c, d, e, f = load("cholesky").T
    zero = np.zeros_like(a)
    factor = np.array([[a, zero, zero], [b, c, zero], [d, e, f]]).transpose(2, 0, 1)
    inverse = np.linalg.inv(factor @ factor.transpose(0, 2, 1) + 1e-6 * np.eye(3))
    rows = load("gaussian")
    got = rows[:, [[4, 7, 8], [7, 5, 9], [8, 9, 6]]]
    size = np.linalg.norm(inverse, axis=(1, 2))
    return [
        report("inverse", np.max(np.linalg.norm(got - inverse, axis=(1, 2)) / size), 256 * ROUNDING),
        compare("centre", rows[:, :3], load("centre"), 0.0),
        compare("weight", rows[:, 3], load("weight"), 0.0),
    ]


def field(load, name, inverse):
    """Every weight is positive, so that nothing cancels: the field is the sum of the magnitudes of its
    terms, and 1e-5 is relative to the value itself. The points lie where the Gaussians do; far from
    all of them, where the field is e**-50 and less, an error of q in its last place is more."""
    points, centres, weights = load("point"), load("centre"), load("weight")
    values = np.zeros(len(points))
    for n, centre in enumerate(centres):
        d = points - centre
        values += weights[n] * np.exp(-0.5 * np.einsum("ni,ij,nj->n", d, inverse[n], d))
    print(f"  {len(centres):,} Gaussians at {len(points):,} points")
    return [report(name, np.max(np.abs(load(name) / values - 1)), 1e-5)]


def gaussian_field(load):
    """From the Cholesky factors, in float64 throughout: both of weft's programs count."""
    a, b, c, d, e, f = load("cholesky").T
    zero = np.zeros_like(a)
    factor = np.array([[a, zero, zero], [b, c, zero], [d, e, f]]).transpose(2, 0, 1)
    inverse = np.linalg.inv(factor @ factor.transpose(0, 2, 1) + 1e-6 * np.eye(3))
    return field(load, "field", inverse)


def gaussian_field_diagonal(load):
    return field(load, "field_diagonal", [np.diag(row[4:]) for row in load("diagonal")])


def panorama(load, name="image", yaw=3.14159, pitch=0.2, view=1.2):
    """Within one grey level of the same in float64: f32 has the place in the panorama to within a
    thousandth of a pixel, after which a value may round otherwise. And near what scene() says about
    the direction itself, so that a seam, a pole or half a pixel in the wrong place is seen: two
    roundings, and the error of interpolation, an eighth of the second derivative (of an edge: 0.4 of
    its height over the square of SOFTNESS) times the square of a pixel, along each axis; twice that
    where edges meet."""
    yaw, pitch, view = (np.float64(np.float32(value)) for value in (yaw, pitch, view))
    pano, image = load("pano"), load(name)
    height, width, _ = image.shape
    focal = width / 2 / np.tan(view / 2)
    x = (np.arange(width) + 0.5 - width / 2)[None, :]
    up = (height / 2 - np.arange(height) - 0.5)[:, None]
    y = up * np.cos(pitch) + focal * np.sin(pitch)
    z = focal * np.cos(pitch) - up * np.sin(pitch)
    longitude = np.arctan2(x, z) + yaw
    latitude = np.arctan2(y, np.hypot(x, z))
    down, across, _ = pano.shape
    ring = np.pad(pano, ((1, 1), (0, 0), (0, 0)), mode="edge")  # a row above, one below
    ring = np.concatenate([ring, ring[:, :1]], axis=1)  # and the first column again behind the last
    u = np.mod((longitude / (2 * np.pi) + 0.5) * across - 0.5, across)
    v = (0.5 - latitude / np.pi) * down + 0.5
    i, j = np.floor(v).astype(int), np.floor(u).astype(int)
    s, t = (v - i)[..., None], (u - j)[..., None]
    upper = (1 - t) * ring[i, j] + t * ring[i, j + 1]
    lower = (1 - t) * ring[i + 1, j] + t * ring[i + 1, j + 1]
    expected = (1 - s) * upper + s * lower
    direct = scene(longitude, latitude)
    pixel = np.pi / down
    return [
        compare(name, image, np.round(expected), 1.0),
        compare("beside scene", image, direct, 1 + 0.2 * 255 * (pixel / SOFTNESS) ** 2),
    ]


def zenith(load):
    return panorama(load, "zenith", 0.5, 1.5708)


def nadir(load):
    return panorama(load, "nadir", 3.14159, -1.4)


EXAMPLES = (
    solar, gaussian_transform, splat_transform, splat_transform_in_place, splat_activation,
    black_scholes, mandelbrot, softmax, gaussian_inverse, gaussian_field, gaussian_field_diagonal,
    panorama, zenith, nadir,
)  # fmt: skip


def main():
    folder = Path(sys.argv[1])

    def load(name):
        return np.load(folder / f"{name}.npy").astype(np.float64)

    results = {example.__name__: example for example in EXAMPLES}[sys.argv[2]](load)
    print(f"  {sum(results)} of {len(results)} as NumPy has them")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
