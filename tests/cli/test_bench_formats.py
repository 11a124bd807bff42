"""test_bench_formats.py: what `weft bench` writes for programs is what those programs read: schemas in
schemas/, Google Benchmark's own compare.py, and the same figures in all of them.

Neighbours: weft_case.py, test_bench.py, docs/benchmarks.md (the formats).
"""

import csv
import io
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    try:
        import jsonschema
        import scipy.stats
    except ImportError:  # Debian's python3-jsonschema and python3-scipy: scripts/deps test
        print("no jsonschema or no SciPy for this Python")
        sys.exit(77)

from weft_case import WeftCase, main

HERE = pathlib.Path(__file__).resolve().parent
COMPARE_PY = "/usr/share/benchmark/compare.py"  # Debian's libbenchmark-tools
QUICK = ["--min-time", "1us", "--samples", "9"]


def schema(name):
    read = json.loads((HERE / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(read)
    return jsonschema.Draft7Validator(read)


class Formats(WeftCase):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("peers"))

    def bench(self, *arguments):
        return self.succeed("bench", "ops/add/f32/*", "engine/dot/dot", "--n", "16,300", "--peers",
                            self.path("peers"), *QUICK, *arguments)

    def outputs(self, *formats):
        """One run in several formats."""
        wanted = [["--format", name, "--output", self.path(name)] for name in formats]
        self.bench(*sum(wanted, []))
        return [self.read(name).decode() for name in formats]

    def test_own_format(self):
        for arguments in [[], ["--no-limits", "--commit", "x", "--pin", str(min(os.sched_getaffinity(0)))]]:
            self.bench("--json", self.path("out"), *arguments)
            run = json.loads(self.read("out"))
            schema("weft-bench").validate(run)
            context = run["context"]
            self.assertEqual(context["weft"]["commit"] == "x", bool(arguments))
            self.assertEqual(context["options"]["pin"], arguments[-1] if arguments else None)
            self.assertEqual(context["options"]["min_time"], 1000)
            self.assertEqual(context["noise"]["noisy"], bool(context["noise"]["warnings"]))
            self.assertEqual({peer["found"] for peer in context["peers"]}, {False})
            # One sample for each case, at least.
            self.assertGreaterEqual(context["noise"]["control"]["samples"], 6)

    def test_statistics(self):
        """Median, MAD and interval are those of the samples, by other means."""
        [text] = self.outputs("json")
        for entry in json.loads(text)["benchmarks"]:
            samples = sorted(entry["samples"])
            n = len(samples)
            self.assertEqual(entry["name"],
                             f"{entry['suite']}/{entry['case']}/{entry['contender']}/{entry['n']}")
            self.assertLessEqual(9, n)
            self.assertLessEqual(n, 27)
            median = statistics.median(samples)
            self.assertAlmostEqual(entry["median"] / median, 1, delta=1e-7)
            mad = statistics.median(abs(x - median) for x in samples)
            self.assertAlmostEqual(entry["mad"], mad, delta=1e-7 * median)
            # The largest j with P(Binomial(n, 1/2) < j) at most 2.5 %.
            j = max(j for j in range(1, n) if scipy.stats.binom.cdf(j - 1, n, 0.5) <= 0.025)
            self.assertEqual(entry["interval"], [samples[j - 1], samples[n - j]])
            self.assertAlmostEqual(entry["ns_per_element"] * entry["n"] / median, 1, delta=1e-7)
            self.assertAlmostEqual(entry["bytes_per_second"] * median / entry["bytes"], 1e9, delta=200)

    def test_adaptive(self):
        """More rounds than asked for only where an interval was wide, and then as many as it takes."""
        for _ in range(3):
            [text] = self.outputs("json")
            for entry in json.loads(text)["benchmarks"]:
                low, high = entry["interval"]
                reach = max(high - entry["median"], entry["median"] - low)
                if len(entry["samples"]) < 27:
                    self.assertLessEqual(reach, 0.010001 * entry["median"], entry["name"])

    def test_google(self):
        own, text = self.outputs("json", "google")
        run = json.loads(text)
        schema("google").validate(run)
        for mine in json.loads(own)["benchmarks"]:
            theirs = [entry for entry in run["benchmarks"] if entry["run_name"] == mine["name"]]
            samples = [entry for entry in theirs if entry["run_type"] == "iteration"]
            self.assertEqual([entry["real_time"] for entry in samples], mine["samples"])
            self.assertEqual([entry["repetition_index"] for entry in samples], list(range(len(samples))))
            self.assertEqual({entry["name"] for entry in samples}, {mine["name"]})
            [median] = [entry for entry in theirs if entry["run_type"] == "aggregate"]
            self.assertEqual((median["name"], median["real_time"]), (mine["name"] + "_median", mine["median"]))

    def test_google_compare(self):
        """Google Benchmark's own tool takes two runs, and tests them."""
        if not os.path.exists(COMPARE_PY):
            self.skipTest("no Google Benchmark tools here: libbenchmark-tools")
        for name in ["base", "head"]:
            self.bench("--format", "google", "--output", self.path(name))
        result = subprocess.run([sys.executable, "-W", "ignore", COMPARE_PY, "--no-color", "benchmarks",
                                 self.path("base"), self.path("head")],
                                capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(result.returncode, 0, result.stderr)
        for name in ["ops/add/f32/vv/weft/16", "engine/dot/dot/inline/300"]:
            self.assertRegex(result.stdout, rf"(?m)^{name} +[+-]\d")
            self.assertRegex(result.stdout, rf"(?m)^{name}_pvalue .*U Test, Repetitions: \d+ vs \d+")

    def test_github(self):
        own, text = self.outputs("json", "github")
        entries = json.loads(text)
        schema("github").validate(entries)
        self.assertEqual([(entry["name"], entry["value"], entry["unit"]) for entry in entries],
                         [(entry["name"], entry["median"], "ns") for entry in json.loads(own)["benchmarks"]])

    def test_bmf(self):
        own, text = self.outputs("json", "bmf")
        found = json.loads(text)
        schema("bmf").validate(found)
        benchmarks = json.loads(own)["benchmarks"]
        self.assertEqual(set(found), {entry["name"] for entry in benchmarks})
        for entry in benchmarks:
            latency, throughput = found[entry["name"]]["latency"], found[entry["name"]]["throughput"]
            self.assertEqual([latency["value"], latency["lower_value"], latency["upper_value"]],
                             [entry["median"], *entry["interval"]])
            self.assertAlmostEqual(throughput["value"] * entry["ns_per_element"], 1e9, delta=200)
            self.assertLessEqual(throughput["lower_value"], throughput["value"])
            self.assertLessEqual(throughput["value"], throughput["upper_value"])

    def test_csv(self):
        own, _ = self.outputs("json", "csv")
        text = self.read("csv").decode()
        self.assertEqual(text.count("\n"), text.count("\r\n"))
        lines = list(csv.DictReader(io.StringIO(text), strict=True))
        benchmarks = json.loads(own)["benchmarks"]
        self.assertEqual(len(lines), len(benchmarks))
        for line, entry in zip(lines, benchmarks):
            self.assertNotIn(None, line)
            self.assertNotIn(None, line.values())
            for key in ["name", "suite", "case", "contender"]:
                self.assertEqual(line[key], entry[key])
            for column, value in [("n", entry["n"]), ("own", entry["own"]), ("threads", entry["threads"]),
                                  ("bytes", entry["bytes"]), ("samples", len(entry["samples"])),
                                  ("calls", entry["calls"]), ("median_ns", entry["median"]),
                                  ("mad_ns", entry["mad"]), ("interval_low_ns", entry["interval"][0]),
                                  ("interval_high_ns", entry["interval"][1]),
                                  ("ns_per_element", entry["ns_per_element"]),
                                  ("bytes_per_second", entry["bytes_per_second"]),
                                  ("share_of_limit", entry["share_of_limit"])]:
                self.assertAlmostEqual(float(line[column]), value, delta=1e-6 * abs(value) + 1e-9, msg=column)

    def test_csv_without_limits(self):
        self.bench("--no-limits", "--format", "csv", "--output", self.path("csv"))
        lines = list(csv.DictReader(io.StringIO(self.read("csv").decode())))
        self.assertEqual({line["share_of_limit"] for line in lines}, {""})

    def test_stdout(self):
        """A format without a file takes the place of the tables; only warnings go elsewhere."""
        for name in ["json", "google", "github", "bmf"]:
            result = self.command("bench", "memory/copy", "--n", "64", *QUICK, "--format", name)
            self.assertEqual(result.returncode, 0)
            self.assertRegex(result.stderr, r"\A(Too noisy to believe: .*\n)*\Z")
            schema({"json": "weft-bench"}.get(name, name)).validate(json.loads(result.stdout))
        result = self.command("bench", "memory/copy", "--n", "64", *QUICK, "--format", "csv")
        self.assertRegex(result.stdout, r"\Aname,suite,")
        result = self.command("bench", "memory/copy", "--n", "64", *QUICK, "--format", "text")
        self.assertRegex(result.stdout, r"\Aweft ")
        self.assertEqual(len(re.findall(r"(?m)^Suite memory", result.stdout)), 1)
        # With a file the tables stay.
        text = self.bench("--format", "csv", "--output", self.path("out"))
        self.assertRegex(text, r"\Aweft ")

    def test_all_at_once(self):
        formats = ["json", "google", "github", "bmf", "csv", "markdown", "text"]
        for text in self.outputs(*formats):
            self.assertIn("add/f32/vv", text)

    def test_markdown_of_two_suites(self):
        [page] = self.outputs("markdown")
        self.assertEqual(re.findall(r"(?m)^# (.*)", page), ["Performance: operations", "Performance: the engine"])

    def test_wrong_usage(self):
        self.usage("no format 'xml'; there is: text, json, google, github, bmf, csv, markdown",
                   "bench", "ops", "--format", "xml")
        self.usage("--output 'x': which --format. Give it before", "bench", "ops", "--output", "x")
        self.usage("--output 'y': which --format", "bench", "ops", "--format", "csv", "--output", "x",
                   "--output", "y")
        self.usage("two formats for standard output", "bench", "ops", "--format", "csv", "--format", "bmf")
        self.usage("two formats for standard output", "bench", "ops", "--format", "csv", "--format", "bmf",
                   "--format", "json", "--output", "x")
        self.usage("more than 8 outputs", "bench", "ops", *["--json", "x"] * 9)

    def test_files_that_cannot_be_written(self):
        for name in ["json", "google", "github", "bmf", "csv", "markdown", "text"]:
            self.fail_with(r"/nowhere/x: No such file", "bench", "ops", "--format", name, "--output", "/nowhere/x")
            result = self.command("bench", "memory/copy", "--n", "1", *QUICK, "--format", name,
                                  "--output", "/dev/full")
            self.assertEqual((result.returncode, result.stderr),
                             (1, "weft: /dev/full: No space left on device\n"))


if __name__ == "__main__":
    main()
