"""test_operators.py: every operator on all pairs of types, at all pairs of special values, beside NumPy.

Result types are NumPy's (asked on empty arrays), values NumPy's bit for bit but for powers of floats.
What follows another rule than NumPy's is in DEVIATIONS. Neighbours: weft_numpy.py,
test_functions.py.
"""

import functools

import weft_ctypes as ffi
from weft_numpy import (FLOATS, INTEGERS, NAMES, NUMPY, SIGNED, TYPES, NumpyCase, common, convert, main, narrow, np,
                        pairs, special, weak, wide)

# What weft does otherwise than NumPy, and why.
DEVIATIONS = {
    "integer powers with negative exponents": "NumPy raises an error, at run time; weft cannot, and gives the true"
                                              " value cut towards zero (0 ** -1 is 0)",
    "comparisons of i64 and u64": "NumPy before 1.25 compared them as f64; weft compares the numbers",
    "bf16": "NumPy has none; the types are ml_dtypes' with f16 and f32, and f16's rules moved to bf16's width",
    "literals from 2 ** 63 on": "have the type u64, as NumPy gives them where they meet nothing",
    "powers of integer literals": "with a negative exponent f64, as Python's",
    "powers of floats": "both within 1 unit of the exact value, not the same bits; x ** 3 and x ** 4 are products",
}

COMPARISONS = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
               "==": np.equal, "!=": np.not_equal}  # fmt: skip
BITS = {"&": np.bitwise_and, "|": np.bitwise_or, "^": np.bitwise_xor}
SHIFTS = {"<<": np.left_shift, ">>": np.right_shift}
LOGIC = {"and": np.logical_and, "or": np.logical_or}
ARITHMETIC = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.true_divide, "//": np.floor_divide,
              "%": np.remainder, "**": np.power}  # fmt: skip
OPERATORS = {**ARITHMETIC, **SHIFTS, **BITS, **COMPARISONS, **LOGIC}


@functools.lru_cache(maxsize=None)
def result_type(op, a, b):
    """The result's type; None where NumPy refuses the operands' types."""
    if op in LOGIC or op in COMPARISONS:
        return "bool"
    if "bf16" in (a, b):
        return None if op in BITS or op in SHIFTS else common(a, b)
    try:
        with np.errstate(all="ignore"):
            return NAMES[OPERATORS[op](np.empty(0, NUMPY[a]), np.empty(0, NUMPY[b])).dtype]
    except TypeError:
        return None


# --- what NumPy leaves open, or means otherwise, put together from its parts ----------------------


def power(x, y):
    """Of integers: wraps; a negative exponent gives the true value cut towards zero."""
    bits = 8 * x.dtype.itemsize

    def one(base, exponent):
        if exponent < 0:
            return 1 if base == 1 or (base == -1 and exponent % 2 == 0) else -1 if base == -1 else 0
        return pow(base, exponent, 1 << bits)

    raw = [one(base, exponent) % (1 << bits) for base, exponent in zip(x.tolist(), y.tolist())]
    return np.array(raw, f"u{x.dtype.itemsize}").view(x.dtype)


def exact_power(dtype, x, y):
    x, y = wide(dtype, x).astype("f8"), wide(dtype, y).astype("f8")
    double = np.power(x, y).astype(np.longdouble)
    if dtype != "f64":
        return double
    # powl of glibc is wrong at some infinities, where pow is right.
    ordinary = np.isfinite(double) & (double != 0)
    return np.where(ordinary, np.power(x.astype(np.longdouble), y.astype(np.longdouble)), double)


def shift(op, x, y):
    inside = (y >= 0) & (y < 8 * x.dtype.itemsize)
    amount = np.where(inside, y, 0).astype(x.dtype)
    beyond = np.where(x < 0, -1, 0).astype(x.dtype) if op == ">>" else np.zeros_like(x)
    return np.where(inside, SHIFTS[op](x, amount), beyond)


def compare(op, x, y):
    if {x.dtype, y.dtype} == {np.dtype("i8"), np.dtype("u8")}:
        return COMPARISONS[op](x.astype(object), y.astype(object)).astype("?")
    return None


