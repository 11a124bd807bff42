"""test_no_memory.py: every allocation of the command fails once: it says so and leaves nothing.

Environment: WEFT_COMMAND, and WEFT_FAIL_MALLOC, tests/shim/fail_malloc.c as a library to preload
(not with sanitizers, which bring their own malloc).
"""

import itertools
import json
import os
import re
import sys
import unittest

import numpy as np

import sample_runs
from weft_case import AXPY, LANGUAGE, SUM, WeftCase, main

SHIM = os.environ.get("WEFT_FAIL_MALLOC")
if not SHIM:
    print("no library to preload in this build")
    sys.exit(77)


class NoMemory(WeftCase):
    def setUp(self):
        super().setUp()
        self.write("axpy.wfa", AXPY)
        self.write("sum.wfa", SUM)
        self.write("a.npy", np.arange(1000, dtype="<f4"))
        self.write("b.npy", np.ones(1000, "<f4"))

    def environment(self, fail_at):
        return {**os.environ, "LD_PRELOAD": SHIM, "FAIL_AT": str(fail_at), "FAIL_COUNT": "/dev/null"}

    def count(self, *arguments):
        """How many allocations the command makes."""
        path = self.path("count")
        environment = {**self.environment(0), "FAIL_COUNT": path}
        self.succeed(*arguments, env=environment)
        allocations = int(self.read("count"))
        os.unlink(path)
        return allocations

    def each_fails(self, *arguments, makes=(), every=1):
        allocations = self.count(*arguments)
        self.assertGreater(allocations, 3)
        failures = 0
        for name in makes:
            os.unlink(self.path(name))
        before = self.snapshot()
        for fail_at in range(1, allocations + 1, every):
            result = self.command(*arguments, env=self.environment(fail_at))
            self.assertIn(result.returncode, (0, 1), (fail_at, result))
            if result.returncode == 0:  # done without, such as a buffer of stdio
                for name in makes:
                    os.unlink(self.path(name))
            else:
                failures += 1
                self.assertRegex(result.stderr, r"(?i)\Aweft: .*memory", fail_at)
            self.assertEqual(self.snapshot(), before, fail_at)
        self.assertGreater(failures, 0)

    def test_asm(self):
        self.each_fails("asm", "axpy.wfa", "-o", "made.wfb", makes=["made.wfb"])

    def test_dis(self):
        self.succeed("asm", "axpy.wfa")
        self.each_fails("dis", "axpy.wfb", "-o", "made.wfa", makes=["made.wfa"])

    def test_verify(self):
        self.each_fails("verify", "sum.wfa")

    def test_run(self):
        self.each_fails("run", "axpy.wfa", "a=a.npy", "b=b.npy", "--set", "k=2", "-o", "y=y.npy",
                        makes=["y.npy"])
        self.each_fails("run", "sum.wfa", "a=a.npy", "-o", "total=t.npy", makes=["t.npy"])

    def test_run_over_threads(self):
        self.write("a.npy", np.ones(1 << 20, "<f4"))
        arguments = ["run", "sum.wfa", "a=a.npy", "-o", "total=t.npy", "--threads", "2"]
        self.assertIn("loops_split", self.command(*arguments, "--stats").stderr)
        self.each_fails(*arguments, makes=["t.npy"])

    def test_eval(self):
        self.each_fails("eval", "a*b + c*k", "a=a.npy", "b=b.npy", "c=2.5", "k=f32:3", "-o", "y.npy", makes=["y.npy"])
        self.each_fails("eval", "a / sum(a)", "a=a.npy")

    def test_compile(self):
        self.write("p.weft", LANGUAGE)
        self.each_fails("compile", "p.weft", "-o", "made.wfb", makes=["made.wfb"])
        self.each_fails("compile", "-e", "a*b + 1", "a:f32", "b:f32", "--explain")
        self.each_fails("run", "p.weft", "x=a.npy", "--set", "k=2", "-o", "y=y.npy", makes=["y.npy"])

    def test_bench(self):
        """What is written then is whole: no figure is left out in silence."""
        arguments = ["bench", "memory/copy", "--n", "16", "--min-time", "1ns", "--samples", "9", "--threads", "1",
                     "--no-limits", "--json", "run.json", "--format", "google", "--output", "google.json"]
        self.succeed(*arguments)
        whole = self.keys("run.json") | self.keys("google.json")
        allocations = self.count(*arguments)
        failures = 0
        for fail_at in range(1, allocations + 1, 5):  # samples are many and alike
            result = self.command(*arguments, env=self.environment(fail_at))
            self.assertIn(result.returncode, (0, 1), (fail_at, result))
            if result.returncode == 0:
                self.assertEqual(self.keys("run.json") | self.keys("google.json"), whole, fail_at)
            else:
                failures += 1
                self.assertRegex(result.stderr, r"(?i)\Aweft: .*memory", fail_at)
        self.assertGreater(failures, 50)

    def keys(self, name):
        """Where a file in JSON has something, but for what the system did not tell; the elements of
        arrays are alike."""
        def walk(value, path):
            yield path
            if isinstance(value, (dict, list)):
                for key, member in value.items() if isinstance(value, dict) else enumerate(value[:1]):
                    yield from walk(member, f"{path}/{key}")

        return {path for path in walk(json.loads(self.read(name)), name) if not re.search("/warnings/|/load_avg/", path)}

    def test_bench_compare(self):
        """There is no comparison then, or it is the same."""
        for name in ["a", "b"]:
            benchmarks = [{"name": f"ops/{case}/weft/1", "own": True, "samples": [1, 2, 3, 4]}
                          for case in [*"xyz", name]]
            self.write(f"{name}.json", json.dumps({"format": "weft-bench", "version": 1,
                                                   "benchmarks": benchmarks}))
        arguments = ["bench", "compare", "a.json", "b.json", "--aa", "a.json", "--json", "out.json"]
        text, whole = self.succeed(*arguments), self.read("out.json")
        failures = 0
        for fail_at in range(1, self.count(*arguments) + 1):
            result = self.command(*arguments, env=self.environment(fail_at))
            self.assertIn(result.returncode, (0, 2), (fail_at, result))
            if result.returncode == 0:
                self.assertEqual((result.stdout, self.read("out.json")), (text, whole), fail_at)
            else:
                failures += 1
                # Jansson takes a lack of memory for an error of syntax.
                self.assertRegex(result.stderr, r"(?i)\Aweft: .*(memory|[ab].json: line 1: )", fail_at)
        self.assertGreater(failures, 50)

    def test_bench_report(self):
        files = []
        for name, run in itertools.islice(sample_runs.runs(), 4):  # two runs of two parts
            run.update(benchmarks=run["benchmarks"][:2], limits=[])
            run["context"] = {key: run["context"][key] for key in ("date", "weft")}
            files.append(self.write(name, json.dumps(run)))
        template = self.write("t.html", '{"weft":"data"}')
        self.each_fails("bench", "report", *files, "--template", template, "-o", "p.html", makes=["p.html"])

    def test_json(self):
        self.each_fails("ops", "--json", every=17)  # there are thousands, and alike
        self.each_fails("info", "--json")


if __name__ == "__main__":
    main()
