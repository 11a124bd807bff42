#!/usr/bin/env python3
"""check_sum_order: float sums, dot products and products have the bits that docs/isa.md says.

The order of additions is written down here once more from the page's words, in NumPy, and compared
with what the weft command computes. Environment: WEFT_COMMAND.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

PROGRAM = """
.in  x T
.in  w T
.out total T dims none
.out inner T dims none
.out product T dims none
    loop
        ld.T   v0, [x]
        ld.T   v1, [w]
        sum.T  s0, v0
        dot.T  s1, v0, v1
        prod.T s2, v1
    end
    st.T s0, [total]
    st.T s1, [inner]
    st.T s2, [product]
    exit
"""


def block(x, combine, identity):
    padded = np.full(4096, identity, x.dtype)
    padded[: x.size] = x
    lane = None
    for start in range(0, 4096, 128):
        y = padded[start : start + 128].reshape(4, 32)
        four = combine(combine(y[0], y[1]), combine(y[2], y[3]))
        lane = four if lane is None else combine(lane, four)
    half = 16
    while half:
        lane[:half] = combine(lane[:half], lane[half : 2 * half])
        half //= 2
    return lane[0]


def tree(blocks, combine):
    if len(blocks) == 1:
        return blocks[0]
    p = 1
    while 2 * p < len(blocks):
        p *= 2
    return combine(tree(blocks[:p], combine), tree(blocks[p:], combine))


def reduce(x, combine, identity, of_nothing):
    if x.size == 0:
        return x.dtype.type(of_nothing)
    parts = [x[i : i + 4096] for i in range(0, x.size, 4096)]
    return tree([block(part, combine, identity) for part in parts], combine)


def check(folder, dtype, n, seed):
    random = np.random.default_rng(seed)
    x = (random.standard_normal(n) * 10.0 ** random.integers(-3, 4, n)).astype(dtype)
    w = (1 + random.standard_normal(n) / 64).astype(dtype)
    if n == 7:
        x[:] = -0.0  # the sum of negative zeros is one
    np.save(folder / "x.npy", x)
    np.save(folder / "w.npy", w)
    name = "f32" if dtype == np.float32 else "f64"
    (folder / "sum.wfa").write_text(PROGRAM.replace(" T", " " + name).replace(".T", "." + name))
    outputs = ["total", "inner", "product"]
    command = [os.environ["WEFT_COMMAND"], "run", "sum.wfa", "x=x.npy", "w=w.npy", "-q"]
    command += [word for output in outputs for word in ("-o", f"{output}={output}.npy")]
    subprocess.run(command, cwd=folder, check=True)
    expected = [
        reduce(x, np.add, -0.0, 0.0),
        reduce(x * w, np.add, -0.0, 0.0),
        reduce(w, np.multiply, 1.0, 1.0),
    ]
    wrong = 0
    for output, value in zip(outputs, expected):
        got = np.load(folder / f"{output}.npy")
        if got.tobytes() != np.asarray(value, dtype).tobytes():
            print(f"{name}, n = {n}, {output}: {got!r}, expected {value!r}")
            wrong += 1
    return wrong


def main():
    cases = [0, 1, 7, 31, 128, 129, 4095, 4096, 4097, 3 * 4096, 5 * 4096 + 17, 8 * 4096, 100_003]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for dtype in (np.float32, np.float64):
            for seed, n in enumerate(cases):
                wrong += check(Path(folder), dtype, n, seed)
    print(f"{2 * len(cases)} cases, {wrong} wrong results")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
