"""test_bench_python.py: the suites `expr` and `workloads` of `weft bench`, and the Python process that
they and `ops` time libraries in: who is missing is said, who is there gives weft's results. Times are
not looked at. Neighbours: test_bench.py, weft_case.py; bench/python_peer.py, bench/python_workloads.py.
"""

import fnmatch
import importlib.util
import json
import os
import pathlib
import re
import shutil

from weft_case import WeftCase, main

SOURCES = pathlib.Path(os.environ["WEFT_SOURCE_DIR"]) / "bench"
SCRIPTS = ["python_peer.py", "python_workloads.py"]
FASTEST = ["--min-time", "1ns", "--samples", "9", "--no-limits"]
FORMULAS = [f"{name}/{kind}" for kind in ["f32", "f64"] for name in ["linear", "bell", "waves", "long"]]
EXPR = {*FORMULAS, "options/f32", "options/f64", "compile/ten", "compile/hit", "eval/f32"}
WORKLOADS = {"transform/apart", "transform/in-place", "activation", "field/full", "field/diagonal",
             "field/inverse", "mandelbrot", "panorama", "softmax"}


def there(library):
    return importlib.util.find_spec(library) is not None


class Suites(WeftCase):
    def setUp(self):
        super().setUp()
        self.peers = self.path("peers")
        os.mkdir(self.peers)

    def give_scripts(self, only=None, **replacements):
        """The scripts, with texts of the first one replaced; it finds one library only."""
        for script in SCRIPTS:
            shutil.copy(SOURCES / script, self.peers)
        text = (SOURCES / SCRIPTS[0]).read_text()
        if only:
            replacements["only"] = ('    if name == "numpy":',
                                    f'    if name != "{only}":\n        raise ImportError("hidden")\n'
                                    '    if name == "numpy":')
        for old, new in replacements.values():
            self.assertIn(old, text)
            text = text.replace(old, new)
        self.write(f"peers/{SCRIPTS[0]}", text)

    def bench(self, *arguments):
        return self.succeed("bench", *arguments, "--peers", self.peers, *FASTEST)

    def report(self, *arguments):
        """The text, and the contenders of each case and length, by name."""
        text = self.bench(*arguments, "--json", self.path("out.json"))
        cases = {}
        for entry in json.loads(self.read("out.json"))["benchmarks"]:
            cases.setdefault((entry["case"], entry["n"]), {})[entry["contender"]] = entry
        return text, cases

    def test_names(self):
        for suite, expected in [("expr", EXPR), ("workloads", WORKLOADS)]:
            names = [name.removeprefix(f"{suite}/") for name in self.succeed("bench", suite, "--list").split()]
            self.assertEqual(len(names), len(expected))
            self.assertEqual(set(names), expected)
        self.assertEqual(set(self.succeed("bench", "expr", "--list", "--filter", "*/f64").split()),
                         {f"expr/{name}" for name in EXPR if name.endswith("/f64")})

    def test_without_peers(self):
        """Every case runs, with the same results on one thread, on three, and with WEFT_FAST."""
        for suite, names, libraries in [("expr", EXPR, ["numexpr", "numba", "numpy"]),
                                        ("workloads", WORKLOADS, ["fused", "numba", "numpy"])]:
            text, cases = self.report(suite, "--n", "2,37,1000", "--threads", "3")
            self.assertEqual(set(cases), {(name, n) for name in names for n in [2, 37, 1000]})
            self.assertNotIn("Other results", text)
            for library in libraries:
                self.assertRegex(text, rf"(?m)^{library} +missing: not built \(target bench_peers\)$")
            for (name, _), contenders in cases.items():
                expected = {"weft"} if name.startswith("compile") else \
                    {"weft", "compiled"} if name == "eval/f32" else {"weft", "3 threads", "fast"}
                self.assertEqual(set(contenders), expected, name)
                self.assertTrue(all(entry["own"] for entry in contenders.values()))
        _, cases = self.report("expr/linear/f32", "--n", "10", "--threads", "1")
        self.assertEqual(set(cases["linear/f32", 10]), {"weft", "fast"})

    def check_library(self, suites, library, missing, *options):
        """It takes part in all cases but those that are missing, with weft's results."""
        self.give_scripts(only=library)
        if not there(library):
            self.skipTest(f"there is no {library}")
        text, cases = self.report(*suites, "--n", "37,1000", *options)
        self.assertIn(" missing: hidden\n", text)
        self.assertRegex(text, rf"(?mi)^{library} +{library} \d")
        self.assertNotRegex(text, "Other results")
        for (name, n), contenders in cases.items():
            self.assertEqual(library in contenders, not any(fnmatch.fnmatchcase(name, p) for p in missing), (name, n))
            if library in contenders:
                self.assertFalse(contenders[library]["own"])
        return cases

    def test_numpy_agrees(self):
        """With weft, about every case: an independent reading of what the texts mean."""
        missing = ["compile/*"] + ([] if there("scipy") else ["options/*"])
        self.check_library(["expr", "workloads"], "numpy", missing, "--threads", "1")

    def test_numexpr_agrees(self):
        cases = self.check_library(["expr/[lbwce]*"], "numexpr", ["compile/hit"], "--threads", "2")
        for (name, _), contenders in cases.items():
            if "/f" in name and name != "eval/f32":
                self.assertEqual(contenders["2 numexpr"]["threads"], 2)

    def test_numba_agrees(self):
        """A few only: each is compiled for seconds."""
        cases = self.check_library(["workloads/transform/in-place", "workloads/mandelbrot"], "numba", [],
                                   "--threads", "1")
        self.assertEqual(len(cases), 4)

    def test_verdicts(self):
        """A limit is judged by the medians of the report: the other's over weft's."""
        self.give_scripts(only="numpy")
        text, cases = self.report("expr/linear/f32", "expr/bell/f32", "--n", "4096", "--threads", "1")
        line = re.search(r"(?m)^(met|missed) +(\S+)  at least +5\.00  NumPy, the three, n = 4,096", text)
        self.assertIsNotNone(line, text)
        ratios = [contenders["numpy"]["median"] / contenders["weft"]["median"] for contenders in cases.values()]
        self.assertAlmostEqual(float(line[2]), min(ratios), delta=0.0051)
        self.assertEqual(line[1], "met" if float(line[2]) >= 5 else "missed")
        self.assertRegex(text, r"(?m)^not measured +-  at least +1\.90  NumPy, a\*b \+ c\*2, n = 1 M")

    def test_other_results(self):
        """A library that computes something else is named, and timed all the same."""
        self.give_scripts(only="numpy", zeros=("data = np.ascontiguousarray(", "data = np.zeros_like("))
        text, cases = self.report("expr/linear/f32", "--n", "64")
        self.assertRegex(text, "Other results than weft's: .*linear/f32 of numpy at 64")
        self.assertTrue(cases["linear/f32", 64]["numpy"]["differs"])
        self.assertFalse(cases["linear/f32", 64]["fast"]["differs"])

    def test_library_that_fails(self):
        """What cannot be prepared is left out; what fails later too, and nothing hangs."""
        self.give_scripts(only="numpy", failing=("        self.calls.append(", "        raise ValueError('no\\nnewline')\n        ("))
        _, cases = self.report("expr/linear/f32", "--n", "64", "--threads", "1")
        self.assertEqual(set(cases["linear/f32", 64]), {"weft", "fast"})
        self.give_scripts(only="numpy", failing=("        start = time", "        1 / 0\n        start = time"))
        _, cases = self.report("expr/linear/f32", "--n", "64", "--threads", "1")
        self.assertEqual(set(cases["linear/f32", 64]), {"weft", "fast"})
        self.give_scripts(only="numpy", dying=("        start = time", "        sys.exit(1)\n        start = time"))
        _, cases = self.report("expr/linear/f32", "expr/bell/f32", "--n", "64", "--threads", "1")
        self.assertEqual(set(cases["bell/f32", 64]), {"weft", "fast"})

    def test_silent_library(self):
        self.write("peers/python_peer.py", "print('found NumPy 0', flush=True)")
        self.assertRegex(self.bench("ops/exp/f32/v", "--n", "8"), r"(?m)^numpy +NumPy 0$")
        self.write("peers/python_peer.py", "print('it is broken')")
        self.assertRegex(self.bench("ops/exp/f32/v", "--n", "8"), r"(?m)^numpy +missing: it is broken$")
        self.write("peers/python_peer.py", "")
        text = self.bench("expr/linear/f32", "--n", "8")
        for library in ["numexpr", "numba", "numpy"]:
            self.assertRegex(text, rf"(?m)^{library} +missing: Python did not start$")

    def test_ops(self):
        """NumPy's functions on the arrays of the cases, where one call is the operation."""
        self.give_scripts()
        text, cases = self.report("ops/[eslctp]*/f32/v*", "--n", "100")
        found = {name for (name, _), contenders in cases.items() if "numpy" in contenders}
        self.assertEqual(found, {"exp/f32/v", "log/f32/v", "sin/f32/v", "cos/f32/v", "tanh/f32/v", "pow/f32/vv"})
        self.assertNotIn("Other results", text)

    def test_markdown(self):
        self.bench("expr", "--n", "16", "--markdown", self.path("out.md"))
        page = self.read("out.md").decode()
        self.assertRegex(page, r"\A# Performance: expressions\n")
        for title in ["Limits", "Formulas", "Options", "Compiling"]:
            self.assertIn(f"\n## {title}\n", page)
        for table in re.findall(r"(?m)(?:^\|.*\n)+", page):
            self.assertEqual(len({line.count("|") for line in table.splitlines()}), 1, table)


if __name__ == "__main__":
    main()