def reference(op, a, x, b, y):
    """Result type and value of a pair of arrays; None instead of the value for powers of floats."""
    result = result_type(op, a, b)
    if op in LOGIC:
        return result, OPERATORS[op](wide(a, x) != 0, wide(b, y) != 0)
    if op in COMPARISONS:
        exact = compare(op, x, y)
        if exact is not None:
            return result, exact
        both = common(a, b)
        return result, COMPARISONS[op](wide(both, convert(x, a, both)), wide(both, convert(y, b, both)))
    x, y = convert(x, a, result), convert(y, b, result)
    if op == "**":
        return result, None if result in FLOATS else power(x, y)
    if op in SHIFTS:
        return result, shift(op, x, y)
    return result, narrow(result, OPERATORS[op](wide(result, x), wide(result, y)))


class Case(NumpyCase):
    def setUp(self):
        self.enterContext(np.errstate(all="ignore"))

    def enterContext(self, context):  # Python 3.11 has it
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def check(self, text, op, a, p, b, q, **arguments):
        """`text` gives what `op` gives of p and q, which are as large as the result."""
        what = f"{text}: {a} {op} {b}"
        if result_type(op, a, b) is None:
            error = self.fail_with(text, **arguments)
            self.assertRegex(str(error), "bool|i64|u64|f16|bf16|f32|f64|integer|float", what)
            return
        result, wanted = reference(op, a, p, b, q)
        dtype, got = self.eval(text, **arguments)
        self.assertEqual(dtype, result, what)
        if wanted is not None:
            self.same(dtype, got, wanted, what)
        else:
            exact = exact_power(dtype, convert(p, a, dtype), convert(q, b, dtype))
            # Half a unit more where f32's result is rounded to a shorter type.
            self.close(dtype, got, exact, 1 if dtype in ("f32", "f64") else 0.51, what)


class Pairs(Case):
    def each(self, operators):
        for op in operators:
            for a in TYPES:
                for b in TYPES:
                    with self.subTest(op=op, a=a, b=b):
                        x, y = pairs(a, b)
                        self.check(f"x {op} y", op, a, x, b, y, x=(x, a), y=(y, b))

    def test_arithmetic(self):
        self.each(ARITHMETIC)

    def test_bits_and_shifts(self):
        self.each([*BITS, *SHIFTS])

    def test_comparisons_and_logic(self):
        self.each([*COMPARISONS, *LOGIC])

    def test_scalars_with_types(self):
        """A single value of a type counts as an array does, on either side and on both."""
        for op in OPERATORS:
            for a in TYPES:
                for b in {a, "f32", "i32", "u64"}:
                    with self.subTest(op=op, a=a, b=b):
                        x, y = special(a), special(b)[-2]
                        full, one = np.full(x.shape, y), np.array(y)
                        self.check(f"x {op} y", op, a, x, b, full, x=(x, a), y=(one, b))
                        self.check(f"y {op} x", op, b, full, a, x, x=(x, a), y=(one, b))

    def test_two_scalars(self):
        for op in OPERATORS:
            for a, b in [("f32", "f32"), ("i32", "f32"), ("i64", "i64"), ("u8", "i8")]:
                with self.subTest(op=op, a=a, b=b):
                    x, y = np.array(special(a)[3:4][0]), np.array(special(b)[2:3][0])
                    if result_type(op, a, b) is None:
                        continue
                    dtype, got = self.eval(f"x {op} y", x=x, y=y)
                    self.assertEqual((dtype, got.shape), (result_type(op, a, b), ()))
                    wanted = reference(op, a, x.reshape(1), b, y.reshape(1))[1]
                    if wanted is not None:
                        self.same(dtype, got.reshape(1), wanted, op)


def products(dtype, x, exponent):
    """x ** exponent as products; f16 and bf16 are rounded once, at the end."""
    if exponent < 0 and dtype not in FLOATS:
        return power(x, np.full_like(x, exponent))
    x = wide(dtype, x)
    square = x * x
    return narrow(dtype, [np.ones_like(x), x, square, square * x, square * square, 1 / x][exponent])


