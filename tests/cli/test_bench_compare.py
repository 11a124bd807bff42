"""test_bench_compare.py: `weft bench compare`: its statistics against SciPy's on random samples, its
verdicts on runs that were made up, and files that are not what they should be. Nothing is timed.

Neighbours: weft_case.py, test_bench_formats.py, docs/benchmarks.md (what is promised).
"""

import json
import math
import pathlib
import re
import sys
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    try:
        import jsonschema
        from scipy.stats import mannwhitneyu
    except ImportError:  # Debian's python3-jsonschema and python3-scipy: scripts/deps test
        print("no jsonschema or no SciPy for this Python")
        sys.exit(77)

import numpy as np

from weft_case import WeftCase, main

HERE = pathlib.Path(__file__).resolve().parent
SCHEMA = json.loads((HERE / "schemas" / "weft-bench-compare.json").read_text(encoding="utf-8"))
jsonschema.Draft7Validator.check_schema(SCHEMA)
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


def name_of(case):
    return f"ops/{case}/weft/4096"


class CompareCase(WeftCase):
    """Files with samples that are made up."""

    def setUp(self):
        super().setUp()
        self.random = np.random.default_rng(20261121)

    def run_file(self, name, cases, *, foreign=(), **context):
        """Writes a run: case -> samples in ns."""
        weft = {"version": "0", "level": "avx2", "compiler": "GNU 12", "flags": "-O2", "commit": None}
        machine = {"cpu": "a CPU"}
        weft.update({key: value for key, value in context.items() if key in weft})
        machine.update({key: value for key, value in context.items() if key in machine})
        benchmarks = [{"name": name_of(case), "own": case not in foreign, "samples": list(map(float, samples))}
                      for case, samples in cases.items()]
        noise = {"noisy": context.get("noisy", False)}
        return self.write(name, json.dumps({
            "format": "weft-bench", "version": 1, "benchmarks": benchmarks,
            "context": {"weft": weft, "machine": machine, "noise": noise}}))

    def compare(self, base, head, *arguments, status=0):
        """Compares; returns the text, and the rows by case. The status is that of the verdicts."""
        result = self.command("bench", "compare", base, head, "--json", self.path("out.json"), *arguments)
        self.assertEqual((result.returncode, result.stderr), (status, ""), result.stdout)
        self.out = json.loads(self.read("out.json"))
        VALIDATOR.validate(self.out)
        self.assertEqual(status, 1 if self.out["slower"] else 0)
        return result.stdout, {row["name"].split("/")[1]: row for row in self.out["benchmarks"]}

    def compare_sets(self, cases, *arguments, **options):
        """case -> (base's samples, head's)."""
        base = self.run_file("base.json", {case: sets[0] for case, sets in cases.items()})
        head = self.run_file("head.json", {case: sets[1] for case, sets in cases.items()})
        return self.compare(base, head, *arguments, **options)

    def noisy(self, middle, count=15, scatter=0.01):
        return middle * np.exp(self.random.normal(0, scatter, count))


