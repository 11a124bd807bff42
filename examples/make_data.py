#!/usr/bin/env python3
"""make_data: writes the inputs of the examples as .npy files.

Usage: make_data.py FOLDER [SPLATS]     (default: 1,000,000 splats)

solar.wfa: eight places with latitude and longitude (degrees) and their standard time zone (hours
ahead of UTC), the days of a year, and the times of day every ten minutes.

gaussian_transform.wfa: splats on a tube round a trefoil knot. Splat i of n sits at u = 2 pi i / n
along the knot and at v = 2 pi frac(i g), g the golden ratio, round the tube:
    knot(u) = (sin u + 2 sin 2u, cos u - 2 cos 2u, -sin 3u)
    mean    = knot(u) + 0.3 (cos u cos v, sin u cos v, sin v)
    rotation = by the angle u about z, then v about x, as a unit quaternion (w, x, y, z)
    scale    = (0.01, 0.02, 0.04) (1 + sin(7 u) / 2)
moved by M = 1.5 x a rotation by 30 degrees about the axis (1, 2, 2) / 3, and t = (10, -20, 5).
"""

import sys
from pathlib import Path

import numpy as np

PLACES = [  # name, degrees north, degrees east, hours ahead of UTC
    ("Reykjavik", 64.15, -21.94, 0.0),
    ("Oslo", 59.91, 10.75, 1.0),
    ("Paris", 48.86, 2.35, 1.0),
    ("Cairo", 30.04, 31.24, 2.0),
    ("Mumbai", 19.08, 72.88, 5.5),
    ("Quito", -0.18, -78.47, -5.0),
    ("Sydney", -33.87, 151.21, 10.0),
    ("Ushuaia", -54.80, -68.30, -3.0),
]
ANGLE, AXIS, SIZE = np.radians(30.0), np.array([1.0, 2.0, 2.0]) / 3, 1.5
SHIFT = np.array([10.0, -20.0, 5.0])


def rotation_matrix(w, x, y, z):
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def solar():
    table = np.array([place[1:] for place in PLACES])
    return {
        "latitude": table[:, 0],
        "longitude": table[:, 1],
        "zone": table[:, 2],
        "day": np.arange(1.0, 366.0),
        "minute": np.arange(0.0, 1440.0, 10.0),
    }


def splats(n):
    i = np.arange(n, dtype=np.float64)
    u = 2 * np.pi * i / n
    v = 2 * np.pi * np.modf(i * (np.sqrt(5) - 1) / 2)[0]
    knot = [np.sin(u) + 2 * np.sin(2 * u), np.cos(u) - 2 * np.cos(2 * u), -np.sin(3 * u)]
    tube = [np.cos(u) * np.cos(v), np.sin(u) * np.cos(v), np.sin(v)]
    cu, su, cv, sv = np.cos(u / 2), np.sin(u / 2), np.cos(v / 2), np.sin(v / 2)
    turn = np.concatenate([[np.cos(ANGLE / 2)], np.sin(ANGLE / 2) * AXIS])
    return {
        "mean": np.stack(knot, 1) + 0.3 * np.stack(tube, 1),
        "rotation": np.stack([cu * cv, cu * sv, su * sv, su * cv], 1),
        "scale": np.outer(1 + np.sin(7 * u) / 2, [0.01, 0.02, 0.04]),
        "affine": np.column_stack([SIZE * rotation_matrix(*turn), SHIFT]),
        "turn": turn,
    }


def main():
    folder = Path(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in solar().items():
        np.save(folder / f"{name}.npy", array)
    for name, array in splats(count).items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array, dtype=np.float32))


if __name__ == "__main__":
    main()
