"""test_cli.py: the commands of weft as a user meets them. Neighbours: weft_case.py, test_npy.py."""

import json
import os
import pty
import re
import resource
import select
import signal
import subprocess
import time

import numpy as np

from weft_case import AXPY, DTYPES, ENDLESS, SUM, WEFT, WeftCase, copy_program, main

COMMANDS = ["eval", "compile", "asm", "dis", "verify", "run", "ops", "bench", "info", "help"]


class Help(WeftCase):
    def test_overview(self):
        text = self.succeed("--help")
        for name in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {name} +[A-Z].+")
        self.assertEqual(self.succeed("help"), text)
        self.assertEqual(self.succeed("-h"), text)

    def test_each_command(self):
        for name in COMMANDS:
            text = self.succeed("help", name)
            self.assertRegex(text, rf"\AUsage: weft {name} ")
            self.assertEqual(self.succeed(name, "--help"), text)
            self.assertEqual(self.succeed(name, "-h"), text)
            self.assertLessEqual(max(map(len, text.splitlines())), 100)

    def test_version(self):
        text = self.succeed("--version")
        self.assertRegex(text, r"\Aweft \d+\.\d+\.\d+\n\Z")
        self.assertEqual(self.succeed("-V"), text)

    def test_wrong_usage(self):
        self.usage("which command")
        self.usage("no command 'rum'; did you mean 'run'", "rum")
        self.usage("no command 'frobnicate'", "frobnicate")
        self.usage("no command 'as'; did you mean 'asm'", "help", "as")
        self.usage("unrecognized option '--frob'", "--frob")
        self.usage("unexpected argument 'dis'", "help", "asm", "dis")
        for name in COMMANDS:
            self.usage("unrecognized option '--frob'", name, "--frob")
            self.usage("invalid option -- 'Z'", name, "-Z")

    def test_wrong_operands(self):
        for name in ["asm", "dis", "verify"]:
            self.usage("which file", name)
            self.usage("unexpected argument 'b'", name, "a", "b")
        for name in ["ops", "info"]:
            self.usage("unexpected argument 'x'", name, "x")
        self.usage("requires an argument -- 'o'", "asm", "a", "-o")

    def test_full_disk_behind_stdout(self):
        self.write("p.wfa", AXPY)
        self.succeed("asm", "p.wfa")
        for arguments in [["ops"], ["ops", "--json"], ["info"], ["info", "--json"], ["--help"],
                          ["--version"], ["help", "run"], ["dis", "p.wfb"], ["verify", "p.wfb"]]:
            with self.subTest(arguments), open("/dev/full", "w", encoding="utf-8") as full:
                self.fail_with("standard output: No space left on device", *arguments, stdout=full)

    def test_closed_stdout(self):
        result = subprocess.run(["sh", "-c", f'"{WEFT}" --version >&-'], capture_output=True, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"weft: standard output: ", result.stderr)


class Ops(WeftCase):
    def test_columns(self):
        table, sets = self.succeed("ops").split("\n\n")
        lines = table.splitlines()
        self.assertRegex(sets, r"(?m)^ARITH: i8 .*f32 f64$")
        used = {line.split()[0] for line in sets.splitlines()}
        self.assertEqual(len(used), len(sets.splitlines()))
        self.assertRegex(lines[0], r"^mnemonic +operands +types +ULP +meaning$")
        start = lines[0].index("meaning")
        for line in lines[1:]:
            self.assertEqual(line[start - 1], " ", line)
            self.assertNotEqual(line[start], " ", line)
        self.assertTrue(any(re.match(r"add +d, a, b +", line) for line in lines), lines)
        self.assertEqual(len(lines) - 1, len(json.loads(self.succeed("ops", "--json"))))

    def test_json(self):
        ops = json.loads(self.succeed("ops", "--json"))
        by_name = {op["mnemonic"]: op for op in ops}
        self.assertEqual(len(by_name), len(ops))
        self.assertEqual(by_name["add"]["category"], "arithmetic")
        self.assertEqual(by_name["add"]["ulp_f32"], 0)
        self.assertEqual(by_name["exp"]["types"], ["f32", "f64"])
        self.assertEqual((by_name["exp"]["ulp_f32"], by_name["exp"]["ulp_f64"]), (1, 1))
        self.assertEqual(by_name["exit"]["types"], [])
        for op in ops:
            self.assertTrue(op["meaning"] and op["category"], op)

    def test_ulp_text(self):
        rows = {line.split()[0]: line for line in self.succeed("ops").splitlines() if line}
        self.assertRegex(rows["add"], r" ARITH +0 +a \+ b")
        self.assertRegex(rows["atan"], r" 1/2 ")
        self.assertRegex(rows["exp"], r" 1 +e to the a")
        self.assertRegex(rows["shl"], r" - ")


class Info(WeftCase):
    def test_json(self):
        info = json.loads(self.succeed("info", "--json"))
        self.assertRegex(info["version"], r"^\d+\.\d+\.\d+$")
        self.assertEqual(info["architecture"], os.uname().machine)
        self.assertTrue(info["cpu"])
        self.assertGreaterEqual(info["cpus_online"], 1)
        self.assertTrue(set(info["features"]) <=
                        {"sse4.1", "avx2", "fma", "avx512f", "avx512vl", "avx512bw", "avx512dq"})
        self.assertIn("scalar", [level["name"] for level in info["levels"] if level["available"]])
        self.assertEqual([level["used"] for level in info["levels"]].count(True), 1)
        for cache in info["caches"]:
            self.assertGreater(cache["size"], 0)

    def test_text(self):
        info = json.loads(self.succeed("info", "--json"))
        text = self.succeed("info")
        self.assertRegex(text, rf"(?m)^version +{re.escape(info['version'])}$")
        self.assertRegex(text, rf"(?m)^cpu +{re.escape(info['cpu'])}$")
        self.assertRegex(text, r"(?m)^levels +scalar: .*$")


class Levels(WeftCase):
    def with_level(self, name):
        return {"env": {**os.environ, "WEFT_LEVEL": name}}

    def test_lowered(self):
        """WEFT_LEVEL chooses among the levels that are there."""
        for level in json.loads(self.succeed("info", "--json"))["levels"]:
            chosen = self.with_level(level["name"])
            if level["available"]:
                info = json.loads(self.succeed("info", "--json", **chosen))
                used = [each["name"] for each in info["levels"] if each["used"]]
                self.assertEqual(used, [level["name"]])
            else:
                self.fail_with(f"level '{level['name']}' is not available", "info", **chosen)

    def test_unknown(self):
        self.write("p.wfa", AXPY)
        for command in (["info"], ["verify", "p.wfa"]):
            self.fail_with("level 'avx9' is not available: there is no such level", *command,
                           **self.with_level("avx9"))


