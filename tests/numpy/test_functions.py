"""test_functions.py: every element-wise function of the language that NumPy has, of all types, beside it.

Exact functions bit for bit; the others within the units of docs/accuracy.md of NumPy in a longer type,
rounded once more where the type is f16 or bf16. NaN and infinities in the same places. Neighbours:
weft_numpy.py, test_operators.py.
"""

import functools
import math

from weft_numpy import (FLOATS, INTEGERS, NAMES, NUMPY, TYPES, NumpyCase, common, convert, float_of, main,
                        narrow, np, pairs, samples, special, wide)

# What weft does otherwise than NumPy, and why.
DEVIATIONS = {
    "floor, ceil, trunc of integers": "NumPy 2.1 keeps the type, as weft does; older ones give floats",
    "bitwise_count": "NumPy counts the bits of the absolute value, and gives u8; popcount those of the two's"
                     " complement, in the operand's type",
    "reciprocal of integers": "NumPy divides as integers; weft gives the float that 1 / x is",
    "minimum, maximum of zeros": "which of -0 and 0 is given, NumPy leaves open",
    "f16 and bf16": "computed in f32 and rounded once more, so half a unit and a little",
}


def erf(values):
    return np.array([math.erf(v) for v in values.tolist()])


# name: function, bound for f32 and for f64, aliases
ROUNDED = {
    "exp": (np.exp, 1, 1), "exp2": (np.exp2, 1, 1), "expm1": (np.expm1, 1, 1), "log": (np.log, 1, 1),
    "log2": (np.log2, 1, 1), "log10": (np.log10, 1, 1), "log1p": (np.log1p, 1, 1), "sin": (np.sin, 1, 1),
    "cos": (np.cos, 1, 1), "tan": (np.tan, 1, 1), "asin": (np.arcsin, 1, 2, "arcsin"),
    "acos": (np.arccos, 1, 2, "arccos"), "atan": (np.arctan, 1, 2, "arctan"), "sinh": (np.sinh, 1, 2),
    "cosh": (np.cosh, 1, 2), "tanh": (np.tanh, 1, 2), "cbrt": (np.cbrt, 1, 2), "erf": (erf, 1, 3),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), 1, 2), "degrees": (np.degrees, 2, 2, "rad2deg"),
    "radians": (np.radians, 2, 2, "deg2rad"), "asinh": (np.arcsinh, 4, 4, "arcsinh"),
    "acosh": (np.arccosh, 4, 4, "arccosh"), "atanh": (np.arctanh, 4, 4, "arctanh"),
}  # fmt: skip

# name: function, aliases; of floats exact, with integers taken as floats
EXACT_FLOAT = {
    "sqrt": (np.sqrt,), "rsqrt": (lambda x: 1 / np.sqrt(x),), "reciprocal": (lambda x: 1 / x, "recip"),
}  # fmt: skip

# The same, which keep the type of integers.
KEEPING = {
    "abs": (np.absolute, "absolute"), "negative": (np.negative,), "positive": (np.positive,),
    "square": (np.square,), "sign": (np.sign,), "floor": (np.floor,), "ceil": (np.ceil,),
    "trunc": (np.trunc, "fix"), "round": (np.rint, "rint", "around"),
}  # fmt: skip

PREDICATES = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite, "signbit": np.signbit,
              "logical_not": np.logical_not}  # fmt: skip


class Case(NumpyCase):
    def setUp(self):
        context = np.errstate(all="ignore")
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def check_exact(self, text, dtype, wanted, zeros=True, **arguments):
        got_type, got = self.eval(text, **arguments)
        self.assertEqual(got_type, dtype, text)
        self.same(dtype, got, wanted, text, zeros)


