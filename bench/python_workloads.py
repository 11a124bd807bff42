"""python_workloads.py: the workloads of `weft bench` as NumPy and Numba have them (python_peer.py).

FUNCTIONS[LIBRARY, NAME](arrays, threads) gives a function without arguments that computes once and
returns its results, in the order of weft's outputs. NumPy's are whole arrays, a new one for each
operation; Numba's are the loops that a user writes, compiled here, on `threads` threads; they reuse
their outputs. A function that changes its inputs has another one, `warm`, that does not.
"""

import math

import numpy as np

FUNCTIONS = {}


def offer(library, name):
    def register(make):
        FUNCTIONS[library, name] = make
        return make

    return register


def outputs(*shapes, dtype=np.float32):
    return tuple(np.zeros(shape, dtype) for shape in shapes)


def loops(threads, make_kernel, arguments, results):
    """A call of the kernel on arrays, compiled by a first call; what that wrote does not matter."""
    import numba

    kernel = make_kernel(numba.njit(parallel=True) if threads > 1 else numba.njit, numba.prange)
    scratch = tuple(array.copy() for array in results)
    kernel(*arguments, *scratch)

    def call():
        kernel(*arguments, *results)
        return results

    return call


# --- expr --------------------------------------------------------------------------------------------


@offer("numexpr", "compile")
def compile_numexpr(arrays, threads):
    """A text of ten operations, as weft's; `h` is minus a half, and `float` what NumExpr calls f32."""
    import numexpr

    names = [(name, float) for name in "abch"]

    def call():
        numexpr.NumExpr("exp(h*(a*a + b*b + c*c))*a + sqrt(c)", names)

    call()
    return call


@offer("numpy", "options")
def options_numpy(arrays, threads):
    from scipy.special import erf

    spot, strike, years = arrays["spot"], arrays["strike"], arrays["years"]
    rate, volatility = arrays["rate"], arrays["volatility"]

    def normal(x):
        return 0.5 * (1 + erf(x * np.float32(0.7071067811865476) if x.dtype == np.float32
                              else x * 0.7071067811865476))

    def call():
        spread = volatility * np.sqrt(years)
        d1 = (np.log(spot / strike) + (rate + volatility.dtype.type(0.5) * volatility**2) * years) / spread
        n1 = normal(d1)
        n2 = normal(d1 - spread)
        discounted = strike * np.exp(-rate * years)
        return spot * n1 - discounted * n2, discounted * (1 - n2) - spot * (1 - n1)

    return call


@offer("numexpr", "options")
def options_numexpr(arrays, threads):
    """Newer versions have erf; two expressions, as it gives one result each."""
    import numexpr

    text = {
        "d1": "(log(spot/strike) + drift*years) / (volatility*sqrt(years))",
        "call": "spot*(half + half*erf(d1*root)) - strike*exp(-rate*years)"
                "*(half + half*erf((d1 - volatility*sqrt(years))*root))",
        "put": "strike*exp(-rate*years)*(half - half*erf((d1 - volatility*sqrt(years))*root))"
               " - spot*(half - half*erf(d1*root))",
    }
    real = arrays["rate"].dtype.type
    names = dict(arrays, half=real(0.5), root=real(0.7071067811865476),
                 drift=arrays["rate"] + real(0.5) * arrays["volatility"] ** 2)
    d1, call, put = outputs(*[arrays["spot"].shape] * 3, dtype=real)

    def compute():
        numexpr.evaluate(text["d1"], local_dict=names, out=d1)
        names["d1"] = d1
        numexpr.evaluate(text["call"], local_dict=names, out=call)
        numexpr.evaluate(text["put"], local_dict=names, out=put)
        return call, put

    compute()
    return compute


@offer("numba", "options")
def options_numba(arrays, threads):
    real = arrays["rate"].dtype.type
    half, one, root = real(0.5), real(1), real(0.7071067811865476)

    def make(jit, prange):
        @jit
        def kernel(spot, strike, years, rate, volatility, call, put):
            for i in prange(spot.size):
                spread = volatility * math.sqrt(years[i])
                d1 = (math.log(spot[i] / strike[i]) + (rate + half * volatility * volatility) * years[i]) / spread
                n1 = half * (one + math.erf(d1 * root))
                n2 = half * (one + math.erf((d1 - spread) * root))
                discounted = strike[i] * math.exp(-rate * years[i])
                call[i] = spot[i] * n1 - discounted * n2
                put[i] = discounted * (one - n2) - spot[i] * (one - n1)

        return kernel

    names = ["spot", "strike", "years", "rate", "volatility"]
    shape = arrays["spot"].shape
    return loops(threads, make, [arrays[name] for name in names], outputs(shape, shape, dtype=real))


