"""weft_numpy.py: what the comparisons with NumPy share: special values of every type, NumPy's types
with bf16 beside them, and weft_eval on NumPy arrays.

An array of bf16 is one of uint16 with its bits; everywhere else an array's own dtype says what it is.
Debian's NumPy may be older than 2: nothing here relies on its rules for Python's scalars; where a
literal meets an array, WEAK_INT and WEAK_FLOAT are NumPy 2's rules as a table.
Environment: WEFT_LIBRARY. Neighbours: test_*.py, tests/support/weft_ctypes.py.
"""

import ctypes as c
import os
import sys
import unittest

try:
    import numpy as np
except ImportError:  # CMake prefers Debian's Python, which has it
    print("no NumPy for this Python")
    sys.exit(77)

import weft_ctypes as ffi

NUMPY = {
    "bool": np.dtype("?"), "i8": np.dtype("i1"), "i16": np.dtype("i2"), "i32": np.dtype("i4"),
    "i64": np.dtype("i8"), "u8": np.dtype("u1"), "u16": np.dtype("u2"), "u32": np.dtype("u4"),
    "u64": np.dtype("u8"), "f16": np.dtype("f2"), "bf16": np.dtype("u2"), "f32": np.dtype("f4"),
    "f64": np.dtype("f8"),
}  # fmt: skip
TYPES = list(NUMPY)
SIGNED = ["i8", "i16", "i32", "i64"]
UNSIGNED = ["u8", "u16", "u32", "u64"]
INTEGERS = SIGNED + UNSIGNED
FLOATS = ["f16", "bf16", "f32", "f64"]
NAMES = {NUMPY[name]: name for name in TYPES if name != "bf16"}

# The type of a literal beside an array of bool or integers; with all others it takes the array's.
WEAK_INT = {"bool": "i64"}
WEAK_FLOAT = {name: "f64" for name in ["bool"] + INTEGERS}


def weak(dtype, literal):
    """The common type of an array and a literal of the text."""
    return (WEAK_FLOAT if isinstance(literal, float) else WEAK_INT).get(dtype, dtype)


def common(a, b):
    """The common type of two arrays."""
    if a == b:
        return a
    if "bf16" in (a, b):
        other = a if b == "bf16" else b
        return {"bool": "bf16", "i8": "bf16", "u8": "bf16", "f16": "f32", "i16": "f32", "u16": "f32",
                "f32": "f32"}.get(other, "f64")  # fmt: skip
    return NAMES[np.promote_types(NUMPY[a], NUMPY[b])]


def float_of(dtype):
    """The float type in which functions that need one take `dtype`."""
    return {"bool": "f16", "i8": "f16", "u8": "f16", "i16": "f32", "u16": "f32"}.get(
        dtype, dtype if dtype in FLOATS else "f64")


# --- bf16, and types that are computed in others --------------------------------------------------


def from_bf16(bits):
    return np.asarray(np.asarray(bits, "u4") * np.uint32(65536), "u4").view("f4")


def to_bf16(values):
    """Rounds f32 or f64 to bf16, once, to nearest even. NaN becomes one NaN."""
    values = np.asarray(values)
    single = values.astype("f4")
    bits = single.view("u4")
    if values.dtype.itemsize > 4:  # to odd first, so that the second rounding sees that it was inexact
        wide = single.astype(values.dtype)
        too_far = np.abs(wide) > np.abs(values)
        bits = np.where(too_far & np.isfinite(values), bits - 1, bits)
        bits = np.where((wide != values) & np.isfinite(values), bits | 1, bits)
    rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
    return np.where(np.isnan(single), 0x7FC0, rounded).astype("u2")


def wide(dtype, array):
    """The array as it is computed with: f16 and bf16 as f32."""
    if dtype == "bf16":
        return from_bf16(array)
    return array.astype("f4") if dtype == "f16" else array


def narrow(dtype, values):
    """Results of a computation as an array of their type."""
    return to_bf16(values) if dtype == "bf16" else np.asarray(values).astype(NUMPY[dtype])


def convert(array, source, to):
    """From a type to another one that holds it, or to f64."""
    if source == to:
        return array
    return narrow(to, wide(source, array))


