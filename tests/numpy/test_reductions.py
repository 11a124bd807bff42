"""test_reductions.py: reductions over every choice of axes, and shapes that broadcast, beside NumPy.

Sums of integers, extremes and places are exact; sums of floats within n units of the sum of the
magnitudes, whatever their order. Neighbours: weft_numpy.py.
"""

import itertools

import weft_ctypes as ffi
from weft_numpy import FLOATS, INTEGERS, NUMPY, TYPES, UNSIGNED, NumpyCase, main, narrow, np, special, wide

# What weft does otherwise than NumPy, and why.
DEVIATIONS = {
    "ptp, min, max of bool": "ptp of bools is refused as in NumPy",
    "dot": "sums over all axes of the product; NumPy's is a product of matrices",
    "several axes of argmin and argmax": "NumPy refuses them; weft gives the row-major number within these axes",
    "norm": "np.sqrt(np.sum(x * x)): np.linalg.norm of vectors, and of matrices with axis=None",
}

AXES = [None, 0, 1, 2, -1, -3, (0, 1), (0, 2), (1, 2), (0, 1, 2), (2, 0), (-1, 0)]
EPSILON = {"f16": 2.0**-10, "bf16": 2.0**-7, "f32": 2.0**-23, "f64": 2.0**-52}


def values(dtype, shape, salt=0):
    """Ordinary numbers, small enough that no sum of them overflows in its type."""
    random = np.random.default_rng([77, salt, TYPES.index(dtype)])
    if dtype == "bool":
        return random.integers(0, 2, shape).astype("?")
    if dtype in FLOATS:
        return narrow(dtype, random.normal(size=shape) * 3)
    return random.integers(0 if dtype in UNSIGNED else -9, 10, shape).astype(NUMPY[dtype])


def axis_text(axis):
    return "" if axis is None else f", axis={axis}"


def sum_type(dtype):
    return dtype if dtype in FLOATS else "u64" if dtype in UNSIGNED else "i64"


def mean_type(dtype):
    return dtype if dtype in FLOATS else "f64"


class Case(NumpyCase):
    def setUp(self):
        context = np.errstate(all="ignore")
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def near(self, dtype, got, exact, scale, what):
        """Within the rounding of `scale`, a bound of what is added, in the type."""
        exact = np.asarray(exact, np.longdouble)
        self.assertEqual(got.shape, exact.shape, what)
        got = wide(dtype, got).astype(np.longdouble)
        self.same("bool", np.isnan(got), np.isnan(exact), f"{what}, NaN")
        finite = np.isfinite(exact)
        self.assertEqual(got[~finite & ~np.isnan(exact)].tolist(), exact[~finite & ~np.isnan(exact)].tolist(), what)
        error = np.abs(got - exact)[finite]
        bound = (np.asarray(scale, np.longdouble) * EPSILON[dtype] + np.zeros(exact.shape))[finite]
        self.assertTrue((error <= bound).all(), f"{what}: off by {(error / bound).max() if error.size else 0} bounds")