# --- splats ------------------------------------------------------------------------------------------


def transform_kernel(jit, prange):
    @jit
    def kernel(mean, rotation, scale, m, t, turn, size, new_mean, new_rotation, new_scale):
        a, b, c, d = turn[0], turn[1], turn[2], turn[3]
        for i in prange(mean.shape[0]):
            x, y, z = mean[i, 0], mean[i, 1], mean[i, 2]
            new_mean[i, 0] = m[0] * x + m[1] * y + m[2] * z + t[0]
            new_mean[i, 1] = m[3] * x + m[4] * y + m[5] * z + t[1]
            new_mean[i, 2] = m[6] * x + m[7] * y + m[8] * z + t[2]
            p, q, r, s = rotation[i, 0], rotation[i, 1], rotation[i, 2], rotation[i, 3]
            new_rotation[i, 0] = a * p - b * q - c * r - d * s
            new_rotation[i, 1] = a * q + b * p + c * s - d * r
            new_rotation[i, 2] = a * r - b * s + c * p + d * q
            new_rotation[i, 3] = a * s + b * r - c * q + d * p
            new_scale[i, 0] = scale[i, 0] * size
            new_scale[i, 1] = scale[i, 1] * size
            new_scale[i, 2] = scale[i, 2] * size

    return kernel


SPLATS, MOTION = ["mean", "rotation", "scale"], ["m", "t", "turn", "size"]


@offer("numba", "transform")
def transform_numba(arrays, threads):
    arguments = [arrays[name] for name in SPLATS + MOTION]
    return loops(threads, transform_kernel, arguments, outputs(*[arrays[name].shape for name in SPLATS]))


@offer("numba", "transform_in_place")
def transform_in_place_numba(arrays, threads):
    import numba

    kernel = transform_kernel(numba.njit(parallel=True) if threads > 1 else numba.njit, numba.prange)
    motion = [arrays[name] for name in MOTION]
    few = [arrays[name][:1].copy() for name in SPLATS]
    kernel(*few, *motion, *few)
    own = tuple(arrays[name].copy() for name in SPLATS)

    def call():
        kernel(*own, *motion, *own)
        return own

    call.warm = lambda: kernel(*few, *motion, *few)
    return call


def move(mean, rotation, scale, m, t, turn, size):
    a, b, c, d = turn
    p, q, r, s = rotation.T
    return (
        mean @ m.reshape(3, 3).T + t,
        np.stack([a * p - b * q - c * r - d * s, a * q + b * p + c * s - d * r,
                  a * r - b * s + c * p + d * q, a * s + b * r - c * q + d * p], 1),
        scale * size,
    )


@offer("numpy", "transform")
def transform_numpy(arrays, threads):
    arguments = [arrays[name] for name in SPLATS + MOTION]
    return lambda: move(*arguments)


@offer("numpy", "transform_in_place")
def transform_in_place_numpy(arrays, threads):
    motion = [arrays[name] for name in MOTION]
    own = tuple(arrays[name].copy() for name in SPLATS)

    def call():
        for to, moved in zip(own, move(*own, *motion)):
            to[:] = moved
        return own

    return call


@offer("numba", "activation")
def activation_numba(arrays, threads):
    low, high, one = np.float32(-10), np.float32(4), np.float32(1)

    def make(jit, prange):
        @jit
        def kernel(log_scale, logit, rotation, scale, opacity, unit):
            for i in prange(logit.size):
                for k in range(3):
                    scale[i, k] = math.exp(min(max(log_scale[i, k], low), high))
                opacity[i] = one / (one + math.exp(-logit[i]))
                p, q, r, s = rotation[i, 0], rotation[i, 1], rotation[i, 2], rotation[i, 3]
                factor = one / math.sqrt(p * p + q * q + r * r + s * s)
                unit[i, 0], unit[i, 1], unit[i, 2], unit[i, 3] = p * factor, q * factor, r * factor, s * factor

        return kernel

    arguments = [arrays[name] for name in ["log_scale", "logit", "rotation"]]
    return loops(threads, make, arguments, outputs(*[array.shape for array in arguments]))


@offer("numpy", "activation")
def activation_numpy(arrays, threads):
    log_scale, logit, rotation = arrays["log_scale"], arrays["logit"], arrays["rotation"]
    return lambda: (
        np.exp(np.clip(log_scale, -10, 4)),
        1 / (1 + np.exp(-logit)),
        rotation / np.sqrt((rotation * rotation).sum(axis=1, keepdims=True)),
    )


# --- fields ------------------------------------------------------------------------------------------


