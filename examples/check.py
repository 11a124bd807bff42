#!/usr/bin/env python3
"""check: computes what the examples compute, independently in NumPy with float64, and compares.

Usage: check.py FOLDER solar|splats     (inputs as make_data.py wrote them, and weft's outputs)

solar runs in f64: every value must be within 1e-9 of NumPy's.
splats run in f32: a value is a chain of at most four roundings, so that it must be within
4 * 2^-24 of the sum of the magnitudes that went into it, which is at most 2 for the product of two
unit quaternions; the box must be that of weft's own means exactly. Exit status 1: something is not.
"""

import sys
from pathlib import Path

import numpy as np

from make_data import PLACES

EPSILON = 4 * 2.0**-24  # four roundings of f32


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


def splats(load):
    mean, rotation, scale = load("mean"), load("rotation"), load("scale")
    affine, turn, size = load("affine"), load("turn"), 1.5
    moved = mean @ affine[:, :3].T + affine[:, 3]
    magnitude = np.abs(mean) @ np.abs(affine[:, :3]).T + np.abs(affine[:, 3])
    results = [
        report("new_mean", np.max(np.abs(load("new_mean") - moved) / magnitude), EPSILON),
        compare("new_rotation", load("new_rotation"), hamilton(turn, rotation), 2 * EPSILON),
        report("new_scale", np.max(np.abs(load("new_scale") / (scale * size) - 1)), EPSILON),
        compare("low", load("low"), load("new_mean").min(axis=0), 0.0),
        compare("high", load("high"), load("new_mean").max(axis=0), 0.0),
    ]
    norm = np.sqrt((load("new_rotation") ** 2).sum(axis=1))
    print(f"  {len(mean):,} splats; box {load('low')} to {load('high')}")
    return results + [report("unit length", np.max(np.abs(norm - 1)), 1e-6)]


def main():
    folder = Path(sys.argv[1])

    def load(name):
        return np.load(folder / f"{name}.npy").astype(np.float64)

    results = {"solar": solar, "splats": splats}[sys.argv[2]](load)
    print(f"  {sum(results)} of {len(results)} as NumPy has them")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