class Axes(Case):
    SHAPE = (3, 5, 70)  # more than a block of the sum's lanes in some, one element in none

    def each(self, check, axes=None):
        """Calls check with type, array, NumPy's options, and the text behind the array's name."""
        for dtype, axis, keep in itertools.product(TYPES, axes or AXES, (False, True)):
            with self.subTest(dtype=dtype, axis=axis, keepdims=keep):
                text = axis_text(axis) + (", keepdims=True" if keep else "")
                check(dtype, values(dtype, self.SHAPE), {"axis": axis, "keepdims": keep}, text)

    def check_sums(self, dtype, x, options, text):
        count = np.prod(self.SHAPE)
        result, got = self.eval(f"sum(x{text})", x=(x, dtype))
        self.assertEqual(result, sum_type(dtype))
        if dtype not in FLOATS:
            self.same(result, got, np.asarray(np.sum(x, dtype=NUMPY[result], **options)), text)
        else:
            exact = wide(dtype, x).astype(np.longdouble)
            scale = np.abs(exact).sum(**options)
            # f16 and bf16 are added in f32 and rounded once
            scale = scale * (count * 1e-3 if dtype in ("f32", "f64") else 1)
            self.near(result, got, exact.sum(**options), scale, f"sum of {dtype}{text}")
        result, got = self.eval(f"mean(x{text})", x=(x, dtype))
        self.assertEqual(result, mean_type(dtype))
        exact = wide(dtype, x).astype(np.longdouble)
        self.near(result, got, exact.mean(**options), 4 * np.abs(exact).mean(**options), f"mean{text} of {dtype}")

    def test_sums(self):
        self.each(self.check_sums)

    def check_products(self, dtype, x, options, text):
        if dtype in FLOATS:
            x = narrow(dtype, np.exp2(np.random.default_rng(3).integers(-1, 2, self.SHAPE)))
        result, got = self.eval(f"prod(x{text})", x=(x, dtype))
        self.assertEqual(result, sum_type(dtype))
        wanted = np.asarray(np.prod(wide(dtype, x), dtype=None if dtype in FLOATS else NUMPY[result], **options))
        self.same(result, got, narrow(result, wanted), f"prod{text} of {dtype}")

    def test_products(self):
        self.each(self.check_products, axes=[None, 0, 1, 2, (0, 2)])

    def check_spread(self, dtype, x, options, text):
        exact = wide(dtype, x).astype(np.longdouble)
        for ddof in (0, 1):
            more = "" if ddof == 0 else ", ddof=1"
            wanted = np.asarray(np.var(exact, ddof=ddof, **options))
            result, got = self.eval(f"var(x{text}{more})", x=(x, dtype))
            self.assertEqual(result, mean_type(dtype))
            self.near(result, got, wanted, 20 * wanted, f"var{text}{more} of {dtype}")
            result, got = self.eval(f"std(x{text}{more})", x=(x, dtype))
            self.near(result, got, np.sqrt(wanted), 20 * np.sqrt(wanted), f"std{text}{more} of {dtype}")

    def test_spread(self):
        self.each(self.check_spread, axes=[None, 0, 1, 2, (0, 2), (0, 1, 2)])

    def check_norms(self, dtype, x, options, text):
        exact = np.sqrt(np.sum(wide(dtype, x).astype(np.longdouble) ** 2, **options))
        result, got = self.eval(f"norm(x{text})", x=(x, dtype))
        self.assertEqual(result, mean_type(dtype))
        self.near(result, got, exact, 8 * exact, f"norm{text} of {dtype}")

    def test_norms(self):
        self.each(self.check_norms, axes=[None, 0, 1, 2, (0, 2)])

    def check_extremes(self, dtype, x, options, text):
        w = wide(dtype, x)
        for names, function in ((("min", "amin"), np.min), (("max", "amax"), np.max)):
            for name in names:
                result, got = self.eval(f"{name}(x{text})", x=(x, dtype))
                self.assertEqual(result, dtype)
                wanted = narrow(dtype, np.asarray(function(w, **options)))
                self.same(dtype, got, wanted, f"{name}{text} of {dtype}", zeros=False)
        if dtype == "bool":
            self.fail_with(f"ptp(x{text})", x=x)
        else:
            result, got = self.eval(f"ptp(x{text})", x=(x, dtype))
            self.assertEqual(result, dtype)
            wanted = np.asarray(np.max(w, **options) - np.min(w, **options))
            self.same(dtype, got, narrow(dtype, wanted), f"ptp{text} of {dtype}")

    def test_extremes(self):
        self.each(self.check_extremes)

    def check_places(self, dtype, x, options, text):
        w = wide(dtype, x)
        for name, function in (("argmin", np.argmin), ("argmax", np.argmax)):
            result, got = self.eval(f"{name}(x{text})", x=(x, dtype))
            self.assertEqual(result, "i64")
            self.same("i64", got, np.asarray(function(w, **options)), f"{name}{text} of {dtype}")

    def test_places(self):
        self.each(self.check_places, axes=[None, 0, 1, 2, -1])

    def check_truth(self, dtype, x, options, text):
        x = np.where(np.random.default_rng(8).random(self.SHAPE) < 0.1, 0, x).astype(NUMPY[dtype])
        x[1] = 0
        for name, function in (("any", np.any), ("all", np.all), ("count_nonzero", np.count_nonzero)):
            result, got = self.eval(f"{name}(x{text})", x=(x, dtype))
            wanted = np.asarray(function(wide(dtype, x) != 0, **options))
            self.assertEqual(result, "i64" if name == "count_nonzero" else "bool")
            self.same(result, got, wanted.astype(NUMPY[result]), f"{name}{text} of {dtype}")

    def test_truth(self):
        self.each(self.check_truth)

    def test_one_dimension(self):
        """Lengths around those of strips and blocks."""
        for length in (1, 2, 31, 127, 128, 129, 1000, 4095, 4096, 4097, 70000):
            for dtype in ("f32", "i32", "f64", "u8", "bool", "f16"):
                with self.subTest(length=length, dtype=dtype):
                    x = values(dtype, length, length)
                    w = wide(dtype, x).astype(np.longdouble)
                    result, got = self.eval("sum(x)", x=x)
                    self.near("f64" if result not in FLOATS else result, got, w.sum(),
                              np.abs(w).sum() * (2 if dtype == "f16" else 8) + 1e-30, f"sum of {length}")  # fmt: skip
                    result, got = self.eval("argmax(x) + max(x) * 0", x=x.astype("f8"))
                    self.assertEqual(float(got), float(np.argmax(x)))

    def test_wrapping(self):
        """Sums and products of integers wrap at 64 bits."""
        for dtype in INTEGERS:
            info = np.iinfo(NUMPY[dtype])
            x = np.array([info.max, info.max, info.min, info.max - 3, 5] * 9, NUMPY[dtype])
            for name, function in (("sum", np.sum), ("prod", np.prod)):
                result, got = self.eval(f"{name}(x)", x=x)
                self.same(result, got, np.asarray(function(x)), f"{name} of {dtype}")


