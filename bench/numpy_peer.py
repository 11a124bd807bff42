#!/usr/bin/env python3
"""numpy_peer.py: times NumPy's functions on request, for `weft bench ops` (bench/numpy.c).

One request per line on stdin, one answer per line on stdout; first, unasked, NumPy's version.
    prepare OPERATION N LOW HIGH LOW2 HIGH2   f32 arrays, uniform on these ranges: "ok", or "no"
    run CALLS                                 ns that so many calls took, output array reused
"""

import sys
import time

try:
    import numpy as np
except ImportError:
    print("no NumPy for this Python", flush=True)
    sys.exit(1)

TWO_OPERANDS = {"pow": "power"}
ONE_OPERAND = {"exp", "log", "sin", "cos", "tanh"}


def prepare(operation, n, low, high, low2, high2):
    """The call to time, or None."""
    if operation not in ONE_OPERAND and operation not in TWO_OPERANDS:
        return None
    generator = np.random.default_rng(20261121)
    first = generator.uniform(float(low), float(high), int(n)).astype(np.float32)
    second = generator.uniform(float(low2), float(high2), int(n)).astype(np.float32)
    out = np.empty(int(n), np.float32)
    if operation in ONE_OPERAND:
        function = getattr(np, operation)
        return lambda: function(first, out=out)
    function = getattr(np, TWO_OPERANDS[operation])
    return lambda: function(first, second, out=out)


def run(call, calls):
    start = time.perf_counter_ns()
    for _ in range(calls):
        call()
    return time.perf_counter_ns() - start


def main():
    print(f"NumPy {np.__version__}", flush=True)
    call = None
    for line in sys.stdin:
        words = line.split()
        if words[0] == "prepare":
            call = prepare(*words[1:])
            print("ok" if call else "no", flush=True)
        elif words[0] == "run" and call:
            print(run(call, int(words[1])), flush=True)
        else:
            print("no", flush=True)


main()