class Unary(Case):
    def check_rounded(self, name, function, single, double):
        for a in TYPES:
            with self.subTest(name=name, a=a):
                x, result = samples(a), float_of(a)
                values = wide(result, convert(x, a, result))
                longer = values.astype(np.longdouble if result == "f64" else "f8")
                dtype, got = self.eval(f"{name}(x)", x=(x, a))
                self.assertEqual(dtype, result)
                bound = {"f32": single, "f64": double}.get(result, 0.51)
                self.close(dtype, got, function(longer).astype(np.longdouble), bound, f"{name} of {a}")

    def test_rounded(self):
        for name, (function, single, double, *_) in ROUNDED.items():
            self.check_rounded(name, function, single, double)

    def test_exact(self):
        for name, (function, *_) in EXACT_FLOAT.items():
            for a in TYPES:
                with self.subTest(name=name, a=a):
                    x, result = samples(a), float_of(a)
                    wanted = narrow(result, function(wide(result, convert(x, a, result))))
                    self.check_exact(f"{name}(x)", result, wanted, x=(x, a))

    def test_keeping_the_type(self):
        for name, (function, *_) in KEEPING.items():
            for a in TYPES:
                with self.subTest(name=name, a=a):
                    x = samples(a)
                    if a == "bool" and name in ("negative", "positive", "sign"):
                        self.fail_with(f"{name}(x)", x=x)
                        continue
                    if a == "bool" and name == "square":
                        continue
                    rounding = name in ("floor", "ceil", "trunc", "round")
                    wanted = x if rounding and a not in FLOATS else narrow(a, function(wide(a, x)))
                    self.check_exact(f"{name}(x)", a, wanted, x=(x, a))

    def test_predicates(self):
        for name, function in PREDICATES.items():
            for a in TYPES:
                with self.subTest(name=name, a=a):
                    x = samples(a)
                    values = wide(a, x) if a in FLOATS else x.astype("f8") if name != "logical_not" else x
                    self.check_exact(f"{name}(x)", "bool", function(values), x=(x, a))

    def test_bits(self):
        for a in INTEGERS:
            x, bits = samples(a), 8 * NUMPY[a].itemsize
            raw = [v % (1 << bits) for v in x.tolist()]
            self.check_exact("popcount(x)", a, np.array([bin(v).count("1") for v in raw], NUMPY[a]), x=x)
            self.check_exact("clz(x)", a, np.array([bits - v.bit_length() for v in raw], NUMPY[a]), x=x)
            self.check_exact("invert(x)", a, ~x, x=x)
            for amount in (0, 1, 3, bits - 1):
                turned = [(v << amount | v >> (bits - amount)) % (1 << bits) for v in raw]
                wanted = np.array(turned, f"u{bits // 8}").view(NUMPY[a])
                self.check_exact(f"rotl(x, {amount})", a, wanted, x=x)
        for name in ("popcount", "clz", "invert"):
            for a in FLOATS:
                self.fail_with(f"{name}(x)", x=(special(a), a))

    def test_aliases(self):
        """An alias is the same function."""
        for name, (_, *rest) in {**ROUNDED, **EXACT_FLOAT, **KEEPING}.items():
            for alias in (word for word in rest if isinstance(word, str)):
                x = samples("f32")
                dtype, wanted = self.eval(f"{name}(x)", x=x)
                self.check_exact(f"{alias}(x)", dtype, wanted, x=x)
        x = samples("f32")
        self.check_exact("fabs(x)", "f32", np.fabs(x), x=x)
        i = samples("i32")
        self.check_exact("bitwise_not(x)", "i32", ~i, x=i)


# name: function; all of these in the common type
EXTREMES = {"minimum": np.minimum, "maximum": np.maximum, "fmin": np.fmin, "fmax": np.fmax}
FLOAT_PAIRS = {"atan2": (np.arctan2, 1, 2, "arctan2"), "hypot": (np.hypot, 1, 2)}
SAME_AS = {  # functions that are operators
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "true_divide": "/", "floor_divide": "//",
    "remainder": "%", "mod": "%", "power": "**", "pow": "**", "bitwise_and": "&", "bitwise_or": "|",
    "bitwise_xor": "^", "left_shift": "<<", "right_shift": ">>", "logical_and": "and", "logical_or": "or",
    "equal": "==", "not_equal": "!=", "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=",
}  # fmt: skip


@functools.lru_cache(maxsize=None)
def float_result(a, b):
    """The type in which NumPy computes a function of two floats."""
    if "bf16" in (a, b):
        return common(a, b)
    return NAMES[np.arctan2(np.empty(0, NUMPY[a]), np.empty(0, NUMPY[b])).dtype]


