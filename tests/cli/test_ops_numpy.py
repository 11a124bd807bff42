#!/usr/bin/env python3
"""Operations end to end: the command assembles and runs programs on .npy files, NumPy says what
they should give.

A grid of operations and types: arithmetic, logic, comparisons, transcendental functions,
conversions, reductions, broadcasting. Where NumPy means something else than weft (division by zero,
shifts by the width, saturation), the expectation is put together from NumPy's parts.
Environment: see weft_case.py.
"""

from weft_case import DTYPES, WeftCase, main, np

SEED = 20260
COUNT = 1000

SIGNED = ["i8", "i16", "i32", "i64"]
UNSIGNED = ["u8", "u16", "u32", "u64"]
INTEGERS = SIGNED + UNSIGNED
FLOATS = ["f32", "f64"]
ARITH = INTEGERS + FLOATS


def bits_of(dtype):
    return np.dtype(DTYPES[dtype]).itemsize * 8


def operand(dtype, salt, count=COUNT):
    """Special and random values of a type, always the same ones."""
    rng = np.random.default_rng([SEED, salt])
    kind = np.dtype(DTYPES[dtype])
    if dtype == "bool":
        return rng.integers(0, 2, count).astype(kind)
    if dtype in INTEGERS:
        info = np.iinfo(kind)
        some = np.array([0, 1, 2, 3, 7, info.max, info.min, info.max - 1, info.min + 1], kind)
        values = rng.integers(info.min, info.max, count, dtype=kind, endpoint=True)
        small = rng.integers(0, 12, count).astype(kind)
        values = np.where(rng.random(count) < 0.4, small, values)
    else:
        info = np.finfo(kind)
        some = np.array(
            [0, -0.0, 1, -1, 0.5, 2.5, -3.5, np.inf, -np.inf, np.nan, info.max, info.tiny, info.tiny / 4],
            kind,
        )
        values = (rng.standard_normal(count) * 10 ** rng.uniform(-3, 3, count)).astype(kind)
    picks = rng.random(count) < 0.2
    values[picks] = rng.choice(some, picks.sum())
    return values