class Special(Case):
    """NaN and infinities come through, and at their first place."""

    def test_floats(self):
        nan, inf = np.nan, np.inf
        cases = [[1, nan, 3, nan], [inf, 1, -2], [inf, -inf, 1], [-inf, 2, -inf], [nan], [-0.0, 0.0], [0.0, -0.0],
                 [1, 2, inf, nan], [nan, inf]]  # fmt: skip
        for dtype in FLOATS:
            for case in cases:
                x = narrow(dtype, np.array(case * 3))
                w = wide(dtype, x)
                for name in ("sum", "prod", "min", "max", "mean", "var", "std", "ptp"):
                    with self.subTest(dtype=dtype, case=case, name=name):
                        result, got = self.eval(f"{name}(x)", x=(x, dtype))
                        self.assertEqual(result, dtype)
                        wanted = np.asarray(getattr(np, name)(w))
                        self.near(dtype, got, wanted, 4 * np.nan_to_num(np.abs(wanted)) + 1e-30, f"{name} of {case}")
                for name in ("argmin", "argmax"):
                    with self.subTest(dtype=dtype, case=case, name=name):
                        self.assertEqual(int(self.eval(f"{name}(x)", x=(x, dtype))[1]), int(getattr(np, name)(w)))

    def test_extremes_of_types(self):
        for dtype in TYPES:
            x = special(dtype)
            if dtype in FLOATS:
                x = x[~np.isnan(wide(dtype, x))]
            w = wide(dtype, x)
            for name in ("min", "max"):
                result, got = self.eval(f"{name}(x)", x=(x, dtype))
                self.same(dtype, got, narrow(dtype, np.asarray(getattr(np, name)(w))), name)
            for name in ("argmin", "argmax"):
                self.assertEqual(int(self.eval(f"{name}(x)", x=(x, dtype))[1]), int(getattr(np, name)(w)))

    def test_empty(self):
        x = np.empty(0, "f4")
        for text, wanted in [("sum(x)", 0.0), ("prod(x)", 1.0), ("mean(x)", np.nan)]:
            self.same("f32", self.eval(text, x=x)[1], np.array(wanted, "f4"), text)
        for text, wanted in [("any(x)", False), ("all(x)", True)]:
            self.assertEqual(bool(self.eval(text, x=x)[1]), wanted)
        y = np.empty((3, 0), "f4")
        self.same("f32", self.eval("sum(y, axis=1)", y=y)[1], np.zeros(3, "f4"), "rows")
        self.same("f32", self.eval("sum(y, axis=0)", y=y)[1], np.zeros(0, "f4"), "columns")
        self.same("f32", self.eval("y + 1", y=y)[1], np.zeros((3, 0), "f4"), "nothing")