class Literals(Case):
    """A literal takes the type of what it meets; beside an integer a float literal is f64."""

    def each(self, operators, literals):
        for op in operators:
            for a in TYPES:
                for literal in literals:
                    b = weak(a, literal)
                    if b in INTEGERS and not np.iinfo(NUMPY[b]).min <= literal <= np.iinfo(NUMPY[b]).max:
                        continue
                    with self.subTest(op=op, a=a, literal=literal):
                        x = special(a)
                        full = narrow(b, np.full(x.shape, literal))
                        if result_type(op, b, b) is None or not (op == "**" and isinstance(literal, int)):
                            self.check(f"x {op} {literal!r}", op, b, convert(x, a, b), b, full, x=(x, a))
                        if not (op in ("//", "%") and literal == 0):
                            self.check(f"({literal!r}) {op} x", op, b, full, b, convert(x, a, b), x=(x, a))

    def test_integers(self):
        self.each([op for op in OPERATORS if op not in ("//", "%")], [0, 1, 2, -1, 3, 100])
        self.each(["//", "%"], [1, 2, -1, 3, -3, 100])

    def test_floats(self):
        self.each([op for op in OPERATORS if op not in SHIFTS and op not in BITS], [0.0, 0.5, -2.0, 2.0, 1e-3, 1e6])

    def test_bits_with_float_literals(self):
        for op in [*SHIFTS, *BITS]:
            for a in TYPES:
                self.fail_with(f"x {op} 2.0", x=(special(a), a))

    def test_integer_powers(self):
        """Constant exponents are products; larger ones are powers."""
        for a in TYPES:
            b = weak(a, 1)
            x = convert(special(a), a, b)
            for exponent in [-1, 0, 1, 2, 3, 4]:
                if exponent < 0 and b in INTEGERS and b not in SIGNED:
                    continue
                with self.subTest(a=a, exponent=exponent):
                    dtype, got = self.eval(f"x ** {exponent}", x=(special(a), a))
                    self.assertEqual(dtype, b)
                    self.same(b, got, products(b, x, exponent), f"{a} ** {exponent}")
            for exponent in [5, 7, 10] + ([-2, -3] if b not in INTEGERS or b in SIGNED else []):
                with self.subTest(a=a, exponent=exponent):
                    full = narrow(b, np.full(x.shape, exponent))
                    self.check(f"x ** {exponent}", "**", b, x, b, full, x=(special(a), a))

    def test_literals_alone(self):
        for text, dtype, value in [
            ("1 + 2", "i64", 3), ("7 // 2", "i64", 3), ("-7 // 2", "i64", -4), ("-7 % 3", "i64", 2),
            ("7 / 2", "f64", 3.5), ("2 ** 10", "i64", 1024), ("2 ** 0.5", "f64", 2**0.5), ("1 < 2 < 3", "bool", True),
            ("0.1 + 0.2", "f64", 0.1 + 0.2), ("1 << 62", "i64", 1 << 62), ("-2 ** 2", "i64", -4),
            ("2 ** -1", "f64", 0.5), ("2 ** 3 ** 2", "i64", 512), ("~5", "i64", -6), ("6 & 3 | 8 ^ 1", "i64", 11),
            ("not 0", "bool", True), ("True + True", "bool", True), ("1 if 0.5 else 2.5", "f64", 1.0),
            ("pi", "f64", np.pi), ("e", "f64", np.e), ("-inf", "f64", -np.inf), ("nan", "f64", np.nan),
            ("1_000 + 0x10 + 0b101", "i64", 1021), (".5 + 1e-3 + 0x1.8p3", "f64", 0.5 + 1e-3 + 12), ("5 % 3.0", "f64", 2.0),
            ("-9223372036854775808", "i64", -(2**63)),
        ]:  # fmt: skip
            with self.subTest(text):
                got_type, got = self.eval(text)
                self.assertEqual((got_type, got.shape), (dtype, ()))
                self.same(dtype, got, np.array(value, NUMPY[dtype]), text)

    def test_what_is_made_of_literals(self):
        """is a literal: it takes the type of what it meets."""
        x = special("f32")
        for text, factor in [("sqrt(2)", np.sqrt(2)), ("(1 / 3)", 1 / 3), ("(2 ** 0.5 + 1)", 2**0.5 + 1), ("min(3, 0.1)", 0.1),
                             ("-pi", -np.pi), ("abs(-5)", 5)]:  # fmt: skip
            with self.subTest(text):
                dtype, got = self.eval(f"x * {text}", x=x)
                self.assertEqual(dtype, "f32")
                self.same("f32", got, x * np.float32(factor), text)

    def test_literals_that_do_not_fit(self):
        for dtype in INTEGERS:
            info, x = np.iinfo(NUMPY[dtype]), special(dtype)
            for literal in (info.max + 1, info.min - 1):
                if literal == 2**63:
                    continue
                error = self.fail_with(f"x + {literal}", x=x)
                self.assertIn(error.column, (3, 5), str(error))
            if dtype in SIGNED:
                self.same(dtype, self.eval(f"x + ({info.min})", x=x)[1], x + x.dtype.type(info.min), dtype)
            self.same(dtype, self.eval(f"x + {info.max}", x=x)[1], x + x.dtype.type(info.max), dtype)
        self.fail_with("9223372036854775807 + 1", "does not fit")
        self.fail_with("2 ** 63", "does not fit")
        self.fail_with("18446744073709551616")
        self.fail_with("1 - -9223372036854775809", "does not fit")

    def test_division_by_a_constant_zero(self):
        for dtype in INTEGERS + ["bool"]:
            for op in ("//", "%"):
                error = self.fail_with(f"x {op} 0", "zero", x=special(dtype))
                self.assertEqual(error.line, 1)
        self.fail_with("1 // 0", "zero")
        self.fail_with("5 % (3 - 3)", "zero")
        for text in ("x / 0", "x // 0.0", "x % 0.0"):
            self.eval(text, x=special("i32"))
        for text in ("x / 0", "x // 0", "x % 0"):
            self.eval(text, x=special("f32"))


