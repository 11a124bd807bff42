"""Does scripts/instruction-gate fail where it must, and only there? The library is counted once;
baselines that differ from the counts are what a change of the library would look like.
Neighbours: scripts/test-gates plants real instructions; test_perf_gate.py, test_ratio_gate.py."""

import contextlib
import io
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
from gate_modules import load

gate = load("instruction-gate")
TOOLCHAIN = "GNU 12.2.0, -O2, glibc 2.36, level avx2"
COUNTS = {"dispatch/add": 100.0, "dispatch/long": 5000.0, "bind/one": 400.0}


class InstructionGate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "counts.ini"
        gate.write_baseline(self.file, TOOLCHAIN, COUNTS)

    def run_gate(self, counts, *options, toolchain=TOOLCHAIN, strict=False):
        """(exit status, output) where the library takes these counts."""
        output = io.StringIO()
        arguments = ["instruction-gate", "--driver", "/none", "--file", str(self.file), *options]
        environment = {"WEFT_GATES": "strict" if strict else ""}
        with mock.patch.object(gate, "count", lambda *_: (toolchain, counts)), \
                mock.patch.object(sys, "argv", arguments), \
                mock.patch.dict(os.environ, environment), contextlib.redirect_stdout(output):
            status = gate.main()
        return status, output.getvalue()

    def test_same_counts_pass(self):
        status, output = self.run_gate(COUNTS)
        self.assertEqual(status, 0, output)
        self.assertIn("3 calls within 1 %", output)

    def test_one_per_cent_is_the_limit(self):
        self.assertEqual(self.run_gate(dict(COUNTS, **{"dispatch/long": 5050.0}))[0], 0)
        status, output = self.run_gate(dict(COUNTS, **{"dispatch/long": 5051.0}))
        self.assertEqual(status, 1)
        self.assertRegex(output, r"dispatch/long .*\+1\.02 %  MORE")

    def test_each_call_counts_alone(self):
        for name in COUNTS:
            counts = {other: value * 0.9 for other, value in COUNTS.items()}
            counts[name] = COUNTS[name] * 1.02
            status, output = self.run_gate(counts)
            self.assertEqual(status, 1)
            self.assertEqual(output.count("MORE"), 1)

    def test_fewer_pass_and_are_mentioned(self):
        status, output = self.run_gate(dict(COUNTS, **{"bind/one": 390.0}))
        self.assertEqual(status, 0)
        self.assertIn("--update keeps the gain", output)

    def test_calls_that_only_one_side_has_fail(self):
        status, output = self.run_gate(dict(COUNTS, more=1.0))
        self.assertEqual(status, 1)
        self.assertIn("not in the baseline", output)
        status, output = self.run_gate({"bind/one": 400.0})
        self.assertEqual(status, 1)
        self.assertEqual(output.count("only in the baseline"), 2)

    def test_another_compiler_is_not_compared(self):
        status, output = self.run_gate(COUNTS, toolchain="Clang 14")
        self.assertEqual(status, 1)
        self.assertIn(TOOLCHAIN, output)
        self.assertIn("Clang 14", output)
        self.assertEqual(self.run_gate(COUNTS, "--lenient", toolchain="Clang 14")[0], 77)
        self.assertEqual(
            self.run_gate(COUNTS, "--lenient", toolchain="Clang 14", strict=True)[0], 1)

    def test_lenient_forgives_nothing_else(self):
        self.assertEqual(self.run_gate(dict(COUNTS, **{"bind/one": 410.0}), "--lenient")[0], 1)

    def test_update_keeps_what_is_counted(self):
        counts = dict(COUNTS, **{"bind/one": 500.25})
        self.assertEqual(self.run_gate(counts, "--update", toolchain="Clang 14")[0], 0)
        self.assertEqual(self.run_gate(counts, toolchain="Clang 14")[0], 0)
        self.assertEqual(gate.read_baseline(self.file), ("Clang 14", counts))

    def test_a_file_without_counts_fails(self):
        self.file.write_text("")
        status, output = self.run_gate(COUNTS)
        self.assertEqual(status, 1)
        self.assertIn("counts.ini", output)


class Counting(unittest.TestCase):
    """The driver under valgrind itself: what gate_instructions relies on."""

    def test_without_valgrind(self):
        with mock.patch.object(gate.shutil, "which", lambda _: None):
            with self.assertRaises(gate.CannotCompare):
                gate.count(Path("/none"), Path("/none"))

    def test_counts_do_not_depend_on_environment_or_folder(self):
        if "WEFT_INSTRUCTIONS" not in os.environ:
            self.skipTest("not built by the compiler whose counts are in the file")
        driver = Path(os.environ["WEFT_INSTRUCTIONS"])
        if not gate.shutil.which("valgrind"):
            self.assertNotEqual(os.environ.get("WEFT_GATES"), "strict", "there is no valgrind")
            self.skipTest("there is no valgrind")
        seen = []
        for padding in ("", "x" * 5000):
            with tempfile.TemporaryDirectory(suffix=padding[:50]) as folder, \
                    mock.patch.dict(os.environ, {"PADDING": padding}):
                seen.append(gate.count(driver, Path(folder) / "work"))
        self.assertEqual(seen[0], seen[1])
        self.assertGreater(len(seen[0][1]), 20)
        self.assertTrue(all(value > 10 for value in seen[0][1].values()), seen[0])


if __name__ == "__main__":
    unittest.main()