class Binary(Case):
    def test_extremes(self):
        for name, function in EXTREMES.items():
            for a in TYPES:
                for b in TYPES:
                    with self.subTest(name=name, a=a, b=b):
                        x, y = pairs(a, b)
                        result = common(a, b)
                        values = (wide(result, convert(v, t, result)) for v, t in ((x, a), (y, b)))
                        wanted = narrow(result, function(*values))
                        self.check_exact(f"{name}(x, y)", result, wanted, zeros=False, x=(x, a), y=(y, b))

    def test_floats(self):
        for name, (function, single, double, *aliases) in FLOAT_PAIRS.items():
            for a in TYPES:
                for b in TYPES:
                    with self.subTest(name=name, a=a, b=b):
                        x, y = pairs(a, b)
                        result = float_result(a, b)
                        kind = np.longdouble if result == "f64" else np.float64
                        values = [wide(result, convert(v, t, result)).astype(kind) for v, t in ((x, a), (y, b))]
                        dtype, got = self.eval(f"{[name, *aliases][-1]}(x, y)", x=(x, a), y=(y, b))
                        self.assertEqual(dtype, result)
                        bound = {"f32": single, "f64": double}.get(result, 0.51)
                        exact = function(*values).astype(np.longdouble)
                        self.close(dtype, got, exact, bound, f"{name} of {a}, {b}")

    def test_copysign(self):
        for a in TYPES:
            for b in TYPES:
                with self.subTest(a=a, b=b):
                    x, y = pairs(a, b)
                    result = float_result(a, b)
                    values = (wide(result, convert(v, t, result)) for v, t in ((x, a), (y, b)))
                    wanted = narrow(result, np.copysign(*values))
                    self.check_exact("copysign(x, y)", result, wanted, x=(x, a), y=(y, b))

    def test_fmod(self):
        for a in TYPES:
            for b in TYPES:
                with self.subTest(a=a, b=b):
                    x, y = pairs(a, b)
                    result = common(a, b) if "bf16" in (a, b) else NAMES[np.fmod(x[:0], y[:0]).dtype]
                    p, q = (wide(result, convert(v, t, result)) for v, t in ((x, a), (y, b)))
                    wanted = np.fmod(p, q)
                    if result not in FLOATS:
                        wanted = np.where(q == 0, 0, wanted).astype(NUMPY[result])
                    self.check_exact("fmod(x, y)", result, narrow(result, wanted), x=(x, a), y=(y, b))

    def test_same_as_operators(self):
        for name, operator in SAME_AS.items():
            for a, b in [("f32", "f32"), ("i32", "f32"), ("i8", "u8"), ("i64", "i64"), ("bool", "bool"), ("f16", "bf16")]:
                with self.subTest(name=name, a=a, b=b):
                    x, y = pairs(a, b)
                    try:
                        dtype, wanted = self.eval(f"x {operator} y", x=(x, a), y=(y, b))
                    except Exception:  # pylint: disable=broad-except
                        self.fail_with(f"{name}(x, y)", x=(x, a), y=(y, b))
                        continue
                    self.check_exact(f"{name}(x, y)", dtype, wanted, x=(x, a), y=(y, b))

    def test_logical_xor(self):
        for a in TYPES:
            x, y = pairs(a, "f32")
            self.check_exact("logical_xor(x, y)", "bool", np.logical_xor(wide(a, x), y), x=(x, a), y=y)