class Unary(Case):
    def check_unary(self, text, function, refused):
        for a in TYPES:
            x = special(a)
            with self.subTest(text=text, a=a):
                if a in refused:
                    self.fail_with(text, x=(x, a))
                    continue
                dtype, got = self.eval(text, x=(x, a))
                wanted = function(wide(a, x))
                self.assertEqual(dtype, "bool" if wanted.dtype == "?" else a)
                self.same(dtype, got, wanted if dtype == "bool" else narrow(a, wanted), f"{text} of {a}")

    def test_all(self):
        self.check_unary("-x", np.negative, ["bool"])
        self.check_unary("~x", np.invert, FLOATS)
        self.check_unary("not x", np.logical_not, [])
        self.check_unary("-(-x)", lambda x: x, ["bool"])


class Conditions(Case):
    def test_types_of_values(self):
        for a in TYPES:
            for b in TYPES:
                x, y = pairs(a, b)
                with self.subTest(a=a, b=b):
                    condition = np.arange(len(x)) % 3 == 0
                    result = common(a, b)
                    wanted = np.where(condition, convert(x, a, result), convert(y, b, result))
                    for text in ("x if c else y", "where(c, x, y)"):
                        dtype, got = self.eval(text, c=condition, x=(x, a), y=(y, b))
                        self.assertEqual(dtype, result)
                        self.same(dtype, got, wanted, text)

    def test_types_of_conditions(self):
        for a in TYPES:
            c = special(a)
            x = np.arange(len(c), dtype="f4")
            dtype, got = self.eval("x if c else -1", c=(c, a), x=x)
            self.assertEqual(dtype, "f32")
            self.same(dtype, got, np.where(wide(a, c) != 0, x, np.float32(-1)), a)

    def test_chains(self):
        x, y = pairs("f64", "f64")
        z = np.roll(y, 7)
        for text, wanted in [
            ("x < y <= z", (x < y) & (y <= z)), ("x == y != z", (x == y) & (y != z)),
            ("0 < x < y < 100", (0 < x) & (x < y) & (y < 100)), ("not x < y", ~(x < y)),
            ("x < y and y < z or z > 0", (x < y) & (y < z) | (z > 0)),
        ]:  # fmt: skip
            self.same("bool", self.eval(text, x=x, y=y, z=z)[1], wanted, text)


