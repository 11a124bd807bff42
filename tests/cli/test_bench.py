"""test_bench.py: `weft bench` runs, says what it ran and refuses what cannot be. Times are not looked
at: they are another machine's business. Neighbours: weft_case.py.
"""

import fnmatch
import json
import os
import re
import shutil
import subprocess

from weft_case import WEFT, WeftCase, main

QUICK = ["--min-time", "1us", "--samples", "9", "--no-limits"]
FASTEST = ["--min-time", "1ns", "--samples", "9", "--no-limits"]


class Bench(WeftCase):
    def setUp(self):
        super().setUp()
        self.peers = self.path("peers")
        os.mkdir(self.peers)

    def bench(self, *arguments, **options):
        return self.succeed("bench", "ops", "--peers", self.peers, *QUICK, *arguments, **options)

    def names(self, *arguments):
        return [name.removeprefix("ops/") for name in
                self.succeed("bench", "ops", "--list", *arguments).split()]

    def rows(self, text):
        """The cells of the table's rows."""
        return [line.split() for line in text.splitlines() if re.match(r"\w+/\S+ +\d", line)]

    def test_list_has_every_operation(self):
        names = self.names()
        self.assertEqual(len(set(names)), len(names))
        listed = {name.split("/")[0] for name in names}
        timed = {"arithmetic", "logic", "compare", "transcendental", "reduction"}
        for op in json.loads(self.succeed("ops", "--json")):
            if op["category"] in timed:
                self.assertIn(op["mnemonic"], listed)
                found = {name.split("/")[1] for name in names if name.startswith(op["mnemonic"] + "/")}
                self.assertEqual(found, {t.replace("bool", "b8") for t in op["types"]}, op)
        self.assertTrue({"cvt", "mov", "fill"} <= listed)
        self.assertEqual(self.names("--filter", "add/f32/*"), ["add/f32/vv", "add/f32/vs"])

    def test_every_case_runs(self):
        rows = self.rows(self.bench("--n", "3", *FASTEST))
        self.assertEqual([row[0] for row in rows], self.names())

    def test_table(self):
        text = self.bench("--filter", "add/f32/*", "--n", "16,1k")
        self.assertEqual([row[:2] for row in self.rows(text)],
                         [["add/f32/vv", "16"], ["add/f32/vv", "1024"],
                          ["add/f32/vs", "16"], ["add/f32/vs", "1024"]])
        header = next(line for line in text.splitlines() if line.startswith("case"))
        for line in text.splitlines():
            if line.startswith("add/"):
                self.assertEqual(len(line), len(header), text)
        for peer in ["gcc", "clang", "hand", "sleef", "volk", "openblas", "numpy"]:
            self.assertRegex(text, rf"(?m)^{peer} +missing: ")
        self.assertRegex(text, r"(?m)^not measured ")

    def test_peers_that_are_there(self):
        """Those that were built run; the test builds none."""
        folder = os.path.join(os.path.dirname(os.path.realpath(WEFT)), "peers")
        if not os.path.isdir(folder):
            self.skipTest("no peers beside the command")
        self.succeed("bench", "ops", "--filter", "*/f32/*", "--n", "17", *QUICK)

    def test_no_usual_folder(self):
        """An installed command has no peers beside it: it says so of each and goes on."""
        with open(WEFT, "rb") as file:
            if file.read(2) == b"#!":  # with sanitizers, it only calls the command
                self.skipTest("the command is a script")
        shutil.copy(WEFT, self.path("weft"))
        os.rmdir(self.peers)
        result = subprocess.run([self.path("weft"), "bench", "ops", "--filter", "add/u8/vv", "--n", "1", *QUICK],
                                capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"(?m)^gcc +missing: ")

    def test_broken_peer(self):
        self.write("peers/gcc.so", "no module")
        self.assertRegex(self.bench("--filter", "add/f32/vv"), r"(?m)^gcc +missing: .*gcc\.so")

    def test_markdown(self):
        self.bench("--filter", "[as]*/f32/*", "--markdown", self.path("out.md"), "--commit", "abc")
        page = self.read("out.md").decode()
        self.assertRegex(page, r"\A# Performance: operations\n")
        self.assertRegex(page, r"commit abc, level")
        for title in ["Machine and peers", "Limits", "Headline operations", "All other operations"]:
            self.assertIn(f"\n## {title}\n", page)
        for table in re.findall(r"(?m)(?:^\|.*\n)+", page):
            self.assertEqual(len({line.count("|") for line in table.splitlines()}), 1, table)

    def test_level(self):
        for level in json.loads(self.succeed("info", "--json"))["levels"]:
            if level["available"]:
                text = self.bench("--filter", "add/f32/vv", "--n", "16", "--level", level["name"])
                self.assertRegex(text, rf"\Aweft \S+, level {re.escape(level['name'])}, ")
        self.fail_with("level 'mmx' is not available", "bench", "ops", "--level", "mmx", status=2, lines=2)

    def test_wrong_usage(self):
        suites = ", ".join(self.suites())
        self.usage(f"which suite. There is: {suites}, or 'weft bench compare'", "bench")
        for pattern in ["opps", "ops/frob*", "opps/*", ""]:
            self.usage(f"no suite or case is called '{re.escape(pattern)}'; the suites are: {suites}",
                       "bench", "ops", pattern)
        for n in ["0", "x", "-1", "1,", "1,,2", "257M", "99999999999999999999", "1kk", ",".join(["1"] * 33)]:
            self.usage("--n .*give lengths", "bench", "ops", "--n", n)
        for time in ["0", "x", "1h", "-1us", "61s", "nan", "inf"]:
            self.usage("--min-time .*give a time", "bench", "ops", "--min-time", time)
        for samples in ["0", "8", "100", "x", "9x", "", "-9", "99999999999999999999"]:
            self.usage("--samples .*give 9 to 99", "bench", "ops", "--samples", samples)
        for threads in ["0", "65", "x", ""]:
            self.usage("--threads .*give 1 to 64", "bench", "ops", "--threads", threads)
        for cpus in ["", "x", "0,", ",0", "1-0", "0-", "-1", "0 ", "99999", "0--1"]:
            self.usage("--pin .*give CPUs, such as", "bench", "ops", "--pin", cpus)
        self.usage("--pin '1000': the system refuses", "bench", "ops", "--pin", "1000")
        for suite in ["ops", "engine", "expr", "workloads", "memory"]:
            self.usage("no case is called 'frob'", "bench", suite, "--filter", "frob")
        self.usage("peers in '/nowhere': No such file", "bench", "ops", "--peers", "/nowhere")

    def test_files_that_cannot_be_written(self):
        for option in ["--json", "--markdown"]:
            self.fail_with(r"/nowhere/x: No such file", "bench", "ops", "--peers", self.peers,
                           "--filter", "add/f32/vv", option, "/nowhere/x")
            result = self.command("bench", "ops", "--peers", self.peers, *QUICK, "--n", "1",
                                  "--filter", "add/f32/vv", option, "/dev/full")
            self.assertEqual((result.returncode, result.stderr),
                             (1, "weft: /dev/full: No space left on device\n"))

    def test_filter_is_a_glob(self):
        names = self.names()
        for pattern in ["*/u8/*", "add/*", "cvt/i8.*"]:
            self.assertEqual(self.names("--filter", pattern), fnmatch.filter(names, pattern))

    def suites(self):
        """As the message on none being given has them."""
        message = self.command("bench").stderr
        return re.search(r"There is: (.*), or 'weft bench compare'", message).group(1).split(", ")

    def test_help_names_all_suites(self):
        text = self.succeed("bench", "--help")
        self.assertLessEqual({"ops", "engine", "memory"}, set(self.suites()))
        for suite in self.suites():
            self.assertRegex(text, rf"(?m)^  {suite} +\w")

    def test_patterns(self):
        """Suites, globs over suites and over suite/case, in the order of the suites, each case once."""
        def listed(*arguments):
            return self.succeed("bench", "--list", *arguments).split()

        everything = listed("*")
        self.assertEqual([name for i, name in enumerate(name.split("/")[0] for name in everything)
                          if i == 0 or not everything[i - 1].startswith(name + "/")], self.suites())
        self.assertEqual(len(set(everything)), len(everything))
        for patterns in [["ops/add*"], ["memory", "ops/*/f32/vv"], ["*/add*"], ["en*", "engine/add/*"], ["[om]*"]]:
            expected = [name for name in everything
                        if any(fnmatch.fnmatchcase(name, p) or fnmatch.fnmatchcase(name.split("/")[0], p)
                               for p in patterns)]
            self.assertTrue(expected)
            self.assertEqual(listed(*patterns), expected)
        self.assertEqual(listed("ops/add*", "--filter", "*/f64/*"), ["ops/add/f64/vv", "ops/add/f64/vs"])

    def test_several_suites(self):
        text = self.succeed("bench", "memory/add", "engine/add/loop", "ops/add/f32/v*", "--n", "32", *QUICK)
        self.assertEqual([row[0] for row in self.rows(text)], ["add/f32/vv", "add/f32/vs", "add/loop"])
        self.assertRegex(text, r"(?m)^add  +32 ")
        self.assertEqual(re.findall(r"(?m)^Suite (\w+):", text), ["ops", "engine", "memory"])

    def test_statements(self):
        """What a reader needs to judge the figures stands above and below the tables."""
        text = self.bench("--filter", "add/f32/*", "--n", "16", "--commit", "the-commit")
        self.assertRegex(text, r"\Aweft \S+, level \S+, .+\n\d+ CPUs, .+, governor \S+\n"
                               r"built by \S+ \S+, .*; commit the-commit\n")
        self.assertRegex(text, r"(?m)^Control loop: \d+ samples, median .*, MAD .* %, a twentieth above \+.* %")

    def test_pin(self):
        cpu = min(os.sched_getaffinity(0))
        text = self.bench("--filter", "add/f32/vv", "--n", "16", "--pin", str(cpu))
        self.assertIn(f", pinned to {cpu}\n", text)
        # One CPU: what needs two is left out.
        text = self.succeed("bench", "engine/threads/add", "--n", "16", "--pin", str(cpu), *QUICK)
        self.assertNotIn("2 threads", next(line for line in text.splitlines() if line.startswith("case")))

    def test_shares(self):
        """Of the limits that are measured in the same run, unless they are not wanted."""
        run = ["bench", "ops/add/f32/vv", "--n", "64,8k", "--min-time", "1us", "--samples", "9",
               "--json", self.path("out.json")]
        self.succeed(*run)
        report = json.loads(self.read("out.json"))
        # 12 bytes a value: the least size, and the quarter of a power of two below 98,304.
        best = {limit["bytes"]: limit["bytes_per_second"] for limit in report["limits"]}
        self.assertEqual(sorted(best), [16384, 92681])
        for entry in report["benchmarks"]:
            limit = best[16384 if entry["n"] == 64 else 92681]
            self.assertAlmostEqual(entry["share_of_limit"] * limit / entry["bytes_per_second"], 1, delta=1e-6)
        self.succeed(*run, "--no-limits")
        report = json.loads(self.read("out.json"))
        self.assertEqual(report["limits"], [])
        self.assertEqual({entry["share_of_limit"] for entry in report["benchmarks"]}, {None})