def divide(a, b):
    """Integers: cut towards zero, 0 where b is 0, the lowest by -1 wraps."""
    exact = [0 if y == 0 else abs(x) // abs(y) * (-1 if (x < 0) != (y < 0) else 1) for x, y in pairs(a, b)]
    return wrapped(exact, a.dtype)


def remainder(a, b):
    exact = [0 if y == 0 else (abs(x) % abs(y)) * (-1 if x < 0 else 1) for x, y in pairs(a, b)]
    return wrapped(exact, a.dtype)


def pairs(a, b):
    return zip(a.tolist(), b.tolist())


def wrapped(values, dtype):
    bits = dtype.itemsize * 8
    raw = np.array([v % (1 << bits) for v in values], dtype="u8")
    return raw.astype(f"u{dtype.itemsize}").view(dtype)


def shift(a, b, left):
    bits = a.dtype.itemsize * 8
    amount = [y % bits for y in b.tolist()]
    return wrapped([x << n if left else x >> n for x, n in zip(a.tolist(), amount)], a.dtype)


def rotate(a, b):
    bits = a.dtype.itemsize * 8
    out = []
    for x, y in pairs(a, b):
        x, n = x % (1 << bits), y % bits
        out.append(x << n | x >> (bits - n))
    return wrapped(out, a.dtype)


def popcount(a):
    bits = a.dtype.itemsize * 8
    return wrapped([bin(x % (1 << bits)).count("1") for x in a.tolist()], a.dtype)


def leading_zeros(a):
    bits = a.dtype.itemsize * 8
    return wrapped([bits - (x % (1 << bits)).bit_length() for x in a.tolist()], a.dtype)


def saturated(a, kind):
    """Float to integer: cut towards zero, saturated, NaN is 0."""
    info = np.iinfo(kind)
    out = []
    for x in a.astype("f8").tolist():
        if x != x:
            out.append(0)
        elif x in (np.inf, -np.inf):
            out.append(info.max if x > 0 else info.min)
        else:
            out.append(min(max(int(x), info.min), info.max))
    return np.array(out, dtype=kind)


class Grid(WeftCase):
    def run_program(self, text, inputs, outputs):
        """Writes and assembles the program, runs it on arrays, returns the outputs."""
        source = self.write("program.wfa", text)
        image = self.path("program.wfb")
        self.succeed("asm", source, "-o", image)
        arguments = []
        for name, array in inputs.items():
            arguments.append(f"{name}={self.write(name + '.npy', array)}")
        for name in outputs:
            arguments += ["-o", f"{name}={self.path(name + '-out.npy')}"]
        self.succeed("run", image, *arguments)
        return [self.load(name + "-out.npy") for name in outputs]

    def elementwise(self, op, dtype, arrays, result=None):
        """One operation on strips; result: its type where that is not the operands'."""
        result = result or dtype
        names = "abc"[: len(arrays)]
        file = "p" if dtype == "bool" else "v"
        lines = [".weft 1", ".space 1"]
        lines += [f".in {name} {dtype}" for name in names]
        lines += [f".out y {result}", "loop"]
        lines += [f"ld.{dtype} {file}{i}, [{name}]" for i, name in enumerate(names)]
        target = ("p" if result == "bool" else "v") + "9"
        operands = ", ".join(f"{file}{i}" for i in range(len(arrays)))
        lines += [f"{op}.{dtype} {target}, {operands}", f"st.{result} {target}, [y]", "end", "exit", ""]
        return self.run_program("\n".join(lines), dict(zip(names, arrays)), ["y"])[0]

    def same(self, got, wanted, what):
        self.assertEqual((got.dtype, got.shape), (wanted.dtype, wanted.shape), what)
        np.testing.assert_array_equal(got, wanted, err_msg=what)
        if got.dtype.kind == "f":  # signs of zeros too
            numbers = ~np.isnan(wanted)
            np.testing.assert_array_equal(
                np.signbit(got[numbers]), np.signbit(wanted[numbers]), err_msg=what
            )

    def check(self, op, types, arity, function, result=None):
        for dtype in types:
            with self.subTest(op=op, dtype=dtype):
                arrays = [operand(dtype, salt) for salt in range(arity)]
                with np.errstate(all="ignore"):
                    wanted = function(*arrays)
                got = self.elementwise(op, dtype, arrays, result)
                self.same(got, wanted, f"{op}.{dtype}")


class Arithmetic(Grid):
    def test_ring(self):
        self.check("add", ARITH, 2, np.add)
        self.check("sub", ARITH, 2, np.subtract)
        self.check("mul", ARITH, 2, np.multiply)
        self.check("mad", ARITH, 3, lambda a, b, c: a * b + c)
        self.check("neg", ARITH, 1, np.negative)
        self.check("abs", ARITH, 1, np.absolute)

    def test_division(self):
        self.check("div", INTEGERS, 2, divide)
        self.check("rem", INTEGERS, 2, remainder)
        self.check("div", FLOATS, 2, np.divide)
        self.check("rem", FLOATS, 2, np.fmod)
        self.check("recip", FLOATS, 1, np.reciprocal)

    def test_extremes(self):
        self.check("min", INTEGERS, 2, np.minimum)
        self.check("max", INTEGERS, 2, np.maximum)
        self.check("clamp", INTEGERS, 3, lambda a, b, c: np.minimum(np.maximum(a, b), c))
        for op, function in [("min", np.minimum), ("max", np.maximum), ("fmin", np.fmin), ("fmax", np.fmax)]:
            for dtype in FLOATS:
                with self.subTest(op=op, dtype=dtype):
                    a, b = operand(dtype, 0), operand(dtype, 1)
                    got = self.elementwise(op, dtype, [a, b])
                    np.testing.assert_array_equal(got, function(a, b))  # NumPy leaves ±0 open

    def test_rounding(self):
        for op, function in [
            ("floor", np.floor), ("ceil", np.ceil), ("trunc", np.trunc), ("round", np.rint), ("sqrt", np.sqrt),
        ]:  # fmt: skip
            self.check(op, FLOATS, 1, function)
        self.check("rsqrt", FLOATS, 1, lambda a: np.reciprocal(np.sqrt(a)))
        self.check("copysign", FLOATS, 2, np.copysign)

    def test_fma(self):
        """f32 by way of longer products; f64 where the exact sum is representable."""
        a, b, c = (operand("f32", salt) for salt in range(3))
        finite = np.isfinite(a) & np.isfinite(b) & np.isfinite(c)
        a, b, c = (np.clip(x[finite], -1e6, 1e6).astype("f4") for x in (a, b, c))
        exact = a.astype(np.longdouble) * b.astype(np.longdouble) + c.astype(np.longdouble)
        got = self.elementwise("fma", "f32", [a, b, c])
        np.testing.assert_array_equal(got, exact.astype("f4"))


class Logic(Grid):
    def test_bits(self):
        self.check("and", INTEGERS + ["bool"], 2, np.bitwise_and)
        self.check("or", INTEGERS + ["bool"], 2, np.bitwise_or)
        self.check("xor", INTEGERS + ["bool"], 2, np.bitwise_xor)
        self.check("not", INTEGERS + ["bool"], 1, np.invert)

    def test_shifts(self):
        self.check("shl", INTEGERS, 2, lambda a, b: shift(a, b, True))
        self.check("shr", INTEGERS, 2, lambda a, b: shift(a, b, False))
        self.check("rotl", INTEGERS, 2, rotate)

    def test_counts(self):
        self.check("popcnt", INTEGERS, 1, popcount)
        self.check("clz", INTEGERS, 1, leading_zeros)


class Compare(Grid):
    def test_comparisons(self):
        for op, function in [
            ("eq", np.equal), ("ne", np.not_equal), ("lt", np.less),
            ("le", np.less_equal), ("gt", np.greater), ("ge", np.greater_equal),
        ]:  # fmt: skip
            self.check(op, ARITH, 2, function, result="bool")

    def test_unordered(self):
        def unordered(a, b):
            return np.isnan(a) | np.isnan(b)

        self.check("uno", FLOATS, 2, unordered, result="bool")
        self.check("ord", FLOATS, 2, lambda a, b: ~unordered(a, b), result="bool")
        self.check("one", FLOATS, 2, lambda a, b: (a < b) | (a > b), result="bool")
        self.check("ueq", FLOATS, 2, lambda a, b: ~((a < b) | (a > b)), result="bool")

    def test_select(self):
        for dtype in [t for t in DTYPES if t != "bool"]:
            with self.subTest(dtype=dtype):
                a, b = operand(dtype, 0), operand(dtype, 1)
                c = operand("bool", 2)
                text = f"""
.space 1
.in a {dtype}
.in b {dtype}
.in c bool
.out y {dtype}
loop
    ld.{dtype} v0, [a]
    ld.{dtype} v1, [b]
    ld.bool p0, [c]
    sel.{dtype} v2, p0, v0, v1
    st.{dtype} v2, [y]
end
exit
"""
                got = self.run_program(text, {"a": a, "b": b, "c": c}, ["y"])[0]
                np.testing.assert_array_equal(got.view("u1"), np.where(c, a, b).view("u1"))


class Transcendental(Grid):
    UNARY = {
        "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log, "log2": np.log2,
        "log10": np.log10, "log1p": np.log1p, "sin": np.sin, "cos": np.cos, "tan": np.tan,
        "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh,
        "tanh": np.tanh, "cbrt": np.cbrt, "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    }  # fmt: skip
    BINARY = {"pow": np.power, "atan2": np.arctan2, "hypot": np.hypot}

    def close(self, op, function, arity):
        """Within 4 units of NumPy computing in a wider type: NumPy and libm round as well."""
        for dtype in FLOATS:
            with self.subTest(op=op, dtype=dtype):
                arrays = [operand(dtype, salt) for salt in range(arity)]
                with np.errstate(all="ignore"):
                    wide = function(*(x.astype("f8" if dtype == "f32" else np.longdouble) for x in arrays))
                    wanted = wide.astype(DTYPES[dtype])
                got = self.elementwise(op, dtype, arrays)
                np.testing.assert_array_equal(np.isnan(got), np.isnan(wanted), err_msg=op)
                finite = np.isfinite(wanted) & np.isfinite(got)
                np.testing.assert_array_equal(got[~finite], wanted[~finite], err_msg=op)
                error = np.abs(got[finite] - wanted[finite])
                with np.errstate(over="ignore"):  # beside the largest number
                    unit = np.spacing(np.abs(wanted[finite]))
                self.assertTrue((error <= 4 * unit).all(), op)

    def test_unary(self):
        for op, function in self.UNARY.items():
            self.close(op, function, 1)

    def test_binary(self):
        for op, function in self.BINARY.items():
            self.close(op, function, 2)


class Convert(Grid):
    def test_all_pairs(self):
        for to in DTYPES:
            for source in DTYPES:
                with self.subTest(to=to, source=source):
                    self.convert(to, source)

    def convert(self, to, source):
        a = operand(source, 0, 300)
        kind = np.dtype(DTYPES[to])
        with np.errstate(all="ignore"):
            if a.dtype.kind == "f" and kind.kind in "iu":
                wanted = saturated(a, kind)
            else:
                wanted = a.astype(kind)
        files = ["p" if t == "bool" else "v" for t in (source, to)]
        text = f"""
.space 1
.in a {source}
.out y {to}
loop
    ld.{source} {files[0]}0, [a]
    cvt.{to}.{source} {files[1]}1, {files[0]}0
    st.{to} {files[1]}1, [y]
end
exit
"""
        self.same(self.run_program(text, {"a": a}, ["y"])[0], wanted, f"cvt.{to}.{source}")


class Reduce(Grid):
    def reduce(self, op, dtype, arrays, result):
        file = "p" if dtype == "bool" else "v"
        names = "ab"[: len(arrays)]
        loads = "\n".join(f"ld.{dtype} {file}{i}, [{name}]" for i, name in enumerate(names))
        operands = ", ".join(f"{file}{i}" for i in range(len(arrays)))
        inputs = "\n".join(f".in {name} {dtype}" for name in names)
        text = f"""
.space 1
{inputs}
.out y {result} dims none
loop
{loads}
{op}.{dtype} s0, {operands}
end
st.{result} s0, [y]
exit
"""
        return self.run_program(text, dict(zip(names, arrays)), ["y"])[0]

    def test_integers(self):
        for dtype in INTEGERS:
            wide = "i64" if dtype in SIGNED else "u64"
            a, b = operand(dtype, 0), operand(dtype, 1)
            wa, wb = a.astype(DTYPES[wide]), b.astype(DTYPES[wide])
            with self.subTest(dtype=dtype), np.errstate(all="ignore"):
                for op, arrays, result, wanted in [
                    ("sum", [a], wide, wa.sum()),
                    ("prod", [a | 1], wide, (wa | 1).prod()),
                    ("dot", [a, b], wide, (wa * wb).sum()),
                    ("minval", [a], dtype, a.min()),
                    ("maxval", [a], dtype, a.max()),
                    ("argmin", [a], "i64", a.argmin()),
                    ("argmax", [a], "i64", a.argmax()),
                ]:
                    self.assertEqual(self.reduce(op, dtype, arrays, result)[()], wanted, op)

    def test_floats(self):
        rng = np.random.default_rng(SEED)
        for dtype in FLOATS:
            a, b = (rng.standard_normal(5000).astype(DTYPES[dtype]) for _ in range(2))
            wide = a.astype(np.longdouble)
            tolerance = 1e-5 if dtype == "f32" else 1e-13
            with self.subTest(dtype=dtype):
                near = (1 + a / 1000).astype(DTYPES[dtype])
                for op, arrays, wanted in [
                    ("sum", [a], wide.sum()),
                    ("prod", [near], near.astype(np.longdouble).prod()),
                    ("dot", [a, b], (wide * b.astype(np.longdouble)).sum()),
                ]:
                    got = self.reduce(op, dtype, arrays, dtype)[()]
                    self.assertLess(abs(got - wanted), tolerance * max(1, abs(wanted), 100), op)
                for op, wanted in [("minval", a.min()), ("maxval", a.max())]:
                    self.assertEqual(self.reduce(op, dtype, [a], dtype)[()], wanted, op)
                a[[7, 4000]] = np.nan
                self.assertTrue(np.isnan(self.reduce("minval", dtype, [a], dtype)[()]))
                for op in ["argmin", "argmax"]:
                    self.assertEqual(self.reduce(op, dtype, [a], "i64")[()], 7, op)

    def test_bools(self):
        for a in [operand("bool", 0), np.zeros(300, bool), np.ones(300, bool)]:
            self.assertEqual(self.reduce("any", "bool", [a], "bool")[()], a.any())
            self.assertEqual(self.reduce("all", "bool", [a], "bool")[()], a.all())
            self.assertEqual(self.reduce("count", "bool", [a], "i64")[()], np.count_nonzero(a))

    def test_axes(self):
        """Sums along each axis of three dimensions; whole numbers, so that the order is free."""
        rng = np.random.default_rng(SEED)
        a = rng.integers(-1000, 1000, (5, 17, 130)).astype("f8")
        for axis in range(3):
            others = [d for d in range(3) if d != axis]
            text = f"""
.space 3
.in a f64
.out y f64 dims {others[0]},{others[1]}
each {others[0]}
each {others[1]}
loop {axis}
    ld.f64 v0, [a]
    sum.f64 s0, v0
end
st.f64 s0, [y]
end
end
exit
"""
            np.testing.assert_array_equal(self.run_program(text, {"a": a}, ["y"])[0], a.sum(axis))


class Shapes(Grid):
    def test_broadcasting(self):
        """Missing dimensions and dimensions of 1 are repeated as NumPy repeats them."""
        rng = np.random.default_rng(SEED)
        text = """
.space 3
.in a f32
.in b f32
.out y f32
loop
    ld.f32 v0, [a]
    ld.f32 v1, [b]
    sub.f32 v0, v0, v1
    st.f32 v0, [y]
end
exit
"""
        for left, right in [
            ((4, 5, 6), (4, 5, 6)), ((4, 5, 6), (6,)), ((4, 5, 6), (5, 1)), ((4, 1, 6), (1, 5, 6)),
            ((4, 5, 1), (1,)), ((1, 1, 300), (2, 3, 1)), ((7, 1, 1), (2, 2)), ((3, 1, 2), ()),
        ]:  # fmt: skip
            with self.subTest(left=left, right=right):
                a = rng.standard_normal(left).astype("f4")
                b = np.asarray(rng.standard_normal(right), "f4")
                wanted = np.asarray(a - b)
                got = self.run_program(text, {"a": a, "b": b}, ["y"])[0]
                self.same(got, wanted, f"{left} {right}")

    def test_gather(self):
        rng = np.random.default_rng(SEED)
        table = rng.standard_normal((50, 3)).astype("f8")
        at = rng.integers(0, 50, 1000).astype("i4")
        text = """
.space 1
.in i i32
.table t f64[3]
.out y f64
loop
    ld.i32 v0, [i]
    gather.f64.i32 v1, [t.0], v0
    gather.f64.i32 v2, [t.2], v0
    add.f64 v1, v1, v2
    st.f64 v1, [y]
end
exit
"""
        got = self.run_program(text, {"i": at, "t": table}, ["y"])[0]
        self.same(got, table[at, 0] + table[at, 2], "gather")


if __name__ == "__main__":
    main()