class Inside(Case):
    """Reductions as parts of expressions."""

    def setUp(self):
        super().setUp()
        self.x = values("f64", (7, 33), 5)
        self.y = values("f64", (7, 33), 6)

    def check(self, text, wanted, bound=100):
        dtype, got = self.eval(text, x=self.x, y=self.y)
        self.assertEqual(dtype, "f64", text)
        wanted = np.asarray(wanted)
        self.near("f64", got, wanted, bound * (np.abs(wanted).max() + 1), text)

    def test_all(self):
        x, y = self.x, self.y
        e = np.exp(x - x.max(axis=1, keepdims=True))
        for text, wanted in [
            ("x / sum(x * x)", x / np.sum(x * x)), ("(x - mean(x)) / std(x)", (x - x.mean()) / x.std()),
            ("sum(x * y)", np.sum(x * y)), ("dot(x, y)", np.sum(x * y)), ("sum(x*y, axis=1)", np.sum(x * y, axis=1)),
            ("x - mean(x, axis=0)", x - x.mean(axis=0)), ("x / norm(x, axis=1, keepdims=True)",
             x / np.linalg.norm(x, axis=1, keepdims=True)),
            ("exp(x - max(x, axis=1, keepdims=True)) / sum(exp(x - max(x, axis=1, keepdims=True)), axis=1, keepdims=True)",
             e / e.sum(axis=1, keepdims=True)),
            ("sum(x, axis=0) + sum(y, axis=0)", x.sum(axis=0) + y.sum(axis=0)), ("max(x) - min(y)", x.max() - y.min()),
            ("sum(sum(x, axis=1) * sum(y, axis=1))", np.sum(x.sum(axis=1) * y.sum(axis=1))),
            ("sum(x, axis=1, keepdims=True) * y", x.sum(axis=1, keepdims=True) * y),
            ("mean(x) if mean(x) > mean(y) else mean(y)", max(x.mean(), y.mean())),
            ("sum(x > 0) * 1.0", np.sum(x > 0) * 1.0), ("var(x - mean(x, axis=0))", np.var(x - x.mean(axis=0))),
            ("sum(1 + 0 * x)", x.size), ("sum(x) * 0 + 2", 2.0),
            ("cast(argmax(x, axis=1), f64)", np.argmax(x, axis=1) * 1.0),
            ("sum(x, axis=-1) / sum(y, axis=-1)", x.sum(axis=-1) / y.sum(axis=-1)),
        ]:  # fmt: skip
            with self.subTest(text):
                self.check(text, wanted)

    def test_of_scalars(self):
        self.assertEqual(float(self.eval("sum(k)", k=np.array(2.5))[1]), 2.5)
        self.assertEqual(float(self.eval("mean(k) + max(k)", k=np.array(2.5))[1]), 5.0)


