"""test_eval.py: `weft eval`, `weft compile`, and the language in `weft run`, `weft dis` and `weft verify`,
as a user meets them. What expressions mean is compared with NumPy in tests/numpy/.
Neighbours: weft_case.py, test_cli.py.
"""

import os
import re
import resource
import signal
import subprocess
import time

import numpy as np

from weft_case import AXPY, DTYPES, LANGUAGE, WEFT, WeftCase, main


class EvalCase(WeftCase):
    def setUp(self):
        super().setUp()
        self.a = np.arange(1, 1001, dtype="<f4")
        self.b = np.linspace(-3, 3, 1000).astype("<f4")
        self.m = np.arange(12, dtype="<f8").reshape(3, 4)
        for name in "abm":
            self.write(f"{name}.npy", getattr(self, name))

    def printed(self, *arguments):
        return self.succeed("eval", *arguments)


class Printing(EvalCase):
    def test_scalars(self):
        for text, shown in [
            ("1 + 2", "3"), ("1 / 3", "0.3333333333333333"), ("0.1 + 0.2", "0.30000000000000004"), ("1 < 2", "true"),
            ("pi", "3.141592653589793"), ("-inf", "-inf"), ("nan", "nan"), ("2 ** 62", "4611686018427387904"),
            ("f32(0.1)", "0.1"), ("u64(1) - 2", "18446744073709551615"), ("1e300 * 10", "1e+301"), ("f16(1) / 3", "0.3333"),
        ]:  # fmt: skip
            with self.subTest(text):
                self.assertEqual(self.printed("--", text), shown + "\n")

    def test_reductions(self):
        self.assertEqual(self.printed("sum(a)", "a=a.npy"), "500500\n")
        self.assertEqual(self.printed("argmax(m)", "m=m.npy"), "11\n")
        self.assertEqual(self.printed("sum(a) / k", "a=a.npy", "k=4"), "125125\n")

    def test_arrays(self):
        self.assertEqual(self.printed("a * 2", "a=a.npy"),
                         "f32 [1000]: min 2, max 2000, mean 1001\n2 4 6 8 10 12 14 16 ...\n")  # fmt: skip
        self.assertEqual(self.printed("m + 0.5", "m=m.npy"),
                         "f64 [3, 4]: min 0.5, max 11.5, mean 6\n0.5 1.5 2.5 3.5 4.5 5.5 6.5 7.5 ...\n")  # fmt: skip
        self.assertEqual(self.printed("sum(m, axis=0)", "m=m.npy"),
                         "f64 [4]: min 12, max 21, mean 16.5\n12 15 18 21\n")  # fmt: skip
        self.assertEqual(self.printed("m > 7", "m=m.npy"),
                         "bool [3, 4]: true 4\nfalse false false false false false false false ...\n")  # fmt: skip
        self.assertEqual(self.printed("sum(m, keepdims=True)", "m=m.npy"), "f64 [1, 1] = 66\n")

    def test_arrays_with_nan_and_without_elements(self):
        self.write("n.npy", np.array([1, np.nan, -np.inf], "<f4"))
        self.assertEqual(self.printed("n", "n=n.npy"), "f32 [3]: min nan, max nan, mean nan\n1 nan -inf\n")
        self.write("none.npy", np.empty((0, 3), "<i4"))
        self.assertEqual(self.printed("n + 1", "n=none.npy"), "i32 [0, 3]\n")

    def test_types(self):
        for dtype, kind in DTYPES.items():
            with self.subTest(dtype):
                self.write("x.npy", np.array([1, 0, 1]).astype(kind))
                first = self.printed("x", "x=x.npy").splitlines()[0]
                self.assertTrue(first.startswith(f"{dtype} [3]: "), first)

    def test_files_stay(self):
        before = self.snapshot()
        self.printed("a + b", "a=a.npy", "b=b.npy")
        self.assertEqual(self.snapshot(), before)


