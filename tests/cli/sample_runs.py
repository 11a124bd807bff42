"""sample_runs.py: made-up runs in the format of `weft bench --json`, the same ones every time: what the
tests of the report open, with one case that got slower on purpose. As a program: writes them into the
folder that it is given and prints their names. Neighbours: test_bench_report.py, tests/report/.
"""

import json
import math
import os
import random
import sys

CACHES = [("L1d", 49152), ("L2", 1 << 20), ("L3", 32 << 20)]
SPEED = [400e9, 150e9, 60e9, 14e9]  # bytes per second from each cache and from memory
LENGTHS = [1, 16, 256, 1024, 4096, 16384, 65536, 1 << 20, 1 << 24]
CASES = {  # of suite ops: bytes of an element's operands, flops, ns of arithmetic per element
    "add/f32/vv": (12, 1, 0.01), "mul/f32/vv": (12, 1, 0.01), "fma/f32/vvv": (16, 2, 0.012),
    "add/f64/vv": (24, 1, 0.02), "exp/f32/v": (8, None, 0.18), "sum/f32/v": (4, 1, 0.012),
    "sqrt/f64/v": (16, None, 0.5), "add/u8/vv": (3, None, 0.003),
}
PEERS = {"gcc": 1.04, "clang": 1.02, "volk": 1.3, "sleef": 1.6, "numpy": 1.9}
COMMITS = ["1a2b3c4", "2b3c4d5", "3c4d5e6", "4d5e6f7", "5e6f7a8", "6f7a8b9"]
SLOWER, FASTER = ("add/f64/vv", 4096), ("exp/f32/v", 65536)  # in the last run


def bandwidth(size):
    """Bytes per second at a working set: the caches' speeds, with a slope between them."""
    speed = SPEED[3]
    for (_, cache), fast in zip(reversed(CACHES), reversed(SPEED[:3])):
        share = 1 / (1 + (size / (0.8 * cache)) ** 3)
        speed = math.exp(share * math.log(fast) + (1 - share) * math.log(speed))
    return speed


def samples(chance, ns):
    return [float(f"{ns * (1 + abs(chance.gauss(0, 0.012))):.6g}") for _ in range(15)]


def entry(chance, suite, case, contender, own, n, size, flops, ns, threads=1):
    times = samples(chance, ns)
    ordered = sorted(times)
    return {
        "name": f"{suite}/{case}/{contender}/{n}", "suite": suite, "case": case, "contender": contender,
        "own": own, "n": n, "threads": threads, "bytes": size, "flops": flops, "calls": 100,
        "samples": times, "median": ordered[7], "mad": ns * 0.01, "interval": [ordered[3], ordered[11]],
        "ns_per_element": ordered[7] / n, "bytes_per_second": size / ordered[7] * 1e9,
        "share_of_limit": None, "differs": False,
    }


def limits():
    found = []
    for threads, factor in ((1, 1), (2, 1.7)):
        size = 1 << 14
        while size <= 1 << 28:
            found.append({"kernel": "triad", "threads": threads, "bytes": size,
                          "bytes_per_second": float(f"{1.03 * factor * bandwidth(size):.6g}")})
            size *= 4
    return found


def context(commit, day, noisy):
    return {
        "date": f"2026-{1 + day // 28:02}-{1 + day % 28:02}T12:00:00+0000", "host_name": "sample",
        "weft": {"version": "0.1.0", "commit": commit, "level": "avx2", "compiler": "GNU 12.2.0",
                 "flags": "-O2 -g -DNDEBUG"},
        "machine": {"cpu": "Sample CPU", "architecture": "x86_64", "cpus": 8, "governor": None,
                    "caches": [{"name": name, "bytes": size} for name, size in CACHES]},
        "options": {"min_time": None, "samples": 15, "threads": 2, "pin": None},
        "peers": [{"suite": "ops", "name": name, "found": name != "volk", "note": "1.0"} for name in PEERS],
        "noise": {"load_average": 0.1, "steal": 0.0, "noisy": noisy,
                  "warnings": ["the load average was 1.9 when the run began"] if noisy else []},
    }


def ops(chance, at, peers):
    found = []
    last = at == len(COMMITS) - 1
    for case, (element, flops, arithmetic) in CASES.items():
        for n in LENGTHS:
            size = element * n
            pure = max(size / bandwidth(size) * 1e9, arithmetic * n)
            ns = 4 + pure * (1.15 - 0.02 * at)
            if last:
                ns *= {SLOWER: 1.25, FASTER: 0.8}.get((case, n), 1)
            found.append(entry(chance, "ops", case, "weft", True, n, size, flops and flops * n, ns))
            for peer, factor in PEERS.items() if peers else []:
                if peer != "volk" and (peer != "sleef" or case == "exp/f32/v"):
                    slow = 1500 if peer == "numpy" else 2
                    found.append(entry(chance, "ops", case, peer, False, n, size, flops and flops * n,
                                       slow + pure * factor))
    return found


def engine(chance, at):
    found = []
    for case, size, flops in (("bell/f32", 16, 6), ("transform/apart", 80, 38)):
        for n in (256, 4096, 65536, 1 << 20):
            pure = max(size * n / bandwidth(size * n) * 1e9, flops * n * 0.02)
            for contender, own, factor in (("weft", True, 1.2 - 0.02 * at), ("fused", False, 1.0)):
                found.append(entry(chance, "engine", case, contender, own, n, size * n, flops * n,
                                   25 * own + factor * pure))
    return found


def runs():
    """Of each commit a run of ops, and one of engine; the last one noisy."""
    chance = random.Random(7)
    for at, commit in enumerate(COMMITS):
        last = at == len(COMMITS) - 1
        for suite, entries in (("ops", ops(chance, at, last)), ("engine", engine(chance, at))):
            yield f"{at}-{suite}.json", {
                "format": "weft-bench", "version": 1, "context": context(commit, 9 * at, last),
                "limits": limits(), "benchmarks": entries, "verdicts": []}


def write(folder):
    names = []
    for name, run in runs():
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(run, file)
        names.append(path)
    return names


if __name__ == "__main__":
    print("\n".join(write(sys.argv[1])))