class Shapes(Case):
    PAIRS = [
        ((), ()), ((), (3,)), ((1,), (1,)), ((1,), (5,)), ((5,), (1,)), ((4,), (3, 4)), ((3, 1), (1, 4)), ((3, 1), (4,)),
        ((3, 1, 2), (4, 1)), ((1, 1), (3, 4)), ((2, 3, 4), (3, 1)), ((2, 1, 1, 5), (3, 4, 1)), ((1, 1, 1, 1), (2, 3, 4, 5)),
        ((0,), (1,)), ((0, 3), (1, 3)), ((3, 0), (3, 1)), ((1, 1), (1,)), ((2, 1), (2, 1)), ((1, 3), (3,)), ((7, 1), (1, 130)),
        ((130, 1), (1, 7)), ((2, 1, 3), (1, 4, 1)),
    ]  # fmt: skip

    def test_broadcasting(self):
        for first, second in self.PAIRS:
            for a, b in [("f32", "f32"), ("i16", "f64"), ("bf16", "f16")]:
                with self.subTest(first=first, second=second, a=a, b=b):
                    x, y = values(a, first, 1), values(b, second, 2)
                    for p, q, s, t in ((x, y, a, b), (y, x, b, a)):
                        dtype, got = self.eval("p - 2 * q", p=(p, s), q=(q, t))
                        wide_p, wide_q = wide(s, p).astype("f8"), wide(t, q).astype("f8")
                        wanted = wide_p - 2 * wide_q
                        self.near(dtype, got, wanted, 8 * (np.abs(wide_p) + np.abs(2 * wide_q)) + 1e-30, "broadcast")

    def test_three(self):
        x, y, z = values("f64", (5, 1, 1)), values("f64", (3, 1)), values("f64", (4,))
        self.same("f64", self.eval("x*y + z", x=x, y=y, z=z)[1], x * y + z, "three")
        self.same("f64", self.eval("x*y", x=x, y=y)[1], x * y, "two")
        self.same("f64", self.eval("where(x > 0, y, z)", x=x, y=y, z=z)[1], np.where(x > 0, y, z), "where")
        dtype, got = self.eval("sum(x*y + z, axis=(0, 2))", x=x, y=y, z=z)
        self.near(dtype, got, (x * y + z).sum(axis=(0, 2)), 100, "sum")

    def test_strides(self):
        base = values("f32", (6, 8))
        for x in (base.T, base[::2], base[:, ::3], base[::-1], base[:, ::-1], base[::-2, 1::2], base[2:3], base[:, 3:4],
                  np.broadcast_to(base[0], (4, 8)), np.broadcast_to(base[:, :1], (6, 5)), base[1]):  # fmt: skip
            self.same("f32", self.eval("x * 2 - x", x=x)[1], x * 2 - x, str(x.strides))
            dtype, got = self.eval("sum(x)", x=x)
            self.near(dtype, got, x.astype("f8").sum(), 100, "sum")
            self.same("f32", self.eval("max(x, axis=0)", x=x)[1], np.asarray(np.max(x, axis=0)), "columns")

    def test_refused(self):
        def shape(*extents):
            return np.ones(extents, "f4")

        for text, arrays, pattern in [
            ("x + y", {"x": shape(3), "y": shape(4)}, "3|4|shape|extent"),
            ("x + y", {"x": shape(3, 4), "y": shape(3)}, "3|4|shape|extent"),
            ("x + y", {"x": shape(2, 3, 4), "y": shape(2, 1, 5)}, "4|5|shape|extent"),
            ("sum(x, axis=1)", {"x": shape(3)}, "axis"), ("sum(x, axis=-3)", {"x": shape(3, 4)}, "axis"),
            ("sum(x, axis=(0, 0))", {"x": shape(3, 4)}, "twice|axis"), ("sum(x, axis=(0, -2))", {"x": shape(3, 4)}, "twice|axis"),
            ("sum(x, axis=0.5)", {"x": shape(3)}, "axis"),
            ("sum(x, axes=0)", {"x": shape(3)}, "axes"), ("sqrt(x, axis=0)", {"x": shape(3)}, "axis"),
            ("sum()", {"x": shape(3)}, "sum"), ("sum(k, axis=0)", {"k": shape()}, "axis"),
            ("dot(x, y)", {"x": shape(3), "y": shape(4)}, "3|4|shape|extent"),
            ("min(x, keepdims=2)", {"x": shape(3)}, "keepdims"), ("var(x, ddof=x)", {"x": shape(3)}, "ddof"),
            ("x + sum(y, axis=0)", {"x": shape(3), "y": shape(2, 4)}, "3|4|shape|extent"),
        ]:  # fmt: skip
            with self.subTest(text=text):
                with self.assertRaisesRegex(Exception, pattern) as caught:
                    self.eval(text, **arrays)
                self.assertIn(caught.exception.status, (ffi.ERR_SYNTAX, ffi.ERR_BIND), str(caught.exception))

    def test_ranks(self):
        x = np.ones((2, 1, 2, 2, 2), "f4")
        with self.assertRaisesRegex(Exception, "rank|dimension|axes|4"):
            self.eval("x + 1", x=x)
        with self.assertRaisesRegex(Exception, "unknown name|no name|not known|'y'|unknown"):
            self.eval("x + y", x=np.ones(2, "f4"))

    def test_fills(self):
        """Results that depend on no array's elements still have the shape of the expression."""
        x = np.ones((3, 4), "f4")
        self.same("f32", self.eval("x * 0 + 5", x=x)[1], np.full((3, 4), 5, "f4"), "fill")
        self.same("i64", self.eval("7")[1], np.array(7), "a number")
        self.same("f32", self.eval("k * 2", k=np.array(3, "f4"))[1], np.array(6, "f4"), "a scalar")


if __name__ == "__main__":
    main()