class Writing(EvalCase):
    def test_file(self):
        said = self.printed("a*b + c*2", "a=a.npy", "b=b.npy", "c=1.5", "-o", "y.npy")
        self.assertEqual(said, "f32 [1000] -> y.npy\n")
        y = self.load("y.npy")
        self.assertEqual(y.dtype, np.dtype("<f4"))
        np.testing.assert_array_equal(y, self.a * self.b + np.float32(1.5) * 2)

    def test_shapes(self):
        self.write("r.npy", np.arange(4.0))
        self.write("c.npy", np.arange(3.0).reshape(3, 1))
        self.assertEqual(self.printed("r * c", "r=r.npy", "c=c.npy", "-o", "y.npy"), "f64 [3, 4] -> y.npy\n")
        np.testing.assert_array_equal(self.load("y.npy"), np.arange(4.0) * np.arange(3.0).reshape(3, 1))
        self.assertEqual(self.printed("sum(m, axis=1)", "m=m.npy", "--output=y.npy"), "f64 [3] -> y.npy\n")
        np.testing.assert_array_equal(self.load("y.npy"), self.m.sum(axis=1))
        self.assertEqual(self.printed("sum(m)", "m=m.npy", "-o", "y.npy"), "f64 [] = 66 -> y.npy\n")
        self.assertEqual(self.load("y.npy").shape, ())

    def test_over_an_input(self):
        self.printed("a + 1", "a=a.npy", "-o", "a.npy")
        np.testing.assert_array_equal(self.load("a.npy"), self.a + 1)

    def test_backends_and_threads(self):
        files = []
        for options in (["--backend", "reference"], ["--threads", "1"], ["--threads=2", "--backend=cpu"]):
            self.printed("exp(-a*1e-3) / sum(b*b)", "a=a.npy", "b=b.npy", "-o", "y.npy", *options)
            files.append(self.read("y.npy"))
        self.assertEqual(files[0], files[1])
        self.assertEqual(files[0], files[2])

    def test_fast(self):
        """One rounding less can be seen where the product is not exact."""
        x = np.array([1 + 2.0**-12] * 8, "<f4")
        self.write("x.npy", x)
        exact = (x.astype("f8") * x - 1).astype("f4")
        self.printed("x*x - 1", "x=x.npy", "-o", "y.npy", "--fast")
        np.testing.assert_array_equal(self.load("y.npy"), exact)
        self.printed("x*x - 1", "x=x.npy", "-o", "y.npy")
        np.testing.assert_array_equal(self.load("y.npy"), x * x - 1)
        self.assertFalse((exact == x * x - 1).any())

    def test_nothing_on_failure(self):
        self.write("y.npy", b"precious")
        self.fail_with("unknown", "eval", "a + q", "a=a.npy", "-o", "y.npy", lines=3)
        self.fail_with(r"none/y\.npy: No such file", "eval", "a + 1", "a=a.npy", "-o", "none/y.npy")
        self.fail_with(r"\.: is a directory", "eval", "a + 1", "a=a.npy", "-o", ".")
        self.fail_with("No such file", "eval", "a + 1", "a=a.npy", "-o", "")
        self.fail_with(r"y\.npy: File too large", "eval", "a + 1", "a=a.npy", "-o", "y.npy",
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))  # fmt: skip

    def test_full_disk_behind_stdout(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            self.fail_with("standard output: No space left on device", "eval", "1 + 1", stdout=full)

    def test_signal_leaves_nothing(self):
        """Ended while it works, eval removes its temporary."""
        n = 1 << 22
        self.write("x.npy", np.ones(n, "<f4"))
        before = sorted(os.listdir(self.dir))
        text = "+".join(["atan2(sin(x), cos(x*2))"] * 60)
        for number in (signal.SIGINT, signal.SIGTERM):
            process = subprocess.Popen([WEFT, "eval", "--threads=1", text, "x=x.npy", "-o", "y.npy"], cwd=self.dir,
                                       stdout=subprocess.DEVNULL)  # fmt: skip
            deadline = time.monotonic() + 60
            while len(os.listdir(self.dir)) == len(before) and time.monotonic() < deadline:
                time.sleep(0.001)
            process.send_signal(number)
            self.assertEqual(process.wait(60), -number)
            self.assertEqual(sorted(os.listdir(self.dir)), before)


class Arguments(EvalCase):
    def test_numbers_take_the_type_they_meet(self):
        for number in ("2.5", "2", "-2", "+2", "1e-3", ".5", "0x10", "inf", "-inf"):
            with self.subTest(number):
                said = self.printed("k * a", f"k={number}", "a=a.npy", "-o", "y.npy")
                self.assertEqual(said, "f32 [1000] -> y.npy\n")
                value = float(int(number, 16)) if "x" in number else float(number)
                np.testing.assert_array_equal(self.load("y.npy"), self.a * np.float32(value))
        self.write("i.npy", np.arange(5, dtype="<i1"))
        self.assertTrue(self.printed("k + i", "i=i.npy", "k=3").startswith("i8 [5]"))
        self.assertTrue(self.printed("k + i", "i=i.npy", "k=3.0").startswith("f64 [5]"))
        self.assertEqual(self.printed("k", "k=-9223372036854775808"), "-9223372036854775808\n")
        self.assertEqual(self.printed("not k", "k=False"), "true\n")
        self.assertEqual(self.printed("x - y", "x=5", "y=0.5"), "4.5\n")

    def test_typed_numbers(self):
        self.assertTrue(self.printed("k * a", "k=f64:2.5", "a=a.npy").startswith("f64 [1000]"))
        for dtype in [*DTYPES, "bf16"]:
            with self.subTest(dtype):
                shown = "true" if dtype == "bool" else "1"
                self.assertEqual(self.printed("k", f"k={dtype}:1"), shown + "\n")
        self.assertEqual(self.printed("k + 1", "k=u8:255"), "0\n")
        self.assertEqual(self.printed("k", "k=f32:0.1"), "0.1\n")
        self.fail_with("k=u8:256: '256' is out of range for u8", "eval", "k", "k=u8:256")
        self.fail_with("k=i32:1.5: '1.5' is no value of type i32", "eval", "k", "k=i32:1.5")

    def test_numbers_that_are_none(self):
        self.fail_with(r"12x: No such file", "eval", "k + 1", "k=12x")
        self.fail_with(r"f33:1: No such file", "eval", "k + 1", "k=f33:1")
        self.fail_with(r"\Aweft: k=18446744073709551616: \S", "eval", "k + 1", "k=18446744073709551616")

    def test_names(self):
        for name in ("1a", "a-b", "", "a b", "\u00fc"):
            with self.subTest(name):
                if name:
                    self.fail_with("is no name", "eval", "1", f"{name}=2")
                else:
                    self.usage("expected NAME=FILE.npy", "eval", "1", "=2")
        self.fail_with("'a' is given twice", "eval", "a", "a=a.npy", "a=2")
        self.fail_with(r"\Aweft: for=2: \S", "eval", "1", "for=2")
        self.assertEqual(self.printed("e + 1", "e=2"), "3\n")
        self.assertEqual(self.printed("max(a) + e", "e=b.npy", "a=a.npy")[:10], "f32 [1000]")

    def test_files(self):
        self.fail_with(r"none\.npy: No such file", "eval", "x", "x=none.npy")
        self.write("bad.npy", b"no array")
        self.fail_with(r"bad\.npy: ", "eval", "x", "x=bad.npy")
        self.write("five.npy", np.zeros((1, 1, 1, 1, 2)))
        self.fail_with("'?x'?.*(4|rank|dimension|axes)", "eval", "x", "x=five.npy", lines=None)

    def test_usage(self):
        self.usage("which expression", "eval")
        self.usage("'a': expected NAME=FILE.npy, NAME=NUMBER or NAME=TYPE:NUMBER", "eval", "a", "a")
        self.usage("--threads '0': expected a number from 1", "eval", "1", "--threads", "0")
        self.usage("--backend 'gpu': expected cpu or reference", "eval", "1", "--backend", "gpu")
        self.usage("invalid option -- 'a'", "eval", "-a", "a=a.npy")


class Mistakes(EvalCase):
    """Each says what is wrong, where, and what may have been meant."""

    def wrong(self, text, column, pattern, *arguments, line=1):
        said = self.fail_with(rf"\Aweft: expression:{line}:{column}: .*({pattern})", "eval", text, *arguments, lines=3)
        _, source, caret = said.splitlines()
        self.assertEqual(source, "    " + text.split("\n")[line - 1])
        self.assertEqual(caret, "    " + " " * (column - 1) + "^")
        return said

    def test_unknown_function(self):
        said = self.wrong("a*b + sqt(c)", 7, "unknown function", "a=a.npy", "b=b.npy", "c=4")
        self.assertRegex(said, r"'sqt'.*'sqrt'")
        self.wrong("zzz(1)", 1, "unknown function")
        self.wrong("a*b + sqt(c)", 7, "unknown function 'sqt'; did you mean 'sqrt'")  # before names not given

    def test_unknown_names(self):
        said = self.wrong("alpha * apha", 9, "apha", "alpha=a.npy")
        self.assertIn("'alpha'", said)
        self.wrong("x + 1", 1, "'x'")
        self.wrong("a + piii", 5, "piii", "a=a.npy")

    def test_columns_after_numbers(self):
        """Numbers from the command line move no place."""
        self.wrong("k*a + sqt(c)", 7, "unknown function", "k=2.5", "c=4", "a=a.npy")
        self.wrong("(k*a\n  + sqt(c))", 5, "unknown function", "k=2.5", "c=4", "a=a.npy", line=2)

    def test_types(self):
        self.wrong("a & 1", 3, "f32", "a=a.npy")
        self.wrong("~a", 1, "f32", "a=a.npy")
        self.wrong("a << b", 3, "f32", "a=a.npy", "b=b.npy")
        self.wrong("(a > 1) - (b > 1)", 9, "bool", "a=a.npy", "b=b.npy")
        self.write("i.npy", np.arange(3, dtype="<i1"))
        self.wrong("i + 300", 3, "300.*i8|i8.*300", "i=i.npy")
        self.wrong("cast(a, f33)", 9, "element type", "a=a.npy")

    def test_counts(self):
        self.wrong("sqrt(a, a)", 1, "sqrt.*1|one", "a=a.npy")
        self.wrong("atan2(a)", 1, "atan2.*2|two", "a=a.npy")
        self.wrong("clip(a, 1)", 1, "clip.*3|three", "a=a.npy")

    def test_zero(self):
        self.write("i.npy", np.arange(3, dtype="<i4"))
        self.wrong("i // 0", 3, "zero", "i=i.npy")
        self.wrong("i % (2 - 2)", 3, "zero", "i=i.npy")
        self.wrong("7 // k", 3, "zero", "k=0")

    def test_grammar(self):
        self.wrong("a +", 4, "expected|end", "a=a.npy")
        self.wrong("(a + 1", 1, "not closed", "a=a.npy")
        self.wrong("a $ 1", 3, r"\$", "a=a.npy")
        self.wrong("a if b", 7, "else", "a=a.npy", "b=b.npy")
        self.fail_with(r"\Aweft: expression:1:1: \S", "eval", "")

    def test_limits(self):
        self.fail_with("deep", "eval", "(" * 1000 + "1" + ")" * 1000, lines=None)
        self.write("long.weft", "# " + "x" * (1 << 20) + "\n" + LANGUAGE)
        self.fail_with(r"long\.weft:.*(long|large|MiB|bytes)", "compile", "long.weft", lines=None)

    def test_shapes(self):
        self.write("b.npy", self.b[:-1])
        self.fail_with(r"1000.*999|999.*1000", "eval", "a + b", "a=a.npy", "b=b.npy", lines=None)
        self.wrong("sum(a, axis=1)", 13, "axis", "a=a.npy")


class Compiling(EvalCase):
    def test_file(self):
        self.write("p.weft", LANGUAGE)
        self.assertEqual(self.succeed("compile", "p.weft"), "")
        image = self.read("p.wfb")
        self.assertEqual(image[:4], b"WEFT")
        text = self.succeed("dis", "p.weft")
        self.assertEqual(self.succeed("dis", "p.wfb"), text)
        self.assertIn(".in x f32", text)
        self.write("q.wfa", text)
        self.succeed("asm", "q.wfa")
        self.assertEqual(self.read("q.wfb"), image)
        self.assertRegex(self.succeed("verify", "p.weft"), r"p\.weft: verified, \d+ instructions, 3 parameters\n")

    def test_any_name(self):
        self.write("p.txt", LANGUAGE)
        self.succeed("compile", "p.txt")
        self.assertEqual(self.read("p.txt.wfb")[:4], b"WEFT")
        self.succeed("compile", "p.txt", "-o", "other.wfb")
        self.assertEqual(self.read("other.wfb"), self.read("p.txt.wfb"))

    def test_expression(self):
        self.succeed("compile", "-e", "a*b + c*k", "a:f32", "b:f32", "c:f32", "k:f32[0]", "-o", "p.wfb")
        said = self.succeed("run", "p.wfb", "a=a.npy", "b=b.npy", "c=a.npy", "--set", "k=2", "-o", "out=y.npy")
        self.assertEqual(said, "out: f32 [1000] -> y.npy\n")
        np.testing.assert_array_equal(self.load("y.npy"), self.a * self.b + self.a * 2)
        self.succeed("compile", "-e", "sum(m, axis=0)", "m:f64[2]", "-o", "p.wfb")
        self.succeed("run", "p.wfb", "m=m.npy", "-o", "out=y.npy")
        np.testing.assert_array_equal(self.load("y.npy"), self.m.sum(axis=0))

    def test_explain(self):
        text = self.succeed("compile", "-e", "a*b + c*2", "a:f32", "b:f32", "c:f32", "--explain")
        self.assertRegex(text, "(?i)loop")
        self.assertRegex(text, "(?i)strip")
        self.assertRegex(text, "(?i)bytes")
        self.write("p.weft", LANGUAGE)
        before = self.snapshot()
        self.assertRegex(self.succeed("compile", "p.weft", "--explain", "--elements", "4096"), "(?i)strip")
        self.assertEqual(self.snapshot(), before)
        self.succeed("compile", "p.weft", "--explain", "-o", "p.wfb")
        self.assertTrue(os.path.exists(self.path("p.wfb")))

    def test_forms(self):
        """Both forms give the same; the unrolled one is for its own number of elements."""
        self.write("x.npy", np.arange(256, dtype="<f4"))
        texts = {}
        for form, options in {"loop": [], "unrolled": ["--elements", "256"]}.items():
            self.succeed("compile", "-e", "sqrt(x) * 2 + 1", "x:f32", "--form", form, *options, "-o", f"{form}.wfb")
            texts[form] = self.succeed("dis", f"{form}.wfb")
            self.succeed("run", f"{form}.wfb", "x=x.npy", "-o", f"out={form}.npy")
        self.assertEqual(self.read("loop.npy"), self.read("unrolled.npy"))
        self.assertRegex(texts["loop"], r"(?m)^ *loop")
        self.assertNotRegex(texts["unrolled"], r"(?m)^ *loop")
        self.fail_with("256|1000|element|extent", "run", "unrolled.wfb", "x=a.npy", "-o", "out=y.npy")

    def test_fast(self):
        plain = ["compile", "-e", "a*b + c", "a:f32", "b:f32", "c:f32", "-o", "p.wfb"]
        self.succeed(*plain)
        self.assertNotRegex(self.succeed("dis", "p.wfb"), r"\bfma\.f32")
        self.succeed(*plain, "--fast")
        self.assertRegex(self.succeed("dis", "p.wfb"), r"\bfma\.f32")

    def test_usage(self):
        self.usage(r"which file\? Or -e EXPR", "compile")
        self.usage("-e needs -o FILE.wfb or --explain", "compile", "-e", "a", "a:f32")
        self.usage("--form 'round': expected auto, loop or unrolled", "compile", "p.weft", "--form", "round")
        self.usage("--form unrolled needs --elements", "compile", "p.weft", "--form", "unrolled")
        self.usage("--elements '0': expected a positive number", "compile", "p.weft", "--elements", "0")
        for wrong in ("a", "a:", ":f32", "a:f33", "a:f32[", "a:f32[9]", "a:f32[2]x", "a:f32[]"):
            self.usage(re.escape(f"'{wrong}': expected NAME:TYPE"), "compile", "-e", "a", wrong, "--explain")

    def test_wrong_files(self):
        self.write("p.wfa", AXPY)
        self.succeed("asm", "p.wfa")
        self.fail_with(r"p\.wfb: is an image already", "compile", "p.wfb")
        self.fail_with(r"p\.wfa:1:1: ", "compile", "p.wfa", lines=3)
        self.write("p.weft", LANGUAGE)
        self.fail_with(r"p\.weft: is no assembly: see 'weft compile'", "asm", "p.weft")
        self.write("bad.weft", LANGUAGE.replace("k*x", "k*sqt(x)"))
        for name in ("compile", "dis", "verify", "run"):
            self.fail_with(r"\Aweft: bad\.weft:5:7: .*unknown function 'sqt'.*sqrt", name, "bad.weft", lines=3)
        self.write("p.wfb", b"precious")
        self.fail_with(r"bad\.weft:5:7: ", "compile", "bad.weft", "-o", "p.wfb", lines=3)


class RunningTheLanguage(EvalCase):
    def test_uniform(self):
        self.write("p.weft", LANGUAGE)
        said = self.succeed("run", "p.weft", "x=a.npy", "--set", "k=2.5", "-o", "y=y.npy")
        self.assertEqual(said, "y: f32 [1000] -> y.npy\n")
        np.testing.assert_array_equal(self.load("y.npy"), self.a * np.float32(2.5) + 1)

    def test_segments_and_inout(self):
        """Arrays of segments are (n, k)."""
        self.write("p.weft", "inout v: f32[3]\nin w: f32\nout total: f32 over none\nv.0 = v.0 + w\nv.2 = v.1 * 2\n"
                             "total = sum(w)\n")  # fmt: skip
        v, w = np.arange(12, dtype="<f4").reshape(4, 3), np.arange(4, dtype="<f4")
        self.write("v.npy", v)
        self.write("w.npy", w)
        said = self.succeed("run", "p.weft", "v=v.npy", "w=w.npy", "-o", "v=out.npy", "-o", "total=t.npy")
        self.assertEqual(said, "v: f32 [4, 3] -> out.npy\ntotal: f32 [] = 6 -> t.npy\n")
        wanted = v.copy()
        wanted[:, 0] += w
        wanted[:, 2] = v[:, 1] * 2
        np.testing.assert_array_equal(self.load("out.npy"), wanted)
        np.testing.assert_array_equal(self.load("v.npy"), v)

    def test_spaces_and_tables(self):
        self.write("p.weft", "space rows, columns\nin x: f64 over rows\nin y: f64 over columns\ntable t: f64\n"
                             "out z: f64\nz = x * y + t[index(rows)]\n")  # fmt: skip
        x, y, t = np.arange(3.0), np.arange(4.0), np.array([10.0, 20, 30])
        for name, array in (("x", x), ("y", y), ("t", t)):
            self.write(f"{name}.npy", array)
        self.succeed("run", "p.weft", "x=x.npy", "y=y.npy", "t=t.npy", "-o", "z=z.npy")
        np.testing.assert_array_equal(self.load("z.npy"), np.outer(x, y) + t[:, None])

    def test_fast(self):
        x = np.array([1 + 2.0**-12] * 4, "<f4")
        self.write("x.npy", x)
        self.write("p.weft", "in x: f32\nout y: f32\ny = x*x - 1\n")
        self.succeed("run", "p.weft", "x=x.npy", "-o", "y=y.npy", "--fast")
        np.testing.assert_array_equal(self.load("y.npy"), (x.astype("f8") * x - 1).astype("f4"))
        self.succeed("run", "p.weft", "x=x.npy", "-o", "y=y.npy")
        np.testing.assert_array_equal(self.load("y.npy"), x * x - 1)


if __name__ == "__main__":
    main()
