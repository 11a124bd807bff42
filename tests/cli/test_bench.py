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

QUICK = ["--min-time", "1us", "--samples", "9"]


class Bench(WeftCase):
    def setUp(self):
        super().setUp()
        self.peers = self.path("peers")
        os.mkdir(self.peers)

    def bench(self, *arguments, **options):
        return self.succeed("bench", "ops", "--peers", self.peers, *QUICK, *arguments, **options)

    def names(self, *arguments):
        return self.succeed("bench", "ops", "--list", *arguments).split()

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
        rows = self.rows(self.bench("--n", "3", "--samples", "1", "--min-time", "1ns"))
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

    def test_silent_numpy(self):
        self.write("peers/numpy_peer.py", "import sys; print('NumPy 0'); sys.stdout.flush(); sys.exit()")
        self.assertRegex(self.bench("--filter", "exp/f32/v"), r"(?m)^numpy +NumPy 0")
        self.write("peers/numpy_peer.py", "print('it is broken')")
        self.assertRegex(self.bench("--filter", "exp/f32/v"), r"(?m)^numpy +missing: it is broken")

    def test_json(self):
        self.bench("--filter", "add/f32/*", "--n", "16", "--json", self.path("out.json"))
        report = json.loads(self.read("out.json"))
        for key in ["date", "host_name", "num_cpus", "cpu", "caches", "weft_level", "peers"]:
            self.assertIn(key, report["context"])
        entries = report["benchmarks"]
        names = {entry["run_name"] for entry in entries}
        self.assertEqual(names, {"ops/add/f32/vv/weft/16", "ops/add/f32/vs/weft/16"})
        for name in names:
            mine = [entry for entry in entries if entry["run_name"] == name]
            samples = [entry for entry in mine if entry["run_type"] == "iteration"]
            self.assertEqual([entry["repetition_index"] for entry in samples], list(range(9)))
            self.assertEqual(sorted(entry["real_time"] for entry in samples)[4],
                             next(entry["real_time"] for entry in mine
                                  if entry.get("aggregate_name") == "median"))
            for entry in mine:
                self.assertEqual(entry["time_unit"], "ns")
                self.assertGreater(entry["real_time"], 0)
                self.assertGreater(entry["iterations"], 0)

    def test_markdown(self):
        self.bench("--filter", "[as]*/f32/*", "--markdown", self.path("out.md"), "--commit", "abc")
        page = self.read("out.md").decode()
        self.assertRegex(page, r"\A# Performance\n")
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
        self.usage("which suite. There is: ops", "bench")
        self.usage("no suite 'opps'; there is: ops", "bench", "opps")
        self.usage("unexpected argument 'now'", "bench", "ops", "now")
        for n in ["0", "x", "-1", "1,", "1,,2", "257M", "99999999999999999999", "1kk", ",".join(["1"] * 33)]:
            self.usage("--n .*give lengths", "bench", "ops", "--n", n)
        for time in ["0", "x", "1h", "-1us", "61s", "nan", "inf"]:
            self.usage("--min-time .*give a time", "bench", "ops", "--min-time", time)
        for samples in ["0", "100", "x", "9x", ""]:
            self.usage("--samples .*give 1 to 99", "bench", "ops", "--samples", samples)
        self.usage("no case is called 'frob'", "bench", "ops", "--filter", "frob")
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


if __name__ == "__main__":
    main()