@offer("numba", "field")
def field_numba(arrays, threads):
    two, half = np.float32(2), np.float32(-0.5)

    def make(jit, prange):
        @jit
        def kernel(point, gaussian, field):
            for i in prange(point.shape[0]):
                total = np.float32(0)
                for n in range(gaussian.shape[0]):
                    g = gaussian[n]
                    x, y, z = point[i, 0] - g[0], point[i, 1] - g[1], point[i, 2] - g[2]
                    q = x * (g[4] * x + two * (g[7] * y + g[8] * z)) + y * (g[5] * y + two * g[9] * z) + g[6] * z * z
                    total += g[3] * math.exp(half * q)
                field[i] = total

        return kernel

    return loops(threads, make, [arrays["point"], arrays["gaussian"]], outputs(arrays["point"].shape[0]))


@offer("numba", "field_diagonal")
def field_diagonal_numba(arrays, threads):
    half = np.float32(-0.5)

    def make(jit, prange):
        @jit
        def kernel(point, gaussian, field):
            for i in prange(point.shape[0]):
                total = np.float32(0)
                for n in range(gaussian.shape[0]):
                    g = gaussian[n]
                    x, y, z = point[i, 0] - g[0], point[i, 1] - g[1], point[i, 2] - g[2]
                    total += g[3] * math.exp(half * (x * x * g[4] + y * y * g[5] + z * z * g[6]))
                field[i] = total

        return kernel

    return loops(threads, make, [arrays["point"], arrays["gaussian"]], outputs(arrays["point"].shape[0]))


@offer("numpy", "field")
def field_numpy(arrays, threads):
    point, gaussian = arrays["point"], arrays["gaussian"]

    def call():
        x, y, z = (point[:, None, k] - gaussian[:, k] for k in range(3))
        xx, yy, zz, xy, xz, yz = gaussian[:, 4:].T
        q = x * (xx * x + 2 * (xy * y + xz * z)) + y * (yy * y + 2 * yz * z) + zz * z * z
        return (gaussian[:, 3] * np.exp(-0.5 * q)).sum(axis=1)

    return call


@offer("numpy", "field_diagonal")
def field_diagonal_numpy(arrays, threads):
    point, gaussian = arrays["point"], arrays["gaussian"]

    def call():
        d = point[:, None, :] - gaussian[:, :3]
        return (gaussian[:, 3] * np.exp(-0.5 * (d * d * gaussian[:, 4:]).sum(axis=2))).sum(axis=1)

    return call


@offer("numpy", "inverse")
def inverse_numpy(arrays, threads):
    centre, cholesky, weight = arrays["centre"], arrays["cholesky"], arrays["weight"]

    def call():
        factor = np.zeros((weight.size, 3, 3), np.float32)
        factor[:, [0, 1, 1, 2, 2, 2], [0, 0, 1, 0, 1, 2]] = cholesky
        inverse = np.linalg.inv(factor @ factor.transpose(0, 2, 1) + np.float32(1e-6) * np.eye(3, dtype=np.float32))
        return np.column_stack([centre, weight, inverse[:, [0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]]])

    return call


# --- pictures ----------------------------------------------------------------------------------------


@offer("numba", "mandelbrot")
def mandelbrot_numba(arrays, threads):
    two, four = np.float32(2), np.float32(4)

    def make(jit, prange):
        @jit
        def kernel(left, top, step, steps):
            for i in prange(steps.shape[0]):
                ci = top - step * np.float32(i)
                for k in range(steps.shape[1]):
                    cr = left + step * np.float32(k)
                    x, y, n = np.float32(0), np.float32(0), 0
                    while n < 100:
                        xx, yy = x * x, y * y
                        if xx + yy > four:
                            break
                        n += 1
                        y = two * x * y + ci
                        x = xx - yy + cr
                    steps[i, k] = n

        return kernel

    arguments = [arrays[name] for name in ["left", "top", "step"]]
    return loops(threads, make, arguments, outputs(arrays["steps"].shape, dtype=np.uint8))


@offer("numpy", "mandelbrot")
def mandelbrot_numpy(arrays, threads):
    rows, columns = arrays["steps"].shape

    def call():
        c = (arrays["left"] + arrays["step"] * np.arange(columns, dtype=np.float32)
             + 1j * (arrays["top"] - arrays["step"] * np.arange(rows, dtype=np.float32))[:, None]).astype(np.complex64)
        steps = np.zeros(c.shape, np.uint8)
        z = np.zeros_like(c)
        at, inside = np.arange(c.size), np.ones(c.size, bool)
        c, z, flat = c.ravel(), z.ravel(), steps.ravel()
        for _ in range(100):
            inside = z.real * z.real + z.imag * z.imag <= 4
            at, c, z = at[inside], c[inside], z[inside]
            flat[at] += 1
            z = z * z + c
        return steps

    return call