class Several(Case):
    def test_clip(self):
        for a in TYPES:
            if a == "bool":
                continue
            with self.subTest(a=a):
                x = samples(a)
                low, high = narrow(a, np.full(x.shape, 2)), narrow(a, np.full(x.shape, 50))
                wanted = narrow(a, np.minimum(np.maximum(wide(a, x), wide(a, low)), wide(a, high)))
                for text in ("clip(x, 2, 50)", "clamp(x, 2, 50)", "min(max(x, 2), 50)", "clip(x, lo, hi)"):
                    self.check_exact(text, a, wanted, x=(x, a), lo=(low, a), hi=(high, a))
                backwards = narrow(a, np.full(x.shape, 2))
                if a not in FLOATS:
                    self.check_exact("clip(x, 50, 2)", a, backwards, x=(x, a))

    def test_min_and_max_of_several(self):
        x, y = pairs("f32", "f32")
        z = np.roll(y, 5)
        self.check_exact("min(x, y, z)", "f32", np.minimum(np.minimum(x, y), z), zeros=False, x=x, y=y, z=z)
        self.check_exact("max(x, y, 1)", "f32", np.maximum(np.maximum(x, y), np.float32(1)), zeros=False, x=x, y=y)
        i, j = pairs("i8", "u8")
        self.check_exact("max(i, j, 3)", "i16", np.maximum(np.maximum(i, j), 3), i=i, j=j)

    def test_fma_and_mad(self):
        x, y = pairs("f32", "f32")
        z = np.roll(x, 11)
        exact = x.astype(np.longdouble) * y.astype(np.longdouble) + z.astype(np.longdouble)
        # 64 bits hold the products, and a sum that is inexact in them is far from a tie in all but rare cases.
        small = (np.abs(exact) < 1e30) & (np.abs(exact) > 1e-30)
        dtype, got = self.eval("fma(x, y, z)", x=x, y=y, z=z)
        self.assertEqual(dtype, "f32")
        self.same("f32", got[small], exact[small].astype("f4"), "fma")
        self.same("bool", np.isnan(got), np.isnan(exact), "fma, NaN")
        for a in ("f32", "f64", "i8", "u64"):
            x, y = pairs(a, a)
            z = np.roll(x, 11)
            self.check_exact("mad(x, y, z)", a, x * y + z, x=x, y=y, z=z)
            self.check_exact("x*y + z", a, x * y + z, x=x, y=y, z=z)

    def test_lerp(self):
        for a in ("f32", "f64"):
            x, y = pairs(a, a)
            t = np.roll(y, 3)
            self.check_exact("lerp(x, y, t)", a, x + t * (y - x), x=x, y=y, t=t)
            self.check_exact("lerp(x, y, 0.25)", a, x + x.dtype.type(0.25) * (y - x), x=x, y=y)

    def test_counts_of_arguments(self):
        x = special("f32")
        for text in ["sqrt()", "sqrt(x, x)", "pow(x)", "clip(x, 1)", "where(x)", "fma(x, x)", "atan2(x, x, x)",
                     "min()", "lerp(x)", "cast(x)", "add(x)"]:  # fmt: skip
            with self.subTest(text):
                self.fail_with(text, text.split("(", maxsplit=1)[0], x=x)

    def test_misspelled(self):
        x = special("f32")
        for wrong, right in [("sqt", "sqrt"), ("arctn2", "arctan2"), ("maximun", "maximum"), ("expn", "exp"),
                             ("abss", "abs"), ("whre", "where")]:  # fmt: skip
            error = self.fail_with(f"x * {wrong}(x)", f"unknown function.*{right}", x=x)
            self.assertEqual((error.line, error.column), (1, 5))
        self.fail_with("zzzzzz(x)", "unknown function", x=x)