class Casts(Case):
    """cast(x, T), T(x): integers wrap, floats saturate, NaN is 0; to bool: is it not 0."""

    def converted(self, source, x, to):
        values = wide(source, x)
        if to == "bool":
            return values != 0
        if to in FLOATS:
            return narrow(to, values)
        if source not in FLOATS:
            return values.astype(NUMPY[to])
        info = np.iinfo(NUMPY[to])
        cut = [0 if v != v else info.max if v == np.inf else info.min if v == -np.inf
               else min(max(int(v), info.min), info.max) for v in values.tolist()]  # fmt: skip
        return np.array(cut, NUMPY[to])

    def test_all_pairs(self):
        for source in TYPES:
            x = special(source)
            for to in TYPES:
                with self.subTest(source=source, to=to):
                    for text in (f"cast(x, {to})", f"{to}(x)"):
                        dtype, got = self.eval(text, x=(x, source))
                        self.assertEqual(dtype, to)
                        self.same(to, got, self.converted(source, x, to), f"{text} of {source}")

    def test_literals(self):
        for to in TYPES:
            dtype, got = self.eval(f"{to}(1)")
            self.assertEqual((dtype, got.shape), (to, ()))
            self.same(to, got, narrow(to, np.ones(())), to)
        self.assertEqual(self.eval("f32(0.1) + x", x=np.ones(1, "i1"))[0], "f32")
        self.assertEqual(self.eval("f64(1) * x", x=np.ones(1, "f4"))[0], "f64")


class Refused(Case):
    def test_places(self):
        """The error's place is that of what is wrong."""
        x = np.ones(3, "f4")
        for text, column, pattern in [
            ("x + sqt(x)", 5, "unknown function.*sqrt"), ("x + yy", 5, "yy"), ("x & 1", 3, "f32"), ("x +", 4, "."),
            ("(x + 1", 1, "closed"), ("x $ 1", 3, "."), ("x ** ", None, "."), ("sqrt(x, x)", None, "argument|takes"),
            ("where(x, x)", None, "argument|takes"), ("x + True(1)", None, "."), ("1 = x", None, "."),
            ("x if x", None, "else"), ("x < ", None, "."), ("", None, "."), ("x x", 3, "."), ("x + 'a'", 5, "."),
            ("for", None, "."), ("x[0]", None, "."), ("cast(x, f33)", 9, "f3|type"), ("\u03c0 * x", 1, "."),
            ("0x", None, "."), ("1e", None, "."), ("1__0", None, "."), ("x.y", None, "."),
        ]:  # fmt: skip
            with self.subTest(text):
                error = self.fail_with(text, pattern, x=x)
                self.assertEqual(error.line, 1, (text, str(error)))
                if column:
                    self.assertEqual(error.column, column, (text, str(error)))

    def test_limits(self):
        x = np.ones(3, "f4")
        deep = "(" * 5000 + "x" + ")" * 5000
        self.fail_with(deep, "deep", status=ffi.ERR_LIMIT, x=x)
        self.fail_with("-" * 5000 + "x", "deep", status=ffi.ERR_LIMIT, x=x)
        self.fail_with("sqrt(" * 300 + "x" + ")" * 300, "deep", status=ffi.ERR_LIMIT, x=x)
        self.fail_with("x" + " " * (1 << 20) + "+ 1", "long|bytes|MiB", status=ffi.ERR_LIMIT, x=x)
        self.fail_with("x" + " ** x" * 300, "deep", status=ffi.ERR_LIMIT, x=x)
        dtype, got = self.eval("(" * 150 + "x" + ")" * 150, x=x)
        self.same(dtype, got, x, "150 brackets")
        self.same("f32", self.eval("x" + " + x" * 3000, x=x)[1], x * 3001, "a long sum")


if __name__ == "__main__":
    main()
