#!/usr/bin/env python3
"""picture: writes an array of u8, [rows, columns] or [rows, columns, 3], as a PGM or PPM picture.

Usage: picture.py IN.npy OUT [CYCLE]    (CYCLE: brightness 255 at this value, black at twice that)
"""

import sys
from pathlib import Path

import numpy as np


def main():
    picture = np.load(sys.argv[1])
    if len(sys.argv) > 3:
        picture = np.round(255 * np.abs(np.sin(picture * (np.pi / 2 / float(sys.argv[3])))))
    rows, columns, *colours = picture.shape
    kind = b"P6" if colours else b"P5"
    header = b"%s %d %d 255\n" % (kind, columns, rows)
    Path(sys.argv[2]).write_bytes(header + picture.astype(np.uint8).tobytes())


if __name__ == "__main__":
    main()