class Vectors(Case):
    """Vectors are arrays with one more axis, at the end; operators work component by component."""

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(30)
        for name in "abcdefgh":
            setattr(self, name, random.normal(size=(5, 40)))

    def check_vector(self, text, wanted, bound=1e-14):
        dtype, got = self.eval(text, **{name: getattr(self, name) for name in "abcdefgh"})
        wanted = np.asarray(wanted)
        self.assertEqual((dtype, got.shape), ("f64", wanted.shape), text)
        np.testing.assert_allclose(got, wanted, rtol=bound, atol=bound, err_msg=text)

    def test_all(self):
        a, b, c, d, e, f, g, h = (getattr(self, name) for name in "abcdefgh")
        v, w = np.stack([a, b, c], -1), np.stack([d, e, f], -1)
        matrix = np.arange(1.0, 13).reshape(3, 4)
        moved = np.stack([a, b, c, np.ones_like(a)], -1) @ matrix.T
        numbers = ", ".join(map(repr, matrix.ravel().tolist()))
        turned = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
        quaternion = np.stack([a*e - b*f - c*g - d*h, a*f + b*e + c*h - d*g, a*g - b*h + c*e + d*f,
                               a*h + b*g - c*f + d*e], -1)  # fmt: skip
        for text, wanted in [
            ("vec(a, b, c)", v), ("vec(a, b, c) * 2 - vec(d, e, f)", v * 2 - w), ("vec(a, b, c) * d", v * d[..., None]),
            ("vec(a, b).1 + 1", b + 1), ("vec(a, 1, sum(b))", np.stack([a, np.ones_like(a), np.full_like(a, b.sum())], -1)),
            ("inner(vec(a, b, c), vec(d, e, f))", np.sum(v * w, -1)), ("length(vec(a, b, c))", np.sqrt(np.sum(v * v, -1))),
            ("normalize(vec(a, b, c))", v / np.linalg.norm(v, axis=-1, keepdims=True)),
            ("cross(vec(a, b, c), vec(d, e, f))", np.cross(v, w)), ("dotk(vec(a, b, c), vec(d, e, f))", np.sum(v * w, -1)),
            ("qmul(vec(a, b, c, d), vec(e, f, g, h))", quaternion), (f"affine(vec({numbers}), vec(a, b, c))", moved),
            ("affine(vec(1., 2., 3., 4., 5., 6., 7., 8., 9.), vec(a, b, c))", v @ turned.T),
            ("horner(a, b, c, d)", (b * a + c) * a + d), ("sum(vec(a, b, c))", v.sum((0, 1))),
            ("sum(vec(a, 1.5))", np.array([a.sum(), 1.5 * a.size])), ("max(vec(a, b, c), axis=1)", v.max(1)),
            ("sqrt(abs(vec(a, b)))", np.sqrt(np.abs(np.stack([a, b], -1)))), ("vec(1., 2.)", np.array([1.0, 2])),
            ("vec(a, b) if c > 0 else vec(b, a)", np.where((c > 0)[..., None], np.stack([a, b], -1), np.stack([b, a], -1))),
        ]:  # fmt: skip
            with self.subTest(text):
                self.check_vector(text, wanted, 1e-12)

    def test_refused(self):
        x = np.ones(3, "f4")
        for text, pattern in [
            ("vec(x, x) + vec(x, x, x)", "2 components.*3|3.*2"), ("cross(vec(x, x), vec(x, x))", "3"), ("vec(x, x).2", "2"),
            ("inner(x, vec(x, x))", "vector|component"), ("qmul(vec(x, x, x), vec(x, x, x))", "4"),
            ("affine(vec(x, x), vec(x, x, x))", "9|12"), ("vec()", "argument"), ("x.1", "."), ("vec(vec(x, x), x)", "."),
        ]:  # fmt: skip
            with self.subTest(text):
                self.fail_with(text, pattern, x=x)