# --- special values -------------------------------------------------------------------------------


def special_integers(dtype):
    info = np.iinfo(NUMPY[dtype])
    values = [0, 1, 2, 3, 5, 7, 31, 100, info.max, info.max - 1, info.max // 2, info.min, info.min + 1]
    if dtype in SIGNED:
        values += [-1, -2, -3, -7, -100]
    return np.array(values, NUMPY[dtype])


def special_floats(dtype):
    """Exact in every float type: the limits are the type's own."""
    kind = np.dtype("f4") if dtype == "bf16" else NUMPY[dtype]
    info = np.finfo(kind)
    least, most = info.tiny, float(info.max)
    subnormal = float(np.nextafter(kind.type(0), kind.type(1)))
    if dtype == "bf16":
        most, subnormal = float.fromhex("0x1.fep127"), float.fromhex("0x1p-133")
    with np.errstate(over="ignore"):
        values = [0.0, 1, 2, 3, 0.5, 1.5, 2.5, 10.25, 100.5, 0.0625, 1 + 2.0**-7, 3.140625, 127, 255,
                  most, most / 2, least, subnormal, subnormal * 5, float(least) - subnormal, np.inf]  # fmt: skip
        array = np.array(values)
    array = np.concatenate([array, -array, [np.nan]])
    return narrow(dtype, array)


def special(dtype):
    if dtype == "bool":
        return np.array([False, True])
    return special_floats(dtype) if dtype in FLOATS else special_integers(dtype)


def pairs(a, b):
    """All pairs of the two types' special values."""
    x, y = special(a), special(b)
    return np.repeat(x, len(y)), np.tile(y, len(x))


def samples(dtype, count=400):
    """Random values of all magnitudes and of those around 1, always the same ones; special ones first."""
    random = np.random.default_rng([20, TYPES.index(dtype)])
    if dtype not in FLOATS:
        if dtype == "bool":
            return special(dtype)
        info = np.iinfo(NUMPY[dtype])
        some = random.integers(info.min, info.max, count, dtype=NUMPY[dtype], endpoint=True)
        return np.concatenate([special(dtype), some, random.integers(0, 12, 50).astype(NUMPY[dtype])])
    size = {"f16": 4.5, "bf16": 37, "f32": 37, "f64": 300}[dtype]
    values = np.concatenate([
        10 ** random.uniform(-size, size, count // 4), random.uniform(-20, 20, count // 4),
        random.uniform(-1.1, 1.1, count // 4), 1 + random.uniform(-1e-2, 1e-2, count // 4),
    ])  # fmt: skip
    signs = random.choice([-1.0, 1.0], len(values))
    return np.concatenate([special(dtype), narrow(dtype, values * signs)])


# --- weft_eval ------------------------------------------------------------------------------------


class EvalError(Exception):
    def __init__(self, error):
        super().__init__(error.message.decode())
        self.status, self.line, self.column = error.status, error.line, error.column


def describe(name, array, dtype):
    """An argument; the array must live as long."""
    arg = ffi.Arg(name=name, data=array.ctypes.data, type=ffi.TYPES[dtype], rank=array.ndim)
    for d in range(array.ndim):
        arg.shape[d], arg.strides[d] = array.shape[d], array.strides[d]
    return arg


def type_of(array):
    return NAMES[array.dtype]


class Weft:
    """A context of its own. Arguments are arrays; (array, dtype) where that is bf16."""

    def __init__(self):
        self.library = ffi.load()
        self.context = c.c_void_p()
        assert self.library.weft_context_create(None, c.byref(self.context)) == ffi.OK
        self.error = ffi.Error()

    def close(self):
        self.library.weft_context_destroy(self.context)

    def call(self, text, args, count, result, flags=0):
        text = text.encode()
        status = self.library.weft_eval(self.context, text, len(text), args, count, flags,
                                        c.byref(result), c.byref(self.error))  # fmt: skip
        if status != ffi.OK:
            assert self.error.status == status and self.error.message, text
            raise EvalError(self.error)

    def eval(self, text, flags=0, **arrays):
        """Type and value of an expression."""
        args = (ffi.Arg * max(len(arrays), 1))()
        for i, (name, array) in enumerate(arrays.items()):
            array, dtype = array if isinstance(array, tuple) else (array, type_of(array))
            args[i] = describe(name.encode(), array, dtype)
        result = ffi.Arg()
        self.call(text, args, len(arrays), result, flags)
        dtype = TYPE_NAMES[result.type]
        value = np.empty(list(result.shape[: result.rank]), NUMPY[dtype])
        strides = list(result.strides[: result.rank])
        assert value.size == 0 or strides == list(value.strides), (text, strides)
        result.data = value.ctypes.data
        self.call(text, args, len(arrays), result, flags)
        return dtype, value


TYPE_NAMES = {value: name for name, value in ffi.TYPES.items()}


# --- comparisons ----------------------------------------------------------------------------------


def spacing(dtype, values):
    """Distance of a number of the type to the next larger one, as longdouble."""
    values = np.abs(values).astype(np.longdouble)
    digits, least = {"f16": (10, -14), "bf16": (7, -126), "f32": (23, -126), "f64": (52, -1022)}[dtype]
    with np.errstate(all="ignore"):
        exponent = np.frexp(np.where(np.isfinite(values) & (values > 0), values, 1))[1] - 1
    exponent = np.where(values > 0, exponent, least)
    return np.ldexp(np.longdouble(1), np.maximum(exponent, least) - digits)


class NumpyCase(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.weft = Weft()

    @classmethod
    def tearDownClass(cls):
        cls.weft.close()

    def eval(self, text, **arrays):
        return self.weft.eval(text, **arrays)

    def fail_with(self, text, pattern=".", status=ffi.ERR_SYNTAX, **arrays):
        """The expression is refused, with a message. Returns the error."""
        with self.assertRaisesRegex(EvalError, pattern, msg=text) as caught:
            self.eval(text, **arrays)
        self.assertEqual(caught.exception.status, status, (text, str(caught.exception)))
        return caught.exception

    def same(self, dtype, got, wanted, what, zeros=True):
        """Every bit, but for the bits of a NaN, and signs of zeros unless `zeros`."""
        self.assertEqual(got.shape, wanted.shape, what)
        self.assertEqual(got.dtype, wanted.dtype, what)
        if dtype not in FLOATS:
            bad = got != wanted
        else:
            x, y = wide(dtype, got), wide(dtype, wanted)
            bad = (x != y) & ~(np.isnan(x) & np.isnan(y))
            if zeros:
                bad |= (np.signbit(x) != np.signbit(y)) & ~np.isnan(x)
            got, wanted = x, y
        if bad.any():
            at = np.flatnonzero(bad)[0]
            self.fail(f"{what}: {bad.sum()} of {bad.size} differ, first at {at}: "
                      f"{got.ravel()[at]!r} for {wanted.ravel()[at]!r}")  # fmt: skip

    def close(self, dtype, got, exact, ulp, what):
        """Within `ulp` units of the exact values (longdouble); infinities and NaN in the same places."""
        with np.errstate(all="ignore"):
            x, rounded = wide(dtype, got).astype(np.longdouble), wide(dtype, narrow(dtype, exact))
            self.same("bool", np.isnan(x), np.isnan(rounded), f"{what}, NaN")
            finite = np.isfinite(rounded) & np.isfinite(x)
            unit = spacing(dtype, rounded)
            error = np.where(finite, np.abs(x - exact) / unit, 0)
            # Beside the largest number an error within the bound may decide between it and infinity.
            wrong = ~finite & ~np.isnan(x) & (x != rounded)
        bad = (error > ulp) | wrong
        if bad.any():
            at = int(np.argmax(np.where(wrong, np.inf, error)))
            self.fail(f"{what}: {bad.sum()} of {bad.size} are off, most at {at}: {x[at]!r} for {exact[at]!r}, "
                      f"{error[at]:.3f} units")  # fmt: skip


def both(dtype, array):
    """An argument of Weft.eval."""
    return (array, dtype)


def main():
    if not hasattr(ffi.load(), "weft_eval"):
        print("the library has no weft_eval")
        sys.exit(77)
    assert os.environ["WEFT_LIBRARY"]
    unittest.main()