class Statistics(CompareCase):
    def random_sets(self, sizes, ties):
        """Samples of many sizes and shifts; with ties, of few values."""
        cases = {}
        for i, (m, n) in enumerate(sizes):
            shift = self.random.choice([0, 0, 0.3, 1, -1, 3])
            base, head = self.random.normal(0, 1, m), self.random.normal(shift, 1.5, n)
            if ties:
                base, head = np.round(base * 2) / 2, np.round(head * 2) / 2
            cases[f"case{i}"] = (100 * np.exp(base), 100 * np.exp(head))
        return cases

    def check(self, cases, method):
        base = self.run_file("base.json", {case: sets[0] for case, sets in cases.items()})
        head = self.run_file("head.json", {case: sets[1] for case, sets in cases.items()})
        result = self.command("bench", "compare", base, head, "--json", self.path("out.json"))
        self.assertIn(result.returncode, [0, 1])
        rows = json.loads(self.read("out.json"))["benchmarks"]
        self.assertEqual(len(rows), len(cases))
        for row, (base, head) in zip(rows, cases.values()):
            expected = mannwhitneyu(head, base, alternative="two-sided", method=method)
            self.assertEqual(row["u"], expected.statistic)
            # Nine digits are written.
            self.assertAlmostEqual(row["p"], expected.pvalue, delta=2e-7 * expected.pvalue + 1e-300, msg=row)
            ratios = np.log(np.asarray(head)[:, None] / np.asarray(base)[None, :])
            self.assertAlmostEqual(math.log1p(row["change"]), np.median(ratios), delta=1e-7)
            self.assertAlmostEqual(row["base_median"], math.exp(np.median(np.log(base))),
                                   delta=1e-7 * row["base_median"])
            self.assertEqual((row["base_count"], row["head_count"]), (len(base), len(head)))

    def test_exact(self):
        """Without ties and with at most 1,000 pairs: the exact distribution."""
        sizes = [(1, 1), (1, 2), (2, 1), (3, 3), (9, 9), (15, 15), (25, 40), (40, 25), (10, 100), (999, 1)]
        sizes += [tuple(self.random.integers(1, 31, 2)) for _ in range(60)]
        self.check(self.random_sets(sizes, False), "exact")

    def test_normal(self):
        """Beyond: the normal distribution."""
        sizes = [(26, 40), (32, 32), (45, 45), (99, 99), (300, 20), (1001, 1)]
        self.check(self.random_sets(sizes, False), "asymptotic")

    def test_ties(self):
        """With ties: the normal distribution and its corrections, however few there are."""
        sizes = [(9, 9), (15, 15), (45, 30), (99, 99)] + [tuple(self.random.integers(5, 40, 2)) for _ in range(40)]
        cases = self.random_sets(sizes, True)
        tied = {case: sets for case, sets in cases.items()
                if len(set(sets[0]) | set(sets[1])) < len(sets[0]) + len(sets[1])}
        self.assertGreater(len(tied), 40)
        self.check(tied, "asymptotic")

    def test_nothing_but_ties(self):
        _, rows = self.compare_sets({"same": ([5] * 15, [5] * 15)})
        self.assertEqual((rows["same"]["p"], rows["same"]["change"]), (1, 0))

    def test_interval(self):
        """The ends of the interval are where the test turns: shifted beyond, the sets differ at 5 %."""
        sizes = [(9, 9), (15, 15), (8, 20), (15, 45), (30, 33)]
        cases = self.random_sets(sizes, False)
        base = self.run_file("base.json", {case: sets[0] for case, sets in cases.items()})
        head = self.run_file("head.json", {case: sets[1] for case, sets in cases.items()})
        self.command("bench", "compare", base, head, "--json", self.path("out.json"))
        rows = json.loads(self.read("out.json"))["benchmarks"]
        for row, (base, head) in zip(rows, cases.values()):
            for end, inwards in zip(np.log1p(row["interval"]), [1, -1]):
                def p_at(shift):
                    return mannwhitneyu(np.log(head) - shift, np.log(base), method="exact").pvalue

                self.assertGreater(p_at(end + inwards * 1e-6), 0.05)
                self.assertLessEqual(p_at(end - inwards * 1e-6), 0.05)

    def test_no_interval(self):
        """Three and three samples can never differ at 5 %."""
        _, rows = self.compare_sets({"few": ([1, 2, 3], [4, 5, 6])})
        self.assertIsNone(rows["few"]["interval"])
        self.assertAlmostEqual(rows["few"]["p"], 0.1)
        self.assertIsNone(self.out["geometric_mean_interval"])

    def test_geometric_mean(self):
        cases = {f"case{i}": (self.noisy(100), self.noisy(100 * ratio)) for i, ratio in
                 enumerate([0.5, 0.99, 1.01, 1.02])}
        _, rows = self.compare_sets(cases)
        shifts = [math.log1p(row["change"]) for row in rows.values()]
        self.assertAlmostEqual(math.log(self.out["geometric_mean"]), np.mean(shifts), delta=1e-7)
        widths = [np.diff(np.log1p(row["interval"]))[0] / 2 for row in rows.values()]
        reach = np.sqrt(np.sum(np.square(widths))) / len(widths)
        low, high = np.log(self.out["geometric_mean_interval"])
        self.assertAlmostEqual(low, np.mean(shifts) - reach, delta=1e-6)
        self.assertAlmostEqual(high, np.mean(shifts) + reach, delta=1e-6)