class Networks(Case):
    """Activations and losses beside their formulas in a longer type; finite wherever the value is."""

    def check_near(self, text, wanted, x, relative, absolute, **more):
        dtype, got = self.eval(text, x=x, **more)
        self.assertEqual(dtype, NAMES[x.dtype], text)
        self.assertEqual(got.shape, np.shape(wanted), text)
        wanted = np.asarray(wanted).astype(x.dtype)
        np.testing.assert_allclose(got, wanted, rtol=relative, atol=absolute, err_msg=text)

    def test_activations(self):
        for dtype, unit in (("f32", 2.0**-23), ("f64", 2.0**-52)):
            x = samples(dtype)
            x = x[np.isfinite(x)]
            w = x.astype(np.longdouble)
            sigmoid = 1 / (1 + np.exp(-w))
            normal = (1 + erf(w / np.sqrt(np.longdouble(2)))) / 2
            inner = np.sqrt(2 / np.longdouble(np.pi)) * (w + 0.044715 * w**3)
            for text, wanted in [
                ("relu(x)", np.maximum(w, 0)), ("leaky_relu(x, 0.125)", np.where(w > 0, w, w * 0.125)), ("silu(x)", w * sigmoid),
                ("gelu(x)", w * normal), ("gelu_tanh(x)", w * (1 + np.tanh(inner)) / 2),
                ("softplus(x)", np.maximum(w, 0) + np.log1p(np.exp(-np.abs(w)))), ("tanh(x)", np.tanh(w)),
            ]:  # fmt: skip
                with self.subTest(text=text, dtype=dtype):
                    # Where the factor is 1 + something near -1, the last bits of 1 are what is left.
                    self.check_near(text, wanted, x, 8 * unit, 8 * unit if "gelu" in text else 100 * np.finfo(x.dtype).tiny)
            p = np.linspace(1e-4, 1 - 1e-4, 1001).astype(NUMPY[dtype])
            q = p.astype(np.longdouble)
            self.check_near("logit(x)", np.log(q / (1 - q)), p, 16 * unit, 16 * unit)

    def test_over_axes(self):
        random = np.random.default_rng(31)
        for dtype, bound in (("f32", 3e-6), ("f64", 1e-13)):
            x = (random.normal(size=(7, 130)) * 30).astype(NUMPY[dtype])
            x[2] = 1e4
            x[3, 5] = -1e30
            t = random.uniform(0, 1, x.shape).astype(NUMPY[dtype])
            w, u = x.astype(np.longdouble), t.astype(np.longdouble)
            p = np.clip(random.uniform(0, 1, x.shape), 1e-3, 1 - 1e-3).astype(NUMPY[dtype])
            v = p.astype(np.longdouble)
            for axis, text in ((None, ""), (0, ", axis=0"), (1, ", axis=1")):
                shifted = w - w.max(axis=axis, keepdims=True)
                total = np.exp(shifted).sum(axis=axis, keepdims=True)
                with self.subTest(dtype=dtype, axis=axis):
                    self.check_near(f"softmax(x{text})", np.exp(shifted) / total, x, bound * 40, np.finfo(x.dtype).tiny)
                    self.check_near(f"log_softmax(x{text})", shifted - np.log(total), x, bound, bound * 10)
                    centred = u - u.mean(axis=axis, keepdims=True)
                    spread = np.sqrt((centred**2).mean(axis=axis, keepdims=True) + 1e-5)
                    self.check_near(f"layer_norm(x{text})", centred / spread, t, bound * 10, bound * 10)
                    self.check_near(f"mse(x, y{text})", ((u - v) ** 2).mean(axis=axis), t, bound * 10, 0, y=p)
                    losses = -(u * np.log(v) + (1 - u) * np.log(1 - v))
                    self.check_near(f"binary_cross_entropy(x, y{text})", losses.mean(axis=axis), p, bound * 10, 0, y=t)

    def test_cross_entropy(self):
        random = np.random.default_rng(32)
        x, label = random.normal(size=(50, 9)), random.integers(0, 9, 50)
        losses = np.log(np.exp(x).sum(1)) - x[np.arange(50), label]
        dtype, got = self.eval("cross_entropy(x, y, axis=1)", x=x, y=np.eye(9)[label])
        self.assertEqual((dtype, got.shape), ("f64", ()))
        np.testing.assert_allclose(got, losses.mean(), rtol=1e-12)


class Signs(Case):
    def test_zeros(self):
        """Signs of zeros where C says which."""
        x = np.array([0.0, -0.0])
        for text, wanted in [
            ("sqrt(x)", [0.0, -0.0]), ("sin(x)", [0.0, -0.0]), ("tan(x)", [0.0, -0.0]), ("atan(x)", [0.0, -0.0]),
            ("expm1(x)", [0.0, -0.0]), ("log1p(x)", [0.0, -0.0]), ("sinh(x)", [0.0, -0.0]), ("cbrt(x)", [0.0, -0.0]),
            ("erf(x)", [0.0, -0.0]), ("asinh(x)", [0.0, -0.0]), ("atanh(x)", [0.0, -0.0]), ("-x", [-0.0, 0.0]),
            ("x + 0", [0.0, 0.0]), ("x - 0", [0.0, -0.0]), ("0 - x", [0.0, 0.0]), ("x * 1", [0.0, -0.0]),
            ("x * -1", [-0.0, 0.0]), ("x * 0", [0.0, -0.0]), ("x + -0.0", [0.0, -0.0]), ("abs(x)", [0.0, 0.0]),
            ("x / 1", [0.0, -0.0]), ("1 / x", [np.inf, -np.inf]), ("x ** 3", [0.0, -0.0]), ("x ** 2", [0.0, 0.0]),
            ("x ** 1", [0.0, -0.0]), ("x ** 0", [1, 1]), ("x - x", [0, 0]), ("x if x == 0 else 1", [0.0, -0.0]),
            ("minimum(x, 1)", [0.0, -0.0]), ("x * x", [0, 0]),
        ]:  # fmt: skip
            for a in ("f32", "f64"):
                with self.subTest(text=text, a=a):
                    self.check_exact(text, a, np.array(wanted, NUMPY[a]), x=x.astype(NUMPY[a]))


if __name__ == "__main__":
    main()
