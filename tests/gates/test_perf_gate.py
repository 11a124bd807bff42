"""Does scripts/perf-gate fail where it must, and only there? The commands that are timed are made up,
seeded random times; `weft bench compare` is the real one.
Neighbours: scripts/test-gates plants a real slow-down; test_ratio_gate.py, test_instruction_gate.py."""

import contextlib
import io
import os
import random
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
from gate_modules import load

gate = load("perf-gate")
pad_of = sys.modules["gate_builds"].pad_of
WEFT = Path(os.environ["WEFT_COMMAND"])
BASE, HEAD = Path("/base"), Path("/head")
SETS = [(["ops/add/f32/vv", "ops/exp/f32/v"], "256,4096"), (["engine/bell/f32"], "4096")]


class Machine:
    """Times of the commands of two builds: 100 ns an element times `factor(name, build, process)`, and
    noise that a process has as a whole. In the build BASE/weft-7, 7 is the layout."""

    def __init__(self, seed, noise=0.01, factor=lambda name, command, process: 1.0, lacks=()):
        self.random = random.Random(seed)
        self.noise, self.factor, self.lacks = noise, factor, lacks
        self.processes = 0

    def run_process(self, command, globs, lengths, cpu, folder):
        self.processes += 1
        cases = [(case, n) for case in globs for n in lengths.split(",")]
        return document([self.entry(command, case, n) for case, n in cases
                         if (command.parent, case) not in self.lacks])

    def entry(self, command, case, n):
        suite, _, case = case.partition("/")
        name = f"{suite}/{case}/weft/{n}"
        time = 100.0 * int(n) * self.factor(name, command, self.processes)
        time *= 1 + abs(self.random.gauss(0, self.noise))
        samples = [time * (1 + abs(self.random.gauss(0, 0.002))) for _ in range(9)]
        return {"name": name, "suite": suite, "case": case, "contender": "weft", "own": True,
                "n": int(n), "threads": 1, "bytes": 12 * int(n), "flops": None, "calls": 10,
                "samples": samples, "median": sorted(samples)[4], "mad": 0.1, "interval": None,
                "ns_per_element": time / int(n), "bytes_per_second": 1e9, "share_of_limit": None,
                "differs": False}


def document(entries):
    context = {"date": "2026-01-31T12:00:00+0000", "host_name": "none",
               "weft": {"version": "0.1.0", "commit": None, "level": "avx2", "compiler": "GNU",
                        "flags": "-O2"},
               "machine": {"cpu": "none", "architecture": "x86_64", "cpus": 2, "governor": None,
                           "caches": []},
               "options": {"min_time": None, "samples": 9, "threads": 1, "pin": None}, "peers": [],
               "noise": {"control": {"samples": 9, "median": 1.0, "mad": 0.0, "p95": 1.0},
                         "load_average": None, "steal": None, "noisy": False, "warnings": []}}
    return {"format": "weft-bench", "version": 1, "context": context, "limits": [],
            "benchmarks": entries, "verdicts": []}


def slower(name_part, by, processes=None):
    """A head that takes `by` of the time in some benchmarks, up to a number of processes."""
    def factor(name, command, process):
        late = processes is not None and process > processes
        return by if command.parent == HEAD and name_part in name and not late else 1.0
    return factor


def layouts(folder, target, numbers, into):
    return [folder / f"{target}-{number}" for number in numbers]


