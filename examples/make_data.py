#!/usr/bin/env python3
"""make_data: writes the inputs of the examples as .npy files.

Usage: make_data.py FOLDER [SPLATS]     (default: 1,000,000 splats; the panorama and the number of
                                        options shrink where there are fewer than 100,000)

solar.wfa: eight places with latitude and longitude (degrees) and their standard time zone (hours
ahead of UTC), the days of a year, and the times of day every ten minutes.

splat_transform.weft and its kin: splats on a tube round a trefoil knot. Splat i of n sits at
u = 2 pi i / n along the knot and at v = 2 pi frac(i g), g the golden ratio, round the tube:
    knot(u) = (sin u + 2 sin 2u, cos u - 2 cos 2u, -sin 3u)
    mean    = knot(u) + 0.3 (cos u cos v, sin u cos v, sin v)
    rotation = by the angle u about z, then v about x, as a unit quaternion (w, x, y, z)
    scale    = (0.01, 0.02, 0.04) (1 + sin(7 u) / 2)
moved by M = 1.5 x a rotation by 30 degrees about the axis (1, 2, 2) / 3, and t = (10, -20, 5).

gaussian_field.weft: 1,000 of the splats, 10 times as large, so that they overlap; 4,096 points, each
within three standard deviations of one of them.

panorama.weft: what scene() says about every direction; it has something to see at the seam and at
both poles.
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
SOFTNESS = np.radians(0.8)  # of the edges in the panorama


def spread(n, k):
    """n numbers from 0 to 1, spread evenly; another k gives others, unrelated to the first."""
    return np.modf((np.arange(n) + 0.5) * np.sqrt([2, 3, 5, 7, 11, 13, 17, 19][k]))[0]


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
    m = SIZE * rotation_matrix(*turn)
    return {
        "mean": np.stack(knot, 1) + 0.3 * np.stack(tube, 1),
        "rotation": np.stack([cu * cv, cu * sv, su * sv, su * cv], 1),
        "scale": np.outer(1 + np.sin(7 * u) / 2, [0.01, 0.02, 0.04]),
        "affine": np.column_stack([m, SHIFT]),
        "m": m.ravel(),
        "t": SHIFT,
        "turn": turn,
    }


def raw_splats(n):
    """As training leaves them: some scales beyond the clamp, quaternions of any length."""
    length = 0.1 + 10 * spread(n, 4)
    return {
        "log_scale": np.stack([18 * spread(n, k) - 12 for k in range(3)], 1),
        "logit": 40 * spread(n, 3) - 20,
        "raw": splats(n)["rotation"] * length[:, None],
    }


def gaussians(n, points):
    cloud = splats(n)
    turns = rotation_matrix(*cloud["rotation"].T).transpose(2, 0, 1)
    half = turns * (10 * cloud["scale"])[:, None, :]  # S = half half'
    factor = np.linalg.cholesky(half @ half.transpose(0, 2, 1))
    near = np.arange(points) * 7 % n
    steps = np.stack([3.4 * spread(points, k) - 1.7 for k in range(3)], 1)  # |step| < 3
    return {
        "centre": cloud["mean"],
        "cholesky": factor[:, [0, 1, 1, 2, 2, 2], [0, 0, 1, 0, 1, 2]],
        "weight": 0.05 + 0.95 * spread(n, 5),
        "point": cloud["mean"][near] + np.einsum("nij,nj->ni", half[near], steps),
        "diagonal": np.column_stack(
            [cloud["mean"], 0.05 + 0.95 * spread(n, 5), (10 * cloud["scale"]) ** -2.0]
        ),
    }


def options(n):
    return {
        "spot": 50 + 100 * spread(n, 0),
        "strike": 50 + 100 * spread(n, 1),
        "years": 0.25 + 2.75 * spread(n, 2),
    }


def scene(longitude, latitude):
    """The colour (red, green, blue, 0 to 255) that is seen in a direction."""
    x = np.cos(latitude) * np.sin(longitude)
    y = np.sin(latitude)
    z = np.cos(latitude) * np.cos(longitude)

    def soft(distance):  # 1 where the distance, an angle, is negative, 0 where it is positive
        return 0.5 * (1 - np.tanh(distance / SOFTNESS))

    def disc(east, north, radius):
        a, b = np.radians(east), np.radians(north)
        cosine = x * np.cos(b) * np.sin(a) + y * np.sin(b) + z * np.cos(b) * np.cos(a)
        return soft(np.arccos(np.clip(cosine, -1, 1)) - np.radians(radius))[..., None]

    high = (y[..., None] + 1) / 2
    colour = high * [70, 110, 190] + (1 - high) * [150, 190, 210]  # sky
    ground = np.array([60, 110, 50]) + 25 * np.stack(
        [np.sin(9 * x) * np.sin(9 * z), np.sin(7 * x + 5 * z), np.cos(8 * z)], -1
    )
    colour += soft(latitude)[..., None] * (ground - colour)
    for east in range(3, 360, 30):  # pillars along the horizon; an edge of one is at the seam
        aside = longitude - np.radians(east)
        aside = np.abs(np.arctan2(np.sin(aside), np.cos(aside)))
        pillar = soft(aside - np.radians(3)) * soft(np.abs(latitude) - np.radians(12))
        colour += pillar[..., None] * ([200 - east // 3, 90 + east // 4, 60] - colour)
    for east, north, radius, paint in (
        (185, 25, 8, [255, 230, 80]),  # the sun, over the seam
        (0, 90, 20, [240, 240, 250]),  # the zenith: a ring
        (0, 90, 10, [70, 80, 160]),
        (0, -90, 15, [120, 60, 30]),  # the nadir, and a stone beside it
        (180, -70, 6, [230, 120, 200]),
    ):
        colour += disc(east, north, radius) * (paint - colour)
    return colour


def panorama(height):
    longitude = ((np.arange(2 * height) + 0.5) / (2 * height) - 0.5) * 2 * np.pi
    latitude = (0.5 - (np.arange(height) + 0.5) / height) * np.pi
    picture = scene(*np.broadcast_arrays(longitude[None, :], latitude[:, None]))
    return np.round(picture).astype(np.uint8)


def main():
    folder = Path(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    large = count >= 100_000
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in solar().items():
        np.save(folder / f"{name}.npy", array)
    np.save(folder / "pano.npy", panorama(1024 if large else 384))
    singles = {
        **splats(count),
        **raw_splats(count),
        **gaussians(1000, 4096 if large else 512),
        **options(262_144 if large else 8192),
        "logits": 500 + 60 * spread(10_000, 6),  # exp() of these is beyond f32
    }
    for name, array in singles.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array, dtype=np.float32))


if __name__ == "__main__":
    main()
