"""test_npy.py: .npy files in and out of `weft run`, good and bad. Neighbours: weft_case.py."""

import os
import struct

import numpy as np

from weft_case import DTYPES, WeftCase, copy_program, main


def npy(header, data=b"", version=(1, 0), length=None):
    """A file with exactly this header text; `length` overrides the length it claims."""
    text = header.encode("latin1")
    claimed = len(text) if length is None else length
    size = struct.pack("<H" if version[0] == 1 else "<I", claimed)
    return b"\x93NUMPY" + bytes(version) + size + text + data


def header(descr="'<f4'", order="False", shape="(3,)"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


FLOATS = np.array([1.5, -0.0, np.inf], "<f4")
DATA = FLOATS.tobytes()


class Good(WeftCase):
    def copy(self, dtype, rank=1, segment=1):
        self.write("copy.wfa", copy_program(dtype, rank, segment))
        return self.succeed("run", "copy.wfa", "a=a.npy", "-o", "y=y.npy")

    def check_copy(self, content, expected, **program):
        self.write("a.npy", content)
        before = self.read("a.npy")
        self.copy(**program)
        result = self.load("y.npy")
        self.assertEqual((result.dtype, result.shape), (expected.dtype, expected.shape))
        self.assertEqual(result.tobytes(), expected.tobytes())
        self.assertEqual(self.read("a.npy"), before)

    def test_every_type(self):
        random = np.random.default_rng(7)
        for dtype, code in DTYPES.items():
            with self.subTest(dtype=dtype):
                values = random.integers(0, 256, 8 * 37, np.uint8)
                array = values[:37] % 2 == 1 if dtype == "bool" else values.view(code)[:37]
                self.check_copy(array, array, dtype=dtype)

    def test_output_is_what_numpy_saves(self):
        for dtype, code in DTYPES.items():
            for shape in [(1,), (5,), (123456,), (0,)]:
                with self.subTest(dtype=dtype, shape=shape):
                    array = np.ones(shape, code)
                    self.write("a.npy", array)
                    self.copy(dtype)
                    self.assertEqual(self.read("y.npy"), self.read("a.npy"))

    def test_ranks(self):
        for shape in [(3,), (3, 4), (2, 3, 4), (2, 3, 4, 5), (3, 0), (0, 3), (1, 1, 1, 1)]:
            with self.subTest(shape=shape):
                array = np.arange(np.prod(shape), dtype="<f4").reshape(shape)
                self.check_copy(array, array, dtype="f32", rank=len(shape))

    def test_five_dimensions_with_a_segment(self):
        array = np.arange(2 * 3 * 2 * 5 * 3, dtype="<i2").reshape(2, 3, 2, 5, 3)
        self.check_copy(array, array, dtype="i16", rank=4, segment=3)
        saved = self.read("a.npy")
        self.assertEqual(self.read("y.npy"), saved)

    def test_bf16(self):
        bits = np.array([0x3F80, 0xC000, 0x7FC0, 0x0001], "<u2")
        for descr in ["'<V2'", "'|V2'", "'bfloat16'"]:
            with self.subTest(descr=descr):
                self.write("a.npy", npy(header(descr, shape="(4,)"), bits.tobytes()))
                self.copy("bf16")
                written = self.read("y.npy")
                self.assertIn(b"{'descr': '<V2', ", written[:128])
                self.assertEqual(len(written) % 64, len(bits.tobytes()))
                self.assertEqual(written[-8:], bits.tobytes())

    def test_output_data_are_aligned(self):
        self.check_copy(FLOATS, FLOATS, dtype="f32")
        written = self.read("y.npy")
        start = 10 + struct.unpack("<H", written[8:10])[0]
        self.assertEqual(start % 64, 0)
        self.assertEqual(written[start - 1 : start], b"\n")
        self.assertEqual(written[start:], DATA)

    def test_versions(self):
        for version in [(1, 0), (2, 0), (3, 0)]:
            with self.subTest(version=version):
                self.check_copy(npy(header(), DATA, version), FLOATS, dtype="f32")

    def test_forms_of_the_header(self):
        forms = [
            "{'shape':(3,),'fortran_order':False,'descr':'<f4'}",
            '{"descr": "<f4", "fortran_order": False, "shape": (3,)}',
            " { 'fortran_order' : False , 'shape' : ( 3 , ) , 'descr' : '<f4' , }   \n",
            header() + " " * 60000,
        ]
        for form in forms:
            with self.subTest(form=form[:80]):
                self.check_copy(npy(form, DATA), FLOATS, dtype="f32")

    def test_any_alignment_of_the_data(self):
        for spaces in range(17):
            self.check_copy(npy(header() + " " * spaces, DATA), FLOATS, dtype="f32")

    def test_fortran_order_of_one_dimension(self):
        self.check_copy(npy(header(order="True"), DATA), FLOATS, dtype="f32")

    def test_single_bytes_in_either_order(self):
        array = np.array([1, 2, 3], "u1")
        for descr in ["'|u1'", "'<u1'"]:
            self.check_copy(npy(header(descr), b"\1\2\3"), array, dtype="u8")


class Bad(WeftCase):
    def setUp(self):
        super().setUp()
        self.write("copy.wfa", copy_program("f32"))
        self.write("y.npy", np.arange(7))  # what an output must not lose

    def reject(self, pattern, content=None):
        if content is not None:
            self.write("a.npy", content)
        return self.fail_with(pattern, "run", "copy.wfa", "a=a.npy", "-o", "y=y.npy")

    def test_truncated_at_every_byte(self):
        self.write("a.npy", FLOATS)
        whole = self.read("a.npy")
        for length in range(len(whole)):
            self.reject(rf"\Aweft: a\.npy: byte {length}: the file (ends|is empty)", whole[:length])

    def test_truncated_within_other_versions(self):
        for version in [(2, 0), (3, 0)]:
            whole = npy(header(), DATA, version)
            for length in (9, 10, 11, 12, 40, len(whole) - 1):
                self.reject(rf"a\.npy: byte {length}: the file ends", whole[:length])

    def test_length_of_the_data(self):
        self.reject(r"a\.npy: byte \d+: the file ends after 11 of the 12 bytes of data",
                    npy(header(), DATA[:-1]))
        self.reject(r"a\.npy: byte \d+: 1 bytes? follow the data", npy(header(), DATA + b"x"))

    def test_fortran_order(self):
        array = np.asfortranarray(np.zeros((2, 3), "<f4"))
        self.reject(r"a\.npy: .*Fortran order; .*np\.ascontiguousarray", array)

    def test_types_that_are_not_read(self):
        self.reject(r"a\.npy: byte \d+: dtype '>f4' is big-endian; .*newbyteorder", FLOATS.astype(">f4"))
        self.reject(r"a\.npy: byte \d+: dtype '>i8' is big-endian", np.zeros(3, ">i8"))
        self.reject(r"a\.npy: byte \d+: structured dtypes", np.zeros(3, [("x", "<f4"), ("y", "<f4")]))
        for dtype in ["<c8", "<c16", "<U3", "S3", "<M8[s]", "V3", "V4"]:
            array = np.zeros(3, dtype)
            with self.subTest(dtype=dtype):
                self.reject(r"a\.npy: byte \d+: dtype '.*' is not one that weft reads", array)
        for descr in ["'f4'", "'=f4'", "'|f4'", "''", "'<f'", "'<f4 '", "'>'", "'" + "x" * 5000 + "'"]:
            with self.subTest(descr=descr[:10]):
                self.reject(r"a\.npy: byte \d+: dtype '.*' is not", npy(header(descr), DATA))

    def test_objects_are_never_unpickled(self):
        with open(self.path("a.npy"), "wb") as file:
            np.save(file, np.array([None, {}], dtype=object), allow_pickle=True)
        self.reject(r"a\.npy: byte \d+: dtype '\|O' is not")

    def test_wrong_type_for_the_parameter(self):
        for array, name in [(np.zeros(3), "f64"), (np.zeros(3, "<i4"), "i32"), (np.zeros(3, "?"), "bool")]:
            self.reject(rf"a\.npy: holds {name}, but 'a' is f32", array)

    def test_damaged_headers(self):
        cases = {
            "not a dict": ("[]", r"expected '\{'"),
            "nothing": ("", r"expected '\{'"),
            "no end": ("{'descr': '<f4', ", "expected a string"),
            "no comma": ("{'descr': '<f4' 'shape': (3,)}", "expected ',' or '}'"),
            "two commas": ("{'descr': '<f4',, 'shape': (3,)}", "expected a string"),
            "only a comma": ("{,}", "expected a string"),
            "no colon": ("{'descr' '<f4'}", "expected ':'"),
            "key twice": ("{'shape': (3,), 'shape': (3,)}", "key 'shape' appears twice"),
            "unknown key": (header()[:-2] + "'x': 1}", "unknown key 'x'"),
            "no descr": ("{'fortran_order': False, 'shape': (3,)}", "no key 'descr'"),
            "no order": ("{'descr': '<f4', 'shape': (3,)}", "no key 'fortran_order'"),
            "no shape": ("{'descr': '<f4', 'fortran_order': False}", "no key 'shape'"),
            "text after": (header() + "x", "unexpected text after"),
            "NUL after": (header() + "\0", "unexpected text after"),
            "open string": ("{'descr", "has no end"),
            "escape": ("{'de\\x73cr': 1}", "unexpected character"),
            "line in a string": ("{'de\nscr': 1}", "unexpected character"),
            "order is a number": (header(order="0"), "expected True or False"),
            "order is text": (header(order="'False'"), "expected True or False"),
            "order runs on": (header(order="Falsely"), "expected ',' or '}'"),
            "descr is a number": (header(descr="4"), "expected a string"),
            "descr is a tuple": (header(descr="('<f4', (2,))"), "expected a string"),
        }
        for name, (text, pattern) in cases.items():
            with self.subTest(name):
                self.reject(rf"a\.npy: byte \d+: .*{pattern}", npy(text, DATA))

    def test_damaged_shapes(self):
        cases = {
            "3": r"expected '\('",
            "[3]": r"expected '\('",
            "(3)": "expected ',' after the only extent",
            "(,)": "expected an extent",
            "(3,,)": "expected an extent",
            "(3 1)": "expected ',' or '\\)'",
            "(3": "expected an extent",
            "(-3,)": "negative",
            "(03,)": "leading zeros",
            "(3.0,)": "expected ',' or '\\)'",
            "(0x3,)": "expected ',' or '\\)'",
            "(3L,)": "expected ',' or '\\)'",
            "(None,)": "expected an extent",
            "(1, 1, 1, 1, 1, 3)": "more than 5 dimensions",
            "(9223372036854775807,)": "more elements than can be addressed",
            "(9223372036854775808,)": "too large",
            "(99999999999999999999999,)": "too large",
            "(4294967296, 4294967296)": "more elements than can be addressed",
            "(3037000500, 3037000500)": "more elements than can be addressed",
            "(0, 4294967296, 4294967296)": "more elements than can be addressed",
        }
        for shape, pattern in cases.items():
            with self.subTest(shape):
                self.reject(rf"a\.npy: byte \d+: .*{pattern}", npy(header(shape=shape), DATA))

    def test_position_of_a_damage(self):
        content = npy("{'descr': '<f4', 'shape': (x,)}", DATA)
        self.reject(rf"a\.npy: byte {content.index(b'x,')}: shape", content)

    def test_prefix(self):
        self.reject(r"a\.npy: byte 0: not a \.npy file", b"PK\x03\x04 and so on, a zip")
        self.reject(r"a\.npy: byte 0: not a \.npy file", b"\x93NUMPX\x01\x00")
        self.reject(r"a\.npy: byte 0: the file is empty", b"")
        for version in [(0, 0), (1, 1), (4, 0), (255, 255)]:
            pattern = rf"a\.npy: byte 6: version {version[0]}\.{version[1]} .*not supported"
            self.reject(pattern, npy(header(), DATA, version))

    def test_length_of_the_header(self):
        self.reject("ends within its header", npy(header(), DATA, length=60000))
        self.reject("longer than weft reads", npy(header(), DATA, (2, 0), length=0xFFFFFFFF))
        self.reject("longer than weft reads", npy(header() + " " * 70000, DATA, (2, 0)))
        self.reject("has no end", npy(header(), DATA, length=20))

    def test_terminal_sequences_are_not_passed_on(self):
        message = self.reject("dtype", npy(header("'\x7f'"), DATA).replace(b"\x7f", b"\x9b"))
        self.assertNotIn("\x1b", message)
        message = self.reject("unexpected character", npy("{'\x1b[31m': 1}", DATA))
        self.assertNotIn("\x1b", message)

    def test_no_such_file(self):
        self.reject(r"\Aweft: a\.npy: No such file or directory\n")

    def test_not_a_regular_file(self):
        os.mkdir(self.path("a.npy"))
        self.reject(r"\Aweft: a\.npy: is a directory\n")
        os.rmdir(self.path("a.npy"))
        os.mkfifo(self.path("a.npy"))
        self.reject(r"\Aweft: a\.npy: is not a regular file\n")

    def test_unreadable_file(self):
        if os.geteuid() == 0:
            self.skipTest("root reads everything")
        os.chmod(self.write("a.npy", FLOATS), 0)
        result = self.command("run", "copy.wfa", "a=a.npy", "-o", "y=y.npy")
        self.assertEqual((result.returncode, result.stderr), (1, "weft: a.npy: Permission denied\n"))


if __name__ == "__main__":
    main()