class PerfGate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_gate(self, machine, *options):
        """(exit status, output) on a machine of that kind."""
        output = io.StringIO()
        arguments = ["perf-gate", "BASE", "--small", "--base-build", str(BASE), "--head-build",
                     str(HEAD), "--work", str(self.folder / "work"), *options]
        compare = gate.compare
        with mock.patch.object(gate, "run_process", machine.run_process), \
                mock.patch.object(gate, "SMALL", SETS), \
                mock.patch.object(gate, "link_layouts", layouts), \
                mock.patch.object(gate, "compare", lambda _, *rest: compare(WEFT, *rest)), \
                mock.patch.object(sys, "argv", arguments), contextlib.redirect_stdout(output):
            status = gate.main()
        return status, output.getvalue()

    def test_the_same_command_passes_20_times(self):
        for seed in range(20):
            status, output = self.run_gate(Machine(seed))
            self.assertEqual(status, 0, output)
            self.assertIn("nothing is slower than BASE", output)
            self.assertIn("A/A control", output)

    def test_a_tenth_slower_fails(self):
        for seed in range(5):
            status, output = self.run_gate(Machine(seed, factor=slower("exp/f32/v/weft/4096", 1.1)))
            self.assertEqual(status, 1, output)
            self.assertEqual(output.count("perf-gate: SLOWER"), 1)
            self.assertIn("SLOWER ops/exp/f32/v/weft/4096", output)

    def test_less_than_5_per_cent_passes(self):
        status, output = self.run_gate(Machine(1, noise=0.002, factor=slower("exp", 1.04)))
        self.assertEqual(status, 0, output)

    def test_faster_passes(self):
        status, output = self.run_gate(Machine(1, factor=slower("", 0.8)))
        self.assertEqual(status, 0, output)

    def test_slower_for_a_while_passes(self):
        # All of the first pass: 9 turns, 2 sets, 3 processes each.
        machine = Machine(1, factor=slower("bell", 1.3, processes=54))
        status, output = self.run_gate(machine)
        self.assertEqual(status, 0, output)
        self.assertIn("measured again, 18 processes each", output)
        self.assertEqual(machine.processes, 54 + 3 * 18)

    def test_what_a_second_look_measures(self):
        machine = Machine(1, factor=slower("bell", 1.3))
        status, output = self.run_gate(machine)
        self.assertEqual(status, 1, output)
        second = (self.folder / "work" / "second" / "head.json").read_text()
        self.assertIn("engine/bell/f32/weft/4096", second)
        self.assertNotIn("ops/", second)

    def test_a_machine_that_is_too_noisy_passes(self):
        # Times between one and some: no difference of a tenth can be told, and none is claimed.
        for seed in range(5):
            status, output = self.run_gate(Machine(seed, noise=0.5))
            self.assertEqual(status, 0, output)

    def test_a_layout_of_16_that_is_slow_passes(self):
        # Seen of an addition of 1,024 elements: any change of anything makes it a third slower, or not.
        for slow in range(16):
            def factor(name, command, process):
                layout = int(command.name.rpartition("-")[2]) + (command.parent == HEAD)
                return 1.32 if layout % 16 == slow and "add" in name else 1.0
            status, output = self.run_gate(Machine(slow, factor=factor))
            self.assertEqual(status, 0, output)
            self.assertNotIn("measured again", output)

    def test_benchmarks_of_one_side_only(self):
        machine = Machine(1, lacks={(BASE, "ops/exp/f32/v")})
        status, output = self.run_gate(machine)
        self.assertEqual(status, 0, output)
        machine = Machine(1, lacks={(BASE, case) for globs, _ in SETS for case in globs})
        self.assertEqual(self.run_gate(machine)[0], 2)

    def main(self, *arguments):
        """(exit status, output) of the gate as it is."""
        arguments = ["perf-gate", *map(str, arguments), "--work", str(self.folder / "work")]
        with mock.patch.object(sys, "argv", arguments), \
                contextlib.redirect_stdout(io.StringIO()) as output:
            return gate.main(), output.getvalue()

    def test_a_command_that_fails(self):
        false = [Path("/bin/false")]
        with mock.patch.object(gate, "link_layouts", lambda *_: 9 * false):
            status, output = self.main("BASE", "--base-build", BASE, "--head-build", HEAD)
        self.assertEqual(status, 2)
        self.assertIn("/bin/false", output)

    def test_a_folder_where_nothing_was_built(self):
        status, output = self.main("BASE", "--base-build", self.folder, "--head-build", self.folder)
        self.assertEqual(status, 2)
        self.assertIn(f"{self.folder}: nothing was built here", output)

    def test_layouts(self):
        built = gate.link_layouts(WEFT.parent, "weft", [0, 1, 17], self.folder / "linked")
        self.assertEqual([path.name for path in built], ["weft-0", "weft-1", "weft-17"])
        images = {path.read_bytes() for path in built}
        self.assertEqual(len(images), 3)
        said = {subprocess.check_output([path, "--version"]) for path in built}
        self.assertEqual(said, {subprocess.check_output([WEFT, "--version"])})

    def test_pads(self):
        pads = [pad_of(layout) for layout in range(256)]
        self.assertEqual(sorted(pads), list(range(0, 4096, 16)))
        for first in range(0, 240):
            self.assertEqual(len({pad % 256 for pad in pads[first:first + 16]}), 16)

    def test_a_base_that_is_no_commit(self):
        status, output = self.main("no-such-ref", "--head-build", HEAD)
        self.assertEqual(status, 2)
        self.assertIn("no commit 'no-such-ref'", output)

    def test_wrong_usage(self):
        for options in (["BASE", "--rounds", "4"], ["BASE", "--cpu", "100000"], []):
            with mock.patch.object(sys, "argv", ["perf-gate", *options]), \
                    contextlib.redirect_stderr(io.StringIO()):
                with self.assertRaises(SystemExit) as ended:
                    gate.main()
                self.assertEqual(ended.exception.code, 2)


if __name__ == "__main__":
    unittest.main()
