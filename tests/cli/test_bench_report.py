"""test_bench_report.py: `weft bench report`: what it puts into the page, and what it refuses. The page
itself is opened in tests/report/; here a template of one line stands for it. Neighbours: weft_case.py,
sample_runs.py.
"""

import copy
import json
import os
import shutil
import subprocess

import sample_runs
from weft_case import WEFT, WeftCase, main

TEMPLATE = '<script>{"weft":"data"}</script>'


class BenchReport(WeftCase):
    def setUp(self):
        super().setUp()
        self.template = self.write("template.html", TEMPLATE)
        self.runs = dict(sample_runs.runs())

    def run_file(self, name, content):
        return self.write(name, content if isinstance(content, str) else json.dumps(content))

    def arguments(self, *files):
        return ["bench", "report", *files, "--template", self.template]

    def page(self, *files, options=()):
        text = self.succeed(*self.arguments(*files), *options)
        self.assertTrue(text.startswith("<script>") and text.endswith("</script>"), text[:100])
        return json.loads(text[len("<script>"):-len("</script>")])

    def small(self, change=lambda run: None):
        """A run of one benchmark, changed."""
        run = copy.deepcopy(self.runs["0-ops.json"])
        run["benchmarks"] = run["benchmarks"][:1]
        change(run)
        return run

    def test_figures(self):
        """Order statistics of nine samples: the median is the fifth, the interval x(2) to x(8)."""
        samples = [19.0, 11, 12, 13, 14, 15, 16, 17, 18]
        run = self.small(lambda r: r["benchmarks"][0].update(
            samples=samples, n=16777217, threads=2, bytes=48, flops=None, suite="s", case="c/d", contender="weft",
            median=1, interval=None, differs=True))
        data = self.page(self.run_file("a.json", run))
        self.assertEqual(data["series"], [[0, 0, 0, 0, 16777217, 2, 15.0, 12.0, 18.0, 48.0, 0.0, 9, 1, 1]])
        self.assertEqual((data["suites"], data["cases"], data["contenders"]), (["s"], ["c/d"], ["weft"]))
        part = data["runs"][0]["parts"][0]
        self.assertEqual((part["file"], part["context"], part["limits"]), ("a.json", run["context"], run["limits"]))
        self.assertEqual(data["changes"], [])

    def test_only_medians(self):
        """A file without samples counts, but nothing is judged by it."""
        def reduce(median, commit):
            def change(run):
                entry = run["benchmarks"][0]
                del entry["samples"]
                entry.update(median=median, interval=[median - 1, median + 1])
                run["context"]["weft"]["commit"] = commit
            return change
        files = [self.run_file(f"{c}.json", self.small(reduce(m, c))) for m, c in ((10.0, "a"), (20.0, "b"))]
        data = self.page(*files)
        self.assertEqual(sorted(data["series"])[0][6:9], [10.0, 9.0, 11.0])
        self.assertEqual(data["changes"][0][7:], [10.0, 20.0, 2.0, 2.0, 2.0, -1.0, 0])

    def test_missing_members(self):
        """What the page can do without may be missing."""
        run = {"format": "weft-bench", "version": 1, "context": {}, "benchmarks": [
            {"suite": "s", "case": "c", "contender": "gcc", "n": 4, "median": 2, "unknown": {"a": [1]}}], "more": 1}
        data = self.page(self.run_file("a.json", run))
        self.assertEqual(data["series"], [[0, 0, 0, 0, 4, 1, 2.0, 2.0, 2.0, 0.0, 0.0, 0, 0, 0]])
        self.assertEqual(data["runs"], [{"parts": [{"file": "a.json", "context": {}, "limits": []}], "date": 0}])

    def test_order_and_joining(self):
        """By date, whatever the order of the files; the two suites of a commit are one run."""
        files = [self.run_file(name, run) for name, run in self.runs.items()]
        data = self.page(*files[::-1])
        self.assertEqual([run["parts"][0]["context"]["weft"]["commit"] for run in data["runs"]], sample_runs.COMMITS)
        self.assertEqual({len(run["parts"]) for run in data["runs"]}, {2})
        dates = [run["date"] for run in data["runs"]]
        self.assertEqual(dates[0], 1767268800)  # 2026-01-01T12:00:00Z
        self.assertEqual(dates, sorted(dates))
        # Peers are there once, weft in each run.
        peers = {row[0] for row in data["series"] if data["contenders"][row[3]] == "gcc"}
        self.assertEqual(peers, {len(sample_runs.COMMITS) - 1})
        self.assertEqual(len({row[0] for row in data["series"]}), len(sample_runs.COMMITS))

    def test_time_zones(self):
        """A later clock may be an earlier time."""
        dates = ["2026-03-01T01:30:00+02:00", "2026-02-28T23:45:00Z", "2026-02-28T22:50:00-0100"]
        files = [self.run_file(f"{i}.json", self.small(lambda r, d=d, i=i: (
            r["context"].update(date=d), r["context"]["weft"].update(commit=str(i))))) for i, d in enumerate(dates)]
        data = self.page(*files[::-1])
        self.assertEqual([run["date"] for run in data["runs"]], [1772321400, 1772322300, 1772322600])
        self.assertEqual([run["parts"][0]["file"] for run in data["runs"]], ["0.json", "1.json", "2.json"])

    def test_changes(self):
        """The planted ones are found, and nothing else: slower, faster, by how much."""
        data = self.page(*[self.run_file(name, run) for name, run in self.runs.items()])
        last = len(sample_runs.COMMITS) - 1
        found = {(data["cases"][c[3]], c[5]): c for c in data["changes"] if c[-1]}
        self.assertEqual({key: c[-1] for key, c in found.items()}, {sample_runs.SLOWER: 1, sample_runs.FASTER: -1})
        slower = found[sample_runs.SLOWER]
        self.assertEqual(slower[:2], [last - 1, last])
        self.assertAlmostEqual(slower[9], 1.25, delta=0.04)
        self.assertTrue(slower[10] < slower[9] < slower[11], slower)
        self.assertLess(slower[12], 0.01)
        # Each run of every case with the one before, of weft alone.
        cases = len(sample_runs.CASES) * len(sample_runs.LENGTHS) + 8
        self.assertEqual(len(data["changes"]), last * cases)

    def test_chance_is_no_change(self):
        """Far apart, but three samples a side: p cannot be below 0.01."""
        for samples, verdict in (([100.0, 101, 102], 0), ([100.0, 101, 102, 103, 104], 1)):
            files = [self.run_file(f"{k}.json", self.small(lambda r, k=k: (
                r["benchmarks"][0].update(samples=[k * s for s in samples]),
                r["context"]["weft"].update(commit=str(k))))) for k in (1, 2)]
            self.assertEqual(self.page(*files)["changes"][0][-1], verdict, samples)

    def test_other_machines_are_not_compared(self):
        for part, key in (("machine", "cpu"), ("weft", "level")):
            files = [self.run_file(f"{k}.json", self.small(lambda r, k=k, part=part, key=key: (
                r["context"][part].update({key: k}), r["context"]["weft"].update(commit=k)))) for k in ("x", "y")]
            data = self.page(*files)
            self.assertEqual((len(data["runs"]), data["changes"]), (2, []))

    def test_same_commit_twice(self):
        """An A/A run has every case in common: two runs, compared."""
        run = self.small()
        data = self.page(self.run_file("a.json", run), self.run_file("b.json", run))
        self.assertEqual((len(data["runs"]), [c[-1] for c in data["changes"]]), (2, [0]))

    def test_text_stays_in_its_script(self):
        evil = "</script><!--<script>\"'\u2028\\"
        run = self.small(lambda r: (r["context"]["machine"].update(cpu=evil), r["benchmarks"][0].update(case=evil)))
        path = self.run_file("<b>.json", run)
        text = self.succeed(*self.arguments(path), "--title", evil)
        self.assertEqual(text.count("<"), 2)
        data = self.page(path, options=["--title", evil])
        self.assertEqual((data["title"], data["cases"]), (evil, [evil]))

    def test_output(self):
        path = self.run_file("a.json", self.small())
        out = self.path("page.html")
        self.assertEqual(self.succeed(*self.arguments(path), "-o", out), "")
        self.assertEqual(self.read("page.html").decode(), self.succeed(*self.arguments(path)))
        self.fail_with("No such file or directory", *self.arguments(path), "-o", self.path("no/page.html"))

    def test_bad_files(self):
        def entry(**changes):
            return self.small(lambda r: r["benchmarks"][0].update(changes))

        def without(*keys):
            return self.small(lambda r: [r["benchmarks"][0].pop(key) for key in keys])
        deep = "[" * 100000
        for pattern, content in (
            ("line 1, column ", "{"), ("line 1", ""), ("line 1", deep), ("line 1", "\xff\xfe"),
            ("own format; `weft bench --json FILE` writes those", []),
            ("own format", {}), ("own format", {"context": {}, "benchmarks": []}),
            ("own format", {**self.small(), "format": "weft-bench-compare"}),
            ("another version of the format than 1", {**self.small(), "version": 2}),
            ("another version", {**self.small(), "version": "1"}),
            ("no object 'context'", {**self.small(), "context": []}),
            ("no array 'benchmarks'", {**self.small(), "benchmarks": {}}),
            ("holds no measurement", {**self.small(), "benchmarks": []}),
            (r"benchmarks\[1\] is not an object", {**self.small(), "benchmarks": self.small()["benchmarks"] + [3]}),
            (r"benchmarks\[0\] has no text 'suite'", without("suite")),
            (r"benchmarks\[0\] has no text 'case'", entry(case="")),
            (r"benchmarks\[0\] has no text 'contender'", entry(contender=1)),
            (r"benchmarks\[0\]: 'n' is not a length", entry(n=0)),
            (r"benchmarks\[0\]: 'n' is not a length", entry(n=-4)),
            (r"benchmarks\[0\]: 'n' is not a length", entry(n=1e300)),
            (r"benchmarks\[0\]: 'n' is not a length", entry(n="16")),
            (r"benchmarks\[0\]: its names are too long", entry(case="x" * 1000)),
            (r"benchmarks\[0\].samples\[1\] is not a time above 0", entry(samples=[1.0, 0])),
            (r"benchmarks\[0\].samples\[0\] is not a time above 0", entry(samples=["1"])),
            (r"neither samples nor a median above 0", without("samples", "median")),
            (r"neither samples nor a median above 0", entry(samples=[], median=None)),
        ):
            with self.subTest(pattern=pattern):
                path = self.run_file("bad.json", content)
                good = self.run_file("good.json", self.small())
                self.fail_with("bad.json: .*" + pattern, *self.arguments(good, path), "-o", self.path("page.html"))
        self.fail_with("no.json", *self.arguments(self.path("no.json")))
        self.fail_with("weft: ", *self.arguments(self.path(".")))

    def test_strange_but_harmless(self):
        """Numbers beyond what is sensible neither end the command nor get into the page."""
        for changes in ({"threads": 1e18}, {"threads": -1}, {"bytes": -5, "flops": "many"}, {"interval": [5, 1]},
                        {"interval": 7}, {"own": None}, {"samples": [1e-300] * 9}, {"samples": [1e300] * 9}):
            with self.subTest(changes=changes):
                run = self.small(lambda r, c=changes: r["benchmarks"][0].update(c))
                path = self.run_file("a.json", run)
                data = self.page(path, path)
                self.assertTrue(all(isinstance(x, (int, float)) for row in data["series"] + data["changes"] for x in row))
        for context in ({"date": 7}, {"date": "yesterday"}, {"date": "9999-99-99T99:99:99+99:99"}, {"weft": 3, "machine": []}):
            with self.subTest(context=context):
                run = self.small(lambda r, c=context: r["context"].update(c))
                path = self.run_file("a.json", run)
                self.page(path, path)

    def test_usage(self):
        self.usage("which runs", "bench", "report")
        self.usage("", "bench", "report", "--nonsense")
        self.assertIn("RUN.json", self.succeed("bench", "report", "--help"))
        self.assertIn("bench report", self.succeed("bench", "--help"))

    def test_templates(self):
        path = self.run_file("a.json", self.small())
        self.fail_with("no place for the data", "bench", "report", path, "--template", self.write("t.html", "<html>"))
        self.fail_with("no.html", "bench", "report", path, "--template", self.path("no.html"))
        with open(WEFT, "rb") as file:
            if file.read(2) == b"#!":  # with sanitizers, it only calls the command
                return
        for folder in ("bin", "share/weft"):
            os.makedirs(self.path(folder))
        command = self.path("bin/weft")
        shutil.copy(WEFT, command)
        result = subprocess.run([command, "bench", "report", path], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertRegex(result.stderr, r"\Aweft: no report-template.html .*`scripts/deps report`.*build again\n\Z")
        shutil.copy(self.template, self.path("share/weft/report-template.html"))
        result = subprocess.run([command, "bench", "report", path], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stderr, result.stdout[:8]), (0, "", "<script>"))


if __name__ == "__main__":
    main()