class Verdicts(CompareCase):
    def test_slower(self):
        text, rows = self.compare_sets({"much": (self.noisy(100), self.noisy(110)),
                                        "none": (self.noisy(100), self.noisy(100))}, status=1)
        self.assertEqual(rows["much"]["verdict"], "slower")
        self.assertEqual(rows["none"]["verdict"], "same")
        self.assertRegex(text, r"(?m)^ops/much/weft/4096 .* slower$")
        self.assertRegex(text, r"(?m)^ops/none/weft/4096 .* same$")
        self.assertIn("1 slower, 0 faster, 1 the same; geometric mean +", text)

    def test_faster(self):
        text, rows = self.compare_sets({"much": (self.noisy(110), self.noisy(100))})
        self.assertEqual(rows["much"]["verdict"], "faster")
        self.assertIn("0 slower, 1 faster, 0 the same; geometric mean -", text)

    def test_certain_but_small(self):
        """4 % count for nothing, however certain they are."""
        _, rows = self.compare_sets({"small": (self.noisy(100, 50, 0.001), self.noisy(104, 50, 0.001))})
        self.assertLess(rows["small"]["p"], 1e-10)
        self.assertEqual(rows["small"]["verdict"], "same")

    def test_large_but_uncertain(self):
        _, rows = self.compare_sets({"wild": ([80, 100, 120, 140, 160], [100, 130, 150, 170, 210])})
        self.assertGreater(rows["wild"]["change"], 0.15)
        self.assertGreater(rows["wild"]["p"], 0.01)
        self.assertEqual(rows["wild"]["verdict"], "same")

    def test_threshold(self):
        cases = {"case": (self.noisy(100), self.noisy(112))}
        self.compare_sets(cases, "--threshold", "5", status=1)
        self.compare_sets(cases, "--threshold", "10%", status=1)
        _, rows = self.compare_sets(cases, "--threshold", "15")
        self.assertAlmostEqual(rows["case"]["noise"], 0.15)

    def test_several_files(self):
        """Of one side, taken together."""
        base, more = self.run_file("a.json", {"x": [1, 2, 3]}), self.run_file("b.json", {"x": [4, 5], "y": [7]})
        head = self.run_file("c.json", {"x": [6] * 3, "y": [7]})
        _, rows = self.compare(f"{base},{more}", head)
        self.assertEqual((rows["x"]["base_count"], rows["x"]["head_count"], rows["y"]["base_count"]), (5, 3, 1))
        self.assertAlmostEqual(rows["x"]["base_median"], 3, delta=1e-6)

    def test_aa_files(self):
        """A benchmark that differed by itself must differ by more than that; others by the 95th part."""
        quiet = {f"case{i}": self.noisy(100, scatter=0.001) for i in range(30)}
        again = {case: self.noisy(100, scatter=0.001) for case in quiet}
        again["case7"] = self.noisy(120, scatter=0.001)
        a, b = self.run_file("a.json", quiet), self.run_file("b.json", again)
        cases = {case: (self.noisy(100), self.noisy(110)) for case in ["case1", "case7"]}
        text, rows = self.compare_sets(cases, "--aa", f"{a},{b}", status=1)
        self.assertEqual([rows[case]["verdict"] for case in cases], ["slower", "same"])
        self.assertAlmostEqual(rows["case7"]["noise"], 0.20, delta=0.005)
        self.assertAlmostEqual(rows["case1"]["noise"], 0.05)
        self.assertLess(self.out["aa_noise"], 0.01)
        self.assertIn("and than the A/A control", text)
        # Where many differ, all must differ by more.
        again = {case: self.noisy(120, scatter=0.001) for case in quiet}
        b = self.run_file("b.json", again)
        _, rows = self.compare_sets(cases, "--aa", f"{a},{b}")
        self.assertAlmostEqual(rows["case1"]["noise"], 0.20, delta=0.005)

    def test_aa_halves(self):
        """One file: the first half of its rounds against the second."""
        drift = {"case": np.concatenate([self.noisy(100, 10), self.noisy(130, 10)])}
        a = self.run_file("a.json", drift)
        cases = {"case": (self.noisy(100), self.noisy(110))}
        _, rows = self.compare_sets(cases, "--aa", a)
        self.assertAlmostEqual(rows["case"]["noise"], 0.30, delta=0.02)
        # Half of each in both halves: no shift between them, but it could be as large.
        a = self.run_file("a.json", {"case": np.ravel(drift["case"].reshape(2, 10).T)})
        self.compare_sets(cases, "--aa", a)
        self.assertLess(self.out["aa_noise"], 0.05)
        a = self.run_file("a.json", {"case": self.noisy(100, 20)})
        self.compare_sets(cases, "--aa", a, status=1)

    def test_aa_of_several_pairs(self):
        """More files are taken in turn: A B A B."""
        files = [self.run_file(f"{i}.json", {"case": self.noisy(100 if i % 2 else 120)}) for i in range(4)]
        cases = {"case": (self.noisy(100), self.noisy(110))}
        _, rows = self.compare_sets(cases, "--aa", ",".join(files))
        self.assertAlmostEqual(rows["case"]["noise"], 0.20, delta=0.02)

    def test_aa_passes(self):
        """Runs that are the same but for their noise are never told apart, twenty times out of twenty."""
        for _ in range(20):
            same = [self.run_file(f"{name}.json", {f"case{i}": self.noisy(100, scatter=0.02) for i in range(20)})
                    for name in ["a", "b", "c", "d"]]
            self.compare(same[0], same[1], "--aa", ",".join(same[2:]))

    def test_foreign(self):
        """What is not weft's is shown only when asked for, and never counts."""
        sets = {"weft": self.noisy(100), "gcc": self.noisy(100)}
        base = self.run_file("base.json", sets, foreign=["gcc"])
        head = self.run_file("head.json", {**sets, "gcc": self.noisy(200)}, foreign=["gcc"])
        _, rows = self.compare(base, head)
        self.assertEqual(set(rows), {"weft"})
        text, rows = self.compare(base, head, "--all")
        self.assertEqual((rows["gcc"]["verdict"], rows["gcc"]["own"]), ("slower", False))
        self.assertIn("(not weft) slower", text)
        self.assertEqual(self.out["geometric_mean"], 1)

    def test_filter_and_changed(self):
        cases = {"add": (self.noisy(100), self.noisy(120)), "mul": (self.noisy(100), self.noisy(100))}
        text, _ = self.compare_sets(cases, "--changed", status=1)
        self.assertIn("ops/add/", text)
        self.assertNotIn("ops/mul/", text)
        _, rows = self.compare_sets(cases, "--filter", "ops/m*")
        self.assertEqual(set(rows), {"mul"})

    def test_missing(self):
        base = self.run_file("base.json", {"both": [1, 2], **{f"old{i}": [1] for i in range(12)}})
        head = self.run_file("head.json", {"both": [1, 2], "new": [1]})
        text, rows = self.compare(base, head)
        self.assertEqual(set(rows), {"both"})
        self.assertEqual(self.out["only_base"], [name_of(f"old{i}") for i in range(12)])
        self.assertEqual(self.out["only_head"], [name_of("new")])
        self.assertEqual(len(re.findall(r"(?m)^only in base: ops/old", text)), 10)
        self.assertIn("only in base: 2 more\n", text)
        self.assertIn("only in head: ops/new/weft/4096\n", text)

    def test_differences(self):
        """Runs of different machines or builds are compared, but not in silence."""
        base = self.run_file("base.json", {"x": [1, 2]})
        head = self.run_file("head.json", {"x": [1, 2]}, cpu="another", level="avx512", noisy=True)
        text, _ = self.compare(base, head)
        self.assertEqual(self.out["differences"], ["CPU: 'a CPU' and 'another'", "level: 'avx2' and 'avx512'"])
        self.assertIn("not the same CPU: 'a CPU' and 'another'\n", text)
        self.assertIn("the machine was too noisy to believe: head\n", text)

    def test_real_runs(self):
        """What the command writes it also reads."""
        for name in ["base", "head"]:
            self.succeed("bench", "memory/[ct]*", "ops/add/f32/*", "--n", "64", "--min-time", "1us", "--samples",
                         "9", "--json", self.path(f"{name}.json"))
        result = self.command("bench", "compare", self.path("base.json"), self.path("head.json"))
        self.assertIn(result.returncode, [0, 1])
        self.assertRegex(result.stdout, r"(?m)^memory/copy/weft/64 ")
        self.assertNotRegex(result.stdout, r"plain")