class Assembling(WeftCase):
    def test_there_and_back(self):
        self.write("p.wfa", AXPY)
        self.assertEqual(self.succeed("asm", "p.wfa"), "")
        image = self.read("p.wfb")
        self.assertEqual(image[:4], b"WEFT")
        text = self.succeed("dis", "p.wfb")
        self.succeed("dis", "p.wfb", "-o", "q.wfa")
        self.assertEqual(self.read("q.wfa").decode(), text)
        self.succeed("asm", "q.wfa", "-o", "r.wfb")
        self.assertEqual(self.read("r.wfb"), image)

    def test_default_name(self):
        self.write("prog.txt", AXPY)
        self.succeed("asm", "prog.txt")
        self.assertEqual(sorted(self.snapshot()), ["prog.txt", "prog.txt.wfb"])

    def test_permissions_of_a_new_file(self):
        self.write("p.wfa", AXPY)
        self.succeed("asm", "p.wfa", preexec_fn=lambda: os.umask(0o027))
        self.assertEqual(os.stat(self.path("p.wfb")).st_mode & 0o777, 0o640)

    def test_pipes_and_devices(self):
        self.write("p.wfa", AXPY)
        self.succeed("asm", "p.wfa")
        image = self.read("p.wfb")
        result = subprocess.run([WEFT, "asm", "/dev/stdin", "-o", "/dev/stdout"], input=AXPY.encode(),
                                capture_output=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual(result.stdout, image)
        self.fail_with("/dev/full: No space left on device", "asm", "p.wfa", "-o", "/dev/full")

    def test_verify(self):
        self.write("p.wfa", AXPY)
        self.succeed("asm", "p.wfa")
        said = r": verified, \d+ instructions, 4 parameters\n\Z"
        self.assertRegex(self.succeed("verify", "p.wfa"), r"\Ap\.wfa" + said)
        self.assertRegex(self.succeed("verify", "p.wfb"), r"\Ap\.wfb" + said)
        os.rename(self.path("p.wfb"), self.path("p.wfa"))  # the content decides, not the name
        self.assertRegex(self.succeed("verify", "p.wfa"), r"\Ap\.wfa" + said)

    def test_wrong_kind_of_file(self):
        self.write("p.wfa", AXPY)
        self.succeed("asm", "p.wfa")
        self.fail_with(r"p\.wfb: is an image already", "asm", "p.wfb")
        self.fail_with(r"p\.wfa: is not an image", "dis", "p.wfa")

    def test_missing_file(self):
        for name in ["asm", "dis", "verify", "run", "compile"]:
            self.fail_with(r"\Aweft: none\.wfa: No such file or directory\n", name, "none.wfa")
        self.fail_with(r"\Aweft: \.: Is a directory\n", "verify", ".")

    def test_output_that_cannot_be(self):
        self.write("p.wfa", AXPY)
        os.mkdir(self.path("folder"))
        self.fail_with(r"none/p\.wfb: No such file", "asm", "p.wfa", "-o", "none/p.wfb")
        self.fail_with("folder: is a directory", "asm", "p.wfa", "-o", "folder")
        self.fail_with("folder/: is a directory", "asm", "p.wfa", "-o", "folder/")
        self.fail_with("No such file", "asm", "p.wfa", "-o", "")

    def test_existing_image_stays_on_error(self):
        self.write("p.wfa", "nonsense\n")
        self.write("p.wfb", b"precious")
        self.fail_with(r"p\.wfa:1:1: ", "asm", "p.wfa", lines=3)


class TextErrors(WeftCase):
    def check(self, text, line, column, command="verify"):
        """The error's place, and that the caret stands under it. Returns stderr."""
        self.write("bad.wfa", text)
        said = self.fail_with(rf"\Aweft: bad\.wfa:{line}:{column}: \S", command, "bad.wfa", lines=3)
        _, source, caret = said.splitlines()
        shown = text.split("\n")[line - 1]
        self.assertEqual(source, "    " + shown)
        self.assertTrue(caret.endswith("^"))
        self.assertEqual(caret[:-1].expandtabs(), re.sub(r"[^\t]", " ", "    " + shown[: column - 1]).expandtabs())
        return said

    def test_unknown_instruction(self):
        for command in ["asm", "verify", "run"]:
            self.check(AXPY.replace("mul.f32", "mull.f32"), 11, 5, command)

    def test_tabs(self):
        self.check(AXPY.replace("    mul.f32", "\t\tmull.f32"), 11, 3)
        self.check(AXPY.replace("    mul.f32 v0, v0, s0", "\tmul.f32\tv0,\tv0,\tq0"), 11, 18)

    def test_place_of_a_broken_rule(self):
        said = self.check(AXPY.replace("add.f32 v2, v0, v1", "add.f32 v2, v0, v7"), 12, 5)
        self.assertRegex(said, r"rule V\d\d")

    def test_characters_of_several_bytes(self):
        self.write("bad.wfa", AXPY.replace("    mul.f32 v0", "    \u00fcber.f32 v0"))
        self.fail_with(r"\Aweft: bad\.wfa:11:5: .*\n    " + "    \u00fcber.f32 v0, v0, s0\n        \\^\n",
                       "verify", "bad.wfa", lines=3)

    def test_long_lines_are_clipped(self):
        self.write("bad.wfa", ".weft 1\n" + " " * 5000 + "nonsense" + " " * 5000 + "\n")
        said = self.fail_with(r"\Aweft: bad\.wfa:2:5001: ", "verify", "bad.wfa", lines=3)
        self.assertLess(max(map(len, said.splitlines())), 200)
        source, caret = said.splitlines()[1:]
        self.assertEqual(source.index("nonsense"), caret.index("^"))

    def test_windows_line_ends(self):
        self.write("bad.wfa", ".weft 1\r\nnonsense\r\n")
        self.fail_with(r"\Aweft: bad\.wfa:2:1: .*\n    nonsense\n    \^\n", "verify", "bad.wfa", lines=3)

    def test_control_characters(self):
        self.write("bad.wfa", b".weft 1\n\x1b[31mred\x07\xc2\x9b31m\x9b31m\xc0\x80\xe2\x82\xac\xe2\x82\n")
        said = self.fail_with(r"\Aweft: bad\.wfa:2:1: ", "verify", "bad.wfa", lines=3)
        self.assertIn("    ?[31mred???31m?31m??\u20ac??\n", said)

    def test_empty_and_binary(self):
        self.write("bad.wfa", "")
        self.fail_with(r"\Aweft: bad\.wfa:1:1: \S", "verify", "bad.wfa")
        self.write("bad.wfa", bytes(range(256)) * 10)
        self.fail_with(r"\Aweft: bad\.wfa:1:1: ", "verify", "bad.wfa", lines=3)


class ImageErrors(WeftCase):
    def setUp(self):
        super().setUp()
        self.write("p.wfa", AXPY)
        self.succeed("asm", "p.wfa")
        self.image = self.read("p.wfb")

    def test_truncated_at_every_byte(self):
        for length in range(4, len(self.image)):
            self.write("bad.wfb", self.image[:length])
            self.fail_with(r"\Aweft: bad\.wfb: byte \d+: ", "verify", "bad.wfb")

    def test_every_byte_changed(self):
        for at in range(4, len(self.image)):
            self.write("bad.wfb", self.image[:at] + bytes([self.image[at] ^ 0x10]) + self.image[at + 1 :])
            self.fail_with(r"\Aweft: bad\.wfb: byte \d+: ", "verify", "bad.wfb")

    def test_other_commands(self):
        self.write("bad.wfb", self.image[:-1])
        self.fail_with(r"\Aweft: bad\.wfb: byte \d+: ", "dis", "bad.wfb")
        self.fail_with(r"\Aweft: bad\.wfb: byte \d+: ", "run", "bad.wfb", "a=x.npy")


class RunCase(WeftCase):
    """Files that the classes below use: a, b and the programs."""

    def setUp(self):
        super().setUp()
        self.a = np.arange(1000, dtype="<f4")
        self.b = np.linspace(-3, 3, 1000).astype("<f4")
        self.write("a.npy", self.a)
        self.write("b.npy", self.b)
        self.write("axpy.wfa", AXPY)

    AXPY_ARGUMENTS = ["run", "axpy.wfa", "a=a.npy", "b=b.npy", "--set", "k=2.5", "-o", "y=y.npy"]


class Running(RunCase):
    def test_axpy(self):
        self.assertEqual(self.succeed(*self.AXPY_ARGUMENTS), "y: f32 [1000] -> y.npy\n")
        np.testing.assert_array_equal(self.load("y.npy"), self.a * np.float32(2.5) + self.b)
        self.assertEqual(sorted(self.snapshot()), ["a.npy", "axpy.wfa", "b.npy", "y.npy"])

    def test_image(self):
        self.succeed("asm", "axpy.wfa")
        os.remove(self.path("axpy.wfa"))
        self.succeed("run", "axpy.wfb", *self.AXPY_ARGUMENTS[2:])
        np.testing.assert_array_equal(self.load("y.npy"), self.a * np.float32(2.5) + self.b)

    def test_quiet(self):
        self.assertEqual(self.succeed(*self.AXPY_ARGUMENTS, "--quiet"), "")
        self.assertEqual(self.succeed(*self.AXPY_ARGUMENTS, "-q"), "")

    def test_order_of_the_arguments(self):
        self.succeed("run", "-o", "y=y.npy", "--set=k=2.5", "axpy.wfa", "b=b.npy", "a=a.npy")
        self.assertTrue(os.path.exists(self.path("y.npy")))

    def test_scalar_output(self):
        self.write("sum.wfa", SUM)
        said = self.succeed("run", "sum.wfa", "a=a.npy", "-o", "total=t.npy")
        self.assertEqual(said, "total: f32 [] = 499500 -> t.npy\n")
        result = self.load("t.npy")
        self.assertEqual((result.shape, result.dtype, result[()]), ((), np.dtype("<f4"), 499500))

    def test_values_of_every_type_are_shown(self):
        values = {
            "i8": ([-128], "-128"), "i16": ([-32768], "-32768"), "i32": ([7], "7"),
            "i64": ([-(2**63)], "-9223372036854775808"), "u8": ([255], "255"),
            "u16": ([65535], "65535"), "u32": ([0], "0"), "u64": ([2**64 - 1], "18446744073709551615"),
            "f16": ([0.1], "0.1"), "f32": ([0.1], "0.1"), "f64": ([0.1], "0.1"), "bool": ([True], "true"),
        }
        for dtype, (value, text) in values.items():
            with self.subTest(dtype):
                self.write("one.wfa", copy_program(dtype))
                self.write("one.npy", np.array(value).astype(DTYPES[dtype]))
                said = self.succeed("run", "one.wfa", "a=one.npy", "-o", "y=y.npy")
                self.assertEqual(said, f"y: {dtype} [1] = {text} -> y.npy\n")

    def test_floats_are_shown_so_that_they_read_back(self):
        self.write("one.wfa", copy_program("f64"))
        for value in [1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 1e22, np.inf, -np.inf]:
            self.write("one.npy", np.array([value]))
            said = self.succeed("run", "one.wfa", "a=one.npy", "-o", "y=y.npy")
            shown = float(re.search(r"= (\S+) ->", said)[1])
            self.assertEqual(np.float64(shown).tobytes(), np.float64(value).tobytes())
        self.write("one.npy", np.array([np.nan]))
        self.assertIn("= nan ->", self.succeed("run", "one.wfa", "a=one.npy", "-o", "y=y.npy"))

    def test_output_over_input(self):
        self.write("y.npy", self.a)
        self.succeed("run", "axpy.wfa", "a=y.npy", "b=y.npy", "--set", "k=1", "-o", "y=y.npy")
        np.testing.assert_array_equal(self.load("y.npy"), self.a + self.a)

    def test_replaced_file_keeps_its_permissions(self):
        os.chmod(self.write("y.npy", b"old"), 0o604)
        self.succeed(*self.AXPY_ARGUMENTS)
        self.assertEqual(os.stat(self.path("y.npy")).st_mode & 0o7777, 0o604)

    def test_link_stays_a_link(self):
        os.mkdir(self.path("folder"))
        self.write("folder/real.npy", b"old")
        os.symlink("folder/real.npy", self.path("y.npy"))
        self.succeed(*self.AXPY_ARGUMENTS)
        self.assertTrue(os.path.islink(self.path("y.npy")))
        self.assertEqual(self.load("folder/real.npy").shape, (1000,))
        self.assertEqual(os.listdir(self.path("folder")), ["real.npy"])

    def test_other_directory(self):
        os.mkdir(self.path("deep"))
        said = self.succeed("run", "axpy.wfa", "a=a.npy", "b=b.npy", "--set", "k=1", "-o", "y=deep/y.npy")
        self.assertEqual(said, "y: f32 [1000] -> deep/y.npy\n")
        self.assertEqual(os.listdir(self.path("deep")), ["y.npy"])

    def test_broadcast(self):
        self.write("b.npy", np.array([10], "<f4"))
        self.succeed(*self.AXPY_ARGUMENTS)
        np.testing.assert_array_equal(self.load("y.npy"), self.a * np.float32(2.5) + 10)

    def test_inout(self):
        self.write("p.wfa", copy_program("f32").replace(".in a", ".inout x").replace("[a]", "[x]")
                   .replace("    st.f32 v0, [y]", "    st.f32 v0, [y]\n    add.f32 v0, v0, v0\n    st.f32 v0, [x]"))
        before = self.read("a.npy")
        said = self.succeed("run", "p.wfa", "x=a.npy", "-o", "x=x.npy", "-o", "y=y.npy")
        self.assertEqual(said, "x: f32 [1000] -> x.npy\ny: f32 [1000] -> y.npy\n")
        self.assertEqual(self.read("a.npy"), before)
        np.testing.assert_array_equal(self.load("x.npy"), 2 * self.a)
        np.testing.assert_array_equal(self.load("y.npy"), self.a)
        self.succeed("run", "p.wfa", "x=a.npy", "-o", "x=a.npy", "-o", "y=y.npy")
        np.testing.assert_array_equal(self.load("a.npy"), 2 * self.a)

    def test_inout_from_an_old_header(self):
        old = b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
        old = old.ljust(80) + np.array([1, 2], "<f4").tobytes()
        self.write("old.npy", old)
        self.write("p.wfa", ".weft 1\n.space 1\n.inout x f32\nloop\nld.f32 v0, [x]\n"
                            "add.f32 v0, v0, v0\nst.f32 v0, [x]\nend\nexit\n")
        self.succeed("run", "p.wfa", "x=old.npy", "-o", "x=new.npy")
        np.testing.assert_array_equal(self.load("new.npy"), [2, 4])
        self.write("expected.npy", np.array([2, 4], "<f4"))
        self.assertEqual(self.snapshot()["new.npy"], self.snapshot()["expected.npy"])

    def test_space(self):
        self.write("index.wfa", ".weft 1\n.space 2\n.out y i64\nloop\nindex.i64 v0, 1\nst.i64 v0, [y]\nend\nexit\n")
        for form in ["3x4", "3,4"]:
            said = self.succeed("run", "index.wfa", "-o", "y=y.npy", "--space", form)
            self.assertEqual(said, "y: i64 [3, 4] -> y.npy\n")
            np.testing.assert_array_equal(self.load("y.npy"), [[0, 1, 2, 3]] * 3)
        self.fail_with(r"index\.wfa: no input tells the shape of .y.: give --space", "run", "index.wfa", "-o", "y=y.npy")
        self.fail_with("index.wfa: the index space has 2 dimensions, --space gives 1",
                       "run", "index.wfa", "-o", "y=y.npy", "--space", "3")

    def test_space_of_a_total(self):
        """No array spans the index space: --space alone says how large it is."""
        self.write("p.wfa", ".weft 1\n.space 1\n.out total i64 dims none\nloop\nindex.i64 v0, 0\n"
                            "sum.i64 s1, v0\nend\nst.i64 s1, [total]\nexit\n")
        self.succeed("run", "p.wfa", "-o", "total=t.npy", "--space", "1000")
        self.assertEqual(self.load("t.npy"), 499500)
        self.fail_with("p.wfa: no argument tells the extent of dimension 0",
                       "run", "p.wfa", "-o", "total=t2.npy")

    def test_fixed_space(self):
        self.write("index.wfa", ".weft 1\n.space [8]\n.out y i64\nloop\nindex.i64 v0, 0\nst.i64 v0, [y]\nend\nexit\n")
        self.succeed("run", "index.wfa", "-o", "y=y.npy")
        np.testing.assert_array_equal(self.load("y.npy"), np.arange(8))
        self.fail_with("index.wfa: ", "run", "index.wfa", "-o", "y=y.npy", "--space", "9")

    def test_space_against_the_arrays(self):
        self.fail_with(r"axpy\.wfa: ", *self.AXPY_ARGUMENTS, "--space", "999")
        self.succeed(*self.AXPY_ARGUMENTS, "--space", "1000")
        self.write("p.wfa", ".weft 1\n.space 1\n.inout x f32\nloop\nld.f32 v0, [x]\nst.f32 v0, [x]\nend\nexit\n")
        self.fail_with(r"p\.wfa: ", "run", "p.wfa", "x=a.npy", "-o", "x=x.npy", "--space", "999")

    def test_shapes_that_do_not_fit(self):
        self.write("b.npy", self.b[:-1])
        self.fail_with(r"\Aweft: axpy\.wfa: .*'?[ab]'?", *self.AXPY_ARGUMENTS)

    def test_table(self):
        self.write("p.wfa", ".weft 1\n.space 1\n.table t f32\n.in i i64\n.out y f32\nloop\n"
                            "ld.i64 v1, [i]\ngather.f32.i64 v0, [t], v1\nst.f32 v0, [y]\nend\nexit\n")
        self.write("i.npy", np.array([3, 0, 999, 3]))
        self.succeed("run", "p.wfa", "t=a.npy", "i=i.npy", "-o", "y=y.npy")
        np.testing.assert_array_equal(self.load("y.npy"), [3, 0, 999, 3])
        self.write("i.npy", np.array([3, 0, 1000, 3]))
        self.fail_with(r"\Aweft: p\.wfa: pc \d+, element 2: ", "run", "p.wfa", "t=a.npy", "i=i.npy", "-o", "y=y.npy")

    def test_output_table(self):
        self.write("p.wfa", ".weft 1\n.space 1\n.in i i64\n.table t i64 out\nloop\n"
                            "ld.i64 v0, [i]\nscatter.i64.i64 v0, [t], v0\nend\nexit\n")
        self.write("i.npy", np.array([5, 0, 2]))
        said = self.succeed("run", "p.wfa", "i=i.npy", "-o", "t=t.npy", "--shape", "t=2,3")
        self.assertEqual(said, "t: i64 [2, 3] -> t.npy\n")
        np.testing.assert_array_equal(self.load("t.npy"), [[0, 0, 2], [0, 0, 5]])
        self.fail_with(r"'t' is an output table \(i64\): give -o t=FILE.npy and --shape t=",
                       "run", "p.wfa", "i=i.npy", "-o", "t=t.npy")

    def test_budget(self):
        self.fail_with(r"\Aweft: axpy\.wfa: .*budget", *self.AXPY_ARGUMENTS, "--budget", "100")
        self.succeed(*self.AXPY_ARGUMENTS, "--budget", "1000000")
        self.succeed(*self.AXPY_ARGUMENTS, "--budget", "18446744073709551615")

    def test_empty_arrays(self):
        self.write("a.npy", self.a[:0])
        self.write("b.npy", self.b[:0])
        self.assertEqual(self.succeed(*self.AXPY_ARGUMENTS), "y: f32 [0] -> y.npy\n")
        self.assertEqual(self.load("y.npy").shape, (0,))


class Engine(RunCase):
    """How a program runs changes nothing in its outputs; --stats tells how it did."""

    PROGRAM = """.in a f64
.in b f64
.out y f64
.out total f64 dims none
.out place i64 dims none
loop
    ld.f64 v0, [a]
    ld.f64 v1, [b]
    mul.f64 v2, v0, v1
    exp.f64 v3, v2
    st.f64 v3, [y]
    sum.f64 s0, v2
    argmin.f64 s1, v3
end
st.f64 s0, [total]
st.i64 s1, [place]
exit
"""
    OUTPUTS = ["y", "total", "place"]

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(4)
        self.x = [random.normal(size=300007) for _ in "ab"]
        self.write("a.npy", self.x[0])
        self.write("b.npy", self.x[1])
        self.write("p.wfa", self.PROGRAM)

    def counted(self, text):
        """{name: count} of what --stats printed."""
        counts = {}
        for line in text.splitlines():
            self.assertRegex(line, r"\A[a-z_]+ +[1-9]\d*  \S.*\S\Z")
            name, count = line.split()[:2]
            counts[name] = int(count)
        return counts

    def run_it(self, *options):
        """The outputs' bytes, and what was counted."""
        given = [part for name in self.OUTPUTS for part in ("-o", f"{name}={name}.npy")]
        result = self.command("run", "p.wfa", "a=a.npy", "b=b.npy", *given, "--stats", *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([line.split(":")[0] for line in result.stdout.splitlines()], self.OUTPUTS)
        files = [self.read(f"{name}.npy") for name in self.OUTPUTS]
        return files, self.counted(result.stderr)

    def test_same_results(self):
        expected, counts = self.run_it("--backend", "reference")
        self.assertEqual((counts["runs"], counts["runs_reference"]), (1, 1))
        self.assertNotIn("runs_strips", counts)
        np.testing.assert_allclose(self.load("y.npy"), np.exp(self.x[0] * self.x[1]), rtol=1e-15)
        self.assertEqual(self.load("place.npy"), np.argmin(self.x[0] * self.x[1]))
        for options, split in [([], None), (["--threads", "1"], 0), (["--threads", "3"], 1),
                               (["--threads=256", "--backend=cpu"], 1),
                               (["--backend", "reference", "--threads", "3"], 0)]:
            with self.subTest(options):
                found, counts = self.run_it(*options)
                self.assertEqual(found, expected)
                self.assertEqual(counts["runs"], 1)
                kind = "runs_reference" if "reference" in options else "runs_strips"
                self.assertEqual(counts.get(kind), 1, counts)
                if split is not None:  # by default it depends on the CPUs
                    self.assertEqual(counts.get("loops_split", 0), split, counts)

    def test_small_work_stays_on_one_thread(self):
        self.write("a.npy", self.a)
        self.write("b.npy", self.b)
        result = self.command(*self.AXPY_ARGUMENTS, "--threads", "2", "--stats", "--quiet")
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        counts = self.counted(result.stderr)
        self.assertEqual((counts["runs_strips"], counts["shared_locks"]), (1, 1))
        self.assertNotIn("loops_split", counts)

    def test_errors_are_the_same(self):
        """Of several errors that of the first element, wherever it happens; and no counts."""
        self.write("p.wfa", ".weft 1\n.space 1\n.table t f64\n.in i i64\n.out y f64\nloop\n"
                            "ld.i64 v1, [i]\ngather.f64.i64 v0, [t], v1\nst.f64 v0, [y]\nend\nexit\n")
        places = np.arange(300007)
        places[[123456, 299999]] = -1
        self.write("i.npy", places)
        for options in [["--threads", "1"], ["--threads", "3"], ["--backend", "reference"]]:
            self.fail_with(r"p\.wfa: pc \d+, element 123456: ", "run", "p.wfa", "t=a.npy", "i=i.npy",
                           "-o", "y=y.npy", "--stats", *options)

    def test_forms(self):
        for text in ["", "0", "-1", "257", "two", "1.5", "2 ", "+2", "18446744073709551617"]:
            self.usage(f"--threads '{re.escape(text)}': expected a number from 1 to 256",
                       *self.AXPY_ARGUMENTS, "--threads", text)
        for text in ["", "gpu", "CPU", "cp", "cpu ", "1"]:
            self.usage(f"--backend '{text}': expected cpu or reference",
                       *self.AXPY_ARGUMENTS, "--backend", text)
        self.usage("option '--stats' doesn't allow an argument", *self.AXPY_ARGUMENTS, "--stats=1")
        self.usage("option '--threads' requires an argument", *self.AXPY_ARGUMENTS, "--threads")

    def test_help_names_all_backends(self):
        """Those of weft/context.h, which a wrong name is answered with."""
        refused = self.usage("--backend 'gpu': expected cpu or reference", *self.AXPY_ARGUMENTS, "--backend", "gpu")
        names = re.search(r"expected (.*)", refused).group(1).split(" or ")
        for command in ("run", "eval"):
            self.assertIn(f"--backend {'|'.join(names)}", self.succeed(command, "--help"),
                          f"cli/cmd_{command}.c: name all backends in the help")


class Uniforms(WeftCase):
    def one(self, dtype, value, **options):
        """Runs a program that copies uniform k to an output; returns the output."""
        self.write("k.wfa", f".weft 1\n.space [1]\n.uniform k {dtype}\n.out y {dtype} dims none\n"
                            f"ld.{dtype} s0, [k]\nst.{dtype} s0, [y]\nexit\n")
        arguments = ["run", "k.wfa", "--set", f"k={value}", "-o", "y=y.npy"]
        if options:
            return self.fail_with(options["pattern"], *arguments)
        self.succeed(*arguments)
        return self.load("y.npy")[()]

    def test_integers(self):
        for dtype in ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"]:
            limits = np.iinfo(DTYPES[dtype])
            for value in [limits.min, limits.max, 0, 1, "+5", "0x1f", " 7 ", "-0", "010"]:
                with self.subTest(dtype=dtype, value=value):
                    meant = {"0x1f": 31, " 7 ": 7, "-0": 0, "+5": 5, "010": 10}.get(value, value)
                    self.assertEqual(self.one(dtype, value), meant)
            for value in [limits.min - 1, limits.max + 1, 2**64, 10**30, -(10**30)]:
                with self.subTest(dtype=dtype, value=value):
                    self.one(dtype, value, pattern=rf"--set k: '{value}' is out of range for {dtype}")

    def test_texts_that_are_no_integers(self):
        for value in ["", "x", "1.5", "1e3", "1 2", "--1", "0x", "true", "1;", "- 1", "\t1"]:
            with self.subTest(value):
                self.one("i32", value, pattern=r"--set k: '.*' is no value of type i32")

    def test_floats(self):
        for dtype in ["f32", "f64"]:
            for value in ["0.1", "-1e-3", "1", "inf", "-inf", "infinity", "0x1p-3", "1e-320", "-0", "3.4e38"]:
                with self.subTest(dtype=dtype, value=value):
                    meant = float.fromhex(value) if "x" in value else float(value)
                    expected = np.array(meant, DTYPES[dtype])
                    self.assertEqual(np.asarray(self.one(dtype, value)).tobytes(), expected.tobytes())
            self.assertTrue(np.isnan(self.one(dtype, "nan")))
        self.one("f32", "1e39", pattern="'1e39' is out of range for f32")
        self.one("f64", "1e309", pattern="'1e309' is out of range for f64")
        for value in ["", "x", "1.5x", "1,5,", "e5", "1 2"]:
            self.one("f64", value, pattern="--set k: ")

    def test_float_is_rounded_from_the_text(self):
        # Half-way between two floats, but for a digit beyond a double's.
        text = "1.000000059604644775390625000000000000000000000000000001"
        self.assertEqual(self.one("f32", text), np.nextafter(np.float32(1), np.float32(2)))

    def test_f16(self):
        values = [0.1, 65504, 65519.99, 6.1e-5, 6.097e-5, 5.96e-8, 2.98e-8, 2.99e-8, 1e-9, -1 / 3, 2049, 2051,
                  1 + 2**-11, 1 + 2**-11 + 2**-40, np.inf, 0.0, -0.0]
        values += list(np.random.default_rng(3).normal(size=20) * 10.0 ** np.arange(-8, 12)[:20] % 60000)
        for value in values:
            with self.subTest(value=value):
                expected = np.array(value, "<f8").astype("<f2")
                self.assertEqual(np.asarray(self.one("f16", repr(float(value)))).tobytes(), expected.tobytes())
        self.one("f16", "65520", pattern="out of range for f16")

    def test_bf16(self):
        def expected(value):
            bits = int(np.array(value, "<f4").view("<u4"))  # exact for these values
            rest = bits & 0xFFFF
            return (bits >> 16) + (rest > 0x8000 or (rest == 0x8000 and bits >> 16 & 1))

        self.write("k.wfa", ".weft 1\n.space [1]\n.uniform k bf16\n.out y bf16 dims none\n"
                            "ld.bf16 s0, [k]\nst.bf16 s0, [y]\nexit\n")
        for value in [1, 1.00390625, 1.01171875, 3.140625, -2.5, 1e30, 2.0**-133, 2.0**-134, 1.5 * 2.0**-133]:
            with self.subTest(value=value):
                exact = float(np.float32(value))
                self.succeed("run", "k.wfa", "--set", f"k={exact!r}", "-o", "y=y.npy")
                self.assertEqual(int(self.load("y.npy").view("<u2")), expected(exact))

    def test_bool(self):
        for value, meant in [("true", True), ("false", False), ("1", True), ("0", False)]:
            self.assertEqual(self.one("bool", value), meant)
        for value in ["2", "yes", "True", "", "t"]:
            self.one("bool", value, pattern=rf"--set k: '{value}' is no value of type bool")

    def test_several_values(self):
        self.write("k.wfa", ".weft 1\n.space [1]\n.uniform k i16[2] count 3\n.out y i16 dims none\n"
                            "ld.i16 s0, [k.1 + 2]\nst.i16 s0, [y]\nexit\n")
        self.succeed("run", "k.wfa", "--set", "k=1,2,3,4,5,6", "-o", "y=y.npy")
        self.assertEqual(self.load("y.npy")[()], 6)
        self.fail_with("--set k: takes 6 values, 2 given", "run", "k.wfa", "--set", "k=1,2", "-o", "y=y.npy")
        self.fail_with("'' is no value of type i16", "run", "k.wfa", "--set", "k=1,2,,4,5,6", "-o", "y=y.npy")
        self.write("k.npy", np.arange(10, 16, dtype="<i2").reshape(3, 2))
        self.succeed("run", "k.wfa", "k=k.npy", "-o", "y=y.npy")
        self.assertEqual(self.load("y.npy")[()], 15)

    def test_too_many_values(self):
        self.one("i32", "1,2", pattern="--set k: takes 1 value, 2 given")

    def test_uniform_from_a_file(self):
        self.one("f32", "1")
        self.write("k.npy", np.array(2.5, "<f4"))
        self.succeed("run", "k.wfa", "k=k.npy", "-o", "y=y.npy")
        self.assertEqual(self.load("y.npy")[()], 2.5)
        self.fail_with("'k' is given twice", "run", "k.wfa", "k=k.npy", "--set", "k=1", "-o", "y=y.npy")


class Names(RunCase):
    def test_missing(self):
        given = {"a": ["a=a.npy"], "b": ["b=b.npy"], "k": ["--set", "k=1"], "y": ["-o", "y=y.npy"]}
        wanted = {
            "a": r"'a' is an input \(f32\): give a=FILE\.npy",
            "b": r"'b' is an input \(f32\): give b=FILE\.npy",
            "k": r"'k' is a uniform \(f32\): give --set k=VALUE or k=FILE\.npy",
            "y": r"'y' is an output \(f32\): give -o y=FILE\.npy",
        }
        for missing, pattern in wanted.items():
            arguments = [part for name, parts in given.items() if name != missing for part in parts]
            self.fail_with(rf"\Aweft: axpy\.wfa: missing argument: {pattern}\n", "run", "axpy.wfa", *arguments)

    def test_wrong_way(self):
        self.fail_with("'y' is an output .*give -o y=", *self.AXPY_ARGUMENTS[:-2], "y=y.npy")
        self.fail_with("'a' is an input .*give a=", *self.AXPY_ARGUMENTS, "-o", "a=a.npy")
        self.fail_with("'a' is an input .*give a=", "run", "axpy.wfa", "--set", "a=1")
        self.fail_with("--shape is for output tables; 'y' is an output", *self.AXPY_ARGUMENTS, "--shape", "y=3")

    def test_twice(self):
        for extra in [["a=b.npy"], ["-o", "y=z.npy"], ["--set", "k=1"]]:
            self.fail_with("axpy.wfa: '[ayk]' is given twice", *self.AXPY_ARGUMENTS, *extra)

    def test_unknown(self):
        self.fail_with("axpy.wfa: no parameter 'aa'; did you mean 'a'|no parameter 'aa'",
                       *self.AXPY_ARGUMENTS, "aa=a.npy")
        self.write("p.wfa", AXPY.replace("[k]", "[scale]").replace("uniform k", "uniform scale"))
        self.fail_with("no parameter 'scael'; did you mean 'scale'",
                       "run", "p.wfa", "a=a.npy", "b=b.npy", "--set", "scael=1", "-o", "y=y.npy")
        self.fail_with("no parameter 'elsewhere'\n", "run", "p.wfa", "-o", "elsewhere=y.npy")

    def test_inout_needs_both(self):
        self.write("p.wfa", ".weft 1\n.space 1\n.inout x f32\nloop\nld.f32 v0, [x]\nst.f32 v0, [x]\nend\nexit\n")
        both = r"'x' is an input and output \(f32\): give both x=FILE\.npy and -o x=FILE\.npy"
        self.fail_with(both, "run", "p.wfa", "x=a.npy")
        self.fail_with(both, "run", "p.wfa", "-o", "x=a.npy")

    def test_scratch(self):
        self.write("p.wfa", copy_program("f32").replace("loop", ".scratch t f32\nloop", 1))
        self.fail_with("'t' is a scratch array \(f32\), which takes no argument",
                       "run", "p.wfa", "a=a.npy", "-o", "y=y.npy", "t=a.npy")
        self.succeed("run", "p.wfa", "a=a.npy", "-o", "y=y.npy")

    def test_pool(self):
        pool = ".pool t f32 count 3\nloop"
        self.write("p.wfa", copy_program("f32").replace("loop", pool, 1))
        for given in (["t=a.npy"], ["-o", "t=t.npy"], ["--set", "t=1"]):
            self.fail_with("'t' is a pool \(f32\), which takes no argument",
                           "run", "p.wfa", "a=a.npy", "-o", "y=y.npy", *given)
        self.fail_with("--shape is for output tables; 't' is a pool",
                       "run", "p.wfa", "a=a.npy", "-o", "y=y.npy", "--shape", "t=3")
        self.succeed("run", "p.wfa", "a=a.npy", "-o", "y=y.npy")

    def test_pool_beyond_the_limit(self):
        self.write("p.wfa", copy_program("f32").replace("loop", ".pool t f64[2] count 16777217\nloop", 1))
        self.fail_with(r"p\.wfa: pool 't': 268435472 bytes are not left of the context's 268435456 for pools",
                       "run", "p.wfa", "a=a.npy", "-o", "y=y.npy")

    def test_forms(self):
        self.usage("which program", "run")
        self.usage("'b': expected NAME=FILE.npy", "run", "axpy.wfa", "b")
        self.usage("'=b': expected NAME=FILE.npy", "run", "axpy.wfa", "=b")
        self.usage("-o 'y': expected NAME=FILE.npy", "run", "axpy.wfa", "-o", "y")
        self.usage("--set 'k': expected NAME=VALUE", "run", "axpy.wfa", "--set", "k")
        self.usage("--shape 't': expected NAME=480,640,3", "run", "axpy.wfa", "--shape", "t")
        for text in ["", "x", "3x", "x3", "3xx4", "-3", "1x2x3x4x5", "99999999999999999999", "3 x4", "3.5"]:
            self.usage("--space '.*': expected one to 4 extents", "run", "axpy.wfa", "--space", text)
        for text in ["", "0", "-1", "1e6", "18446744073709551616", "7 "]:
            self.usage("--budget '.*': expected a positive number", "run", "axpy.wfa", "--budget", text)


class Failing(RunCase):
    """No failure changes a file or leaves one behind: fail_with looks at all files."""

    def setUp(self):
        super().setUp()
        self.write("y.npy", b"precious")

    def test_missing_input(self):
        os.remove(self.path("b.npy"))
        self.fail_with(r"\Aweft: b\.npy: No such file or directory\n", *self.AXPY_ARGUMENTS)

    def test_missing_directory(self):
        self.fail_with(r"\Aweft: none/y\.npy: No such file or directory\n", *self.AXPY_ARGUMENTS[:-1], "y=none/y.npy")

    def test_targets_that_cannot_be(self):
        os.mkdir(self.path("folder"))
        os.symlink("nowhere", self.path("dangling"))
        for target, said in [("folder", "is a directory"), ("folder/", "is a directory"), (".", "is a directory"),
                             ("/dev/null", "is not a regular file"), ("dangling", "No such file"), ("", "No such file")]:
            self.fail_with(f"weft: {re.escape(target)}: {said}", *self.AXPY_ARGUMENTS[:-1], f"y={target}")

    def test_read_only_target(self):
        if os.geteuid() == 0:
            self.skipTest("root writes everything")
        os.chmod(self.path("y.npy"), 0o444)
        self.fail_with(r"y\.npy: Permission denied", *self.AXPY_ARGUMENTS)

    def test_two_outputs_in_one_file(self):
        self.write("p.wfa", copy_program("f32").replace(".out y f32", ".out y f32\n.out z f32")
                   .replace("st.f32 v0, [y]", "st.f32 v0, [y]\n    st.f32 v0, [z]"))
        os.symlink(".", self.path("here"))
        for other in ["new.npy", "./new.npy", "here/new.npy"]:
            self.fail_with("is given for both 'y' and 'z'",
                           "run", "p.wfa", "a=a.npy", "-o", "y=new.npy", "-o", f"z={other}")

    def test_range_error_after_the_first_output(self):
        self.write("p.wfa", ".weft 1\n.space 1\n.table t f32\n.in i i64\n.out y f32\n.out z i64\nloop\n"
                            "ld.i64 v1, [i]\nst.i64 v1, [z]\ngather.f32.i64 v0, [t], v1\nst.f32 v0, [y]\nend\nexit\n")
        self.write("i.npy", np.array([0, -1]))
        self.write("z.npy", b"precious too")
        self.fail_with(r"p\.wfa: pc \d+, element 1: ",
                       "run", "p.wfa", "t=a.npy", "i=i.npy", "-o", "y=y.npy", "-o", "z=z.npy")

    def test_budget(self):
        self.fail_with("budget", *self.AXPY_ARGUMENTS, "--budget", "10")

    def test_file_size_limit(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))

        self.fail_with(r"\Aweft: y\.npy: File too large\n", *self.AXPY_ARGUMENTS, preexec_fn=limit)
        self.fail_with(r"\Aweft: new\.wfb: File too large\n", "asm", "axpy.wfa", "-o", "new.wfb",
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16)))

    def test_stdout_full_after_success(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = self.command(*self.AXPY_ARGUMENTS, stdout=full)
        self.assertEqual((result.returncode, result.stderr),
                         (1, "weft: standard output: No space left on device\n"))
        self.assertEqual(self.load("y.npy").shape, (1000,))

    def test_closed_stdout(self):
        """The first file that is opened must not become stdout."""
        script = f'"{WEFT}" run axpy.wfa a=a.npy b=b.npy --set k=1 -o y=y.npy'
        for option, status in [("", 1), (" -q", 0)]:
            result = subprocess.run(["sh", "-c", f"{script}{option} >&-"], cwd=self.dir, capture_output=True, check=False)
            self.assertEqual(result.returncode, status, result.stderr)
            np.testing.assert_array_equal(self.load("y.npy"), self.a + self.b)

    def test_nobody_reads_stderr(self):
        """SIGPIPE while the error is reported would leave the temporary behind."""
        before = self.snapshot()
        for read_end_closed in (True, False):
            ours, theirs = os.pipe()
            if read_end_closed:
                os.close(ours)
            result = self.command(*self.AXPY_ARGUMENTS, "--budget", "10", stderr=theirs)
            os.close(theirs)
            self.assertEqual(result.returncode, 1)
            self.assertEqual(self.snapshot(), before)
        os.close(ours)

    def test_enormous_shapes(self):
        self.write("p.wfa", ".weft 1\n.space 2\n.out y i64\nloop\nindex.i64 v0, 1\nst.i64 v0, [y]\nend\nexit\n")
        for space in ["9223372036854775807x1", "4294967296x4294967296", "1000000x1000000000"]:
            self.fail_with(r"\Aweft: ", "run", "p.wfa", "-o", "y=y.npy", "--space", space)


class FullDisk(RunCase):
    """A file system of 64 KiB."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("small"))
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "weft-test", self.path("small")],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("cannot mount a tmpfs here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.path("small")], check=False)
        self.write("small/y.npy", b"precious")
        self.write("a.npy", np.zeros(50000, "<f4"))
        self.write("b.npy", np.zeros(50000, "<f4"))

    def test_run(self):
        self.fail_with(r"\Aweft: small/y\.npy: No space left on device\n", *self.AXPY_ARGUMENTS[:-1], "y=small/y.npy")

    def test_second_output(self):
        self.write("p.wfa", copy_program("f32").replace(".out y f32", ".out y f32\n.out z f32")
                   .replace("st.f32 v0, [y]", "st.f32 v0, [y]\n    st.f32 v0, [z]"))
        self.write("y.npy", b"precious too")
        self.fail_with(r"\Aweft: small/z\.npy: No space left", "run", "p.wfa", "a=a.npy", "-o", "y=y.npy",
                       "-o", "z=small/z.npy")

    def test_asm(self):
        self.write("small/fill", b"x" * 56 * 1024)
        try:
            self.write("small/rest", b"x" * 64 * 1024)
        except OSError:
            pass
        self.fail_with(r"\Aweft: small/p\.wfb: No space left on device\n", "asm", "axpy.wfa", "-o", "small/p.wfb")

    def test_target_that_cannot_be_replaced(self):
        """The second of two renames fails, so the first is taken back."""
        self.write("p.wfa", copy_program("f32").replace(".out y f32", ".out y f32\n.out z f32")
                   .replace("st.f32 v0, [y]", "st.f32 v0, [y]\n    st.f32 v0, [z]"))
        self.write("y.npy", b"precious too")
        self.write("z.npy", b"mounted over")
        bound = subprocess.run(["mount", "--bind", self.path("a.npy"), self.path("z.npy")],
                               capture_output=True, check=False)
        if bound.returncode != 0:
            self.skipTest("cannot bind-mount a file here")
        try:
            self.fail_with(r"z\.npy: Device or resource busy",
                           "run", "p.wfa", "a=a.npy", "-o", "y=y.npy", "-o", "z=z.npy")
            self.fail_with(r"z\.npy: Device or resource busy",
                           "run", "p.wfa", "a=a.npy", "-o", "y=new.npy", "-o", "z=z.npy")
        finally:
            subprocess.run(["umount", self.path("z.npy")], check=True)


class EndlessCase(RunCase):
    def setUp(self):
        super().setUp()
        self.write("endless.wfa", ENDLESS)
        self.write("y.npy", b"precious")
        self.before = self.snapshot()

    def start(self, **options):
        process = subprocess.Popen([WEFT, "run", "endless.wfa", "a=a.npy", "-o", "y=y.npy"], cwd=self.dir,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **options)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def wait_for_temporary(self, process):
        until = time.monotonic() + 30
        while not any(name.startswith(".weft-") for name in os.listdir(self.dir)):
            self.assertIsNone(process.poll())
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)
        time.sleep(0.2)  # into the run

class Interrupted(EndlessCase):
    def test_signals(self):
        for number in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]:
            with self.subTest(number):
                process = self.start(stderr=subprocess.PIPE)
                self.wait_for_temporary(process)
                process.send_signal(number)
                said, errors = process.communicate(timeout=60)
                process.stderr.close()
                self.assertEqual(process.returncode, -number)
                self.assertEqual((said, errors), (b"", b"weft: interrupted; nothing was written\n"))
                self.assertEqual(self.snapshot(), self.before)

    def test_ignored_signal_stays_ignored(self):
        process = self.start(stderr=subprocess.PIPE,
                             preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        self.wait_for_temporary(process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.assertIsNone(process.poll())
        process.terminate()
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, -signal.SIGTERM)

    def test_input_that_is_cut_short(self):
        big = np.zeros(1 << 20, "<f4")
        self.write("a.npy", big)
        process = self.start(stderr=subprocess.PIPE)
        self.wait_for_temporary(process)
        os.truncate(self.path("a.npy"), 4096)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertRegex(errors, rb"\Aweft: a mapped file could not be read")
        self.assertEqual(sorted(self.snapshot()), sorted(self.before))
        self.assertEqual(self.snapshot()["y.npy"], b"precious")


class Progress(EndlessCase):
    def read_until(self, fd, pattern, seconds=30):
        text = b""
        until = time.monotonic() + seconds
        while not re.search(pattern, text) and time.monotonic() < until:
            if select.select([fd], [], [], 0.1)[0]:
                try:
                    text += os.read(fd, 4096)
                except OSError:  # the other end was closed
                    break
        return text

    def test_terminal(self):
        ours, theirs = pty.openpty()
        process = self.start(stderr=theirs)
        os.close(theirs)
        started = time.monotonic()
        text = self.read_until(ours, rb"(running: [\d.]+( [kMGT])? element operations, [\d.]+ s.*){3}")
        self.assertRegex(text, rb"\A\rrunning: ")
        self.assertGreater(time.monotonic() - started, 0.5)
        time.sleep(0.5)
        updates = self.read_until(ours, b"$^", 0.05).count(b"running")
        self.assertLessEqual(updates, 7)
        process.send_signal(signal.SIGINT)
        text = self.read_until(ours, b"nothing was written")
        os.close(ours)
        self.assertRegex(text, rb"\r +\rweft: interrupted; nothing was written")
        process.wait(timeout=60)
        self.assertEqual(self.snapshot(), self.before)

    def test_not_a_terminal(self):
        process = self.start(stderr=subprocess.PIPE)
        time.sleep(1)
        process.terminate()
        _, errors = process.communicate(timeout=60)
        self.assertNotIn(b"running", errors)


if __name__ == "__main__":
    main()
