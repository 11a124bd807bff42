"""test_no_memory.py: every allocation of the command fails once: it says so and leaves nothing.

Environment: WEFT_COMMAND, and WEFT_FAIL_MALLOC, tests/shim/fail_malloc.c as a library to preload
(not with sanitizers, which bring their own malloc).
"""

import itertools
import json
import os
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

    def each_fails(self, *arguments, makes=()):
        allocations = self.count(*arguments)
        self.assertGreater(allocations, 3)
        failures = 0
        for name in makes:
            os.unlink(self.path(name))
        before = self.snapshot()
        for fail_at in range(1, allocations + 1):
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

    def test_bench_report(self):
        files = []
        for name, run in itertools.islice(sample_runs.runs(), 4):  # two runs of two parts
            run.update(benchmarks=run["benchmarks"][:2], limits=[])
            run["context"] = {key: run["context"][key] for key in ("date", "weft")}
            files.append(self.write(name, json.dumps(run)))
        template = self.write("t.html", '{"weft":"data"}')
        self.each_fails("bench", "report", *files, "--template", template, "-o", "p.html", makes=["p.html"])

    def test_json(self):
        self.each_fails("ops", "--json")
        self.each_fails("info", "--json")


if __name__ == "__main__":
    main()