class Memory(WeftCase):
    """The suite `memory`."""

    def report(self, *arguments):
        self.succeed("bench", "memory", *QUICK, *arguments, "--json", self.path("out.json"))
        return json.loads(self.read("out.json"))["benchmarks"]

    def test_contenders(self):
        """Every kernel, weft's and the machine's, with the same results: lengths that fill no vector."""
        for threads in [1, 3]:
            entries = self.report("--n", "1,37,1000", "--threads", threads)
            self.assertFalse([entry["name"] for entry in entries if entry["differs"]])
            for kernel, arrays, flops in [("copy", 2, None), ("scale", 2, 1), ("add", 3, 1), ("triad", 3, 2)]:
                mine = {entry["contender"]: entry for entry in entries
                        if entry["case"] == kernel and entry["n"] == 1000}
                several = {"3 threads": 3, "3 plain": 3, "3 stream": 3} if threads == 3 else {}
                self.assertLessEqual(set(several) | {"weft", "plain"}, set(mine) | {"3 stream"})
                for name, entry in mine.items():
                    self.assertEqual(entry["bytes"], 4000 * arrays)
                    self.assertEqual(entry["flops"], flops and flops * 1000)
                    self.assertEqual(entry["own"], name in ["weft", "3 threads"])
                    self.assertEqual(entry["threads"], several.get(name, 1))

    def test_usual_lengths(self):
        """From L1 to beyond the last cache that is known."""
        largest = max([cache["size"] for cache in json.loads(self.succeed("info", "--json"))["caches"]] + [0])
        if largest > 200 << 20:
            self.skipTest("takes too long for such a cache")
        entries = self.report("--filter", "copy", "--threads", "1", "--min-time", "1ns")
        lengths = [entry["n"] for entry in entries if entry["contender"] == "weft"]
        self.assertEqual(lengths[:3], [1024, 4096, 16384])
        self.assertGreater(12 * lengths[-1], 2 * largest)


