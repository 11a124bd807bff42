"""Does scripts/ratio-gate fail where it must, and only there? The figures are made up.
Neighbours: test_perf_gate.py, test_instruction_gate.py."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
from gate_modules import load

gate = load("ratio-gate")


def verdict(text, limit, measured, side="most", suite="engine"):
    seen = measured is not None
    kept = seen and (measured >= limit if side == "least" else measured <= limit)
    word = "not measured" if not seen else "met" if kept else "missed"
    return {"suite": suite, "text": text, "side": side, "limit": limit, "measured": measured,
            "verdict": word, "detail": ""}


# Two limits to one text, one from below, and a count.
def run_of(add=1.0, again=1.0, speed=2.0, locks=1000):
    return [verdict("add", 1.5, add), verdict("the same, n = 1 M", 1.1, again),
            verdict("speed-up", 1.85, speed, "least"), verdict("locks", 1000, locks)]


class RatioGate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.accepted = self.folder / "accepted.ini"
        self.accepted.write_text("")

    def run_gate(self, runs, *options, expected=4, small=True, peer="12.2"):
        """(exit status, output) where one measurement after the other gives these verdicts, and
        what the peer says of itself."""
        output, left = io.StringIO(), list(runs)
        self.pauses = []
        arguments = ["ratio-gate", "--weft", "/none", "--work", str(self.folder / "work"), *options]

        peers = [{"suite": "engine", "name": "fused", "found": peer == "12.2", "note": peer}]

        def measure(*_):
            verdicts = left.pop(0) if len(left) > 1 else left[0]
            return {"verdicts": verdicts, "context": {"peers": peers}}

        with mock.patch.object(gate, "measure", measure), \
                mock.patch.object(gate, "ACCEPTED", self.accepted), \
                mock.patch.object(gate.time, "sleep", self.pauses.append), \
                mock.patch.object(gate, "SMALL", [(["engine/*"], "1", expected)]), \
                mock.patch.object(gate, "ALL", [(["engine"], None, None)]), \
                mock.patch.object(sys, "argv", arguments + (["--small"] if small else [])), \
                contextlib.redirect_stdout(output):
            status = gate.main()
        return status, output.getvalue()

    def test_all_kept(self):
        status, output = self.run_gate([run_of()])
        self.assertEqual(status, 0, output)
        self.assertIn("4 limits, 0 beyond", output)

    def test_head_room(self):
        near = run_of(add=1.72, again=1.26, speed=1.62)
        self.assertEqual(self.run_gate([near])[0], 0)
        self.assertEqual(self.run_gate([near], "--head-room", "10")[0], 1)
        self.assertEqual(self.run_gate([near], small=False)[0], 1)

    def test_each_limit_beyond_the_head_room(self):
        for beyond in ({"add": 1.74}, {"again": 1.28}, {"speed": 1.6}, {"locks": 2000}):
            status, output = self.run_gate([run_of(**beyond)])
            self.assertEqual(status, 1, beyond)
            self.assertEqual(output.count("BEYOND"), 1)

    def test_measured_again_before_it_fails(self):
        slow = run_of(add=9.0)
        self.assertEqual(self.run_gate(5 * [slow] + [run_of()])[0], 0)
        self.assertEqual(self.pauses, [0, 1, 2, 3, 4, 5])
        self.assertEqual(self.run_gate(6 * [slow] + [run_of()])[0], 1)
        self.assertEqual(self.run_gate([slow, run_of()], small=False)[0], 1)
        self.assertEqual(self.pauses, [0])
        # One limit is kept at one time, the other at another: both can be.
        self.assertEqual(self.run_gate([run_of(add=9.0), run_of(again=9.0)])[0], 0)

    def test_each_attempt_has_another_layout(self):
        weft, linked, seen = self.folder / "weft", self.folder / "linked", []

        def link(folder, target, layouts, into):
            into.mkdir(exist_ok=True)
            for layout in layouts:
                self.assertEqual((folder, target), (weft.parent, "weft"))
                (into / f"weft-{layout}").write_text("")
                seen.append(layout)

        with mock.patch.object(gate, "link_layouts", link):
            command = gate.Command(weft, linked)
            self.assertEqual([command.layout(attempt) for attempt in (0, 1, 2, 1)],
                             [weft, linked / "weft-1", linked / "weft-2", linked / "weft-1"])
            self.assertEqual(gate.Command(weft).layout(3), weft)
        self.assertEqual(seen, [1, 2])

    def test_not_measured_fails(self):
        status, output = self.run_gate([run_of(again=None)])
        self.assertEqual(status, 1)
        self.assertIn("NOT MEASURED: 1 limits", output)
        self.assertEqual(self.run_gate([run_of(again=None)], expected=3)[0], 0)
        status, output = self.run_gate([run_of(again=None)], small=False)
        self.assertEqual(status, 1)
        self.assertIn("engine: add / the same, n = 1 M", output)

    def test_what_this_cpu_cannot_run(self):
        unable = "missing: this CPU has no AVX-512"
        status, output = self.run_gate([run_of(again=None)], peer=unable)
        self.assertEqual(status, 77)
        self.assertIn("SKIPPED: 1", output)
        self.assertEqual(self.run_gate([run_of(add=2.0, again=None)], peer=unable)[0], 1)
        self.assertEqual(self.run_gate([run_of(again=None)], peer="missing: not built")[0], 1)
        self.assertEqual(self.run_gate([run_of()], peer=unable)[0], 0)

    def test_accepted_figures(self):
        self.accepted.write_text("[engine: add / the same, n = 1 M]\naccepted = 1.20\n"
                                 "reason = stores, see decisions\n")
        status, output = self.run_gate([run_of(again=1.2)], small=False)
        self.assertEqual(status, 0, output)
        self.assertIn("accepted: 1.20, stores, see decisions", output)
        self.assertEqual(self.run_gate([run_of(again=1.21)], small=False)[0], 1)
        self.assertEqual(self.run_gate([run_of(again=1.35)])[0], 0)  # with head-room
        self.assertEqual(self.run_gate([run_of(add=1.6)], small=False)[0], 1)  # another row
        _, output = self.run_gate([run_of(again=1.1)], small=False)
        self.assertIn("met; accepted.ini still has 1.20", output)
        self.assertNotIn("accepted", self.run_gate([run_of(again=1.1)])[1])

    def test_accepted_of_one_case_only(self):
        self.accepted.write_text("[engine: add]\naccepted = 2.00\nreason = short\n"
                                 "worst = worst: add/u8 at *\n")
        for case, status in (("add/u8 at 256", 0), ("add/f32 at 256", 1)):
            run = run_of(add=1.9)
            run[0]["detail"] = f"worst: {case}"
            self.assertEqual(self.run_gate([run], small=False)[0], status, case)

    def test_accepted_from_below(self):
        self.accepted.write_text("[engine: speed-up]\naccepted = 1.60\nreason = waking\n")
        self.assertEqual(self.run_gate([run_of(speed=1.6)], small=False)[0], 0)
        self.assertEqual(self.run_gate([run_of(speed=1.59)], small=False)[0], 1)

    def test_mistakes_in_the_accepted_figures(self):
        self.accepted.write_text("[engine: no such limit]\naccepted = 2\nreason = old\n")
        status, output = self.run_gate([run_of()])
        self.assertEqual(status, 1)
        self.assertIn("[engine: no such limit], which is no limit", output)
        self.accepted.write_text("[engine: add]\naccepted = 2\n")
        self.assertEqual(self.run_gate([run_of()])[0], 2)
        self.accepted.write_text("[engine: add]\naccepted = much\nreason = old\n")
        self.assertEqual(self.run_gate([run_of()])[0], 2)

    def test_a_command_that_fails(self):
        with mock.patch.object(sys, "argv", ["ratio-gate", "--small", "--weft", "/bin/false",
                                             "--work", str(self.folder / "work")]), \
                contextlib.redirect_stdout(io.StringIO()) as output:
            self.assertEqual(gate.main(), 2)
        self.assertIn("exit status", output.getvalue())


if __name__ == "__main__":
    unittest.main()