class Refusals(CompareCase):
    """There is no comparison: always 2, so that 1 says that something is slower."""

    def refuse(self, pattern, *arguments):
        self.fail_with(pattern, "bench", "compare", *arguments, status=2)

    def test_wrong_usage(self):
        a = self.run_file("a.json", {"x": [1, 2]})
        self.usage("which files", "bench", "compare")
        self.usage("compare '.*a.json' with which file", "bench", "compare", a)
        self.usage("unexpected argument 'x'.*commas", "bench", "compare", a, a, "x")
        for percent in ["0", "4.9", "-5", "x", "", "1001", "5x", "nan", "inf"]:
            self.usage("--threshold .*give percent, from 5 to 1000", "bench", "compare", a, a, "--threshold", percent)
        result = self.command("bench", "compare", a, a, "--frob")
        self.assertEqual(result.returncode, 2)
        self.assertIn("Try 'weft bench compare --help'.", result.stderr)

    def test_help(self):
        text = self.succeed("bench", "compare", "--help")
        self.assertRegex(text, r"\AUsage: weft bench compare BASE.json")
        for option in ["--aa", "--threshold", "--filter", "--changed", "--all", "--json"]:
            self.assertIn(option, text)

    def test_files(self):
        good = self.run_file("good.json", {"x": [1, 2]})
        for wrong, pattern in [
                ("", r"wrong.json: line 1"),
                ("{", r"wrong.json: line 1"),
                ("[1]", r"wrong.json: not written by 'weft bench --json'"),
                ('{"benchmarks": []}', r"wrong.json: not written by"),
                ('{"format": "weft-bench", "version": 2}', r"wrong.json: version 2 of the format"),
                ('{"format": "weft-bench", "version": 1}', r"wrong.json: has no benchmarks"),
                ('{"format": "weft-bench", "version": 1, "benchmarks": [7]}', r"benchmarks\[0\] lacks"),
                ('{"format": "weft-bench", "version": 1, "benchmarks": [{"name": "x", "own": true}]}',
                 r"benchmarks\[0\] lacks"),
                ('{"format": "weft-bench", "version": 1, "benchmarks": '
                 '[{"name": "x", "own": true, "samples": [1, 0]}]}', r"x: sample 1 is no time above 0"),
                ('{"format": "weft-bench", "version": 1, "benchmarks": '
                 '[{"name": "x", "own": true, "samples": ["1"]}]}', r"x: sample 0 is no time above 0"),
                ('{"format": "weft-bench", "version": 1, "benchmarks": '
                 '[{"name": "x", "own": true, "samples": []}]}', r"no benchmark that both sides have"),
                ("[" * 100000, r"wrong.json: line 1"),
        ]:
            file = self.write("wrong.json", wrong)
            self.refuse(pattern, file, good)
            self.refuse(pattern, good, file)
            if "both sides" not in pattern:
                self.refuse(pattern, good, f"{good},{file}")
                self.refuse(pattern, good, good, "--aa", file)
        self.refuse("/nowhere", good, "/nowhere")
        self.refuse("unable to open", good, "")
        self.refuse("unable to open", good, f"{good},")

    def test_google_format(self):
        """The old format, and Google Benchmark's own files, are told apart by name."""
        self.succeed("bench", "ops/add/f32/vv", "--n", "16", "--min-time", "1us", "--no-limits",
                     "--format", "google", "--output", self.path("google.json"))
        self.refuse("not written by 'weft bench --json'", self.path("google.json"), self.path("google.json"))

    def test_nothing_in_common(self):
        a, b = self.run_file("a.json", {"x": [1, 2]}), self.run_file("b.json", {"y": [1, 2]})
        self.refuse("no benchmark that both sides have", a, b)
        self.refuse("no benchmark 'frob' that both sides have", a, a, "--filter", "frob")
        c = self.run_file("c.json", {"x": [1]})
        self.refuse("no benchmark that shows a noise", a, a, "--aa", c)
        self.refuse("no benchmark that shows a noise", a, a, "--aa", f"{a},{b}")

    def test_output(self):
        a = self.run_file("a.json", {"x": [1, 2]})
        result = self.command("bench", "compare", a, a, "--json", "/dev/full")
        self.assertEqual((result.returncode, result.stderr), (2, "weft: /dev/full: No space left on device\n"))
        result = self.command("bench", "compare", a, a, "--json", "/nowhere/x")
        self.assertEqual((result.returncode, result.stderr), (2, "weft: /nowhere/x: No such file or directory\n"))


if __name__ == "__main__":
    main()