class Engine(WeftCase):
    """The suite `engine`, without its peer unless a test says so."""

    def setUp(self):
        super().setUp()
        self.peers = self.path("peers")
        os.mkdir(self.peers)

    def bench(self, *arguments):
        return self.succeed("bench", "engine", "--peers", self.peers, *QUICK, *arguments)

    def names(self, *arguments):
        return [name.removeprefix("engine/") for name in
                self.succeed("bench", "engine", "--list", *arguments).split()]

    def report(self, *arguments):
        """The text, and the JSON report's entries by run name and kind."""
        text = self.bench(*arguments, "--json", self.path("out.json"))
        entries = json.loads(self.read("out.json"))["benchmarks"]
        return text, {entry["name"]: entry for entry in entries}

    def verdict(self, text, words):
        """Of the limit whose text begins so: its verdict, measured figure, side and limit."""
        line = re.search(rf"(?m)^(met|missed|not measured) +(\S+)  at (most|least) +(\S+)  {words}", text)
        self.assertIsNotNone(line, text)
        return line.groups()

    def test_names(self):
        names = self.names()
        self.assertEqual(len(set(names)), len(names))
        for name in ["add/loop", "transform/apart", "bell/f32", "field/polynomial", "threads/chain",
                     "hosts/bell", "locks/one", "locks/two", "rows/3"]:
            self.assertIn(name, names)
        self.assertEqual(self.names("--filter", "field/*"), fnmatch.filter(names, "field/*"))

    def test_every_case_runs(self):
        """And all contenders have the first one's results. Lengths that fill no vector."""
        text, medians = self.report("--n", "1,37", *FASTEST)
        cases = {name.split("/weft/")[0] for name in medians if "/weft/" in name}
        expected = {f"engine/{name}" for name in self.names()}
        if os.cpu_count() == 1:
            expected.remove("engine/locks/two")
        self.assertEqual(cases, expected)
        self.assertNotIn("Other results", text)
        self.assertRegex(text, r"(?m)^fused +missing: ")

    def test_peer_agrees(self):
        """The hand-written loops, where they were built, give what the programs give."""
        folder = os.path.join(os.path.dirname(os.path.realpath(WEFT)), "peers")
        if not os.path.exists(os.path.join(folder, "fused.so")):
            self.skipTest("no peer beside the command")
        text = self.succeed("bench", "engine", "--filter", "[tbf][rei]*/*", "--n", "1,16,63,131",
                            *FASTEST)
        for case in ["transform/apart", "transform/in-place", "bell/f32", "field/factors"]:
            self.assertIn(f"\n{case} ", text)
        self.assertNotIn("Other results", text)

    def test_counts(self):
        """Of the programs that the limits are for; the exactness of the fields too."""
        text, medians = self.report("--filter", "[af][di]*/*", "--n", "40")
        for name in ["add/loop", "field/polynomial", "field/factors", "field/centred"]:
            entry = medians[f"engine/{name}/weft/40"]
            self.assertGreaterEqual(entry["counters"]["locks"], 0)
            self.assertGreaterEqual(entry["counters"]["allocations"], 0)
            if name != "add/loop":
                self.assertLess(entry["counters"]["error"], 1e-5)
        for key, words in [("allocations", "allocations in"), ("locks", "acquisitions of locks")]:
            worst = max(entry["counters"][key] for entry in medians.values())
            verdict, measured, side, limit = self.verdict(text, words)
            self.assertEqual((float(measured), side), (worst, "most"))
            self.assertEqual(verdict, "met" if worst <= float(limit) else "missed")

    def test_verdicts(self):
        """Each side of a limit, from the medians of the report."""
        text, medians = self.report("--filter", "[th][ho]*s/*", "--n", "4096,16384")
        if os.cpu_count() == 1:
            self.assertEqual(self.verdict(text, "two host threads")[:2], ("not measured", "-"))
            return

        def median(case, contender, n):
            return medians[f"engine/{case}/{contender}/{n}"]["median"]

        verdict, measured, side, limit = self.verdict(text, "two threads to one")
        worst = max(median(case, "2 threads", 4096) / median(case, "weft", 4096)
                    for case in ["threads/chain", "threads/add"])
        self.assertAlmostEqual(float(measured), worst, delta=0.0051)
        self.assertEqual((verdict, side), ("met" if float(measured) <= float(limit) else "missed", "most"))
        verdict, measured, side, limit = self.verdict(text, "two host threads")
        ratio = median("hosts/bell", "weft", 16384) / median("hosts/bell", "2 hosts", 16384)
        self.assertAlmostEqual(float(measured), ratio, delta=0.0051)
        self.assertEqual((verdict, side), ("met" if float(measured) >= float(limit) else "missed", "least"))
        self.assertEqual(self.verdict(text, "speed-up by a second thread")[:2], ("not measured", "-"))

    def test_table(self):
        text = self.bench("--filter", "add/loop", "--n", "16,1k")
        rows = [line for line in text.splitlines() if line.startswith("add/loop")]
        self.assertEqual([row.split()[1] for row in rows], ["16", "1024"])
        header = next(line for line in text.splitlines() if line.startswith("case"))
        self.assertRegex(header, " named +inline$")
        for row in rows:
            self.assertEqual(len(re.split(r" (?=[nmu]?s\b)", row)), 4, text)  # three times with units
            self.assertGreaterEqual(len(row), len(header), text)
        self.assertIn("One operation or two\n", text)
        self.assertNotIn("Whole formulas", text)

    def test_markdown(self):
        self.bench("--filter", "[abl]*/*", "--n", "64", "--markdown", self.path("out.md"))
        page = self.read("out.md").decode()
        self.assertRegex(page, r"\A# Performance: the engine\n")
        for title in ["Limits", "One operation or two", "Whole formulas", "Locks", "Counts"]:
            self.assertIn(f"\n## {title}\n", page)
        self.assertNotIn("\n## Shapes\n", page)
        for table in re.findall(r"(?m)(?:^\|.*\n)+", page):
            self.assertEqual(len({line.count("|") for line in table.splitlines()}), 1, table)


if __name__ == "__main__":
    main()