@offer("numba", "panorama")
def panorama_numba(arrays, threads):
    half, one, tau, pi = np.float32(0.5), np.float32(1), np.float32(2 * math.pi), np.float32(math.pi)

    def make(jit, prange):
        @jit
        def kernel(pano, yaw, pitch, view, image):
            rows, columns = image.shape[0], image.shape[1]
            down, across = pano.shape[0], pano.shape[1]
            width, height = np.float32(columns), np.float32(rows)
            focal = half * width / math.tan(half * view)
            cosine, sine = math.cos(pitch), math.sin(pitch)
            for i in prange(rows):
                y0 = half * height - np.float32(i) - half
                y = y0 * cosine + focal * sine
                z = focal * cosine - y0 * sine
                for k in range(columns):
                    x = np.float32(k) + half - half * width
                    longitude = math.atan2(x, z) + yaw
                    latitude = math.atan2(y, math.sqrt(x * x + z * z))
                    u = longitude / tau * np.float32(across) + half * np.float32(across) - half
                    v = (half - latitude / pi) * np.float32(down) - half
                    u0, v0 = math.floor(u), math.floor(v)
                    fu, fv = u - np.float32(u0), v - np.float32(v0)
                    left = int(u0) % across
                    right = (left + 1) % across
                    top = min(max(int(v0), 0), down - 1)
                    bottom = min(max(int(v0) + 1, 0), down - 1)
                    for c in range(3):
                        a = np.float32(pano[top, left, c])
                        b = a + fu * (np.float32(pano[top, right, c]) - a)
                        d = np.float32(pano[bottom, left, c])
                        e = d + fu * (np.float32(pano[bottom, right, c]) - d)
                        image[i, k, c] = np.uint8(b + fv * (e - b) + half)

        return kernel

    arguments = [arrays[name] for name in ["pano", "yaw", "pitch", "view"]]
    return loops(threads, make, arguments, outputs(arrays["image"].shape, dtype=np.uint8))


@offer("numpy", "panorama")
def panorama_numpy(arrays, threads):
    pano, yaw, pitch, view = (arrays[name] for name in ["pano", "yaw", "pitch", "view"])
    rows, columns, _ = arrays["image"].shape
    down, across, _ = pano.shape

    def call():
        real = np.float32
        focal = real(0.5 * columns / np.tan(0.5 * view))
        x = np.arange(columns, dtype=real) + real(0.5 - 0.5 * columns)
        y0 = (real(0.5 * rows - 0.5) - np.arange(rows, dtype=real))[:, None]
        y = y0 * np.cos(pitch) + focal * np.sin(pitch)
        z = focal * np.cos(pitch) - y0 * np.sin(pitch)
        u = (np.arctan2(x, z) + yaw) / real(2 * np.pi) * real(across) + real(0.5 * across - 0.5)
        v = (real(0.5) - np.arctan2(y, np.hypot(x, z)) / real(np.pi)) * real(down) - real(0.5)
        u0, v0 = np.floor(u), np.floor(v)
        fu, fv = (u - u0)[..., None], (v - v0)[..., None]
        left = u0.astype(np.int64) % across
        right = (left + 1) % across
        top = np.clip(v0.astype(np.int64), 0, down - 1)
        bottom = np.clip(v0.astype(np.int64) + 1, 0, down - 1)

        def mix(a, b, t):
            a = a.astype(real)
            return a + t * (b.astype(real) - a)

        return np.rint(mix(mix(pano[top, left], pano[top, right], fu),
                           mix(pano[bottom, left], pano[bottom, right], fu), fv)).astype(np.uint8)

    return call


# --- softmax -----------------------------------------------------------------------------------------


@offer("numba", "softmax")
def softmax_numba(arrays, threads):
    def make(jit, prange):
        @jit
        def kernel(x, y):
            largest = x[0]
            for i in range(x.size):
                largest = max(largest, x[i])
            total = 0.0  # in f64: one after the other, a sum of f32 would lose digits
            for i in prange(x.size):
                e = math.exp(x[i] - largest)
                y[i] = e
                total += e
            factor = np.float32(1 / total)
            for i in prange(x.size):
                y[i] *= factor

        return kernel

    return loops(threads, make, [arrays["x"]], outputs(arrays["x"].shape))


@offer("numpy", "softmax")
def softmax_numpy(arrays, threads):
    x = arrays["x"]

    def call():
        e = np.exp(x - x.max())
        return e / e.sum()

    return call
